"""What is owed to the citizen, on the pages of the desk and of the citizen; where a reopening begins."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from centro.accounts.roles import Role
from centro.cases import actions
from centro.cases.doctor import check_everything
from centro.cases.models import SlaClock
from centro.kernel.actor import SYSTEM, citizen
from tests import make
from tests.moments import Frozen, panama


@pytest.fixture(autouse=True)
def _healthy():
    yield
    assert check_everything() == []


@pytest.fixture(autouse=True)
def _monday(frozen: Frozen) -> Frozen:
    return frozen


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def words(response) -> str:
    return BeautifulSoup(response.content, "html.parser").get_text(" ", strip=True)


def long_case() -> Any:
    return make.case(service=make.service(working_days=20), reporter=make.reporter())


def test_the_form_proposes_a_day_and_the_page_says_what_is_owed(frozen):
    case = long_case()
    desk = as_(make.user(Role.LIAISON, case.agency))
    address = f"/mesa/casos/{case.number}/"
    assert "Debe un avance a la persona antes del" in words(desk.get(address))
    form = BeautifulSoup(desk.get(f"{address}avance/").content, "html.parser")
    field = form.select_one("input[name=promised_for]")
    assert field is not None
    assert (field["value"], field["min"], field["max"]) == (
        "2026-03-16",
        "2026-03-02",
        "2026-04-01",
    )
    given = {"text": "Falta el tubo.", "promised_for": "2026-03-11"}
    assert desk.post(f"{address}avance/", given).status_code == 302
    owed = SlaClock.objects.going().get(case=case, metric="interim")
    assert owed.due_at == panama("2026-03-11 16:00")
    assert "mié 11 mar" in words(desk.get(address))
    actions.resolve_case(case=case, text="Listo.", by=SYSTEM)
    assert "Debe un avance" not in words(desk.get(address))


@pytest.mark.parametrize("day", ["", "2026-03-08", "2026-05-01", "2026-02-27", "ayer"])
def test_a_day_that_cannot_be_promised_keeps_what_was_written(day: str):
    case = long_case()
    desk = as_(make.user(Role.LIAISON, case.agency))
    answer = desk.post(
        f"/mesa/casos/{case.number}/avance/", {"text": "Falta el tubo.", "promised_for": day}
    )
    assert answer.status_code == 422
    assert "Falta el tubo." in words(answer)
    assert not case.timeline.filter(kind="interim_reply").exists()


def test_the_folder_and_the_first_page_show_what_is_owed(frozen):
    case = long_case()
    frozen.to("2026-03-17 09:00")
    actions.escalate_due()
    desk = as_(make.user(Role.LIAISON, case.agency))
    assert case.number in words(desk.get("/mesa/bandeja/?carpeta=avances"))
    assert "1 Avances pendientes" in words(desk.get("/mesa/"))
    elsewhere = as_(make.user(Role.SUPERVISOR))
    assert "Avances pendientes" not in words(elsewhere.get("/mesa/bandeja/"))


def test_the_citizen_reads_by_when_there_is_news(client: Client):
    case = long_case()
    client.post("/seguimiento/", {"number": case.number, "code": case.code})
    page = f"/seguimiento/{case.number}/"
    assert "Volverá a tener noticias" not in words(client.get(page))
    actions.interim_reply(
        case=case, text="Falta el tubo.", promised_for=date(2026, 3, 11), by=SYSTEM
    )
    said = words(client.get(page))
    assert "Volverá a tener noticias a más tardar" in said
    assert "Habrá noticias a más tardar: 11 Mar 2026" in said


def test_a_reopened_case_says_where_it_begins_and_how_long_it_is_open_in_all(frozen):
    case = long_case()
    actions.resolve_case(case=case, text="Listo.", by=SYSTEM)
    frozen.on(days=2)
    actions.reopen_case(case=case, text="Sigue.", by=citizen())
    said = words(as_(make.user(Role.LIAISON, case.agency)).get(f"/mesa/casos/{case.number}/"))
    assert "Reabierto: empieza en Enlace operativo." in said
    assert "Se abrió por primera vez hace 2 días" in said
