"""Terms: when one ends, when a share of it is used up, and which days did not count."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from centro.kernel.calendar.business import (
    CLOSED_FOR_EVER,
    Calendar,
    add_seconds,
    around_the_clock,
    between,
    reach,
)
from centro.kernel.calendar.openings import YEAR_DAYS, day_in, instant_of


class Unit(StrEnum):
    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"


@dataclass(frozen=True, slots=True)
class Term:
    """How long something may take; `amount` is at least 1 (ValueError)."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.amount < 1:
            raise ValueError(f"a term is at least one of its unit, not {self.amount}")


def term_end(calendar: Calendar, start: datetime, term: Term) -> datetime:
    """When a term that starts at `start` ends, in the calendar's zone (docs/explanation/terms.md).

    Working hours run from the moment, over open seconds. Working days leave out the day of receipt
    and end at closing time of the n-th working day. Calendar days leave it out as well, count every
    day and end at midnight at the end of the n-th.
    """
    if term.unit is Unit.WORKING_HOURS:
        return add_seconds(calendar, start, term.amount * 3600)
    if term.unit is Unit.CALENDAR_DAYS:
        calendar = around_the_clock(calendar.zone)
    return datetime.fromtimestamp(_closing(calendar, start, term.amount), calendar.zone)


def _closing(calendar: Calendar, start: datetime, days: int) -> int:
    """When the n-th working day after the day of `start` closes."""
    instant_of(start)  # refuses one without a zone
    today = day_in(calendar.zone, start)
    year = today // YEAR_DAYS
    table = calendar.closings_of(year)
    wanted = bisect_right(table.days, today) + days - 1
    empty = 0
    while wanted >= len(table.days):
        empty = 0 if table.days else empty + 1
        if empty > CLOSED_FOR_EVER:
            raise ValueError(f"the calendar does not open within {CLOSED_FOR_EVER} years")
        wanted -= len(table.days)
        year += 1
        table = calendar.closings_of(year)
    return table.instants[wanted]


def share_moment(
    calendar: Calendar,
    start: datetime,
    due: datetime,
    percent: int,
    paused: Sequence[tuple[datetime, datetime]] = (),
) -> datetime:
    """When `percent` % of a target have been used up; more than 100 is time past the due moment.

    The target is the open seconds from `start` to `due` outside the pauses: `due` is the end of
    the term as the pauses before it have moved it. Pauses, (from, until) in any order, use up
    nothing, and those after `due` delay the shares above 100. 0 % is `start`, 100 % is `due`.
    Where the target has no open second (a calendar day on a Sunday), real seconds are shared.
    ValueError for a negative share.
    """
    if percent < 0:
        raise ValueError(f"a share of a target is not negative: {percent}")
    first, last = instant_of(start), instant_of(due)
    if percent in {0, 100}:
        return (due if percent else start).astimezone(calendar.zone)
    pauses = _merged(paused)
    target = _running(calendar, first, last, pauses)
    if not target:
        calendar = around_the_clock(calendar.zone)
        target = _running(calendar, first, last, pauses)
    origin, share = (first, percent) if percent < 100 else (last, percent - 100)
    instant = _reach_running(calendar, origin, -(-target * share // 100), pauses)
    return datetime.fromtimestamp(instant, calendar.zone)


def _merged(paused: Sequence[tuple[datetime, datetime]]) -> list[tuple[int, int]]:
    """The pauses in order, those that overlap as one."""
    merged: list[tuple[int, int]] = []
    spans = ((instant_of(begin), instant_of(end)) for begin, end in paused)
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif begin < end:
            merged.append((begin, end))
    return merged


def _running(calendar: Calendar, first: int, last: int, pauses: list[tuple[int, int]]) -> int:
    """The open seconds of a stretch outside its pauses."""
    inside = sum(between(calendar, max(begin, first), min(end, last)) for begin, end in pauses)
    return between(calendar, first, last) - inside


def _reach_running(
    calendar: Calendar, instant: int, seconds: int, pauses: list[tuple[int, int]]
) -> int:
    """The earliest instant at which so many open seconds outside the pauses have passed."""
    for begin, end in pauses:
        if end <= instant:
            continue
        before = between(calendar, instant, begin)
        if seconds <= before:
            break
        seconds -= before
        instant = end
    return reach(calendar, instant, seconds) if seconds else instant


@dataclass(frozen=True, slots=True)
class Skipped:
    """A local day that did not count; `name` is empty for the days that are closed each week."""

    day: date
    name: str = ""


def skipped_days(calendar: Calendar, start: datetime, due: datetime) -> list[Skipped]:
    """The closed days from the day of `start` to that of `due`, both included.

    A term that ends at midnight ends on the day before, not on the one that begins.
    """
    instant_of(start), instant_of(due)  # refuse those without a zone
    first = start.astimezone(calendar.zone).toordinal()
    last = (due.astimezone(UTC) - timedelta(microseconds=1)).astimezone(calendar.zone).toordinal()
    days = (date.fromordinal(number) for number in range(first, last + 1))
    return [Skipped(day, _name(calendar, day)) for day in days if not calendar.is_working_day(day)]


def _name(calendar: Calendar, day: date) -> str:
    special = calendar.special.get(day)
    return special.name if special else ""
