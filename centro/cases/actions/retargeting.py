"""Putting a calendar or an agreement in force, and moving the clocks under way to it.

The version is in force at once: what begins afterwards counts on it. Clocks that run follow in
batches, each a short transaction under the locks of its cases. The work may be killed anywhere and
begun by any number of workers: one goes on, where the last batch that was committed ended.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from procrastinate.contrib.django import app

from centro.cases.actions.changes import Change, change_of
from centro.cases.actions.turning import (
    TurnedCase,
    next_clocks,
    save_clocks,
    save_dates,
    turn_cases,
)
from centro.cases.models import Retargeting, SlaClock
from centro.catalog.actions.agreements import approve_agreement
from centro.catalog.actions.calendars import publish_calendar
from centro.catalog.agreements import forget_agreements
from centro.catalog.calendars import forget_calendars
from centro.catalog.models import CalendarVersion, PolicyVersion
from centro.kernel.actor import Actor
from centro.kernel.clock import now
from centro.places.stamps import FRESH_FOR

QUEUE, JOB = "retargeting", "centro.cases.tasks.move_clocks"
BATCH = 2000  # clocks
BATCHES = 10  # of one job, so that no worker is kept from stopping
# Until then another process may begin clocks on its old copy of what was in force, and a
# transaction that began before may still commit them.
SETTLED_AFTER = timedelta(seconds=FRESH_FOR + 15)
_STANDS_STILL_AFTER = timedelta(minutes=5)
State = Retargeting.State


@transaction.atomic
def enforce_calendar(*, draft: CalendarVersion, note: str, by: Actor) -> Retargeting:
    """Put a draft of a calendar in force and begin to move the clocks that run on the others."""
    version = publish_calendar(draft=draft, note=note, by=by)
    return begin_retargeting(version=version, by=by)


@transaction.atomic
def enforce_agreement(*, version: PolicyVersion, words: str, by: Actor) -> Retargeting:
    """Approve proposed terms and begin to move the clocks of the cases they are about."""
    version = approve_agreement(version=version, words=words, by=by)
    return begin_retargeting(version=version, by=by)


@transaction.atomic
def begin_retargeting(*, version: CalendarVersion | PolicyVersion, by: Actor) -> Retargeting:
    """Let the clocks under way follow a version that is in force now (or an agreement that ended).

    Work for an earlier version of the same is given up: this one takes its clocks along.
    """
    follows: dict[str, CalendarVersion | PolicyVersion]
    if isinstance(version, CalendarVersion):
        follows = {"calendar": version}
        earlier = Retargeting.objects.filter(calendar__calendar=version.calendar_id)
    else:
        follows = {"policy": version}
        earlier = Retargeting.objects.filter(policy__policy=version.policy_id)
    earlier.unfinished().update(state=State.REPLACED, ended_at=now())
    work = Retargeting.objects.create(**follows, begun_by_id=by.id)
    _defer(work)
    return work


def move_clocks(*, retargeting_id: int) -> None:
    """Do some batches of the work and queue the rest. Does nothing where another worker is at it."""
    forget_calendars()
    forget_agreements()
    unfinished = Retargeting.objects.unfinished().select_related(
        "calendar__calendar", "policy__calendar", "policy__policy__place"
    )
    work = unfinished.filter(pk=retargeting_id).first()
    if work is None:
        return
    change = change_of(_version_of(work))
    for _batch in range(BATCHES):
        if not _move_batch(work, change):
            return
    _defer(work)


def restart_retargetings() -> int:
    """Queue again what stands still although it is not finished. Returns how many."""
    still = Retargeting.objects.unfinished().filter(touched_at__lt=now() - _STANDS_STILL_AFTER)
    for work in still:
        with transaction.atomic():
            Retargeting.objects.filter(pk=work.pk).update(touched_at=now())
            _defer(work)
    return len(still)


@transaction.atomic
def _move_batch(work: Retargeting, change: Change) -> bool:
    """One batch; False when there is nothing more to do, or not now, or somebody else does it."""
    held = Retargeting.objects.unfinished().select_for_update(skip_locked=True)
    found = held.filter(pk=work.pk).first()
    if found is None or _waits_for_others(found):
        return False
    if found.total is None:
        found.total = sum(change.clocks_on(source).count() for source in change.sources())
    more = _move_next(found, change)
    if not more:
        _conclude(found)
    found.touched_at = now()
    found.save()
    return more


def _waits_for_others(work: Retargeting) -> bool:
    return work.state == State.CHECKING and now() < work.begun_at + SETTLED_AFTER


def _move_next(work: Retargeting, change: Change) -> bool:
    for source in change.sources():
        if source < work.source:
            continue
        last = work.last if source == work.source else 0
        found = next_clocks(change, source, last, BATCH)
        if found:
            work.source, work.last = source, found[-1][0]
            _move(work, change, turn_cases(change, {case for _pk, case in found}, lock=True))
            return True
    return False


def _conclude(work: Retargeting) -> None:
    """All are moved: look once more when nobody can begin one on an old copy any more."""
    if work.state == State.CHECKING:
        work.state, work.ended_at = State.DONE, now()
        return
    work.state, work.source, work.last = State.CHECKING, 0, 0
    _defer(work, after=work.begun_at + SETTLED_AFTER - now())


def _move(work: Retargeting, change: Change, cases: list[TurnedCase]) -> None:
    turned = [each for case in cases for each in case.clocks]
    changed = [each for each in turned if each.changed]
    save_clocks(changed, cause=change.cause, retargeting=work.pk)
    save_dates(cases, change.cause)
    _begin_owed(change, cases)
    work.seen += len(turned)
    work.moved += sum(each.moved for each in changed)
    work.cases += sum(not case.case.is_sealed for case in cases if case.solution is not None)


def _begin_owed(change: Change, cases: list[TurnedCase]) -> None:
    """The clocks that a change adds: at most one interim reply in a cycle comes about so."""
    found = [
        (case.case, turned.clock)
        for case in cases
        for turned in case.clocks
        if turned.clock.metric == SlaClock.Metric.SOLUTION
    ]
    owed = [clock for case, solution in found for clock in change.owed_to(case, solution)]
    if not owed:
        return
    interims = SlaClock.objects.filter(
        case__in={clock.case_id for clock in owed}, metric=SlaClock.Metric.INTERIM
    )
    known = set(interims.values_list("case_id", "cycle"))
    SlaClock.objects.bulk_create(
        clock for clock in owed if (clock.case_id, clock.cycle) not in known
    )


def _version_of(work: Retargeting) -> CalendarVersion | PolicyVersion:
    version = work.calendar or work.policy
    assert version is not None  # the database holds it to one of them
    return version


def _defer(work: Retargeting, after: timedelta = timedelta(0)) -> None:
    wait = {"seconds": int(after.total_seconds()) + 1} if after > timedelta(0) else None
    app.configure_task(JOB, queue=QUEUE, schedule_in=wait).defer(retargeting_id=work.pk)
