"""Ten thousand clocks, stopped and started again, agree with a walk from minute to minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from centro.kernel.calendar import (
    ALWAYS_WEEK,
    Calendar,
    Day,
    Hours,
    SpecialDay,
    Week,
    add_seconds,
    office_week,
    seconds_between,
    share_moment,
)
from tests.kernel.minutes import DAY, PLACES, Minutes, Pause, at, instant_of, utc_midnight

CALENDARS, EACH = 220, 46
BEFORE, LENGTH = 8, 75


@dataclass
class Clock:
    """What a clock of a case keeps from one event to the next."""

    calendar: Calendar
    target: int
    since: datetime
    consumed: int = 0

    def pause(self, moment: datetime) -> None:
        self.consumed += seconds_between(self.calendar, self.since, moment)

    def resume(self, moment: datetime) -> None:
        self.since = moment

    @property
    def due(self) -> datetime:
        return add_seconds(self.calendar, self.since, self.target - self.consumed)


@pytest.mark.slow
@pytest.mark.parametrize("place", range(len(PLACES)))
def test_histories_of_clocks_agree_with_the_minutes(place: int):
    assert CALENDARS * EACH >= 10_000
    name, near = PLACES[place]
    first = near - timedelta(days=BEFORE)
    for number in range(CALENDARS // len(PLACES)):
        rng = Random(f"{place} {number}")
        calendar = Calendar(ZoneInfo(name), week(rng), exceptions(rng, first))
        minutes = Minutes(calendar, utc_midnight(first), LENGTH)
        for _n in range(EACH):
            live(calendar, minutes, rng)


def live(calendar: Calendar, minutes: Minutes, rng: Random) -> None:
    """One clock through all its pauses, compared with the minutes after each event."""
    start = minutes.first + rng.randrange(5 * DAY, 12 * DAY)
    target = max(minutes.between(start, start + rng.randrange(6 * DAY)), 60)
    clock = Clock(calendar, target, at(start))
    assert instant_of(clock.due) == minutes.add(start, target)
    paused: list[Pause] = []
    running = minutes
    for pause in pauses(rng, start):
        clock.pause(at(pause[0]))
        consumed = running.between(start, pause[0])
        assert clock.consumed == consumed, (calendar, start, paused, pause)
        clock.resume(at(pause[1]))
        paused.append(pause)
        running = running.without([pause])
        if consumed <= target:
            compare_running(clock, running, start, paused)
        else:
            late = minutes.back(pause[1], consumed - target)
            assert instant_of(clock.due) == late, (calendar, start, paused)


def compare_running(clock: Clock, running: Minutes, start: int, paused: list[Pause]) -> None:
    """A clock with something left, just started again."""
    about = (clock, start, paused)
    due = running.add(start, clock.target) if clock.target > clock.consumed else paused[-1][1]
    assert instant_of(clock.due) == due, about
    percent = start % 4 * 50  # 0 and 100 cost no walk
    moments = [(at(begin), at(end)) for begin, end in paused]
    share = share_moment(clock.calendar, at(start), at(due), percent, moments)
    assert instant_of(share) == running.share(start, due, percent), (*about, percent)


def pauses(rng: Random, start: int) -> list[Pause]:
    """Up to four: after minutes or days, for minutes or days."""
    found: list[Pause] = []
    end = start // 60 * 60
    for _n in range(rng.randrange(5)):
        begin = end + 60 * rng.choice([1, rng.randrange(1, 500), rng.randrange(1, 2500)])
        end = begin + 60 * rng.choice([1, rng.randrange(1, 500), rng.randrange(1, 2500)])
        found.append((begin, end))
    return found


def week(rng: Random) -> Week:
    """Office hours, all hours, or odd ones; in any case it opens on Monday."""
    office = office_week(time(8), time(16))
    odd = (office[0], *(day_hours(rng) for _n in range(6)))
    return rng.choice([office, office_week(time(7, 30), time(15, 45)), ALWAYS_WEEK, odd, odd])


def exceptions(rng: Random, first: date) -> dict[date, SpecialDay]:
    days = rng.sample(range(LENGTH), rng.randrange(8))
    hours = {n: rng.choice([(), (), day_hours(rng)]) for n in days}
    return {first + timedelta(days=n): SpecialDay("", hours[n]) for n in days}


def day_hours(rng: Random) -> Day:
    cuts = sorted(rng.sample(range(1441), rng.choice([0, 2, 4, 6])))
    return tuple(Hours(*pair) for pair in zip(cuts[::2], cuts[1::2], strict=True))
