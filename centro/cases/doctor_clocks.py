"""What the clocks of every case promise, for the doctor. The ladder's invariant is among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from centro.cases import clockwork, hands
from centro.cases.clockwork import TOP
from centro.cases.models import Case, SlaClock
from centro.cases.rules import UNSOLVED, WAITS_THAT_PAUSE, Reason, Status
from centro.catalog.calendars import calendar_at
from centro.kernel.calendar import seconds_between
from centro.kernel.clock import now

# Clocks under way whose dates are counted anew: the newest ones.
MOST_COUNTED = 5_000
_LATE = timedelta(hours=1)


def _listed(values: frozenset[Status] | frozenset[Reason]) -> str:
    return ", ".join(f"'{value}'" for value in sorted(values))


_UNSOLVED = f"c.status IN ({_listed(UNSOLVED)})"
_PAUSES = f"(c.status = 'waiting' AND c.reason IN ({_listed(WAITS_THAT_PAUSE)}))"
_GOING = "k.state IN ('running', 'paused')"
_CASE_OF_CLOCK = "FROM cases_slaclock k JOIN cases_case c ON c.id = k.case_id"
_SOLUTION = f"{_CASE_OF_CLOCK} AND k.metric = 'solution' AND k.cycle = c.cycle"
_RUNGS = """LEFT JOIN (SELECT case_id, cycle, min(rung) AS lowest, max(rung) AS highest, count(*) AS n
    FROM cases_escalation GROUP BY case_id, cycle) e ON e.case_id = k.case_id AND e.cycle = k.cycle"""

# The sentence, and the SQL that selects the id of each case that breaks it and what was found.
CLOCKS: Mapping[str, str] = {
    "each cycle of a case has its solution clock": """
        SELECT c.id, count(k.id)::text FROM cases_case c
        LEFT JOIN cases_slaclock k ON k.case_id = c.id AND k.metric = 'solution'
        GROUP BY c.id, c.cycle HAVING count(k.id) <> c.cycle OR max(k.cycle) <> c.cycle""",
    "the solution clock goes until there is a solution, and then stands with its facts": f"""
        SELECT c.id, c.status || '/' || c.reason || ': ' || k.state {_SOLUTION}
        WHERE CASE WHEN {_UNSOLVED} THEN NOT ({_GOING})
            WHEN c.status = 'resolved' OR c.resolved_at IS NOT NULL OR c.reason = 'first_contact'
                THEN k.state <> 'stopped'
            ELSE k.state <> 'cancelled' END""",
    "the case shows the date of its solution clock": f"""
        SELECT c.id, concat_ws(' / ', c.due_at, k.due_at) {_SOLUTION} WHERE c.due_at <> k.due_at""",
    "a clock is paused exactly while its case waits for what stops clocks": f"""
        SELECT c.id, k.metric || ' ' || k.state {_CASE_OF_CLOCK}
        WHERE {_GOING} AND k.term_amount > 0 AND (k.state = 'paused') <> {_PAUSES}""",
    "no clock goes on after the end of its case or of its cycle": f"""
        SELECT c.id, k.metric || ' ' || k.cycle {_CASE_OF_CLOCK}
        WHERE {_GOING} AND (NOT {_UNSOLVED} OR k.cycle <> c.cycle)""",
    "whoever has an unsolved case is measured by a stint": f"""
        SELECT c.id, coalesce(k.agency_id::text, 'none') FROM cases_case c
        LEFT JOIN cases_slaclock k ON k.case_id = c.id AND k.metric = 'stint' AND {_GOING}
        WHERE {_UNSOLVED} AND (k.id IS NULL OR k.agency_id IS DISTINCT FROM c.agency_id)""",  # noqa: S608 of our constants
    "a stopped clock was in time exactly when it stopped by its date": """
        SELECT case_id, concat_ws(' / ', metric, stopped_at, due_at) FROM cases_slaclock
        WHERE state = 'stopped' AND on_time <> (stopped_at <= due_at)""",
    "a clock that is paused says until when": f"""
        SELECT c.id, k.metric {_CASE_OF_CLOCK} WHERE k.state = 'paused' AND NOT EXISTS (
            SELECT 1 FROM cases_clockevent v WHERE v.clock_id = k.id AND v.kind = 'paused'
            AND v.data ? 'until')""",  # noqa: S608 of our constants
    "a solution clock under way awaits the rung above the last": f"""
        SELECT c.id, concat_ws('/', k.next_rung, e.highest) {_SOLUTION} {_RUNGS}
        WHERE {_GOING} AND coalesce(k.next_rung, {TOP + 1})
            <> coalesce(e.highest, least(k.cycle - 1, {TOP - 1})) + 1""",
    "the rungs of a cycle are reached one after another": f"""
        SELECT k.case_id, concat_ws('/', e.lowest, e.highest, e.n) FROM cases_slaclock k {_RUNGS}
        WHERE k.metric = 'solution' AND e.n IS NOT NULL AND (
            e.lowest <> k.base_rung + 1 OR e.n <> e.highest - e.lowest + 1)""",  # noqa: S608 of our constants
}


def late_rungs() -> Iterator[tuple[Case, str, str]]:
    """Rungs reached an hour ago that nobody recorded. Yields (case, promise, found)."""
    late = SlaClock.objects.running().filter(next_at__lt=now() - _LATE).select_related("case")
    for clock in late.order_by("next_at"):
        rule = "every rung that is reached is recorded (is the worker running?)"
        yield clock.case, rule, f"{clock.metric} {clock.next_rung or ''} {clock.next_at}"


def miscounted() -> Iterator[tuple[Case, str, str]]:
    """Clocks under way whose dates are not those of their calendar, term and pauses."""
    going = SlaClock.objects.going().select_related("case__place", "calendar")
    newest = going.prefetch_related("events").order_by("-pk")[:MOST_COUNTED]
    for clock in newest:
        due = _counted(clock)
        if due != (clock.target_seconds, clock.consumed_seconds, clock.due_at):
            kept = f"{clock.target_seconds} {clock.consumed_seconds} {clock.due_at}"
            found = f"{clock.metric}: {kept} / {due[0]} {due[1]} {due[2]}"
            yield clock.case, "a clock's date is what its calendar counts", found


def _counted(clock: SlaClock) -> tuple[int, int, datetime]:
    """Target, consumed seconds and due date, counted anew from the start and the stored pauses."""
    calendar = calendar_at(clock.calendar, clock.case.place)
    events = sorted(clock.events.all(), key=lambda event: event.pk)
    runs = hands.runs_in(clock.started_at, events)
    consumed = clockwork.consumed_in(calendar, runs)
    if clock.is_promise:
        return seconds_between(calendar, clock.started_at, clock.due_at), consumed, clock.due_at
    since = clock.resumed_at or clock.case.waiting_until or clock.started_at
    target = clockwork.target_of(calendar, clock.started_at, hands.term_of(clock)).seconds
    due = clockwork.due_after(calendar, runs, since, target)
    # In UTC: in an hour that comes twice, moments of two zones are never equal.
    return target, consumed, due.astimezone(UTC)
