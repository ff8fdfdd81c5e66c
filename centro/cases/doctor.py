"""Does the whole database keep the promises of the domain? One SQL question per promise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef

from centro.cases import doctor_clocks
from centro.cases.models import Case, TimelineEntry
from centro.cases.rules import NEXT, Reason, Status
from centro.cases.timeline import KINDS
from centro.catalog.models import RoutingPlan
from centro.kernel.clock import now
from centro.kernel.numbers import number_for

_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """A promise that is not kept: the number of the case (empty: none in particular), the promise,
    and what was found."""

    case: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Promise:
    """`sql` selects the id of each case that breaks it, and what was found there."""

    rule: str
    sql: str


PROMISES = (
    Promise(
        "every case has its opening on the timeline, once",
        """SELECT c.id, count(t.id)::text FROM cases_case c
           LEFT JOIN cases_timelineentry t ON t.case_id = c.id AND t.kind = 'opened'
           GROUP BY c.id HAVING count(t.id) <> 1""",
    ),
    Promise(
        "a closed case says when and why, and its timeline too",
        """SELECT c.id, c.reason FROM cases_case c WHERE c.status = 'closed' AND NOT EXISTS (
             SELECT 1 FROM cases_timelineentry t WHERE t.case_id = c.id AND t.cycle = c.cycle
             AND t.kind IN ('closed', 'confirmed', 'withdrawn'))""",
    ),
    Promise(
        "a closed case with a confirmed solution has a solution",
        """SELECT id, reason FROM cases_case
           WHERE status = 'closed' AND reason IN ('satisfied', 'no_answer')
           AND (resolved_at IS NULL OR solution = '')""",
    ),
    Promise(
        "satisfaction is yes only where the citizen said so",
        """SELECT id, reason FROM cases_case
           WHERE satisfied IS NOT NULL AND NOT (satisfied AND reason = 'satisfied')
              OR (reason = 'satisfied' AND satisfied IS NOT TRUE)""",
    ),
    Promise(
        "time runs forward: spoken, opened, resolved, closed",
        """SELECT id, concat_ws(' > ', spoken_at, opened_at, resolved_at, closed_at)
           FROM cases_case WHERE spoken_at > opened_at OR resolved_at < opened_at
           OR closed_at < coalesce(resolved_at, opened_at) OR due_at <= spoken_at""",
    ),
    Promise(
        "only a resolved or closed case carries a solution moment",
        """SELECT id, status FROM cases_case
           WHERE resolved_at IS NOT NULL AND status NOT IN ('resolved', 'closed')""",
    ),
    Promise(
        "a case in an entity's hands is in a unit of that entity",
        """SELECT c.id, u.code FROM cases_case c JOIN agencies_unit u ON u.id = c.unit_id
           WHERE u.agency_id IS DISTINCT FROM c.agency_id""",
    ),
    Promise(
        "a case in triage belongs to no entity",
        """SELECT id, reason FROM cases_case
           WHERE status = 'received' AND (agency_id IS NOT NULL OR official_id IS NOT NULL)""",
    ),
    Promise(
        "a proposed transfer and its case agree",
        """SELECT c.id, coalesce(t.id::text, 'none') FROM cases_case c
           LEFT JOIN cases_transfer t ON t.case_id = c.id AND t.decision = 'pending'
           WHERE (c.proposed_agency_id IS NULL) <> (t.id IS NULL)
              OR c.proposed_agency_id <> t.to_agency_id
              OR (t.id IS NOT NULL AND c.status NOT IN ('assigned', 'in_progress', 'waiting'))""",
    ),
    Promise(
        "a decided transfer says when",
        """SELECT case_id, decision FROM cases_transfer
           WHERE (decision = 'pending') <> (decided_at IS NULL)""",
    ),
    Promise(
        "a duplicate points at a case that is not a duplicate",
        """SELECT c.id, o.status FROM cases_case c JOIN cases_case o ON o.id = c.duplicate_of_id
           WHERE o.status = 'duplicate'""",
    ),
    Promise(
        "the province is the place's",
        """SELECT c.id, p.code FROM cases_case c JOIN places_place p ON p.id = c.place_id
           WHERE c.province_id IS DISTINCT FROM p.province_id""",
    ),
    Promise(
        "a sealed case is in no unit's or official's hands",
        """SELECT id, confidentiality FROM cases_case
           WHERE confidentiality = 'sealed' AND (unit_id IS NOT NULL OR official_id IS NOT NULL)""",
    ),
    Promise(
        "a case is never more open than its type asks",
        """SELECT c.id, s.code FROM cases_case c JOIN catalog_servicetype s ON s.id = c.service_id
           WHERE s.confidentiality = 'sealed' AND c.confidentiality = 'open'""",
    ),
    Promise(
        "each cycle after the first begins with a reopening",
        """SELECT c.id, c.cycle::text FROM cases_case c WHERE c.cycle - 1 <> (
             SELECT count(*) FROM cases_timelineentry t
             WHERE t.case_id = c.id AND t.kind = 'reopened')""",
    ),
    Promise(
        "a grant is for a sealed case or was given while it was one",
        """SELECT g.case_id, g.id::text FROM cases_grant g WHERE NOT EXISTS (
             SELECT 1 FROM cases_timelineentry t
             WHERE t.case_id = g.case_id AND t.kind = 'access_granted')""",
    ),
    Promise(
        "a sealed case is part of no event",
        """SELECT id, incident_id::text FROM cases_case
           WHERE confidentiality = 'sealed' AND incident_id IS NOT NULL""",
    ),
    Promise(
        "a case of an event says so on its timeline",
        """SELECT c.id, c.incident_id::text FROM cases_case c
           WHERE c.incident_id IS NOT NULL AND NOT EXISTS (
             SELECT 1 FROM cases_timelineentry t
             WHERE t.case_id = c.id AND t.kind = 'incident_joined')""",
    ),
    Promise(
        "a dissolved event has no cases",
        """SELECT c.id, i.title FROM cases_case c JOIN cases_incident i ON i.id = c.incident_id
           WHERE i.state = 'dissolved'""",
    ),
    Promise(
        "only what goes on is announced",
        """SELECT min(c.id), i.title FROM cases_incident i LEFT JOIN cases_case c ON c.incident_id = i.id
           WHERE i.announced AND (i.state <> 'open' OR i.announcement = '') GROUP BY i.id""",
    ),
    Promise(
        "a sealed case is in no instruction",
        """SELECT c.id, n.instruction_id::text FROM cases_case c
           JOIN cases_instruction_cases n ON n.case_id = c.id WHERE c.confidentiality = 'sealed'""",
    ),
    *(Promise(rule, sql) for rule, sql in doctor_clocks.CLOCKS.items()),
)


def check_everything() -> list[Fault]:
    """Every broken promise in the database, at most twenty cases for each. Empty is healthy."""
    faults = [fault for promise in PROMISES for fault in _ask(promise)]
    faults += _unknown_words()
    faults += _late_sweeps()
    for look in (doctor_clocks.late_rungs, doctor_clocks.miscounted):
        found = islice(look(), _MOST_SHOWN)
        faults += [Fault(case.number, rule, what) for case, rule, what in found]
    faults += _live_plans()
    return faults


def _ask(promise: Promise) -> Iterator[Fault]:
    with connection.cursor() as cursor:
        cursor.execute(promise.sql)
        for pk, found in cursor.fetchmany(_MOST_SHOWN):
            yield Fault(number_for(pk), promise.rule, str(found))


def _unknown_words() -> list[Fault]:
    """Statuses with a reason that cannot lead there, and timeline kinds nobody registered."""
    faults = []
    for status, reason, pk in _distinct("status, reason, min(id)", "cases_case", "status, reason"):
        if Reason(reason) not in _reasons_of(Status(status)):
            faults.append(Fault(number_for(pk), "the reason fits the status", f"{status}/{reason}"))
    for kind, pk in _distinct("kind, min(case_id)", "cases_timelineentry", "kind"):
        if kind not in KINDS:
            faults.append(Fault(number_for(pk), "the timeline kind is registered", kind))
    return faults


def _live_plans() -> list[Fault]:
    """Once a plan of routing has gone live, there is always exactly one."""
    past = RoutingPlan.objects.exclude(state=RoutingPlan.State.DRAFT)
    live = past.filter(state=RoutingPlan.State.LIVE).count()
    if live == 1 or not past.exists():
        return []
    return [Fault("", "exactly one plan of routing is live", str(live))]


def _distinct(columns: str, table: str, group: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table} GROUP BY {group}")  # noqa: S608 constants
        return list(cursor.fetchall())


def _reasons_of(status: Status) -> frozenset[Reason]:
    """The reasons with which any change leads to this status, and those it can begin with."""
    leading = [
        reasons for changes in NEXT.values() for to, reasons in changes.items() if to == status
    ]
    first = {
        Status.RECEIVED: {Reason.TRIAGE},
        # A transfer of a case that nobody had begun changes the reason, not the status.
        Status.ASSIGNED: {Reason.TRANSFER_ACCEPTED},
    }
    return frozenset().union(*leading, first.get(status, set()))


def _late_sweeps() -> list[Fault]:
    """What should have ended an hour ago: the worker is not running."""
    late = now() - timedelta(hours=1)
    waiting = Case.objects.filter(status=Status.WAITING, waiting_until__lt=late)[:_MOST_SHOWN]
    waits = [
        Fault(
            case.number, "a wait ends at its date (is the worker running?)", str(case.waiting_until)
        )
        for case in waiting
    ]
    return waits + _left_by_events(late)


def _left_by_events(late: datetime) -> list[Fault]:
    """Unsolved cases of a solved event, but for those that their citizens sent back since."""
    again = TimelineEntry.objects.filter(
        case=OuterRef("pk"), kind="reopened", at__gte=OuterRef("incident__ended_at")
    )
    left = Case.objects.unsolved().filter(~Exists(again), incident__ended_at__lt=late)
    return [
        Fault(case.number, "a solved event solves its cases (is the worker running?)", str(event))
        for case in left.select_related("incident")[:_MOST_SHOWN]
        if (event := case.incident)
    ]
