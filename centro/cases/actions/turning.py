"""Turning the clocks of many cases to a new version at once, a batch at a time.

Used by the preview, which only looks, and by the work itself, which holds the rows' locks.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Max
from django.utils.timezone import localdate

from centro.cases import hands
from centro.cases.actions.changes import Change
from centro.cases.clockwork import Run
from centro.cases.models import Case, ClockEvent, Escalation, SlaClock
from centro.catalog.models import PolicyVersion
from centro.kernel.actor import SYSTEM
from centro.kernel.clock import now

# Of a clock, what a version may change; the order of the arrays in `_SAVE_CLOCKS`.
_CHANGING = (
    "policy_id", "calendar_id", "term_amount", "term_unit", "target_seconds", "consumed_seconds",
    "due_at", "next_at", "next_rung",
)  # fmt: skip
# Each clock as it is now and, where it moved, an event that says what it was (clocks.terms_of).
_SAVE_CLOCKS = """
    WITH n AS (
        SELECT * FROM unnest(%(id)s::bigint[], %(moved)s::bool[], %(policy_id)s::bigint[],
            %(calendar_id)s::bigint[], %(term_amount)s::smallint[], %(term_unit)s::text[],
            %(target_seconds)s::int[], %(consumed_seconds)s::int[], %(due_at)s::timestamptz[],
            %(next_at)s::timestamptz[], %(next_rung)s::smallint[])
            AS n(id, moved, policy, calendar, amount, unit, target, consumed, due, next_at, rung)
    ), was AS (
        SELECT clock.* FROM cases_slaclock AS clock JOIN n USING (id) WHERE n.moved
    ), saved AS (
        UPDATE cases_slaclock AS clock SET policy_id = n.policy, calendar_id = n.calendar,
            term_amount = n.amount, term_unit = n.unit, target_seconds = n.target,
            consumed_seconds = n.consumed, due_at = n.due, next_at = n.next_at, next_rung = n.rung
        FROM n WHERE clock.id = n.id
    )
    INSERT INTO cases_clockevent (clock_id, kind, at, due_at, consumed_seconds, data)
    SELECT n.id, 'retargeted', %(at)s, n.due, n.consumed, %(why)s::jsonb || jsonb_build_object(
        'before', jsonb_build_object('policy', was.policy_id, 'calendar', was.calendar_id,
            'term', jsonb_build_array(was.term_amount, was.term_unit), 'due', was.due_at))
    FROM n JOIN was USING (id) ORDER BY n.id
"""
# The date of each case and, where it is another day, a line that says so.
_SAVE_DATES = """
    WITH n AS (
        SELECT * FROM unnest(%(id)s::bigint[], %(due)s::timestamptz[], %(told)s::bool[])
            AS n(id, due, told)
    ), was AS (
        SELECT c.id, c.cycle, c.due_at FROM cases_case AS c JOIN n USING (id) WHERE n.told
    ), saved AS (
        UPDATE cases_case AS c SET due_at = n.due FROM n WHERE c.id = n.id
    )
    INSERT INTO cases_timelineentry
        (case_id, kind, at, actor_kind, actor_label, cycle, data)
    SELECT n.id, 'due_moved', %(at)s, %(kind)s, %(label)s, was.cycle, jsonb_build_object(
        'was_due', was.due_at, 'now_due', n.due, 'cause', %(cause)s::text)
    FROM n JOIN was USING (id) ORDER BY n.id
"""
_SHOWN_OF_CASES = (
    "status", "cycle", "confidentiality", "priority", "due_at", "waiting_until", "service_id",
    "agency_id", "place__code", "place__level", "place__province_id", "place__district_id",
)  # fmt: skip


@dataclass(slots=True)
class Turned:
    """A clock as it was and, in `clock`, as it is now."""

    clock: SlaClock
    source: int
    was: tuple[Any, ...]

    @property
    def changed(self) -> bool:
        return self.was != _values(self.clock)

    @property
    def moved(self) -> bool:
        """Whether its end or its length is another; otherwise only what it points at."""
        if self.clock.is_promise:
            return False
        return (self.was[4], self.was[6]) != (self.clock.target_seconds, self.clock.due_at)

    @property
    def another_day(self) -> bool:
        """Whether it ends on another day for the people who wait."""
        return localdate(self.was_due) != localdate(self.clock.due_at)

    @property
    def was_due(self) -> datetime:
        moment: datetime = self.was[6]
        return moment


@dataclass(slots=True)
class TurnedCase:
    """A case with those of its going clocks that the change is about."""

    case: Case
    clocks: list[Turned] = field(default_factory=list)

    @property
    def solution(self) -> Turned | None:
        """The clock that the case's date follows, if it is among them and its end moved."""
        for turned in self.clocks:
            if turned.clock.metric == SlaClock.Metric.SOLUTION:
                return turned if turned.was_due != turned.clock.due_at else None
        return None


def next_clocks(change: Change, source: int, last: int, limit: int) -> list[tuple[int, int]]:
    """(clock, case) of the next going clocks on a version, behind the last one, in order."""
    behind = change.clocks_on(source).filter(pk__gt=last).order_by("pk")
    return list(behind.values_list("pk", "case_id")[:limit])


def turn_cases(change: Change, cases: Iterable[int], *, lock: bool = False) -> list[TurnedCase]:
    """These cases, each with its clocks turned; nothing is saved.

    With `lock` their rows are locked first, in one order for everybody, until the transaction ends.
    """
    pks = sorted(set(cases))
    found = Case.objects.filter(pk__in=pks).order_by("pk").select_related("place")
    found = found.only(*_SHOWN_OF_CASES)
    if lock:
        found = found.select_for_update(of=("self",), no_key=True)
    turned = {case.pk: TurnedCase(case) for case in found}
    clocks = list(change.clocks_among(pks).order_by("pk"))
    policies = PolicyVersion.objects.in_bulk({clock.policy_id for clock in clocks})
    runs, fired = _runs_of(clocks), _fired_in(pks) if lock else {}
    for clock in clocks:
        clock.policy = policies[clock.policy_id]
        of = turned[clock.case_id]
        one = Turned(clock, change.source_of(clock), _values(clock))
        last = fired.get((clock.case_id, clock.cycle), 0)
        change.turn(clock, of.case, runs.get(clock.pk, []), last)
        of.clocks.append(one)
    return [case for case in turned.values() if case.clocks]


def save_clocks(changed: Sequence[Turned], **why: Any) -> None:
    """Write what was turned, and an event with its reason for each that moved. One statement."""
    if not changed:
        return
    rows = [_values(turned.clock) for turned in changed]
    columns = dict(zip(_CHANGING, map(_array, zip(*rows, strict=True)), strict=True))
    given: dict[str, Any] = {
        "id": _array(turned.clock.pk for turned in changed),
        "moved": _array(turned.moved for turned in changed),
        "at": now(),
        "why": json.dumps(why),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SAVE_CLOCKS, columns | given)


def save_dates(cases: Sequence[TurnedCase], cause: str) -> None:
    """Write the dates of cases whose solution clock moved, and a line where the day is another.

    One statement. Nobody is written to for it.
    """
    found = [(case.case.pk, case.solution) for case in cases if case.solution is not None]
    if not found:
        return
    given: dict[str, Any] = {
        "id": _array(pk for pk, _solution in found),
        "due": _array(solution.clock.due_at for _pk, solution in found),
        "told": _array(solution.another_day for _pk, solution in found),
        "at": now(),
        "kind": SYSTEM.kind,
        "label": SYSTEM.label,
        "cause": cause,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SAVE_DATES, given)


def _array(values: Iterable[object]) -> str:
    """An array as PostgreSQL writes it, of numbers, moments and words without quotes.

    Written by hand: adapting each value would take longer than all the arithmetic of a clock.
    """
    return "{" + ",".join("NULL" if v is None else f'"{v}"' for v in values) + "}"


def _values(clock: SlaClock) -> tuple[Any, ...]:
    return tuple(getattr(clock, name) for name in _CHANGING)


def _runs_of(clocks: Iterable[SlaClock]) -> dict[int, list[Run]]:
    """The earlier runs of those clocks that ever stood still."""
    begun = {clock.pk: clock.started_at for clock in clocks if clock.resumed_at != clock.started_at}
    if not begun:
        return {}
    events: defaultdict[int, list[ClockEvent]] = defaultdict(list)
    for event in ClockEvent.objects.filter(clock__in=begun).order_by("pk"):
        events[event.clock_id].append(event)
    return {pk: hands.runs_in(begun[pk], events[pk]) for pk in begun}


def _fired_in(cases: list[int]) -> dict[tuple[int, int], int]:
    """The highest rung recorded of each (case, cycle)."""
    rungs = Escalation.objects.filter(case__in=cases).values_list("case_id", "cycle")
    return {(case, cycle): last for case, cycle, last in rungs.annotate(last=Max("rung"))}
