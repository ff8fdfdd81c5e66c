"""The pages of figures: what each shows, to whom, and what they make of bad addresses."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from centro.accounts.roles import Role
from centro.cases import actions
from centro.insights.dashboards import all_dashboards
from centro.insights.facts import refresh_facts
from centro.kernel.actor import SYSTEM, citizen
from tests import make
from tests.web.desk.test_access import signed_in

BOARDS = [board.slug for board in all_dashboards()]


@pytest.fixture
def agency() -> Any:
    """An entity with an overdue case, one solved and confirmed, and one of another entity."""
    own = make.agency(acronym="AGUA")
    make.at_the_top(agency=own, place=make.place())
    solved = make.case(agency=own, reporter=make.reporter(), place=make.place())
    actions.resolve_case(case=solved, text="Listo.", by=SYSTEM)
    actions.confirm_case(case=solved, by=citizen())
    make.case(agency=make.agency(acronym="LUZ"))
    refresh_facts()
    return own


def page(client: Client, slug: str, **query: str) -> str:
    response = client.get(reverse("desk:dashboard", kwargs={"slug": slug}), query)
    assert response.status_code == 200, slug
    return response.content.decode()


@pytest.mark.slow
@pytest.mark.parametrize("slug", BOARDS)
def test_each_board_stands_in_an_empty_country(slug: str):
    text = page(signed_in(make.user(Role.DIRECTOR)), slug)
    assert "None" not in text
    assert "nan" not in text.split()


@pytest.mark.slow
@pytest.mark.parametrize("slug", BOARDS)
def test_each_board_says_what_each_number_means(slug: str, agency: Any):
    text = page(signed_in(make.user(Role.DIRECTOR)), slug, comparar="on")
    board = next(board for board in all_dashboards() if board.slug == slug)
    for panel in board.panels:
        assert str(panel.metric.sentence).replace("«", "«") in text
        assert reverse("desk:metric", kwargs={"name": panel.name}) in text


def test_an_entity_counts_its_own_cases_only(agency: Any):
    liaison = signed_in(make.user(Role.LIAISON, agency))
    text = page(liaison, "nacional")
    assert "LUZ" not in text
    assert "AGUA" in page(signed_in(make.user(Role.DIRECTOR)), "nacional")
    own = page(liaison, "entidad")
    assert '<p class="panel__number">2</p>' in own
    other = page(liaison, "entidad", entidad="LUZ")
    assert "LUZ" not in other.split("<form")[0]


@pytest.mark.parametrize("slug", ["presidencia", "centro", "entidades", "no-existe"])
def test_what_is_of_the_country_does_not_exist_for_an_entity(slug: str, agency: Any):
    liaison = signed_in(make.user(Role.LIAISON, agency))
    for where in (
        reverse("desk:dashboard", kwargs={"slug": slug}),
        reverse("desk:dashboard_file", kwargs={"slug": slug, "form": "csv"}),
        reverse("desk:metric", kwargs={"name": "league"}),
        reverse("desk:metric", kwargs={"name": "no-existe"}),
    ):
        assert liaison.get(where).status_code == 404, where


def test_filters_stand_in_the_address(agency: Any):
    director = signed_in(make.user(Role.DIRECTOR))
    assert '<p class="panel__number">2</p>' in page(director, "entidad", entidad="AGUA")
    assert '<p class="panel__number">1</p>' in page(director, "entidad", entidad="LUZ")
    assert '<p class="panel__number">0</p>' in page(director, "entidad", via="sms")
    assert '<p class="panel__number">0</p>' in page(
        director, "entidad", desde="2019-01", hasta="2019-03"
    )


@pytest.mark.parametrize(
    "query",
    [
        {"desde": "2026-13"},
        {"desde": "ayer", "hasta": "mañana"},
        {"desde": "2026-05", "hasta": "2026-01"},
        {"corte": "31/05/2011"},
        {"entidad": "NO", "servicio": "NO", "lugar": "99", "via": "NO", "tipo": "NO"},
        {"lugar": "' OR 1=1", "via": "¤first¤", "desde": "0001-01", "hasta": "9999-12"},
        {"corte": "1900-01-01"},
        {"desde": "\x00", "hasta": "\x00"},
    ],
)
def test_an_address_that_cannot_be_is_said_and_counts_as_empty(query: dict[str, str]):
    director = signed_in(make.user(Role.DIRECTOR))
    response = director.get(reverse("desk:dashboard", kwargs={"slug": "nacional"}), query)
    assert response.status_code in {200, 422}


def test_rows_lead_to_their_cases(agency: Any):
    text = page(signed_in(make.user(Role.DIRECTOR)), "presidencia")
    assert f"{reverse('desk:inbox')}?carpeta=todos&amp;entidad=AGUA" in text


def test_a_place_opens_into_its_parts(agency: Any):
    director = signed_in(make.user(Role.DIRECTOR))
    place = make.place()
    make.case(place=place)
    refresh_facts()
    text = page(director, "geografia")
    assert f"lugar={place.province.code}" in text
    inside = page(director, "geografia", lugar=place.province.code)
    assert f"lugar={place.district.code}" in inside


def test_the_tables_can_be_taken_away(agency: Any):
    director = signed_in(make.user(Role.DIRECTOR))
    own = reverse("desk:dashboard_file", kwargs={"slug": "nacional", "form": "csv"})
    rows = list(csv.reader(io.StringIO(director.get(own).content.decode("utf-8-sig"))))
    assert ["Lo que más se pide"] in rows
    sheet = reverse("desk:dashboard_file", kwargs={"slug": "nacional", "form": "xlsx"})
    answer = director.get(sheet)
    assert answer["Content-Disposition"].startswith('attachment; filename="nacional-')
    book = load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames[0] == "Qué es cada número"
    assert len(book.sheetnames) == 1 + len({p.name for p in all_dashboards()[0].panels})
    assert director.get(sheet.replace("xlsx", "exe")).status_code == 404


def test_a_name_that_would_be_a_formula_is_words(agency: Any):
    make.case(service=make.service(name="=HYPERLINK(1)"))
    refresh_facts()
    director = signed_in(make.user(Role.DIRECTOR))
    for form in ("csv", "xlsx"):
        where = reverse("desk:dashboard_file", kwargs={"slug": "nacional", "form": form})
        content = director.get(where).content
        if form == "csv":
            assert "'=HYPERLINK" in content.decode("utf-8-sig")
        else:
            cells = [c.value for s in load_workbook(io.BytesIO(content)) for r in s for c in r]
            assert "'=HYPERLINK(1)" in cells


def test_a_warm_page_asks_little(agency: Any, django_assert_max_num_queries: Any):
    director = signed_in(make.user(Role.DIRECTOR))
    page(director, "nacional")
    with django_assert_max_num_queries(22):
        page(director, "nacional")
    cache.clear()


def test_the_definition_of_a_number_has_a_page(agency: Any):
    director = signed_in(make.user(Role.DIRECTOR))
    where = reverse("desk:metric", kwargs={"name": "within-sla"})
    text = director.get(where).content.decode()
    assert "se solucionaron dentro de su plazo" in text
    assert reverse("desk:dashboard", kwargs={"slug": "nacional"}) in text
