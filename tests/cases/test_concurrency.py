"""Several people at once: real connections, real locks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from procrastinate.contrib.django import app

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.actions import Matter, open_case
from centro.cases.doctor import check_everything
from centro.cases.models import Case, Incident, Instruction, TimelineEntry
from centro.cases.tasks import solve_incident
from centro.channels.models import OutboundMessage
from centro.channels.upkeep import free_stalled_jobs
from centro.contacts.assigning import take_next
from centro.contacts.models import Conversation
from centro.kernel.actor import SYSTEM, citizen
from centro.kernel.errors import Refused
from centro.people.models import Person
from tests import make, talks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.at_once]


def at_once(*jobs: Callable[[], object]) -> list[Any]:
    """Run the jobs together; what a job raised as Refused stands in its place."""
    barrier = Barrier(len(jobs))

    def run(job: Callable[[], object]) -> Any:
        try:
            barrier.wait()
            return job()
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def test_one_form_sent_four_times_at_once_is_one_case():
    service, token, reporter = make.service(), uuid4(), make.reporter(phone="6600-0001")
    matter = Matter(service=service, description="Hueco")
    made = at_once(
        *[
            lambda: open_case(
                matter=matter, channel="web", reporter=reporter, intake_token=token, by=citizen()
            )
        ]
        * 4
    )
    assert {case.pk for case in made} == {Case.objects.get().pk}
    assert Person.objects.count() == 1
    assert check_everything() == []


def test_a_case_is_solved_or_transferred_but_not_both():
    case = make.case()
    to = make.agency()
    actions.propose_transfer(case=case, to=to, text="x", by=SYSTEM)
    results = at_once(
        lambda: actions.accept_transfer(case=case, by=SYSTEM),
        lambda: actions.refuse_transfer(case=case, text="no", by=SYSTEM),
        lambda: actions.resolve_case(case=case, text="Listo.", by=SYSTEM),
    )
    assert check_everything() == []
    assert sum(not isinstance(r, Refused) for r in results) >= 1
    assert case.transfers.exclude(decision="pending").count() == 1


def test_the_citizens_yes_and_no_at_once_leave_one_truth():
    case = make.case(reporter=make.reporter())
    actions.resolve_case(case=case, text="Listo.", by=SYSTEM)
    at_once(
        lambda: actions.confirm_case(case=case, by=citizen()),
        lambda: actions.reopen_case(case=case, text="No.", by=citizen()),
    )
    assert check_everything() == []


def test_two_merges_both_ways_do_not_wait_for_each_other():
    one, two = make.case(), make.case()
    results = at_once(
        lambda: actions.mark_duplicate(case=one, of=two, by=SYSTEM),
        lambda: actions.mark_duplicate(case=two, of=one, by=SYSTEM),
    )
    assert sum(isinstance(r, Refused) for r in results) == 1
    assert check_everything() == []


def test_two_sweepers_expire_a_transfer_once():
    case = make.case()
    actions.propose_transfer(case=case, to=make.agency(), text="x", by=SYSTEM)
    case.transfers.update(answer_by=case.opened_at)
    assert sum(at_once(actions.expire_transfers, actions.expire_transfers)) == 1
    assert case.timeline.filter(kind="transfer_expired").count() == 1


def test_two_officials_start_one_case():
    case = make.case()
    one, two = (make.user(Role.OFFICIAL, unit=case.unit) for _ in range(2))
    results = at_once(
        lambda: actions.start_case(case=case, by=actor_of(one)),
        lambda: actions.start_case(case=case, by=actor_of(two)),
    )
    assert sum(isinstance(r, Refused) for r in results) == 1


# ---- Events ----


def street() -> dict[str, Any]:
    return {"service": make.service(requires_place=True), "place": make.place()}


def test_two_operators_who_open_the_same_event_at_once_open_one():
    where = street()
    cases = [make.case(**where) for _ in range(4)]
    opened = at_once(
        *[lambda: actions.open_incident(cases=cases, by=SYSTEM, **where)] * 2,
    )
    assert len({event.pk for event in opened}) == 1
    assert Incident.objects.get().cases.count() == 4
    assert TimelineEntry.objects.filter(kind="incident_joined").count() == 4
    assert check_everything() == []


def test_two_operators_who_join_the_same_cases_at_once_join_each_once():
    where = street()
    event = make.incident(**where)
    cases = [make.case(**where) for _ in range(6)]
    ways = (cases, cases[::-1])
    joined = at_once(
        *[
            lambda way=way: actions.join_incident(incident=event, cases=way, by=SYSTEM)
            for way in ways
        ]
    )
    assert sorted(case.pk for part in joined for case in part) == [case.pk for case in cases]
    assert TimelineEntry.objects.filter(kind="incident_joined").count() == 6


def test_who_joins_while_it_ends_is_solved_with_it_or_refused():
    where = street()
    event = make.incident(cases=[make.case(**where)], **where)
    late = make.case(**where)
    matter = Matter(description="Sin agua", incident=event, **where)
    _end, joined, opened = at_once(
        lambda: actions.resolve_incident(incident=event, text="Volvió", by=SYSTEM),
        lambda: actions.join_incident(incident=event, cases=[late], by=SYSTEM),
        lambda: open_case(matter=matter, channel="web", by=citizen()),
    )
    late.refresh_from_db()
    opened.refresh_from_db()
    assert late.status == ("assigned" if isinstance(joined, Refused) else "resolved")
    assert opened.status == ("resolved" if opened.incident_id else "assigned")
    assert check_everything() == []


def test_thirty_who_say_me_too_at_once_are_thirty():
    event = make.incident()
    at_once(*[lambda: actions.add_affected(incident=event, by=citizen())] * 8)
    event.refresh_from_db()
    assert event.also_affected == 8


def test_two_taps_at_once_are_one_instruction():
    case = make.at_the_top()
    president = actor_of(make.user(Role.PRESIDENCY))

    def tap() -> object:
        return actions.instruct_agency(
            agency=case.agency, cases=[case], text="Resuelvan.", days=3, by=president
        )

    given = at_once(tap, tap)
    assert sum(isinstance(one, Refused) for one in given) == 1
    assert Instruction.objects.count() == 1


# ---- A solution for many, in batches ----


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch, empty_queue: None) -> Incident:
    """An event with more cases than one batch."""
    monkeypatch.setattr("centro.cases.actions.incidents.BATCH", 2)
    where = street()
    return make.incident(
        cases=[make.case(**where, reporter=make.reporter()) for _ in range(5)], **where
    )


def solved_once(event: Incident) -> bool:
    cases = list(event.cases.all())
    told = OutboundMessage.objects.filter(name="case_resolved").values_list("reference", flat=True)
    lines = TimelineEntry.objects.filter(kind="resolved").values_list("case_id", flat=True)
    return (
        {case.status for case in cases} == {"resolved"}
        and sorted(told) == sorted(case.number for case in cases)
        and sorted(lines) == sorted(case.pk for case in cases)
    )


def work() -> None:
    """Carry out the jobs of events that are due, as a worker process does."""
    with app.replace_connector(app.connector.get_worker_connector()) as worker:  # type: ignore[attr-defined]
        worker.run_worker(
            queues=["events"], wait=False, install_signal_handlers=False, listen_notify=False
        )


def test_many_cases_are_solved_by_a_job(crowd: Incident):
    actions.resolve_incident(incident=crowd, text="Volvió", by=actor_of(make.user()))
    assert crowd.cases.filter(status="resolved").count() == 0
    work()
    assert solved_once(crowd)
    assert check_everything() == []


def test_a_job_killed_between_batches_is_taken_up_where_it_was(crowd: Incident):
    by = actor_of(make.user())
    event = actions.resolve_incident(incident=crowd, text="Volvió", by=by)
    actions.solve_next_cases(incident=event, by=by)  # and then the worker is killed
    assert crowd.cases.filter(status="resolved").count() == 2
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE queue_name = 'events'")
    assert async_to_sync(free_stalled_jobs)(app.job_manager) == 1
    work()
    assert solved_once(crowd)


def test_two_workers_at_once_solve_each_case_once(crowd: Incident):
    user = make.user()
    event = actions.resolve_incident(incident=crowd, text="Volvió", by=actor_of(user))

    def run() -> None:
        solve_incident(incident_id=event.pk, user_id=user.pk)

    assert at_once(run, run) == [None, None]
    assert solved_once(crowd)


def test_two_operators_open_one_case_from_one_conversation():
    talk, users = talks.talk("Hay un hueco"), [make.user(), make.user()]
    matter = Matter(service=make.service(), description="Hueco")
    made = at_once(
        *[
            lambda user=user: actions.open_case_from_conversation(
                conversation=talk, matter=matter, seen=0, user=user, by=actor_of(user)
            )
            for user in users
        ]
    )
    assert {case.pk for case, _new in made} == {Case.objects.get().pk}
    assert sorted(new for _case, new in made) == [False, True]
    assert check_everything() == []


def test_each_waiting_conversation_is_taken_by_one_operator_alone():
    account = talks.account()
    waiting = {talks.talk(sender=f"p{n}@x.example", to=account).pk for n in range(4)}
    users = [make.user() for _ in range(4)]
    taken = at_once(
        *[
            lambda user=user: take_next(user=user, among=Conversation.objects.all())
            for user in users
        ]
    )
    assert {talk.pk for talk in taken} == waiting


def test_two_merges_at_once_lose_nothing():
    account = talks.account()
    one, other = (talks.talk(text, to=account) for text in ("Agua", "Luz"))
    user = make.user()
    by = actor_of(user)
    at_once(
        lambda: actions.join_conversations(kept=one, absorbed=other, user=user, by=by),
        lambda: actions.join_conversations(kept=other, absorbed=one, user=user, by=by),
    )
    standing = Conversation.objects.get(merged_into=None)
    assert standing.entries.filter(kind="in").count() == 2
