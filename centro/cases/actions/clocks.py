"""What the actions do to the clocks of a case. To be called under the case's row lock.

The citizen's clocks run from the moment the citizen spoke to the solution; no transfer,
reassignment or comment touches them. A stint measures the entity that has the case.

What ends a wait comes before the change of status that clears `case.waiting_until`: however late
somebody notices, a clock runs on from the wait's own end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db.models import Max

from centro.agencies.models import Agency
from centro.cases import hands
from centro.cases.hands import aim_after
from centro.cases.models import Case, ClockEvent, Escalation, SlaClock
from centro.catalog.agreements import policy_for
from centro.catalog.calendars import calendar_at, version_in_force
from centro.catalog.models import BusinessCalendar, CalendarVersion, PolicyVersion
from centro.kernel.calendar import Calendar, Term, Unit

__all__ = ["aim_after"]  # used beside what is defined here

Metric, State, Event = SlaClock.Metric, SlaClock.State, ClockEvent.Kind
_CHANGES = [
    "policy", "calendar", "term_amount", "term_unit", "target_seconds", "consumed_seconds",
    "resumed_at", "due_at", "state", "stopped_at", "on_time", "next_at", "next_rung",
]  # fmt: skip

_POINTS_AT = frozenset({"policy", "calendar"})


# ---- A cycle and its clocks ----


def plan_cycle(case: Case, start: datetime, *, at: datetime) -> list[SlaClock]:
    """The clocks of a cycle that begins: solution, first response, an interim reply where the
    solution takes longer than its limit, and the stint of who has the case.

    `start` is when the citizen spoke; stints begin `at` the moment the entity got the case. Sets
    `case.due_at`; the caller saves the case, then gives the clocks to `start_clocks`.
    """
    policy = policy_for(case.service, case.place, case.priority)
    solution = _new(case, policy, Metric.SOLUTION, start)
    clocks = [solution, _new(case, policy, Metric.FIRST_RESPONSE, start)]
    clocks += owed_interim(case, policy, solution)
    clocks.append(_new_stint(case, policy, case.agency, at, _last_stint(case) + 1))
    case.due_at = solution.due_at
    return clocks


def start_clocks(clocks: list[SlaClock]) -> None:
    """Write the clocks that `plan_cycle` made. One statement."""
    SlaClock.objects.bulk_create(clocks)


def promise_reply(case: Case, due: datetime, *, at: datetime) -> None:
    """The citizen was told by when they hear again: a clock of its own runs to that date.

    To be called when no other interim clock is going.
    """
    policy = policy_for(case.service, case.place, case.priority)
    version = version_in_force(policy.calendar.code)
    clock = SlaClock(
        case=case,
        metric=Metric.INTERIM,
        cycle=case.cycle,
        policy=policy,
        calendar=version,
        term_amount=0,
        term_unit=Unit.WORKING_DAYS.value,
        started_at=at,
    )
    hands.promise(clock, calendar_at(version, case.place), due)
    clock.save(force_insert=True)


def pause_clocks(case: Case, *, at: datetime, until: datetime, **why: Any) -> None:
    """Stop the hands of every going clock: the wait is not the entity's fault.

    The dates shown meanwhile count on the wait's own end; an earlier one brings them forward. A
    date that the citizen was promised is kept, wait or not.
    """
    going = _going(case)
    running = [c for c in going if c.state == State.RUNNING and not c.is_promise]
    for clock in running:
        hands.pause(clock, _calendar_of(clock, case), at=at, until=until)
    _save(running, Event.PAUSED, at, {"until": until.isoformat(), **why})
    _follow(case, running)


def resume_clocks(case: Case, *, at: datetime, **why: Any) -> None:
    """Let what was paused run on with what was left of it; sets `case.due_at`."""
    _resume(case, [clock for clock in _going(case) if clock.state == State.PAUSED], at, why)


def stop_clocks(case: Case, *metrics: str, at: datetime) -> None:
    """End these clocks with their facts: when, and whether in time."""
    _stop(case, [clock for clock in _going(case) if clock.metric in metrics], at)


def stop_all_clocks(case: Case, *, at: datetime) -> None:
    """The solution is there: nothing of this cycle runs on."""
    _stop(case, _going(case), at)


def cancel_clocks(case: Case, *, at: datetime, answered: bool = False, **why: Any) -> None:
    """The case ends without a solution of its own: its clocks measured nothing.

    `answered`: the citizen was told why, which is a first response after all.
    """
    going = _going(case)
    _resume(case, [clock for clock in going if clock.state == State.PAUSED], at, why)
    if answered:
        _stop(case, [clock for clock in going if clock.metric == Metric.FIRST_RESPONSE], at)
        going = [clock for clock in going if clock.metric != Metric.FIRST_RESPONSE]
    for clock in going:
        hands.cancel(clock, _calendar_of(clock, case), at=at)
    _save(going, Event.CANCELLED, at, why)


def revive_clocks(case: Case, *, at: datetime) -> None:
    """The case is worked on its own again after all: the citizen's clocks ran all the while, and
    what was decided meanwhile about agreements and calendars holds for them too.
    """
    cancelled = SlaClock.objects.of_the_citizen().filter(
        case=case, cycle=case.cycle, state=State.CANCELLED
    )
    clocks = _with_companions(cancelled)
    ends = ClockEvent.objects.filter(clock__in=clocks, kind=Event.CANCELLED).order_by("id")
    ended = dict(ends.values_list("clock_id", "at"))
    fired = _fired(case)
    for clock in clocks:
        calendar = _calendar_of(clock, case)
        hands.revive(clock, calendar, cancelled_at=ended[clock.pk], fired=fired)
    _save(clocks, Event.RESUMED, at, {"revived": True})
    _follow(case, clocks)
    retarget_clocks(case, at=at, cause="unmerged")
    hand_stint(case, case.agency, at=at)


def hand_stint(case: Case, agency: Agency | None, *, at: datetime) -> None:
    """Another entity has the case now (or triage has, without one): its own time begins."""
    before = [clock for clock in _going(case) if clock.metric == Metric.STINT]
    _stop(case, before, at)
    number = 1 + (before[0].stint if before else _last_stint(case))
    policy = policy_for(case.service, case.place, case.priority)
    _new_stint(case, policy, agency, at, number).save(force_insert=True)


# ---- Another agreement ----


def retarget_clocks(case: Case, *, at: datetime, **why: Any) -> None:
    """Give the case's going clocks the agreement that fits it now, each from its own start.

    A corrected service type, place or priority has its own term; a changed calendar or agreement
    applies to the whole of it. Where it changes nothing, nothing is written. Sets `case.due_at`.

    A closure at a corrected place may change how long a date that was promised lets the clock run,
    and not the date: that is kept without an event, as nothing was agreed anew.
    """
    policy = policy_for(case.service, case.place, case.priority)
    going = _going(case)
    before = {clock.pk: terms_of(clock) for clock in going}
    kept = {clock.pk: _stored(clock) for clock in going}
    for clock in going:
        retarget(clock, policy, case)
    changed = [clock for clock in going if _stored(clock) != kept[clock.pk]]
    SlaClock.objects.bulk_update(changed, _CHANGES)
    moved = [clock for clock in changed if terms_of(clock) != before[clock.pk]]
    _note(moved, Event.RETARGETED, at, why, before)
    _follow(case, going)
    SlaClock.objects.bulk_create(_interim_that_became_due(case, policy, going))


def retarget(
    clock: SlaClock, policy: PolicyVersion, case: Case, *, fired: int | None = None
) -> None:
    """Set one going clock to a policy and to the calendar version in force; nothing is saved.

    `fired` is the highest rung of its cycle, looked up when not given.
    """
    version, term = _version_and_term(policy, Metric(clock.metric))
    clock.policy, clock.calendar = policy, version
    if term is not None and not clock.is_promise:
        clock.term_amount, clock.term_unit = term.amount, term.unit.value
    hands.retarget(
        clock,
        calendar_at(version, case.place),
        runs=runs_of(clock),
        since=clock.resumed_at or case.waiting_until or clock.started_at,
        fired=_fired(case) if fired is None and clock.metric == Metric.SOLUTION else fired or 0,
    )


def runs_of(clock: SlaClock) -> list[tuple[datetime, datetime]]:
    """The stretches in which a clock ran before the present one; pauses are stored facts."""
    events = sorted(clock.events.all(), key=lambda event: event.pk)
    return hands.runs_in(clock.started_at, events)


def terms_of(clock: SlaClock) -> dict[str, Any]:
    """What an agreement says of a clock, as its events keep it: compare before and after."""
    return {
        "policy": clock.policy_id,
        "calendar": clock.calendar_id,
        "term": [clock.term_amount, clock.term_unit],
        "due": clock.due_at.astimezone(UTC).isoformat(),
    }


def _interim_that_became_due(
    case: Case, policy: PolicyVersion, going: list[SlaClock]
) -> list[SlaClock]:
    """A longer term may owe the citizen an interim reply that the shorter one did not; not while
    the case waits.
    """
    running = (clock for clock in going if clock.state == State.RUNNING)
    solution = next((clock for clock in running if clock.metric == Metric.SOLUTION), None)
    owed = owed_interim(case, policy, solution) if solution else []
    known = SlaClock.objects.filter(case=case, cycle=case.cycle, metric=Metric.INTERIM)
    return [] if owed and known.exists() else owed


# ---- One clock ----


def _new(
    case: Case, policy: PolicyVersion, metric: SlaClock.Metric, start: datetime, **more: Any
) -> SlaClock:
    version, term = _version_and_term(policy, metric)
    assert term is not None
    clock = SlaClock(
        case=case,
        metric=metric,
        cycle=case.cycle,
        policy=policy,
        calendar=version,
        term_amount=term.amount,
        term_unit=term.unit.value,
        started_at=start,
        **more,
    )
    hands.start(clock, calendar_at(version, case.place))
    return clock


def owed_interim(case: Case, policy: PolicyVersion, solution: SlaClock) -> list[SlaClock]:
    """The interim reply where the solution takes longer than its limit."""
    if not policy.interim_days:
        return []
    interim = _new(case, policy, Metric.INTERIM, solution.started_at)
    return [interim] if interim.due_at < solution.due_at else []


def _new_stint(
    case: Case, policy: PolicyVersion, agency: Agency | None, start: datetime, number: int
) -> SlaClock:
    return _new(case, policy, Metric.STINT, start, agency=agency, stint=number)


def _last_stint(case: Case) -> int:
    if case._state.adding:
        return 0
    stints = SlaClock.objects.filter(case=case, metric=Metric.STINT)
    return stints.aggregate(last=Max("stint"))["last"] or 0


def calendar_and_term(policy: PolicyVersion, metric: SlaClock.Metric) -> tuple[str, Term | None]:
    """The code of the calendar and the term of a metric; no term where the policy asks for none.

    Calendar days are counted round the clock.
    """
    term: Term | None
    if metric == Metric.FIRST_RESPONSE:
        term = Term(policy.response_amount, Unit(policy.response_unit))
    elif metric == Metric.INTERIM:
        term = Term(policy.interim_days, Unit.WORKING_DAYS) if policy.interim_days else None
    else:
        term = Term(policy.solution_amount, Unit(policy.solution_unit))
    around = term is not None and term.unit == Unit.CALENDAR_DAYS
    return BusinessCalendar.ALWAYS if around else policy.calendar.code, term


def _version_and_term(
    policy: PolicyVersion, metric: SlaClock.Metric
) -> tuple[CalendarVersion, Term | None]:
    code, term = calendar_and_term(policy, metric)
    return version_in_force(code), term


def _calendar_of(clock: SlaClock, case: Case) -> Calendar:
    """The calendar a clock runs on where the case is."""
    return calendar_at(clock.calendar, case.place)


def _fired(case: Case) -> int:
    """The highest rung recorded in the present cycle; 0 for none."""
    fired = Escalation.objects.filter(case_id=case.pk, cycle=case.cycle)
    return fired.aggregate(last=Max("rung"))["last"] or 0


# ---- Reading and writing them ----


def _resume(case: Case, paused: list[SlaClock], at: datetime, why: Any) -> None:
    if not paused:
        return
    # Whoever comes later than the wait's end finds the clock running since then.
    at = min(at, case.waiting_until or at)
    fired = _fired(case)
    for clock in paused:
        hands.resume(clock, _calendar_of(clock, case), at=at, fired=fired)
    _save(paused, Event.RESUMED, at, why)
    _follow(case, paused)


def _stop(case: Case, going: list[SlaClock], at: datetime) -> None:
    _resume(case, [clock for clock in going if clock.state == State.PAUSED], at, {})
    for clock in going:
        hands.stop(clock, _calendar_of(clock, case), at=at)
    _save(going, Event.STOPPED, at, {})


def _going(case: Case) -> list[SlaClock]:
    """Locked after their case, always in this order, so that a sweep and an action take turns."""
    return _with_companions(SlaClock.objects.going().filter(case=case))


def _with_companions(clocks: Any) -> list[SlaClock]:
    locked = clocks.select_for_update(of=("self",)).select_related("policy", "calendar")
    return list(locked.order_by("id"))


def _stored(clock: SlaClock) -> tuple[Any, ...]:
    """All of a clock that `_CHANGES` writes."""
    return tuple(getattr(clock, f"{name}_id" if name in _POINTS_AT else name) for name in _CHANGES)


def _save(
    changed: list[SlaClock], kind: ClockEvent.Kind, at: datetime, why: Mapping[str, Any]
) -> None:
    """Write the clocks and what happened to them."""
    if not changed:
        return
    SlaClock.objects.bulk_update(changed, _CHANGES)
    _note(changed, kind, at, why)


def _note(
    clocks: list[SlaClock],
    kind: ClockEvent.Kind,
    at: datetime,
    why: Mapping[str, Any],
    before: Mapping[int, Any] | None = None,
) -> None:
    """Write what happened to these clocks; `before` adds what each was."""
    ClockEvent.objects.bulk_create(
        ClockEvent(
            clock=clock,
            kind=kind,
            at=at,
            due_at=clock.due_at,
            consumed_seconds=clock.consumed_seconds,
            data=dict(why) | ({"before": before[clock.pk]} if before else {}),
        )
        for clock in clocks
    )


def _follow(case: Case, clocks: Iterable[SlaClock]) -> None:
    """The case shows the date of its solution clock."""
    for clock in clocks:
        if clock.metric == Metric.SOLUTION and case.due_at != clock.due_at:
            case.due_at = clock.due_at
            case.save(update_fields=["due_at"])
