"""The strategic plan at the desk: the table, an indicator, and the forms of the direction."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from centro.accounts.roles import Role
from centro.insights import actions
from centro.insights.models import Comment, Indicator, Measurement, Objective, Plan, Target
from centro.kernel.clock import today
from centro.web.desk.navigation import items_for
from tests import make
from tests.insights.planning import aim, director, enter, indicator, objective, plan

PLAN = reverse("desk:plan")
LONG = "9" * 400
GARBAGE = ["", "x", "-1", "1e9", "1e999", "NaN", "Infinity", "99999999999999999999", "\x00", LONG]


def as_(role: Role = Role.DIRECTOR) -> Client:
    client = Client()
    client.force_login(make.user(role))
    return client


def text_of(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    main = BeautifulSoup(response.content, "html.parser").select_one("main")
    assert main is not None
    return main.get_text(" ", strip=True)


def to(name: str, pk: int) -> str:
    return reverse(f"desk:{name}", args=[pk])


def test_without_a_plan_the_page_says_what_to_do():
    told = text_of(as_().get(PLAN))
    assert "Todavía no hay un plan" in told
    assert "Empezar el plan" in told
    told = text_of(as_(Role.AUDITOR).get(PLAN))
    assert "Empezar el plan" not in told
    assert "Cuando la dirección lo empiece" in told


def test_a_plan_is_written_from_nothing_by_its_forms():
    client, year = as_(), today().year
    client.post(reverse("desk:plan_begin"), {"name": "Plan", "first_year": year})
    told = text_of(client.get(PLAN))
    assert "El plan no tiene objetivos" in told
    made = Plan.objects.get()
    client.post(to("plan_objective_add", made.pk), {"title": "Atender sin demora", "text": ""})
    assert "Todavía no tiene indicadores" in text_of(client.get(PLAN))
    answer = client.post(
        to("plan_indicator_add", Objective.objects.get().pk),
        {
            "title": "Llamadas en 15 s", "sentence": "De cada cien.", "source": "",
            "unit": "percent", "better": "higher", "tolerance": "5",
        },
    )  # fmt: skip
    one = Indicator.objects.get()
    assert answer["Location"] == to("plan_indicator", one.pk)
    client.post(to("plan_targets", one.pk), {f"year_{year}": "90", f"year_{year + 1}": "92"})
    client.post(
        to("plan_measure", one.pk),
        {
            "year": str(year), "value": "88.5", "evidence": "Informe de la central",
            "link": "https://ejemplo.gob.pa/informe.pdf",
        },
    )  # fmt: skip
    client.post(to("plan_comment", one.pk), {"year": str(year), "text": "Falta personal."})
    told = text_of(client.get(PLAN))
    for words in (
        "Atender sin demora",
        "Llamadas en 15 s",
        "88.5 %",
        "meta 90.0 %",
        "1 comentario",
    ):
        assert words in told, words
    page = client.get(to("plan_indicator", one.pk))
    told = text_of(page)
    for words in ("De cada cien.", "Cerca", "Informe de la central", "Falta personal."):
        assert words in told, words
    soup = BeautifulSoup(page.content, "html.parser")
    link = soup.select_one('a[href="https://ejemplo.gob.pa/informe.pdf"]')
    assert link is not None
    assert "noopener" in (link.get("rel") or [])
    assert soup.select_one("svg.years") is not None


def test_a_metric_is_chosen_by_its_name():
    client, under = as_(), objective()
    client.post(
        to("plan_indicator_add", under.pk),
        {
            "title": "Plazos", "sentence": "De cada cien.", "unit": "count",
            "source": "deadline-compliance/compliance_pct", "better": "higher", "tolerance": "0",
        },
    )  # fmt: skip
    one = Indicator.objects.get()
    assert (one.metric, one.column, one.unit) == (
        "deadline-compliance",
        "compliance_pct",
        "percent",
    )
    told = text_of(client.get(to("plan_indicator", one.pk)))
    assert "Lo cuenta el sistema" in told
    assert "Anotar una medición" not in told
    answer = client.post(
        to("plan_measure", one.pk), {"year": today().year, "value": "1", "evidence": "x"}
    )
    assert "lo mide el sistema" in text_of(answer, 409)


def test_a_correction_without_a_reason_comes_back_with_what_was_typed():
    one = indicator(targets={today().year: 90})
    enter(one, today().year, 80)
    sent = {"year": str(today().year), "value": "85", "evidence": "Otro informe"}
    client = as_()
    told = text_of(client.post(to("plan_measure", one.pk), sent), 422)
    assert "Ya hay una medición" in told
    assert "Otro informe" in told
    assert Measurement.objects.count() == 1
    client.post(to("plan_measure", one.pk), sent | {"reason": "Faltaba un mes."})
    told = text_of(client.get(to("plan_indicator", one.pk)))
    assert "Reemplazada después" in told
    assert "Faltaba un mes." in told


def test_readers_read_and_are_offered_no_form():
    one = indicator(targets={today().year: 90})
    enter(one, today().year, 91)
    for role in (Role.PRESIDENCY, Role.SUPERVISOR, Role.AUDITOR, Role.QUALITY, Role.EXECUTIVE):
        client = as_(role)
        for address in (PLAN, to("plan_indicator", one.pk)):
            page = client.get(address)
            assert "Cumplida" in text_of(page)
            assert not BeautifulSoup(page.content, "html.parser").select("main form")
        assert client.post(to("plan_comment", one.pk), {"text": "Hola"}).status_code == 403
    assert not Comment.objects.exists()


def test_the_rail_offers_the_plan_to_its_readers():
    def offered(role: Role) -> bool:
        return any(item.route == "desk:plan" for item in items_for([role]))

    assert offered(Role.DIRECTOR)
    assert offered(Role.HEAD)
    assert not offered(Role.OPERATOR)


def test_a_closed_plan_is_read_and_another_begins():
    client, one = as_(), indicator(targets={today().year: 90})
    first = one.objective.plan
    client.post(to("plan_close", first.pk))
    told = text_of(client.get(PLAN))
    assert "Cerrado" in told
    assert "Empezar otro plan" in told
    for name, pk in (
        ("plan_objective_add", first.pk), ("plan_objective", one.objective.pk),
        ("plan_indicator_add", one.objective.pk), ("plan_indicator_words", one.pk),
    ):  # fmt: skip
        assert client.get(to(name, pk)).status_code == 409, name
    assert client.post(to("plan_close", first.pk)).status_code == 409
    assert "Poner metas" not in text_of(client.get(to("plan_indicator", one.pk)))
    client.post(reverse("desk:plan_begin"), {"name": "Segundo", "first_year": today().year + 5})
    told = text_of(client.get(PLAN))
    assert "Segundo" in told
    assert "Otros planes" in told


def test_a_second_plan_is_refused_in_words():
    plan()
    answer = as_().post(reverse("desk:plan_begin"), {"name": "Otro", "first_year": "2026"})
    assert "Ya hay un plan abierto" in text_of(answer, 409)


def test_what_is_retired_stays_readable():
    client, one = as_(), indicator(targets={today().year: 90})
    told = text_of(client.post(to("plan_indicator_retire", one.pk), {"reason": ""}), 422)
    assert "Revise lo siguiente" in told
    client.post(to("plan_indicator_retire", one.pk), {"reason": "Se mide otra cosa."})
    told = text_of(client.get(PLAN))
    assert "1 indicador retirado" in told
    assert "Se mide otra cosa." in text_of(client.get(to("plan_indicator", one.pk)))
    assert client.get(to("plan_indicator_words", one.pk)).status_code == 409
    client.post(to("plan_objective_retire", one.objective.pk), {"reason": "Se reparte."})
    assert client.get(to("plan_objective", one.objective.pk)).status_code == 404


def test_an_objective_with_indicators_is_not_retired():
    one = indicator()
    answer = as_().post(to("plan_objective_retire", one.objective.pk), {"reason": "No"})
    assert "Primero retire los indicadores" in text_of(answer, 409)


def test_what_is_not_there_is_not_found():
    client = as_()
    for name in ("plan_one", "plan_objective", "plan_indicator", "plan_indicator_words"):
        for pk in (0, 999_999, 10**18, 10**30):
            assert client.get(to(name, pk)).status_code == 404, (name, pk)


@pytest.mark.parametrize("junk", GARBAGE)
def test_garbage_is_answered_and_nothing_is_written(junk: str):
    one = indicator(targets={today().year: 90})
    before = [model.objects.count() for model in (Plan, Objective, Indicator, Target, Measurement)]
    client, year = as_(), today().year
    sent = dict.fromkeys(("name", "first_year", "reason", "link", "year", "value"), junk)
    sent |= dict.fromkeys(("evidence", "source", "unit", "better", "tolerance"), junk)
    sent |= {f"year_{year + n}": junk for n in range(6)}
    for name, pk in (
        ("plan_objective_add", one.objective.plan_id), ("plan_objective", one.objective.pk),
        ("plan_indicator_add", one.objective.pk), ("plan_indicator_words", one.pk),
        ("plan_targets", one.pk), ("plan_measure", one.pk), ("plan_comment", one.pk),
        ("plan_objective_retire", one.objective.pk),
    ):  # fmt: skip
        assert client.post(to(name, pk), sent).status_code in {409, 422}, name
    assert client.post(reverse("desk:plan_begin"), sent).status_code in {409, 422}
    after = [model.objects.count() for model in (Plan, Objective, Indicator, Target, Measurement)]
    assert after == before


def test_evidence_cannot_be_a_script():
    one = indicator()
    sent = {"year": str(today().year), "value": "80", "evidence": "<script>x</script>"}
    client = as_()
    answer = client.post(to("plan_measure", one.pk), sent | {"link": "javascript:alert(1)"})
    assert answer.status_code == 422
    client.post(to("plan_measure", one.pk), sent)
    assert b"<script>x" not in client.get(to("plan_indicator", one.pk)).content


def test_the_plan_in_english_is_whole():
    one = indicator(targets={today().year: 90})
    enter(one, today().year, 91)
    client = as_()
    client.cookies["django_language"] = "en"
    for address in (PLAN, to("plan_indicator", one.pk)):
        assert client.get(address).status_code == 200


def statements(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)


def test_the_plan_takes_few_statements_however_much_is_in_it():
    client, year = as_(), today().year
    one = indicator(targets={year: 90})
    enter(one, year, 80)
    few = statements(client, PLAN)
    by = director()
    for n in range(4):
        under = objective(one.objective.plan, title=f"Objetivo {n}")
        for m in range(3):
            more = indicator(under, {year: 80, year + 1: 85}, title=f"Indicador {m}")
            enter(more, year, 70)
            actions.comment_indicator(indicator=more, text="Bien", by=by)
    assert statements(client, PLAN) == few <= 10
    alone = statements(client, to("plan_indicator", one.pk))
    for n in range(6):
        aim(one, {year: 80 + n}, reason="Otra vez")
        enter(one, year, 60 + n, reason="Otra vez")
        actions.comment_indicator(indicator=one, text="Bien", by=by)
    assert statements(client, to("plan_indicator", one.pk)) == alone <= 11
