"""The ladder: what is due by the clocks now, told to whoever answers for it.

Level-triggered: each batch asks for what is due and skips what somebody else holds, so any number
of sweepers may run, and one that dies loses nothing. A batch is one transaction of few statements,
however many rungs it holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from centro.cases.actions.clocks import aim_after
from centro.cases.actions.notices import notices_for
from centro.cases.clockwork import share_of
from centro.cases.ladders import Ladder, ladder_of
from centro.cases.models import Case, Escalation, Notice, SlaClock, TimelineEntry
from centro.cases.rungs import Roster, Told
from centro.catalog.calendars import calendar_at
from centro.kernel.actor import SYSTEM
from centro.kernel.clock import now

_BATCH = 250  # keeps a batch, and the locks on its cases, well under a second
BREACH = 100  # percent of the target at which a rung is a breach, no longer a warning
Metric = SlaClock.Metric
# Who is told first when another clock than the citizen's solution runs out, and how.
_WARNS = {
    Metric.FIRST_RESPONSE: (1, Notice.Kind.RESPONSE),
    Metric.INTERIM: (1, Notice.Kind.INTERIM),
    Metric.STINT: (2, Notice.Kind.STINT),
}


@dataclass(frozen=True, slots=True)
class Step:
    """A rung that a clock passed: when, at which share, and who is to be told.

    `told_at` is the rung whose people they are: a higher one when nobody holds this, 0 for none.
    """

    clock: SlaClock
    rung: int
    share: int
    moment: datetime
    people: Sequence[Told]
    told_at: int

    @property
    def nobody(self) -> bool:
        return self.told_at != self.rung


def escalate_due(limit: int = 20_000) -> int:
    """Climb every rung and give every warning that is due. Returns how many there were.

    A clock that passed several rungs while nobody swept gets all of them, each with its own
    moment. Takes at most `limit` clocks; call again for more.
    """
    steps, left = 0, limit
    while left > 0:
        clocks, done = _sweep(min(_BATCH, left))
        if not clocks:
            break
        steps, left = steps + done, left - clocks
    return steps


@transaction.atomic
def _sweep(size: int) -> tuple[int, int]:
    """One batch: how many clocks were due, and the rungs and warnings that came of them."""
    moment = now()
    clocks = _take(moment, size)
    if not clocks:
        return 0, 0
    roster = Roster([(clock.case, clock.policy_id) for clock in clocks])
    climbing = [clock for clock in clocks if clock.metric == Metric.SOLUTION]
    steps = [step for clock in climbing for step in _passed(clock, roster, moment)]
    warned = [notice for clock in clocks for notice in _warnings(clock, roster)]
    for clock in clocks:
        if clock.metric != Metric.SOLUTION:
            clock.next_at = None
    records = _record(steps, moment)
    notices = [n for step in steps for n in _notices(step, records.get(_key(step)))]
    Notice.objects.bulk_create([*notices, *warned])
    TimelineEntry.objects.bulk_create(
        _entry(step, moment) for step in steps if _key(step) in records
    )
    _aim(clocks)
    return len(clocks), len(records) + len(clocks) - len(climbing)


def _take(moment: datetime, size: int) -> list[SlaClock]:
    """The next due clocks with their cases, locked; what anybody else has in hand is left alone."""
    due = SlaClock.objects.filter(next_at__lte=moment).order_by("next_at", "pk")
    locked = due.select_for_update(of=("self", "case"), skip_locked=True, no_key=True)
    companions = ("case__service", "case__place", "policy", "calendar")
    bulky = ("case__search", "case__description", "case__solution", "case__answers")
    unread = ("calendar__week", "calendar__special", "case__service__keywords")
    return list(locked.select_related(*companions).defer(*bulky, *unread)[:size])


def _passed(clock: SlaClock, roster: Roster, moment: datetime) -> Iterable[Step]:
    """Every rung that a clock has reached by now; leaves the clock aimed at the next."""
    calendar = calendar_at(clock.calendar, clock.case.place)
    while clock.next_at is not None and clock.next_at <= moment:
        rung, reached = clock.next_rung, clock.next_at
        assert rung is not None
        people, told_at = roster.climb(clock.case, rung)
        share = share_of(rung, clock.base_rung, clock.policy.shares)
        yield Step(clock, rung, share, reached, people, told_at)
        aim_after(clock, rung, calendar)


def _warnings(clock: SlaClock, roster: Roster) -> list[Notice]:
    """What a clock that only warns has to say, once: it is aimed at nothing afterwards."""
    if clock.metric not in _WARNS:
        return []
    rung, kind = _WARNS[Metric(clock.metric)]
    people, _told_at = roster.climb(clock.case, rung)
    return notices_for(people, clock.case, kind, due=clock.due_at.isoformat())


_RECORD = """
    INSERT INTO cases_escalation (case_id, cycle, rung, clock_id, agency_id, share, moment,
        fired_at, nobody, promise)
    SELECT unnest(%s::bigint[]), unnest(%s::int[]), unnest(%s::int[]), unnest(%s::bigint[]),
        unnest(%s::bigint[]), unnest(%s::int[]), unnest(%s::timestamptz[]), %s,
        unnest(%s::bool[]), ''
    ON CONFLICT (case_id, cycle, rung) DO NOTHING
    RETURNING id, case_id, cycle, rung
"""
Key = tuple[int, int, int]


def _key(step: Step) -> Key:
    return step.clock.case_id, step.clock.cycle, step.rung


def _record(steps: Sequence[Step], moment: datetime) -> dict[Key, int]:
    """Write the rungs, once each whoever else may write them. Returns the ids of the new ones."""
    if not steps:
        return {}
    keys = [_key(step) for step in steps]
    columns: list[Any] = [list(column) for column in zip(*keys, strict=True)]
    columns += [
        [step.clock.pk for step in steps],
        [step.clock.case.agency_id for step in steps],
        [step.share for step in steps],
        [step.moment for step in steps],
        moment,
        [step.nobody for step in steps],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, columns)
        return {(case, cycle, rung): pk for pk, case, cycle, rung in cursor.fetchall()}


def _notices(step: Step, record: int | None) -> list[Notice]:
    """What the people of a rung are told; nothing when another sweeper has recorded it before."""
    if record is None:
        return []
    kind = Notice.Kind.WARNING if step.share < BREACH else Notice.Kind.RUNG
    return notices_for(
        step.people,
        step.clock.case,
        kind,
        escalation=record,
        rung=step.told_at,
        share=step.share,
        **({"nobody_at": step.rung} if step.nobody else {}),
    )


def _entry(step: Step, moment: datetime) -> TimelineEntry:
    """The line of the timeline. The citizen reads it from the executive level up."""
    case: Case = step.clock.case
    ladder = ladder_of(sealed=case.is_sealed, agency=case.agency_id)
    kind = entry_kind(step.rung, ladder, nobody=step.nobody)
    reached = step.moment.isoformat()
    return case.entry(
        kind,
        by=SYSTEM,
        at=moment,
        rung=step.rung,
        share=step.share,
        moment=reached,
        ladder=ladder,
    )


def entry_kind(rung: int, ladder: Ladder, *, nobody: bool) -> str:
    """The kind of the timeline's line for a rung of a ladder; `nobody` holds it."""
    if nobody:
        return "escalated_past"
    high = rung >= Escalation.Rung.EXECUTIVE and ladder != Ladder.SEALED
    return "escalated_high" if high else "escalated"


_AIM = """
    UPDATE cases_slaclock AS clock SET next_at = aimed.next_at, next_rung = aimed.next_rung
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::int[]) AS aimed (id, next_at, next_rung)
    WHERE clock.id = aimed.id
"""


def _aim(clocks: Sequence[SlaClock]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _AIM,
            [
                [clock.pk for clock in clocks],
                [clock.next_at for clock in clocks],
                [clock.next_rung for clock in clocks],
            ],
        )
