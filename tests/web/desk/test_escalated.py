"""The list of what climbed, the ladder on the page of a case, and the answer to a rung."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from django.test import Client

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.actions import escalate_due
from centro.cases.escalated import escalated_cases
from centro.cases.models import Case, Escalation
from centro.kernel.actor import SYSTEM
from tests import make
from tests.cases.ladder_world import MOMENTS, Entity
from tests.moments import Frozen
from tests.web.desk.test_case_page import as_

LIST = "/mesa/escalados/"


@pytest.fixture
def entity(frozen: Frozen) -> Entity:
    frozen.to("2026-03-02 10:00")
    return Entity()


def shown(client: Client, query: str = "") -> str:
    answer = client.get(LIST + query)
    assert answer.status_code == 200
    return answer.content.decode()


def page(client: Client, case: Case) -> str:
    return client.get(f"/mesa/casos/{case.number}/").content.decode()


def answer(case: Case, rung: int, entity: Entity, **given) -> None:
    record = Escalation.objects.get(case=case, rung=rung)
    by = actor_of(entity.ladder[rung - 1])
    actions.acknowledge_escalation(escalation=record, text="Va mañana.", by=by, **given)


def test_the_list_shows_how_far_a_case_came_and_whether_somebody_answered(
    entity: Entity, frozen: Frozen
):
    case = entity.case(place=make.place("Arraiján"))
    frozen.to(MOMENTS[3])
    escalate_due()
    text = shown(as_(entity.executive))
    for part in (case.number, case.service.name, "Arraiján", "Enlace ejecutivo", "Sin respuesta"):
        assert part in text, part
    answer(case, 3, entity, promised_for=frozen.now + timedelta(days=3))
    assert "Va mañana." in shown(as_(entity.executive))


def test_what_ended_or_never_climbed_is_not_in_the_list(entity: Entity, frozen: Frozen):
    ended, calm = (
        entity.case(),
        entity.case(service=make.service(agency=entity.agency, working_days=90)),
    )
    frozen.to(MOMENTS[2])
    escalate_due()
    actions.resolve_case(case=ended, text="Listo.", by=SYSTEM)
    text = shown(as_(entity.liaison))
    assert ended.number not in text
    assert calm.number not in text


@pytest.mark.parametrize("rung", [1, 2, 3])
def test_the_list_is_narrowed_to_the_highest_rung(rung: int, entity: Entity, frozen: Frozen):
    case = entity.case()
    frozen.to(MOMENTS[2])
    escalate_due()
    assert (case.number in shown(as_(entity.liaison), f"?escalon={rung}")) is (rung == 2)


def test_each_sees_the_cases_in_their_sight_alone(entity: Entity, frozen: Frozen):
    mine, other = entity.case(), Entity().case()
    sealed = entity.case(confidentiality="sealed")
    frozen.to(MOMENTS[5])
    escalate_due()
    seen = {
        entity.liaison: {mine},
        entity.president: {mine, other},
        make.user(Role.DIRECTOR): {mine, other},
        make.user(Role.AUDITOR): {mine, other},
        make.user(Role.DENUNCIATIONS): {sealed},
    }
    for user, expected in seen.items():
        text = shown(as_(user))
        assert {case for case in (mine, other, sealed) if case.number in text} == expected


def test_unanswered_cases_come_first_then_the_longest_overdue(entity: Entity, frozen: Frozen):
    service = make.service(agency=entity.agency)
    early = entity.case(service=service)
    frozen.on(hours=30)
    late = entity.case(service=service)
    answered = entity.case(service=service)
    frozen.to(MOMENTS[4])
    escalate_due()
    top = Escalation.objects.filter(case=answered).order_by("-rung").first()
    assert top is not None
    answer(answered, top.rung, entity)
    found = escalated_cases(entity.liaison).climbed
    assert [one.case for one in found] == [early, late, answered]


def test_pages_follow_one_another_without_gap_or_repeat(
    entity: Entity, frozen: Frozen, django_assert_max_num_queries
):
    service = make.service(agency=entity.agency)
    cases = [make.case(service=service) for _ in range(60)]
    frozen.to(MOMENTS[2])
    escalate_due()
    Escalation.objects.filter(case__in=cases[::3]).update(
        acknowledged_at=frozen.now, acknowledged_by=entity.liaison
    )
    seen: list[Case] = []
    after = ""
    while True:
        with django_assert_max_num_queries(4):
            found = escalated_cases(entity.liaison, after=after)
        seen += [one.case for one in found.climbed]
        after = found.next_after
        if not after:
            break
    assert len(seen) == len(set(seen)) == 60
    assert set(seen[40:]) == set(cases[::3])


def test_the_list_costs_at_most_six_statements(
    entity: Entity, frozen: Frozen, django_assert_max_num_queries
):
    service = make.service(agency=entity.agency)
    for _ in range(5):
        make.case(service=service)
    frozen.to(MOMENTS[3])
    escalate_due()
    client = as_(entity.liaison)
    shown(client)
    with django_assert_max_num_queries(7):  # with session and user
        shown(client)


@pytest.mark.parametrize("query", ["?escalon=9", "?escalon=x", "?despues=zz", "?despues=n0"])
def test_a_strange_address_shows_a_list(query: str, entity: Entity):
    shown(as_(entity.liaison), query)


# ---- On the page of a case ----


def stamp(rung: int) -> str:
    """The moment of a rung as a page writes it for machines."""
    return MOMENTS[rung].astimezone(UTC).isoformat(timespec="seconds")


def test_the_page_says_when_the_first_rung_comes(entity: Entity):
    case = entity.case()
    text = page(as_(entity.liaison), case)
    assert "No ha subido ningún escalón." in text
    assert "Funcionario responsable" in text
    assert stamp(1) in text


def test_the_page_shows_rungs_people_and_answers(entity: Entity, frozen: Frozen):
    case = entity.case()
    frozen.to(MOMENTS[3])
    escalate_due()
    answer(case, 2, entity, promised_for=frozen.now + timedelta(days=1))
    text = page(as_(entity.head), case)
    for user in entity.ladder[:3]:
        assert user.get_full_name() in text
    assert "Va mañana." in text
    assert "Compromiso" in text
    assert stamp(4) in text
    frozen.on(days=1)
    actions.follow_promises()
    assert "Compromiso vencido" in page(as_(entity.head), case)


def test_only_who_holds_a_rung_is_offered_to_answer(entity: Entity, frozen: Frozen):
    case = entity.case()
    frozen.to(MOMENTS[4])
    escalate_due()
    records = {e.rung: e for e in Escalation.objects.filter(case=case)}
    for rung, user in enumerate(entity.ladder, 1):
        text = page(as_(user), case)
        offered = {n for n, e in records.items() if f"/escalones/{e.pk}/" in text}
        assert offered == ({rung} & records.keys()), user


def test_an_answer_is_given_on_a_page_of_its_own(entity: Entity, frozen: Frozen):
    case = entity.case()
    frozen.to(MOMENTS[2])
    escalate_due()
    record = Escalation.objects.get(case=case, rung=2)
    client = as_(entity.liaison)
    where = f"/mesa/casos/{case.number}/escalones/{record.pk}/"
    text = client.get(where).content.decode()
    assert case.service.name in text
    assert "Enlace operativo" in text
    wrong = client.post(where, {"text": "", "promised_for": "2026-03-13"})
    assert wrong.status_code == 422
    assert 'value="2026-03-13"' in wrong.content.decode()
    given = {"text": "Va una cuadrilla.", "promised_for": "2026-03-13"}
    assert client.post(where, given).status_code == 302
    record.refresh_from_db()
    assert record.promise == "Va una cuadrilla."
    assert record.promised_for.isoformat() == "2026-03-13T21:00:00+00:00"
    again = client.post(where, given)
    assert again.status_code == 409
    assert "Ya respondió" in again.content.decode()


def test_nobody_answers_for_another_s_rung(entity: Entity, frozen: Frozen):
    case = entity.case()
    frozen.to(MOMENTS[2])
    escalate_due()
    record = Escalation.objects.get(case=case, rung=2)
    where = f"/mesa/casos/{case.number}/escalones/{record.pk}/"
    given = {"text": "Yo."}
    assert as_(entity.official).post(where, given).status_code == 403
    assert as_(make.user(Role.LIAISON)).post(where, given).status_code == 404
    assert as_(entity.liaison).get(f"/mesa/casos/{case.number}/escalones/0/").status_code == 404


def test_a_page_of_a_case_that_climbed_to_the_top_costs_at_most_ten_statements(
    entity: Entity, frozen: Frozen, django_assert_max_num_queries
):
    case = entity.case(reporter=make.reporter())
    frozen.to(MOMENTS[5])
    escalate_due()
    client = as_(entity.liaison)
    page(client, case)
    with django_assert_max_num_queries(10):
        page(client, case)
