"""The arithmetic of a clock, with no database in sight: targets, rungs, what was consumed.

Normative rules: docs/explanation/terms.md. Moments are aware datetimes, durations business seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from centro.kernel.calendar import Calendar, Term, add_seconds, seconds_between, term_end

TOP = 5  # the rung of the President
Run = tuple[datetime, datetime]  # from, until: a stretch in which a clock ran


@dataclass(frozen=True, slots=True)
class Target:
    """What a term comes to: its business seconds, and its end if nothing pauses it."""

    seconds: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """A rung of the ladder and the moment at which a clock reaches it."""

    rung: int
    share: int
    moment: datetime


def target_of(calendar: Calendar, start: datetime, term: Term) -> Target:
    """The business seconds between a start and the end of its term."""
    due = term_end(calendar, start, term)
    return Target(seconds_between(calendar, start, due), due)


def due_again(
    calendar: Calendar, resumed: datetime, target: int, consumed: int, before: datetime
) -> datetime:
    """When what is left of a target ends, counted from the moment the clock runs again.

    A clock that had run out `before` stays as late as it was: standing still forgives nothing.
    """
    if consumed >= target:
        return before
    return add_seconds(calendar, resumed, target - consumed)


def due_after(calendar: Calendar, runs: Sequence[Run], since: datetime, target: int) -> datetime:
    """When a target ends for a clock that ran in `runs` and runs (or will run) from `since`."""
    left = target
    for start, end in runs:
        here = seconds_between(calendar, start, end)
        if here >= left:
            return add_seconds(calendar, start, left)
        left -= here
    return add_seconds(calendar, since, left)


def consumed_in(calendar: Calendar, runs: Iterable[Run]) -> int:
    """The business seconds of the stretches in which a clock ran."""
    return sum(seconds_between(calendar, start, end) for start, end in runs)


def base_of(cycle: int) -> int:
    """How many rungs higher a cycle begins: one for each reopening, the President's remains."""
    return min(cycle - 1, TOP - 1)


def share_of(rung: int, base: int, shares: Sequence[int]) -> int:
    """The percent of the target at which a rung fires in a cycle that began `base` rungs higher."""
    return shares[rung - 1 - base]


def first_rung(base: int) -> int:
    return base + 1


def step_to(
    rung: int,
    *,
    calendar: Calendar,
    resumed: datetime,
    target: int,
    consumed: int,
    base: int,
    shares: Sequence[int],
) -> Step | None:
    """The moment of a rung for a clock that runs since `resumed`; None above the President.

    Shares are taken over the business seconds of the target. A moment that passed while the
    clock stood still comes at once.
    """
    if rung > TOP:
        return None
    share = share_of(rung, base, shares)
    wanted = -(-target * share // 100)  # rounded up: never a second early
    return Step(rung, share, add_seconds(calendar, resumed, max(wanted - consumed, 0)))
