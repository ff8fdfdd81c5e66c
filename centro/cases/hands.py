"""The hands of one clock: what can happen to it. Nothing here reads or writes the database.

Each function changes the clock it is given; the caller knows the calendar and saves. `fired` is
the highest rung of the ladder already recorded in the clock's cycle, 0 for none.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from centro.cases import clockwork
from centro.cases.clockwork import Run
from centro.cases.models import ClockEvent, SlaClock
from centro.kernel.calendar import Calendar, Term, Unit, seconds_between

Metric, State, Event = SlaClock.Metric, SlaClock.State, ClockEvent.Kind


def start(clock: SlaClock, calendar: Calendar) -> None:
    """Set the target and the first dates of a new clock from its own start and term."""
    target = clockwork.target_of(calendar, clock.started_at, term_of(clock))
    clock.target_seconds, clock.due_at = target.seconds, target.due_at
    clock.consumed_seconds, clock.resumed_at = 0, clock.started_at
    clock.base_rung = clockwork.base_of(clock.cycle)
    clock.next_at = clock.due_at
    if clock.metric == Metric.SOLUTION:
        aim_after(clock, clock.base_rung, calendar)


def promise(clock: SlaClock, calendar: Calendar, due: datetime) -> None:
    """Let a new clock run from its start to a date that somebody was given."""
    clock.target_seconds = seconds_between(calendar, clock.started_at, due)
    clock.consumed_seconds, clock.resumed_at = 0, clock.started_at
    clock.base_rung = clockwork.base_of(clock.cycle)
    clock.due_at = clock.next_at = due


def pause(clock: SlaClock, calendar: Calendar, *, at: datetime, until: datetime) -> None:
    """Stop the hands of a running clock. Its date meanwhile counts on the wait's own end."""
    _book(clock, calendar, at)
    clock.state = State.PAUSED
    _expect(clock, calendar, until)


def resume(clock: SlaClock, calendar: Calendar, *, at: datetime, fired: int = 0) -> None:
    """Let a paused clock run on from `at` with what was left of it."""
    clock.state, clock.resumed_at = State.RUNNING, at
    _expect(clock, calendar, at)
    _aim(clock, calendar, fired)


def stop(clock: SlaClock, calendar: Calendar, *, at: datetime) -> None:
    """End a running clock with its facts, which no later change of an agreement touches."""
    _book(clock, calendar, at)
    clock.state, clock.stopped_at, clock.on_time = State.STOPPED, at, at <= clock.due_at


def cancel(clock: SlaClock, calendar: Calendar, *, at: datetime) -> None:
    """End a running clock that measured nothing: there is no solution of its own."""
    _book(clock, calendar, at)
    clock.state = State.CANCELLED


def revive(clock: SlaClock, calendar: Calendar, *, cancelled_at: datetime, fired: int = 0) -> None:
    """Undo `cancel`: the clock ran all the while, and what it passed meanwhile comes at once."""
    clock.state, clock.resumed_at = State.RUNNING, cancelled_at
    _aim(clock, calendar, fired)


def retarget(
    clock: SlaClock, calendar: Calendar, *, runs: list[Run], since: datetime, fired: int = 0
) -> None:
    """Count a going clock anew from its own start, with the term and on the calendar it has now.

    `runs` are the stretches in which it ran before the present one, `since` is when the present
    one began or, for a paused clock, will begin. Rungs that were reached stay reached. A promised
    date stays what it is.
    """
    clock.consumed_seconds = clockwork.consumed_in(calendar, runs)
    if clock.is_promise:
        clock.target_seconds = seconds_between(calendar, clock.started_at, clock.due_at)
        return
    before, warned = clock.due_at, clock.next_at is None
    clock.target_seconds = clockwork.target_of(calendar, clock.started_at, term_of(clock)).seconds
    clock.due_at = clockwork.due_after(calendar, runs, since, clock.target_seconds)
    if clock.state != State.RUNNING:
        return
    if clock.metric == Metric.SOLUTION:
        _aim(clock, calendar, fired)
    elif not warned or clock.due_at > before:
        clock.next_at = clock.due_at


def aim_after(clock: SlaClock, rung: int, calendar: Calendar) -> None:
    """Let a running solution clock await the rung above `rung`, or nothing above the President."""
    assert clock.resumed_at is not None
    step = clockwork.step_to(
        rung + 1,
        calendar=calendar,
        resumed=clock.resumed_at,
        target=clock.target_seconds,
        consumed=clock.consumed_seconds,
        base=clock.base_rung,
        shares=clock.policy.shares,
    )
    clock.next_at = step.moment if step else None
    clock.next_rung = step.rung if step else None


def term_of(clock: SlaClock) -> Term:
    """The term of the agreement as the clock keeps it."""
    return Term(clock.term_amount, Unit(clock.term_unit))


def runs_in(started_at: datetime, events: Iterable[ClockEvent]) -> list[Run]:
    """The stretches in which a clock ran before the present one, from its events in their order.

    A clock that was cancelled and revived ran through: its present stretch began when it was
    cancelled.
    """
    runs: list[Run] = []
    since: datetime | None = started_at
    for event in events:
        if event.kind == Event.RESUMED and since is None:
            since = event.at
        elif event.kind in {Event.PAUSED, Event.CANCELLED} and since is not None:
            runs.append((since, event.at))
            since = event.at if event.kind == Event.CANCELLED else None
    return runs


def _book(clock: SlaClock, calendar: Calendar, at: datetime) -> None:
    """Add what has run until now to what was consumed; the hands stand still.

    The rung that the clock awaits stays known: only its moment is open while it does not run.
    """
    assert clock.resumed_at is not None
    clock.consumed_seconds += clockwork.consumed_in(calendar, [(clock.resumed_at, at)])
    clock.resumed_at = clock.next_at = None


def _expect(clock: SlaClock, calendar: Calendar, resumed: datetime) -> None:
    """The due date of a clock that runs again at that moment."""
    clock.due_at = clockwork.due_again(
        calendar, resumed, clock.target_seconds, clock.consumed_seconds, clock.due_at
    )


def _aim(clock: SlaClock, calendar: Calendar, fired: int) -> None:
    """Await the first rung of the cycle that has no record yet; the other clocks warn once, at
    their due moment: who was late before this run began has been warned.
    """
    if clock.metric == Metric.SOLUTION:
        aim_after(clock, max(fired, clock.base_rung), calendar)
    else:
        assert clock.resumed_at is not None
        clock.next_at = clock.due_at if clock.due_at > clock.resumed_at else None
