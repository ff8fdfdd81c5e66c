"""The President's page and the instructions: few matters, one tap, and what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.models import Escalation, Instruction, Notice
from centro.kernel.actor import SYSTEM
from centro.kernel.clock import now
from tests import make

PAGE = reverse("desk:presidency")
LIST = reverse("desk:instructions")


def signed_in(role: Role, of: Any = None) -> Client:
    client = Client()
    client.force_login(make.user(role, of))
    return client


def read(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.status_code
    return BeautifulSoup(response.content, "html.parser")


def board(role: Role = Role.PRESIDENCY, **query: str) -> Any:
    return read(signed_in(role).get(PAGE, query))


def matters(page: BeautifulSoup) -> list[str]:
    return [one.text.strip() for one in page.select(".matter h2")]


def facts(page: BeautifulSoup) -> list[str]:
    return [one.text.strip() for one in page.select_one(".matter__facts").select("dd")]


@pytest.fixture
def street() -> Any:
    return {"service": make.service(name="Sin agua", requires_place=True), "place": make.place()}


# ---- The page ----


def test_nothing_to_decide():
    assert "Nada llegó hasta usted" in board().text


def test_a_matter_says_what_where_how_many_how_late_who_and_what_was_promised(street):
    cases = [make.at_the_top(**street, days=30) for _ in range(3)]
    Escalation.objects.filter(case=cases[0], rung=4).update(
        acknowledged_by=make.user(), acknowledged_at=now(), promise="Va una cuadrilla",
        promised_for=now(),
    )  # fmt: skip
    page = board()
    assert matters(page) == ["Sin agua"]
    assert facts(page) == ["3", "30", cases[0].agency.acronym]
    assert street["place"].full_name in page.select_one(".matter").text
    assert "Va una cuadrilla" in page.text


def test_cases_of_an_event_are_one_matter_with_those_who_said_me_too(street):
    cases = [make.at_the_top(**street) for _ in range(2)]
    event = make.incident(cases=cases, title="Tubo roto en Betania")
    for _ in range(5):
        actions.add_affected(incident=event, by=SYSTEM)
    page = board()
    assert matters(page) == ["Tubo roto en Betania"]
    assert facts(page)[0] == "7"


def test_the_heaviest_is_first(street):
    make.at_the_top(days=10)
    for _ in range(3):
        make.at_the_top(**street, days=20)
    assert matters(board())[0] == "Sin agua"


def test_seven_a_day_and_how_many_more():
    for _ in range(9):
        make.at_the_top()
    page = board()
    assert len(matters(page)) == 7
    assert "Hay 2 asuntos más." in page.text
    assert len(matters(board(mas="1"))) == 9


def test_sealed_cases_are_a_number(street):
    sealed = make.at_the_top(confidentiality="sealed", description="Nadie debe leer esto")
    page = board()
    assert "1 caso sellado" in page.text
    assert sealed.number not in page.text
    assert "Nadie debe leer esto" not in page.text


@pytest.mark.slow
@pytest.mark.parametrize("many", [1, 12])
def test_the_page_costs_at_most_ten_statements(many: int):
    president = actor_of(make.user(Role.PRESIDENCY))
    for _ in range(many):
        case = make.at_the_top()
        make.at_the_top()
        actions.instruct_agency(
            agency=case.agency, cases=[case], text="Resuelvan.", days=3, by=president
        )
    client = signed_in(Role.PRESIDENCY)
    client.get(PAGE)
    with CaptureQueriesContext(connection) as captured:
        client.get(PAGE)
    assert len(captured) <= 10


def test_a_matter_has_a_page_with_its_cases(street):
    cases = [make.at_the_top(**street) for _ in range(2)]
    client = signed_in(Role.PRESIDENCY)
    link = board().select_one(".matter h2 a")["href"]
    page = read(client.get(link))
    assert {a.text for a in page.select(".short-case a")} == {case.number for case in cases}
    for gone in ("c0", "e0-0", "x" * 90, "ñ"):
        assert client.get(reverse("desk:matter", kwargs={"key": gone})).status_code == 404


# ---- Instructing ----


def test_one_tap_instructs_with_a_ready_text(street):
    case = make.at_the_top(**street)
    head = make.user(Role.HEAD, case.agency)
    client = signed_in(Role.PRESIDENCY)
    form = read(client.get(PAGE)).select_one(".matter form")
    sent = {
        "text": form.select_one("textarea").text.strip(),
        "days": form.select_one("[name=days]")["value"],
    }
    assert client.post(form["action"], sent)["Location"] == PAGE
    given = Instruction.objects.get()
    assert "Sin agua" in given.text
    assert street["place"].full_name in given.text
    assert list(given.cases.all()) == [case]
    assert Notice.objects.get().user == head
    page = read(client.get(PAGE))
    assert case.agency.acronym in page.select_one(".toasts").text
    assert matters(page) == []
    assert "0 de 1 resueltos" in page.select_one(".followed").text
    # A second tap finds that it is done.
    assert client.post(form["action"], sent).status_code == 404


def test_another_text_and_another_term(street):
    case = make.at_the_top(**street)
    client = signed_in(Role.PRESIDENCY)
    action = board().select_one(".matter form")["action"]
    for wrong in (
        {"text": "", "days": "3"},
        {"text": "Ya", "days": "0"},
        {"text": "Ya", "days": "x"},
    ):
        page = read(client.post(action, wrong), status=422)
        assert page.select_one("#errores")
    client.post(action, {"text": "Quiero agua hoy.", "days": "1"})
    assert Instruction.objects.get().text == "Quiero agua hoy."
    assert case.instructions.count() == 1


def test_the_director_looks_and_does_not_instruct(street):
    make.at_the_top(**street)
    page = board(Role.DIRECTOR)
    assert matters(page) == ["Sin agua"]
    assert not page.select(".matter form")
    action = board().select_one(".matter form")["action"]
    assert signed_in(Role.DIRECTOR).post(action, {"text": "Ya", "days": "3"}).status_code == 403
    assert not Instruction.objects.exists()


def test_what_is_in_triage_is_shown_and_names_no_entity_to_instruct():
    case = make.at_the_top(service=make.service(agency=None))
    page = board()
    assert "clasificación del Centro" in page.text
    assert not page.select(".matter form")
    address = reverse("desk:instruct", kwargs={"key": f"c{case.pk}"})
    answer = signed_in(Role.PRESIDENCY).post(address, {"text": "Ya", "days": "3"})
    assert answer.status_code == 404


# ---- The entity answers ----


def instructed(**fields: Any) -> Instruction:
    case = make.at_the_top(**fields)
    by = actor_of(make.user(Role.PRESIDENCY))
    return actions.instruct_agency(
        agency=case.agency, cases=[case], text="Quiero agua hoy.", days=3, by=by
    )


def one(given: Instruction) -> str:
    return reverse("desk:instruction", kwargs={"pk": given.pk})


def test_the_head_answers_and_the_president_reads_it():
    given = instructed()
    head = signed_in(Role.HEAD, given.agency)
    assert read(head.get("/mesa/")).select_one(f"a.tile[href='{LIST}'] .tile__number").text == "1"
    page = read(head.get(LIST))
    assert page.select_one(".followed a")["href"] == one(given)
    assert "Quiero agua hoy." in read(head.get(one(given))).text
    assert head.post(one(given), {"text": ""}).status_code == 422
    assert head.post(one(given), {"text": "Ya hay agua."}).status_code == 302
    assert "Ya hay agua." in board().text
    assert "Respondida a tiempo" in board().text
    assert head.post(one(given), {"text": "Otra vez"}).status_code == 409


def test_what_is_overdue_is_said_to_everybody():
    given = instructed()
    Instruction.objects.update(due_at=now() - timedelta(days=1))
    for client in (signed_in(Role.PRESIDENCY), signed_in(Role.EXECUTIVE, given.agency)):
        assert "Vencida sin respuesta" in read(client.get(LIST)).text
    page = board()
    assert "Venció sin respuesta." in page.select_one(".matter").text


def test_a_liaison_reads_and_another_entity_does_not():
    given = instructed()
    liaison = signed_in(Role.LIAISON, given.agency)
    assert not read(liaison.get(one(given))).select("main form")
    assert liaison.post(one(given), {"text": "Ya"}).status_code == 404
    stranger = signed_in(Role.HEAD)
    assert stranger.get(one(given)).status_code == 404
    assert stranger.post(one(given), {"text": "Ya"}).status_code == 404
    assert not read(stranger.get(LIST)).select(".followed")


def test_the_presidency_takes_an_instruction_back():
    given = instructed()
    president = signed_in(Role.PRESIDENCY)
    form = read(president.get(one(given))).select_one("main form")
    assert president.post(form["action"]).status_code == 302
    given.refresh_from_db()
    assert given.state == "withdrawn"
    assert signed_in(Role.DIRECTOR).post(form["action"]).status_code == 403
    assert matters(board()) != []


def test_the_first_page_leads_the_president_there(street):
    make.at_the_top(**street)
    tile = read(signed_in(Role.PRESIDENCY).get("/mesa/")).select_one(".tile")
    assert tile["href"] == PAGE
    assert tile.select_one(".tile__number").text == "1"
