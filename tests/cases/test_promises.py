"""Whoever is told answers what they will do, and what they promise is followed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.actions import acknowledge_escalation, escalate_due, follow_promises
from centro.cases.doctor import check_everything
from centro.cases.models import Case, Escalation, Notice
from centro.kernel.actor import SYSTEM, citizen
from centro.kernel.errors import Invalid, NotAllowed, Refused
from tests import make
from tests.cases.ladder_world import MOMENTS, Entity, away, told
from tests.moments import Frozen, panama

FRIDAY = panama("2026-03-13 16:00")


@pytest.fixture(autouse=True)
def _healthy():
    """Whatever a test does, every promise of the domain still holds after it."""
    yield
    assert check_everything() == []


@pytest.fixture
def entity(frozen: Frozen) -> Entity:
    frozen.to("2026-03-02 10:00")
    return Entity()


@pytest.fixture
def record(entity: Entity, frozen: Frozen) -> Escalation:
    """The liaison's rung of an ignored case, on Monday at closing time."""
    case = entity.case()
    frozen.to(MOMENTS[2])
    escalate_due()
    return Escalation.objects.get(case=case, rung=2)


def answer(record: Escalation, user: Any, **given: Any) -> Escalation:
    given.setdefault("text", "Va una cuadrilla el viernes.")
    return acknowledge_escalation(escalation=record, by=actor_of(user), **given)


def test_who_holds_the_rung_says_what_they_will_do(record: Escalation, entity: Entity):
    answer(record, entity.liaison, promised_for=FRIDAY)
    record.refresh_from_db()
    assert (record.acknowledged_by, record.promised_for) == (entity.liaison, FRIDAY)
    assert record.promise == "Va una cuadrilla el viernes."
    entry = record.case.timeline.get(kind="escalation_answered")
    assert (entry.text, entry.actor_id) == (record.promise, entity.liaison.pk)
    assert not Notice.objects.filter(escalation=record, seen_at=None).exists()


def test_a_date_is_not_asked_for(record: Escalation, entity: Entity):
    assert answer(record, entity.liaison).promised_for is None
    said = record.case.timeline.get(kind="escalation_answered").sentence
    assert said == "Respondió al escalamiento (Enlace operativo)."


@pytest.mark.parametrize("who", ["official", "executive", "head", "president"])
def test_nobody_answers_for_another_rung(who: str, record: Escalation, entity: Entity):
    with pytest.raises(NotAllowed):
        answer(record, getattr(entity, who))


def test_a_liaison_of_another_entity_does_not_answer(record: Escalation):
    with pytest.raises(NotAllowed):
        answer(record, make.user(Role.LIAISON))


def test_a_delegate_answers_for_who_is_away(record: Escalation, entity: Entity):
    delegate = make.user(Role.OFFICIAL, unit=entity.unit)
    away(entity.liaison, delegate)
    assert answer(record, delegate).acknowledged_by_id == delegate.pk


def test_who_came_into_the_post_since_answers_too(record: Escalation, entity: Entity):
    answer(record, make.user(Role.LIAISON, entity.agency))


def test_where_nobody_holds_the_rung_whoever_was_told_answers(entity: Entity, frozen: Frozen):
    case = make.case(agency=entity.agency)
    frozen.to(MOMENTS[1])
    escalate_due()
    record = Escalation.objects.get(case=case, rung=1)
    assert answer(record, entity.liaison).acknowledged_by_id == entity.liaison.pk


def test_a_rung_is_answered_once(record: Escalation, entity: Entity):
    answer(record, entity.liaison)
    with pytest.raises(Refused, match="Ya respondió"):
        answer(record, entity.liaison)


def test_the_rung_of_an_earlier_cycle_is_past(record: Escalation, entity: Entity, frozen: Frozen):
    actions.resolve_case(case=record.case, text="Listo.", by=SYSTEM)
    with pytest.raises(Refused, match="Resuelto"):
        answer(record, entity.liaison)
    actions.reopen_case(case=record.case, text="No.", by=citizen())
    with pytest.raises(Refused, match="vuelta anterior"):
        answer(record, entity.liaison)


@pytest.mark.parametrize(
    "given",
    [
        {"text": "  "},
        {"promised_for": MOMENTS[2]},
        {"promised_for": MOMENTS[2] + timedelta(days=91)},
    ],
)
def test_an_answer_has_words_and_a_promise_a_date_near_ahead(
    given: dict[str, Any], record: Escalation, entity: Entity
):
    with pytest.raises(Invalid):
        answer(record, entity.liaison, **given)


def test_a_promise_is_kept_by_a_solution_in_time(
    record: Escalation, entity: Entity, frozen: Frozen
):
    answer(record, entity.liaison, promised_for=FRIDAY)
    frozen.to(FRIDAY)
    actions.resolve_case(case=record.case, text="Listo.", by=SYSTEM)
    record.refresh_from_db()
    assert record.promise_kept is True
    frozen.on(days=9)
    assert follow_promises() == 0


def test_a_broken_promise_is_told_to_who_made_it_and_to_the_rung_above(
    record: Escalation, entity: Entity, frozen: Frozen
):
    answer(record, entity.liaison, promised_for=FRIDAY)
    frozen.to(FRIDAY - timedelta(seconds=1))
    assert follow_promises() == 0
    frozen.to(FRIDAY)
    assert [follow_promises(), follow_promises()] == [1, 0]
    record.refresh_from_db()
    assert record.promise_kept is False
    assert {user for user, _kind in told(record.case, "promise")} == {
        entity.liaison,
        entity.executive,
    }
    notice = Notice.objects.filter(kind="promise").first()
    assert notice.data["text"] == "Va una cuadrilla el viernes."
    assert record.case.timeline.filter(kind="promise_broken").count() == 1
    actions.resolve_case(case=record.case, text="Listo.", by=SYSTEM)
    record.refresh_from_db()
    assert record.promise_kept is False


def test_a_solution_after_the_date_breaks_a_promise_that_no_sweep_had_seen(
    record: Escalation, entity: Entity, frozen: Frozen
):
    answer(record, entity.liaison, promised_for=FRIDAY)
    frozen.to(FRIDAY + timedelta(minutes=1))
    actions.resolve_case(case=record.case, text="Listo.", by=SYSTEM)
    record.refresh_from_db()
    assert record.promise_kept is False


def test_a_case_that_ended_otherwise_leaves_nothing_to_keep(
    record: Escalation, entity: Entity, frozen: Frozen
):
    answer(record, entity.liaison, promised_for=FRIDAY)
    actions.withdraw_case(case=record.case, by=citizen())
    frozen.to(FRIDAY)
    assert follow_promises() == 0
    record.refresh_from_db()
    assert (record.promised_for, record.promise_kept) == (None, None)
    assert told(record.case, "promise") == []


def sealed_record(entity: Entity, frozen: Frozen, rung: int) -> Escalation:
    case: Case = entity.case(confidentiality="sealed")
    frozen.to(MOMENTS[rung])
    escalate_due()
    return Escalation.objects.get(case=case, rung=rung)


def test_a_denunciation_officer_answers_for_a_sealed_case(entity: Entity, frozen: Frozen):
    officer = make.user(Role.DENUNCIATIONS)
    record = sealed_record(entity, frozen, 4)
    with pytest.raises(NotAllowed):
        answer(record, entity.head)
    when = frozen.now + timedelta(days=1)
    answer(record, officer, promised_for=when)
    frozen.to(when)
    assert follow_promises() == 1
    # The President's people, one rung above, learn nothing of it.
    assert told(record.case, "promise") == [(officer, "promise")]


def test_the_president_s_people_do_not_answer_for_a_case_they_cannot_open(
    entity: Entity, frozen: Frozen
):
    make.user(Role.DENUNCIATIONS)
    record = sealed_record(entity, frozen, 5)
    with pytest.raises(NotAllowed):
        answer(record, entity.president)
