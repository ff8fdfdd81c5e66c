"""A calendar and its open seconds: how long it was open, and when so much time has passed.

Everything is counted in whole seconds: a moment is taken at the beginning of its second, so the
parts of a stretch always add up to the whole, however often it is divided. Elapsed seconds are
real ones, opening hours are those of the local clock: in a night that a change of the clock makes
an hour longer, a service that never closes is open for 25 hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from centro.kernel.calendar.hours import ALWAYS_WEEK, Day, SpecialDay, Week, check_order
from centro.kernel.calendar.openings import (
    YEAR,
    Closings,
    Seconds,
    instant_of,
    read_closings,
    read_seconds,
)

# A calendar that is closed for so long in a row is taken to be closed for ever.
CLOSED_FOR_EVER = 10


@dataclass(frozen=True)
class Calendar:
    """The days and hours that count for a service, in the clock of its zone.

    `week` holds the opening hours from Monday to Sunday, sorted, not overlapping (ValueError
    otherwise); `special` the dates that differ. Values are equal when all three are. What is
    worked out about a year is kept on the value: keep one, do not build it for each question.
    """

    zone: ZoneInfo
    week: Week
    special: Mapping[date, SpecialDay] = field(default_factory=dict, hash=False)
    _seconds: dict[int, Seconds] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _closings: dict[int, Closings] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if len(self.week) != len(ALWAYS_WEEK):
            raise ValueError(f"a week has seven days, not {len(self.week)}")
        for hours in self.week:
            check_order(hours)
        object.__setattr__(self, "special", dict(self.special))

    def hours_on(self, day: date) -> Day:
        """The openings of a local day, in order; none when it is closed."""
        found = self.special.get(day)
        return self.week[day.weekday()] if found is None else found.hours

    def is_working_day(self, day: date) -> bool:
        """Whether it opens at all on this local day."""
        return bool(self.hours_on(day))

    def is_open(self, moment: datetime) -> bool:
        """Whether the local clock shows an opening hour; the moment of closing is closed."""
        instant_of(moment)  # refuses one without a zone
        local = moment.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        return any(hours.opens <= minute < hours.closes for hours in self.hours_on(local.date()))

    def seconds_of(self, year: int) -> Seconds:
        """The openings of the `year`-th stretch of `YEAR` seconds since 1970."""
        found = self._seconds.get(year)
        if found is None:
            found = self._seconds[year] = read_seconds(self.zone, self.hours_on, year)
        return found

    def closings_of(self, year: int) -> Closings:
        """The working days of the `year`-th stretch of `YEAR_DAYS` local days since 1970."""
        found = self._closings.get(year)
        if found is None:
            found = self._closings[year] = read_closings(self.zone, self.hours_on, year)
        return found


@lru_cache
def around_the_clock(zone: ZoneInfo) -> Calendar:
    """The calendar of a service that never closes: every day counts and ends at midnight."""
    return Calendar(zone, ALWAYS_WEEK)


def seconds_between(calendar: Calendar, start: datetime, end: datetime) -> int:
    """The open seconds from `start` to just before `end`; 0 when `end` is not later."""
    first, last = instant_of(start), instant_of(end)
    return between(calendar, first, last)


def add_seconds(calendar: Calendar, moment: datetime, seconds: int) -> datetime:
    """The earliest moment at which so many open seconds have passed since `moment`.

    What is used up at closing time is due at closing time, not at the next opening. Nothing to
    add is due at once: `moment` itself, open or closed. A negative number goes back to the
    earliest moment from which so many open seconds have passed until `moment`: a clock that is
    started again past its target has been overdue since then. The result is in the calendar's
    zone. ValueError for a calendar that never opens and for a moment without a zone.
    """
    instant = instant_of(moment)
    if seconds == 0:
        return moment.astimezone(calendar.zone)
    return datetime.fromtimestamp(reach(calendar, instant, seconds), calendar.zone)


def between(calendar: Calendar, first: int, last: int) -> int:
    """The open seconds between two instants."""
    if last <= first:
        return 0
    year, final = first // YEAR, last // YEAR
    passed = calendar.seconds_of(final).until(last) - calendar.seconds_of(year).until(first)
    while year < final:
        passed += calendar.seconds_of(year).total
        year += 1
    return passed


def reach(calendar: Calendar, instant: int, seconds: int) -> int:
    """The earliest instant at which the open seconds counted from `instant` are `seconds`."""
    year = instant // YEAR
    table = calendar.seconds_of(year)
    wanted = table.until(instant) + seconds
    while wanted > table.total:
        wanted -= table.total
        year += 1
        table = calendar.seconds_of(year)
        if not table.total:
            year, table = _next_open(calendar, year, +1)
    while wanted <= 0:
        year -= 1
        table = calendar.seconds_of(year)
        if not table.total:
            year, table = _next_open(calendar, year, -1)
        wanted += table.total
    return table.at(wanted)


def _next_open(calendar: Calendar, year: int, step: int) -> tuple[int, Seconds]:
    """The first year with an opening after (or before) one without."""
    for _n in range(1, CLOSED_FOR_EVER):
        year += step
        table = calendar.seconds_of(year)
        if table.total:
            return year, table
    raise ValueError(f"the calendar does not open within {CLOSED_FOR_EVER} years")
