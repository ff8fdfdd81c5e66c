"""The hours in which an office is open: of a day, of a week, of a date that differs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from itertools import pairwise

Minutes = int  # since local midnight, 0..1440

_DAY_END = 1440


@dataclass(frozen=True, slots=True)
class Hours:
    """One opening of a local day: from `opens` to just before `closes`, in minutes."""

    opens: Minutes
    closes: Minutes

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= _DAY_END:
            raise ValueError(f"opening hours out of order: {self.opens} to {self.closes}")


Day = tuple[Hours, ...]
Week = tuple[Day, ...]

ALWAYS_WEEK: Week = ((Hours(0, _DAY_END),),) * 7


def office_week(opens: time, closes: time) -> Week:
    """The week of an office that opens at the same hours from Monday to Friday."""
    hours = Hours(opens.hour * 60 + opens.minute, closes.hour * 60 + closes.minute)
    return ((hours,),) * 5 + ((),) * 2


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A date with hours of its own, whatever its weekday; no hours: closed."""

    name: str
    hours: Day = ()

    def __post_init__(self) -> None:
        check_order(self.hours)


def check_order(hours: Day) -> None:
    """ValueError unless the openings of a day are sorted and do not overlap."""
    if any(later.opens < earlier.closes for earlier, later in pairwise(hours)):
        raise ValueError(f"opening hours overlap or are not in order: {hours}")
