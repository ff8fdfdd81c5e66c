"""Business time agrees with a walk from minute to minute, on calendars nobody would think of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from centro.kernel.calendar import (
    Calendar,
    Day,
    Hours,
    SpecialDay,
    Term,
    Unit,
    add_seconds,
    seconds_between,
    share_moment,
    skipped_days,
    term_end,
)
from tests.kernel.minutes import DAY, PLACES, Minutes, OutOfSight, at, instant_of, utc_midnight

pytestmark = pytest.mark.slow  # counts minute by minute

LENGTH, BEFORE = 24, 8
examples = settings(max_examples=40, deadline=None)


@dataclass(frozen=True)
class Scene:
    """A calendar, a moment from which to count, and the minutes of some weeks round it."""

    calendar: Calendar
    first: int
    moment: int

    @cached_property
    def minutes(self) -> Minutes:
        return Minutes(self.calendar, self.first, LENGTH)

    @property
    def start(self) -> datetime:
        return at(self.moment)


def day_hours() -> st.SearchStrategy[Day]:
    """Up to three intervals with odd edges, an ordinary day, none, or all day."""
    cuts = st.sets(st.integers(0, 48).map(lambda n: n * 30) | st.integers(0, 1440), max_size=6)
    odd = cuts.map(sorted).map(
        lambda c: tuple(Hours(c[n], c[n + 1]) for n in range(0, len(c) - 1, 2))
    )
    usual = [(), (Hours(480, 960),), (Hours(480, 720), Hours(720, 1020)), (Hours(0, 1440),)]
    return odd | st.sampled_from(usual)


@st.composite
def scenes(draw: st.DrawFn, places: Sequence[tuple[str, date]] = PLACES) -> Scene:
    name, near = draw(st.sampled_from(places))
    first = near - timedelta(days=BEFORE)
    days_of_week = [draw(day_hours()) for _n in range(6)]
    days_of_week.insert(draw(st.integers(0, 6)), (Hours(600, 1080),))  # it does open at times
    special = draw(st.dictionaries(st.integers(0, LENGTH), day_hours(), max_size=4))
    days = {first + timedelta(days=n): SpecialDay(str(n), hours) for n, hours in special.items()}
    calendar = Calendar(ZoneInfo(name), tuple(days_of_week), days)
    midnight = utc_midnight(first)
    moment = midnight + draw(st.integers(4 * DAY, 14 * DAY) | st.integers(7 * DAY, 9 * DAY))
    return Scene(calendar, midnight, moment)


STRETCHES = st.integers(0, 6 * DAY) | st.integers(0, 7200)
SECONDS = st.integers(0, 200_000) | st.integers(0, 60)


@examples
@given(scenes(), STRETCHES)
def test_open_seconds_are_those_of_the_open_minutes(scene: Scene, length: int):
    end = scene.moment + length
    expected = scene.minutes.between(scene.moment, end)
    assert seconds_between(scene.calendar, scene.start, at(end)) == expected


@examples
@given(scenes())
def test_it_is_open_in_the_open_minutes(scene: Scene):
    for begin, _size, is_open in scene.minutes.walk(scene.moment):
        if begin > scene.moment + 3 * DAY:
            break
        if begin % 420 == 0:
            assert scene.calendar.is_open(at(begin)) == is_open


@examples
@given(scenes(), SECONDS)
def test_seconds_are_added_over_the_open_minutes(scene: Scene, seconds: int):
    try:
        expected = scene.minutes.add(scene.moment, seconds)
    except OutOfSight:
        assume(False)
    assert instant_of(add_seconds(scene.calendar, scene.start, seconds)) == expected


@examples
@given(scenes(), st.integers(1, 40_000))
def test_seconds_are_taken_away_over_the_open_minutes(scene: Scene, seconds: int):
    try:
        expected = scene.minutes.back(scene.moment, seconds)
    except OutOfSight:
        assume(False)
    assert instant_of(add_seconds(scene.calendar, scene.start, -seconds)) == expected


@examples
@given(scenes(), st.builds(Term, st.integers(1, 8), st.sampled_from(Unit)))
def test_a_term_ends_with_the_minutes_of_its_last_day(scene: Scene, term: Term):
    try:
        expected = scene.minutes.term_end(scene.moment, term)
    except OutOfSight:
        assume(False)
    assert instant_of(term_end(scene.calendar, scene.start, term)) == expected


@examples
@given(
    scenes(),
    STRETCHES,
    st.sampled_from([0, 1, 33, 50, 75, 99, 100, 101, 150, 200, 300]),
    st.lists(st.tuples(st.integers(-60, 10_000), st.integers(0, 3000)), max_size=3),
)
def test_shares_are_taken_over_the_open_minutes_outside_the_pauses(scene, length, percent, drawn):
    due, minute = scene.moment + length, scene.moment // 60 * 60
    paused = [(minute + begin * 60, minute + (begin + size) * 60) for begin, size in drawn]
    try:
        minutes = scene.minutes.without(paused)
        assume(minutes.between(scene.moment, due) > 0)
        expected = minutes.share(scene.moment, due, percent)
    except OutOfSight:
        assume(False)
    pauses = [(at(begin), at(end)) for begin, end in paused]
    assert (
        instant_of(share_moment(scene.calendar, scene.start, at(due), percent, pauses)) == expected
    )


# ---- Laws ----


@examples
@given(scenes(), SECONDS)
def test_what_is_added_has_passed_and_not_a_second_sooner(scene: Scene, seconds: int):
    calendar, start = scene.calendar, scene.start
    assume(seconds_between(calendar, start, start + timedelta(days=60)) > seconds > 0)
    due = add_seconds(calendar, start, seconds)
    assert seconds_between(calendar, start, due) == seconds
    assert seconds_between(calendar, start, due - timedelta(seconds=1)) == seconds - 1
    back = add_seconds(calendar, due, -seconds)
    assert back <= start
    assert seconds_between(calendar, back, start) == 0


@examples
@given(scenes(), STRETCHES, STRETCHES)
def test_parts_add_up_to_the_whole(scene: Scene, one: int, other: int):
    first = scene.start + timedelta(microseconds=700_000)
    middle = first + timedelta(seconds=one, microseconds=800_000)
    last = middle + timedelta(seconds=other, microseconds=900_000)
    parts = seconds_between(scene.calendar, first, middle) + seconds_between(
        scene.calendar, middle, last
    )
    assert parts == seconds_between(scene.calendar, first, last)


@examples
@given(scenes(), SECONDS, SECONDS)
def test_adding_twice_is_adding_once(scene: Scene, one: int, other: int):
    calendar, start = scene.calendar, scene.start
    assume(seconds_between(calendar, start, start + timedelta(days=60)) > one + other)
    assume(other > 0)
    twice = add_seconds(calendar, add_seconds(calendar, start, one), other)
    assert twice == add_seconds(calendar, start, one + other)


@examples
@given(scenes(), STRETCHES, st.builds(Term, st.integers(1, 8), st.sampled_from(Unit)))
def test_who_comes_later_is_never_due_sooner(scene: Scene, length: int, term: Term):
    calendar, start = scene.calendar, scene.start
    later = start + timedelta(seconds=length)
    due = term_end(calendar, start, term)
    assert start < due <= term_end(calendar, later, term)
    assert due <= term_end(calendar, start, Term(term.amount + 1, term.unit))


@examples
@given(scenes(), STRETCHES, st.integers(0, 300), st.integers(0, 300))
def test_a_larger_share_is_never_used_up_sooner(scene: Scene, length: int, one: int, other: int):
    due = scene.start + timedelta(seconds=length)
    small, large = sorted((one, other))
    sooner = share_moment(scene.calendar, scene.start, due, small)
    assert scene.start <= sooner <= share_moment(scene.calendar, scene.start, due, large)


@examples
@given(scenes(PLACES[:2]), st.integers(1, 8))  # where every hour of every day exists
def test_days_are_counted_or_skipped(scene: Scene, days: int):
    zone = scene.calendar.zone
    due = term_end(scene.calendar, scene.start, Term(days, Unit.WORKING_DAYS))
    first = scene.start.astimezone(zone).date()
    last = (due - timedelta(seconds=1)).date()
    skipped = {each.day for each in skipped_days(scene.calendar, scene.start, due)}
    counted = (last - first).days - len(skipped - {first})
    assert counted == days
