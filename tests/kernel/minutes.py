"""Business time as anybody would count it: from minute to minute, asking each whether it is open.

The oracle of the calendar. It reads the data of a calendar (zone, week, dates that differ) and
none of its methods. It is slow, and right where clocks are changed and clocks of cases are paused
at whole minutes. Moments are whole seconds of UTC since 1970.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from copy import copy
from datetime import UTC, date, datetime, time
from functools import lru_cache
from math import ceil
from zoneinfo import ZoneInfo

from centro.kernel.calendar import Calendar, SpecialDay, Term, Unit, office_week
from tests.repo import ROOT

Pause = tuple[int, int]
DAY = 86_400
# Where the clock was changed, or nothing happened: the zone and a day close to it.
PLACES = [
    ("America/Panama", date(2026, 11, 3)),  # never
    ("Asia/Kathmandu", date(2026, 12, 31)),  # never, a quarter of an hour off
    ("Europe/Madrid", date(2026, 3, 29)),  # 2 → 3
    ("Europe/Madrid", date(2026, 10, 25)),  # 3 → 2
    ("America/Havana", date(2026, 3, 8)),  # 0 → 1: the day begins at one
    ("America/Havana", date(2026, 11, 1)),  # 1 → 0: its first hour comes twice
    ("America/Sao_Paulo", date(2017, 10, 15)),  # 0 → 1
    ("America/Sao_Paulo", date(2018, 2, 18)),  # 0 → 23 of the day before
    ("America/St_Johns", date(2010, 11, 7)),  # 0:01 → 23:01: midnight passes twice
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour
    ("Pacific/Apia", date(2011, 12, 30)),  # a day that never was
]


def panama_offices() -> Calendar:
    """The calendar of Panama's public offices, with every holiday of its pack."""
    with (ROOT / "packs/panama/holidays.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] != "bank"]
    special = {date.fromisoformat(row["day"]): SpecialDay(row["name"]) for row in rows}
    return Calendar(ZoneInfo("America/Panama"), office_week(time(8), time(16)), special)


def at(instant: int) -> datetime:
    return datetime.fromtimestamp(instant, UTC)


def instant_of(moment: datetime) -> int:
    """To compare moments by: in an hour that comes twice, those of two zones are never equal."""
    return int(moment.timestamp())


def utc_midnight(day: date) -> int:
    return instant_of(datetime(day.year, day.month, day.day, tzinfo=UTC))


class OutOfSight(Exception):
    """The answer lies outside the stretch that is walked."""


class Minutes:
    """The minutes of so many days from `first`, a whole minute."""

    def __init__(self, calendar: Calendar, first: int, days: int) -> None:
        self.zone = calendar.zone
        self.first = first
        self.labels = _labels(calendar.zone, first, days)
        rows = {day: _row(calendar, day) for day in {day for day, _minute in self.labels}}
        self.open = bytes(rows[day][minute] for day, minute in self.labels)

    def without(self, paused: Sequence[Pause]) -> Minutes:
        """The same, but nothing is open in these pauses of whole minutes."""
        fewer, flags = copy(self), bytearray(self.open)
        for begin, end in paused:
            for minute in range((begin - self.first) // 60, (end - self.first) // 60):
                flags[minute] = 0
        fewer.open = bytes(flags)
        return fewer

    def walk(self, start: int) -> Iterator[tuple[int, int, int]]:
        """(beginning, seconds, open or not) of each minute, the first one perhaps only in part."""
        if start < self.first:
            raise OutOfSight
        size = 60 - start % 60
        for is_open in self.open[(start - self.first) // 60 :]:
            yield start, size, is_open
            start += size
            size = 60

    def between(self, start: int, end: int) -> int:
        """Open seconds from start to end."""
        seconds = 0
        for at, size, is_open in self.walk(start):
            if at >= end:
                return seconds
            if is_open:
                seconds += size if at + size <= end else end - at
        raise OutOfSight

    def add(self, start: int, seconds: int) -> int:
        """The earliest moment at which so many open seconds have passed."""
        if seconds == 0:
            return start
        for at, size, is_open in self.walk(start):
            if is_open:
                if seconds <= size:
                    return at + seconds
                seconds -= size
        raise OutOfSight

    def back(self, end: int, seconds: int) -> int:
        """The earliest moment from which so many open seconds pass until `end`."""
        at = end
        while seconds > 0 or not self._is_open(at - 1):
            size = at % 60 or 60
            if self._is_open(at - 1):
                if seconds < size:
                    return at - seconds
                seconds -= size
            at -= size
        return at

    def term_end(self, start: int, term: Term, within: int = 366) -> int:
        """When a term ends, by what the clock on the wall shows in so many days."""
        if term.unit is Unit.WORKING_HOURS:
            return self.add(start, term.amount * 3600)
        received = self._label(start)
        ends: dict[date, int] = {}
        for at, size, is_open in self.walk(start):
            if at > start + within * DAY:
                break
            if is_open or term.unit is Unit.CALENDAR_DAYS:
                ends[self._label(at)] = at + size
        later = sorted(day for day in ends if day > received)
        if len(later) <= term.amount:  # the last of them may go on beyond what is walked
            raise OutOfSight
        return ends[later[term.amount - 1]]

    def share(self, start: int, due: int, percent: int) -> int:
        """When so many per cent of the open seconds, or failing them of all, have been used up."""
        if percent in {0, 100}:
            return due if percent else start
        target = self.between(start, due)
        origin, share = (start, percent) if percent < 100 else (due, percent - 100)
        if not target:
            return origin + ceil((due - start) * share / 100)
        return self.add(origin, ceil(target * share / 100))

    def _is_open(self, at: int) -> bool:
        if at < self.first:
            raise OutOfSight
        return bool(self.open[(at - self.first) // 60])

    def _label(self, at: int) -> date:
        return self.labels[(at - self.first) // 60][0]


@lru_cache(maxsize=16)
def _labels(zone: ZoneInfo, first: int, days: int) -> list[tuple[date, int]]:
    """What the clock on the wall shows at each minute."""
    shown = (datetime.fromtimestamp(first + n * 60, zone) for n in range(days * 1440))
    return [(local.date(), local.hour * 60 + local.minute) for local in shown]


def _row(calendar: Calendar, day: date) -> bytearray:
    """Which of the minutes of a local day are open, by what the calendar says of it."""
    special = calendar.special.get(day)
    row = bytearray(1440)
    for hours in special.hours if special else calendar.week[day.weekday()]:
        for minute in range(hours.opens, hours.closes):
            row[minute] = 1
    return row
