"""Looking at closures again, and the scores that come of it, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.doctor import check_everything
from centro.cases.models import ClosureAudit, Look
from centro.kernel.actor import citizen
from tests import make
from tests.moments import Frozen
from tests.web.desk.test_case_page import stored

QUEUE = "/mesa/auditoria-de-cierres/"
SCORES = "/mesa/auditoria-de-cierres/resultados/"


@pytest.fixture(autouse=True)
def _healthy():
    yield
    assert check_everything() == []


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def words(response) -> str:
    return BeautifulSoup(response.content, "html.parser").get_text(" ", strip=True)


def closed(**fields: Any) -> Any:
    """Solved by an official whose name nobody should see, with a photo; confirmed."""
    base = {"reporter": make.reporter(name="Ana Ríos"), "description": "Hueco frente a la escuela"}
    case = make.case(**base | fields)
    official = make.user(
        Role.OFFICIAL, unit=case.unit, first_name="Ramiro", last_name="Funcionario"
    )
    liaison = actor_of(make.user(Role.LIAISON, case.agency))
    actions.assign_case(case=case, unit=case.unit, official=official, by=liaison)
    actions.resolve_case(
        case=case, text="Se tapó con asfalto.", evidence=[stored()], by=actor_of(official)
    )
    return actions.confirm_case(case=case, by=citizen())


def drawn(frozen: Frozen, *cases: Any) -> list[ClosureAudit]:
    """The audits of these cases, in their order."""
    frozen.on(days=1)
    actions.draw_audits()
    audits = {audit.case_id: audit for audit in ClosureAudit.objects.all()}
    return [audits[case.pk] for case in cases]


def test_the_analyst_sees_what_was_asked_beside_what_was_done_and_nobodys_name(frozen):
    case = closed(place=make.place("Bella Vista"))
    (audit,) = drawn(frozen, case)
    desk = as_(make.user(Role.QUALITY))
    assert "Hueco frente a la escuela" in words(desk.get(QUEUE))
    page = desk.get(f"{QUEUE}{audit.pk}/")
    said = words(page)
    for word in (
        "Hueco frente a la escuela",
        "Se tapó con asfalto.",
        "Bella Vista",
        "Satisfactorio",
    ):
        assert word in said
    for name in ("Ramiro", "Funcionario", "Ana Ríos", case.number):
        assert name not in said
    photo = case.photos.get(evidence=True)
    assert f"/mesa/casos/{case.number}/fotos/{photo.pk}/grande/" in page.content.decode()


def test_after_a_verdict_the_next_one_comes_up(frozen):
    first, second = drawn(frozen, closed(), closed())
    desk = as_(make.user(Role.QUALITY))
    answer = desk.post(f"{QUEUE}{first.pk}/", {"verdict": "si"})
    assert answer["Location"] == f"{QUEUE}{second.pk}/"
    given = {"verdict": "no", "why": "partly", "text": "Falta la mitad."}
    assert desk.post(f"{QUEUE}{second.pk}/", given)["Location"] == QUEUE
    assert "No queda ningún cierre" in words(desk.get(QUEUE))
    second.refresh_from_db()
    assert (second.real, second.why, second.text) == (False, "partly", "Falta la mitad.")


@pytest.mark.parametrize(
    "given",
    [{}, {"verdict": "no"}, {"verdict": "no", "why": "partly"}, {"verdict": "no", "text": "x"},
     {"verdict": "quizás"}, {"verdict": "no", "why": "\x00", "text": "x"}, {"verdict": "si", "text": "x" * 5001}],
)  # fmt: skip
def test_a_verdict_that_lacks_something_is_shown_again(given, frozen):
    (audit,) = drawn(frozen, closed())
    desk = as_(make.user(Role.QUALITY))
    answer = desk.post(f"{QUEUE}{audit.pk}/", given)
    assert answer.status_code == 422
    assert "Revise lo siguiente" in words(answer)
    audit.refresh_from_db()
    assert audit.done_at is None


def test_what_somebody_else_judged_meanwhile_leads_to_the_next(frozen):
    first, second = drawn(frozen, closed(), closed())
    actions.judge_closure(audit=first, real=True, by=actor_of(make.user(Role.QUALITY)))
    desk = as_(make.user(Role.QUALITY))
    assert desk.get(f"{QUEUE}{first.pk}/").status_code == 404
    answer = desk.post(f"{QUEUE}{first.pk}/", {"verdict": "no", "why": "other", "text": "x"})
    assert answer["Location"] == f"{QUEUE}{second.pk}/"


def test_a_solution_of_an_earlier_cycle_is_shown_as_it_was_then(frozen):
    case = closed()
    (audit,) = drawn(frozen, case)
    actions.reopen_case(case=case, text="Se abrió otra vez.", by=citizen())
    said = words(as_(make.user(Role.QUALITY)).get(f"{QUEUE}{audit.pk}/"))
    assert "Se tapó con asfalto." in said
    assert "Después se reabrió" in said


def test_looking_at_a_reserved_case_is_kept(frozen):
    (audit,) = drawn(frozen, closed(confidentiality="reserved"))
    who = make.user(Role.QUALITY)
    as_(who).get(f"{QUEUE}{audit.pk}/")
    assert Look.objects.get().user == who


def test_an_entity_sees_its_score_beside_that_of_the_country(frozen):
    case, other = closed(), closed()
    mine, theirs = drawn(frozen, case, other)
    by = actor_of(make.user(Role.QUALITY))
    actions.judge_closure(audit=mine, real=False, why="not_done", text="El hueco sigue.", by=by)
    actions.judge_closure(audit=theirs, real=True, by=by)
    said = words(as_(make.user(Role.LIAISON, case.agency)).get(SCORES))
    assert f"{case.agency.name} 0 %" in said
    assert "entre 0 % y 80 %" in said
    assert "Todo el país 50 %" in said
    assert "El hueco sigue." in said
    assert other.agency.acronym not in said
    assert "Reabrir" not in said


def test_a_supervisor_sees_every_entity_and_may_reopen_what_was_no_solution(frozen):
    case = closed()
    (audit,) = drawn(frozen, case)
    by = actor_of(make.user(Role.QUALITY))
    actions.judge_closure(audit=audit, real=False, why="not_done", text="El hueco sigue.", by=by)
    desk = as_(make.user(Role.SUPERVISOR))
    page = desk.get(SCORES)
    assert case.agency.acronym in words(page)
    address = f"/mesa/casos/{case.number}/reabrir/"
    assert address in page.content.decode()
    assert desk.post(address, {"text": "La revisión lo halló sin hacer."}).status_code == 302
    assert "ya se reabrió" in words(desk.get(SCORES))
    assert address not in desk.get(SCORES).content.decode()


def test_the_pages_cost_little(frozen, django_assert_max_num_queries):
    cases = [closed() for _ in range(4)]
    audits = drawn(frozen, *cases)
    who = make.user(Role.QUALITY)
    by = actor_of(make.user(Role.QUALITY))
    for audit in audits[:2]:
        actions.judge_closure(audit=audit, real=False, why="not_done", text="No.", by=by)
    desk, watch = as_(who), as_(make.user(Role.DIRECTOR))
    with django_assert_max_num_queries(5):
        desk.get(QUEUE)
    with django_assert_max_num_queries(10):
        desk.get(f"{QUEUE}{audits[2].pk}/")
    with django_assert_max_num_queries(8):
        watch.get(SCORES)


def test_the_first_page_says_how_many_wait(frozen):
    drawn(frozen, closed(), closed())
    said = words(as_(make.user(Role.QUALITY)).get("/mesa/"))
    assert "2 Cierres por revisar" in said
