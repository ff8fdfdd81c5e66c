"""How the pages draw a calendar: the week as bars, the days that differ with their places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from centro.catalog.differences import key_of
from centro.catalog.models import CalendarVersion
from centro.catalog.wording import say_hours
from centro.places.models import Place

_WHOLE_DAY = [[0, 1440]]


@dataclass(frozen=True, slots=True)
class WeekDay:
    """A day of the week: its openings in words and as (from, width) in minutes of the day."""

    name: str | Promise
    hours: str
    bars: tuple[tuple[int, int], ...]
    changed: bool = False


@dataclass(frozen=True, slots=True)
class SpecialRow:
    """A date that differs: closed (no hours) or open at hours of its own, where, and by its name."""

    day: date
    name: str
    hours: str
    places: tuple[str, ...]
    codes: tuple[str, ...]
    mark: str = ""  # "new", "changed", "gone": what a draft did to it


def week_of(version: CalendarVersion, before: CalendarVersion | None = None) -> list[WeekDay]:
    """The seven days of a version; those that differ from another version are marked."""
    return [
        WeekDay(
            name=WEEKDAYS[n],
            hours=_("Todo el día") if hours == _WHOLE_DAY else say_hours(hours),
            bars=tuple((opens, closes - opens) for opens, closes in hours),
            changed=before is not None and before.week[n] != hours,
        )
        for n, hours in enumerate(version.week)
    ]


def special_days_of(
    version: CalendarVersion, before: CalendarVersion | None = None
) -> list[SpecialRow]:
    """The days of a version that differ, by date. One statement where some are local.

    Compared with another version, what is new, changed and gone is marked.
    """
    own = {key_of(day): day for day in version.special}
    other = {key_of(day): day for day in before.special} if before else own
    shown = [(day, _mark_of(other.get(key), day)) for key, day in own.items()]
    shown += [(day, "gone") for key, day in other.items() if key not in own]
    names = _names(code for day, _mark in shown for code in day["places"])
    return sorted(
        (_row(day, mark, names) for day, mark in shown), key=lambda row: (row.day, row.codes)
    )


def _mark_of(before: dict[str, Any] | None, now: dict[str, Any]) -> str:
    if before is None:
        return "new"
    return "" if before == now else "changed"


def _row(day: dict[str, Any], mark: str, names: dict[str, str]) -> SpecialRow:
    return SpecialRow(
        day=date.fromisoformat(day["day"]),
        name=day["name"],
        hours=say_hours(day["hours"]),
        places=tuple(names.get(code, code) for code in day["places"]),
        codes=tuple(day["places"]),
        mark=mark,
    )


def _names(codes: Iterable[str]) -> dict[str, str]:
    wanted = set(codes)
    if not wanted:
        return {}
    return dict(Place.objects.filter(code__in=wanted).values_list("code", "name"))
