"""Several people and several workers change calendars and agreements at the same time."""

from __future__ import annotations

import pytest
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.actions import retargeting
from centro.cases.models import Case, ClockEvent, Retargeting, SlaClock
from centro.catalog.actions.agreements import refuse_agreement
from centro.catalog.models import CalendarVersion, PolicyVersion
from centro.kernel.actor import SYSTEM
from centro.kernel.errors import Refused
from tests import make
from tests.cases.deciding import closure, draft, propose
from tests.cases.test_concurrency import at_once
from tests.moments import panama

pytestmark = [
    pytest.mark.at_once,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_queue", "frozen"),
]


def work() -> None:
    """Carry out every retargeting that is due, as a worker process does."""
    with app.replace_connector(app.connector.get_worker_connector()) as worker:  # type: ignore[attr-defined]
        worker.run_worker(
            queues=[retargeting.QUEUE],
            wait=False,
            install_signal_handlers=False,
            listen_notify=False,
        )


def test_of_two_drafts_put_in_force_at_once_one_wins_with_words(frozen):
    drafts = [draft(closure("2026-03-03")), draft(closure("2026-03-04"))]
    frozen.on(minutes=1)
    results = at_once(
        *[
            lambda made=made: actions.enforce_calendar(draft=made, note="Decreto", by=SYSTEM)
            for made in drafts
        ]
    )
    (refused,) = [result for result in results if isinstance(result, Refused)]
    assert "Actualice el borrador" in refused.message
    assert CalendarVersion.objects.filter(state="in_force", calendar__code="oficina").count() == 1
    assert Retargeting.objects.count() == 1


def test_one_draft_put_in_force_by_two_is_in_force_once():
    made = draft(closure("2026-03-03"))
    results = at_once(
        *[lambda: actions.enforce_calendar(draft=made, note="Decreto", by=SYSTEM)] * 2
    )
    assert sum(isinstance(result, Refused) for result in results) == 1
    assert Retargeting.objects.count() == 1


def test_a_yes_and_a_no_to_one_proposal_leave_one_decision():
    proposed = propose(make.service())
    directors = [actor_of(make.user(Role.DIRECTOR)) for _ in range(2)]
    results = at_once(
        lambda: actions.enforce_agreement(version=proposed, words="Sí", by=directors[0]),
        lambda: refuse_agreement(version=proposed, words="No", by=directors[1]),
    )
    assert sum(isinstance(result, Refused) for result in results) == 1
    states = set(PolicyVersion.objects.values_list("state", flat=True))
    assert states in ({"past", "in_force"}, {"in_force", "refused"})


def test_two_workers_at_one_retargeting_move_each_clock_once(monkeypatch):
    monkeypatch.setattr(retargeting, "BATCH", 3)
    cases = [make.case() for _ in range(6)]
    begun = actions.enforce_calendar(draft=draft(closure("2026-03-03")), note="x", by=SYSTEM)
    at_once(*[lambda: actions.move_clocks(retargeting_id=begun.pk)] * 3)
    actions.move_clocks(retargeting_id=begun.pk)
    assert ClockEvent.objects.filter(kind="retargeted").count() == 3 * len(cases)
    assert set(Case.objects.values_list("due_at", flat=True)) == {panama("2026-03-10 16:00")}


def test_a_case_solved_while_clocks_move_keeps_its_facts_or_its_new_date():
    cases = [make.case() for _ in range(4)]
    begun = actions.enforce_calendar(draft=draft(closure("2026-03-03")), note="x", by=SYSTEM)
    at_once(
        lambda: actions.move_clocks(retargeting_id=begun.pk),
        *[
            lambda case=case: actions.resolve_case(case=case, text="Listo", by=SYSTEM)
            for case in cases
        ],
    )
    for case in Case.objects.all():
        solution = SlaClock.objects.get(case=case, metric="solution")
        assert (solution.state, solution.due_at) == ("stopped", case.due_at)


def test_a_worker_does_the_work_and_looks_once_more(frozen, monkeypatch):
    monkeypatch.setattr(retargeting, "BATCH", 3)
    monkeypatch.setattr(retargeting, "BATCHES", 2)
    case, *_others = [make.case() for _ in range(4)]
    begun = actions.enforce_calendar(draft=draft(closure("2026-03-03")), note="x", by=SYSTEM)
    work()
    begun.refresh_from_db()
    case.refresh_from_db()
    assert (begun.state, begun.seen, case.due_at) == ("checking", 12, panama("2026-03-10 16:00"))
    frozen.now += retargeting.SETTLED_AFTER
    assert ProcrastinateJob.objects.filter(status="todo", scheduled_at__isnull=False).count() == 1
    actions.move_clocks(retargeting_id=begun.pk)
    begun.refresh_from_db()
    assert begun.state == "done"
