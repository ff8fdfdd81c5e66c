"""Tables of openings, made for about a year at a time: business time is then looked up, not walked.

Instants are whole seconds since 1970, days are numbered since 1970.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from centro.kernel.calendar.hours import Day

# Tables cover a mean Gregorian year each: in seconds, and in days a little more.
YEAR = 31_556_952
YEAR_DAYS = 366
_DAY = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()

HoursOn = Callable[[date], Day]


@dataclass(frozen=True, slots=True)
class Seconds:
    """The openings of a stretch of time: their beginnings and the open seconds before each."""

    opens: list[int]
    before: list[int]  # one longer: the last is the total
    total: int

    def until(self, instant: int) -> int:
        """The open seconds of this stretch before an instant."""
        at = bisect_right(self.opens, instant)
        if not at:
            return 0
        return min(self.before[at - 1] + instant - self.opens[at - 1], self.before[at])

    def at(self, seconds: int) -> int:
        """The earliest instant before which there are so many (1 to `total`) open seconds."""
        at = bisect_left(self.before, seconds) - 1
        return self.opens[at] + seconds - self.before[at]


@dataclass(frozen=True, slots=True)
class Closings:
    """The working days of a stretch of days, since 1970, and the instant at which each closes."""

    days: list[int]
    instants: list[int]


def read_seconds(zone: ZoneInfo, hours_on: HoursOn, year: int) -> Seconds:
    """The openings of the `year`-th stretch of `YEAR` seconds since 1970."""
    opens: list[int] = []
    before = [0]
    for _day, begin, end in _openings(zone, hours_on, year * YEAR, (year + 1) * YEAR):
        opens.append(begin)
        before.append(before[-1] + end - begin)
    return Seconds(opens, before, before[-1])


def read_closings(zone: ZoneInfo, hours_on: HoursOn, year: int) -> Closings:
    """The working days of the `year`-th stretch of `YEAR_DAYS` local days since 1970."""
    first, last = year * YEAR_DAYS, (year + 1) * YEAR_DAYS
    # No local day is further than a day from the same day of UTC.
    around = _openings(zone, hours_on, (first - 2) * _DAY, (last + 2) * _DAY)
    closing = {day: end for day, _begin, end in around if first <= day < last}
    return Closings(sorted(closing), [closing[day] for day in sorted(closing)])


def _openings(
    zone: ZoneInfo, hours_on: HoursOn, first: int, last: int
) -> Iterator[tuple[int, int, int]]:
    """(local day since 1970, beginning, end) of each opening between two instants, in order.

    An opening is cut where the local clock is changed: it is open whenever the clock shows one
    of its minutes, so an hour that the clock shows twice is open twice, one left out never.
    """
    for begin, end, offset in _even_stretches(zone, first, last):
        for day in range((begin + offset) // _DAY, (end + offset - 1) // _DAY + 1):
            midnight = day * _DAY - offset
            for hours in hours_on(date.fromordinal(day + _EPOCH_DAY)):
                opens = max(midnight + hours.opens * 60, begin)
                closes = min(midnight + hours.closes * 60, end)
                if opens < closes:
                    yield day, opens, closes


def _even_stretches(zone: ZoneInfo, first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """(beginning, end, seconds ahead of UTC) of stretches in which the clock is not changed."""
    begin, offset = first, _offset(zone, first)
    for early, late in pairwise([*range(first, last, _DAY), last]):
        changed = _offset(zone, late)
        if changed != offset:
            # Searched by halves: instants before the change are those with the old offset.
            instants = range(early, late + 1)
            at = instants[bisect_left(instants, True, key=lambda t: _offset(zone, t) == changed)]
            yield begin, at, offset
            begin, offset = at, changed
    if begin < last:
        yield begin, last, offset


def _offset(zone: ZoneInfo, instant: int) -> int:
    ahead = datetime.fromtimestamp(instant, zone).utcoffset()
    assert ahead is not None
    return ahead.days * _DAY + ahead.seconds


def day_in(zone: ZoneInfo, moment: datetime) -> int:
    """The number of the local day of a moment."""
    return moment.astimezone(zone).toordinal() - _EPOCH_DAY


def instant_of(moment: datetime) -> int:
    """The whole seconds since 1970; ValueError for a moment without a zone."""
    try:
        since = moment - _EPOCH
    except TypeError:
        raise ValueError(f"a moment needs its time zone: {moment}") from None
    return since.days * _DAY + since.seconds
