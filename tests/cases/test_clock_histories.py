"""Ten thousand lives of a clock agree with a count of minutes.

The clocks are those of the application, moved by the same hands as by the actions and never saved.
The count knows no clock: it has the minutes in which the calendar is open (tests/kernel/minutes.py),
the moment at which the citizen spoke, and the stretches in which the case waited.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

import pytest

from centro.cases import hands
from centro.cases.models import ClockEvent, SlaClock
from centro.catalog.models import PolicyVersion
from centro.kernel.calendar import ALWAYS_WEEK, Calendar, Term, Unit
from tests.kernel.minutes import DAY, PLACES, Minutes, OutOfSight, at, instant_of, utc_midnight
from tests.kernel.test_calendar_histories import exceptions, week

BEFORE, LENGTH = 8, 90  # days of each calendar that are counted
EACH = 100  # lives on a set of calendars
SETS = 10_000 // EACH
TOP = 5
Stretch = tuple[int, int]


class Count:
    """The open minutes of a calendar, summed up once."""

    def __init__(self, calendar: Calendar, first: int) -> None:
        self.calendar = calendar
        self.minutes = Minutes(calendar, first, LENGTH)
        self.sums = [0, *accumulate(self.minutes.open)]
        # When each day that the clock on the wall has shown closes; of those that open at all.
        ends = {
            day: first + 60 * (n + 1)
            for n, (day, _minute) in enumerate(self.minutes.labels)
            if self.minutes.open[n]
        }
        self.days = sorted(ends)
        self.closings = [ends[day] for day in self.days]

    def until(self, instant: int) -> int:
        """The open seconds before an instant."""
        minute, second = divmod(instant - self.minutes.first, 60)
        if not 0 <= minute < len(self.minutes.open):
            raise OutOfSight
        return self.sums[minute] * 60 + self.minutes.open[minute] * second

    def term_end(self, start: int, term: Term) -> int:
        """When a term ends. The first day and the last of the count may not be whole."""
        if term.unit is Unit.WORKING_HOURS:
            return self.reach(start, term.amount * 3600, [])
        received, _minute = self.minutes.labels[(start - self.minutes.first) // 60]
        found = bisect_right(self.days, received) + term.amount - 1
        if found >= len(self.days) - 1:
            raise OutOfSight
        return self.closings[found]

    def used(self, start: int, until: int, waits: list[Stretch]) -> int:
        """The open seconds of a stretch outside the waits."""
        inside = ((max(begin, start), min(end, until)) for begin, end in waits)
        return self._between(start, until) - sum(self._between(*each) for each in inside)

    def reach(self, start: int, seconds: int, waits: list[Stretch]) -> int:
        """The earliest instant at which so many open seconds have passed outside the waits."""
        first = (start - self.minutes.first) // 60
        ends = range(self.minutes.first + (first + 1) * 60, self.minutes.first + LENGTH * DAY, 60)
        found = bisect_left(ends, seconds, key=lambda end: self.used(start, end, waits))
        if found == len(ends):
            raise OutOfSight
        begin = max(ends[found] - 60, start)
        return begin + seconds - self.used(start, begin, waits)

    def _between(self, begin: int, end: int) -> int:
        return self.until(end) - self.until(begin) if begin < end else 0


@dataclass
class Life:
    """A clock, and beside it what anybody could have written down about the case."""

    rng: Random
    counts: list[Count]
    start: int
    now: int
    clock: SlaClock
    count: Count
    waits: list[Stretch] = field(default_factory=list)
    events: list[ClockEvent] = field(default_factory=list)
    # Until when the case waits, if it does; since when its clock is cancelled, if it is.
    until: int | None = None
    cancelled: int | None = None
    fired: dict[int, int] = field(default_factory=dict)

    # ---- What happens ----

    def live(self) -> None:
        for _n in range(self.rng.randrange(2, 9)):
            self.now += 60 * self.rng.choice(
                [0, 1, self.rng.randrange(600), self.rng.randrange(5000)]
            )
            self.rng.choice([self.wait, self.go_on, self.correct, self.merge, self.sweep])()
            self.compare()
        self.solve()

    def wait(self) -> None:
        if self.until is None and self.cancelled is None:
            self.sweep()
            self.until = self.now + 60 * self.rng.choice([1, self.rng.randrange(1, 4000)])
            hands.pause(self.clock, self.calendar, at=at(self.now), until=at(self.until))
            self.note(ClockEvent.Kind.PAUSED, self.now)
            self.waits.append((self.now, self.until))

    def go_on(self) -> None:
        """The wait ends: at its date, however late that is noticed, or before."""
        if self.until is None:
            return
        ended = min(self.now, self.until)
        hands.resume(self.clock, self.calendar, at=at(ended), fired=self.highest)
        self.note(ClockEvent.Kind.RESUMED, ended)
        self.waits[-1] = (self.waits[-1][0], ended)
        self.until = None
        self.sweep()

    def correct(self) -> None:
        """Another term, on another calendar."""
        if self.cancelled is not None:
            return
        self.sweep()
        term, self.count = some_term(self.rng, self.counts)
        self.clock.term_amount, self.clock.term_unit = term.amount, term.unit.value
        self.retarget()
        self.sweep()

    def retarget(self) -> None:
        runs = hands.runs_in(self.clock.started_at, self.events)
        since = self.clock.resumed_at or at(self.until or 0)
        hands.retarget(self.clock, self.calendar, runs=runs, since=since, fired=self.highest)

    def merge(self) -> None:
        """Another case stands for this one, or does no longer."""
        if self.until is not None:
            return
        if self.cancelled is None:
            self.sweep()
            hands.cancel(self.clock, self.calendar, at=at(self.now))
            self.note(ClockEvent.Kind.CANCELLED, self.now)
            self.cancelled = self.now
            return
        hands.revive(self.clock, self.calendar, cancelled_at=at(self.cancelled), fired=self.highest)
        self.note(ClockEvent.Kind.RESUMED, self.now)
        self.cancelled = None
        self.retarget()
        self.sweep()

    def sweep(self) -> None:
        while self.clock.next_at is not None and self.clock.next_at <= at(self.now):
            assert self.clock.next_rung is not None
            self.fired[self.clock.next_rung] = instant_of(self.clock.next_at)
            hands.aim_after(self.clock, self.clock.next_rung, self.calendar)

    def solve(self) -> None:
        if self.cancelled is not None:
            self.merge()
        self.go_on()
        self.sweep()
        due = self.reach(self.target)
        hands.stop(self.clock, self.calendar, at=at(self.now))
        assert self.clock.on_time == (due is None or self.now <= due), self
        assert self.clock.consumed_seconds == self.used(self.now), self

    def note(self, kind: ClockEvent.Kind, when: int) -> None:
        self.events.append(ClockEvent(kind=kind, at=at(when)))

    # ---- What must be true of it ----

    @property
    def calendar(self) -> Calendar:
        return self.count.calendar

    @property
    def highest(self) -> int:
        return max(self.fired, default=0)

    @property
    def target(self) -> int:
        term = hands.term_of(self.clock)
        end = self.count.term_end(self.start, term)
        return self.count.used(self.start, end, [])

    def used(self, until: int) -> int:
        return self.count.used(self.start, until, self.waits)

    def reach(self, seconds: int) -> int | None:
        """When so many seconds are used up; None when that is too far to count."""
        try:
            return self.count.reach(self.start, seconds, self.waits)
        except OutOfSight:
            return None

    def compare(self) -> None:
        if self.cancelled is not None:
            return
        target = self.target
        assert self.clock.target_seconds == target, self
        due = self.reach(target)
        assert due is None or instant_of(self.clock.due_at) == due, (self, due)
        if self.until is not None:
            assert (self.clock.resumed_at, self.clock.next_at) == (None, None), self
            assert self.clock.consumed_seconds == self.used(self.waits[-1][0]), self
            return
        base, shares = self.clock.base_rung, self.clock.policy.shares
        wanted = {r: -(-target * shares[r - 1 - base] // 100) for r in range(base + 1, TOP + 1)}
        self.sweep()
        passed = {rung for rung, seconds in wanted.items() if self.used(self.now) >= seconds}
        assert set(self.fired) >= passed, (self, passed)
        assert set(self.fired) == set(range(base + 1, self.highest + 1)), self
        rung = self.clock.next_rung
        assert rung == (max(self.highest, base) + 1 if self.highest < TOP else None), self
        if rung is not None and (moment := self.reach(wanted[rung])) is not None:
            assert self.clock.next_at is not None, (self, rung)
            assert instant_of(self.clock.next_at) == moment, (self, rung, moment)


def some_term(rng: Random, counts: list[Count]) -> tuple[Term, Count]:
    """A term and what counts it: calendar days are counted round the clock, by the first."""
    unit = rng.choice(list(Unit))
    term = Term(rng.randrange(1, 40 if unit is Unit.WORKING_HOURS else 7), unit)
    return term, counts[0] if unit is Unit.CALENDAR_DAYS else rng.choice(counts)


def begin(rng: Random, counts: list[Count]) -> Life:
    term, count = some_term(rng, counts)
    start = count.minutes.first + rng.randrange(5 * DAY, 12 * DAY)
    shares = (
        sorted(rng.sample(range(10, 320), TOP)) if rng.random() < 0.5 else [75, 100, 150, 200, 300]
    )
    clock = SlaClock(
        metric=SlaClock.Metric.SOLUTION,
        cycle=rng.choice([1, 1, 1, 2, 3, 7]),
        policy=PolicyVersion(shares=shares),
        term_amount=term.amount,
        term_unit=term.unit.value,
        started_at=at(start),
    )
    hands.start(clock, count.calendar)
    return Life(rng, counts, start, start // 60 * 60 + 60, clock, count)


def live(sets: range, each: int = EACH) -> int:
    lives = 0
    for number in sets:
        rng = Random(f"clocks {number}")
        name, near = PLACES[number % len(PLACES)]
        first = near - timedelta(days=BEFORE)
        counts = [
            Count(calendar, utc_midnight(first))
            for calendar in (
                Calendar(ZoneInfo(name), ALWAYS_WEEK),
                *(Calendar(ZoneInfo(name), week(rng), exceptions(rng, first)) for _n in range(2)),
            )
        ]
        for _n in range(each):
            begin(rng, counts).live()
            lives += 1
    return lives


def test_lives_of_clocks_agree_with_the_minutes():
    live(range(2), each=40)


@pytest.mark.slow
def test_ten_thousand_lives_of_clocks_agree_with_the_minutes():
    assert live(range(SETS)) >= 10_000
