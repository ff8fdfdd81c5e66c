"""The overview of all entities."""

from __future__ import annotations

from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from tests import make

OVERVIEW = reverse("desk:supervisor")


def shown(role: Role = Role.SUPERVISOR, **query: str) -> BeautifulSoup:
    client = Client()
    client.force_login(make.user(role))
    response = client.get(OVERVIEW, query)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def tiles(page: BeautifulSoup) -> list[str]:
    return [tag.text for tag in page.select(".tile__number")]


def test_an_overview_of_nothing():
    assert tiles(shown()) == ["0", "0", "0", "0", "0"]


def test_every_entity_has_its_row_and_its_links():
    case = make.case()
    make.case(service=make.service(agency=None))
    to = make.agency()
    actions.propose_transfer(
        case=case, to=to, text="Es suyo.", by=actor_of(make.user(Role.LIAISON, case.agency))
    )
    called = make.case(reporter=make.reporter(email="", phone="6612-3456"))
    actions.resolve_case(
        case=called, text="Listo.", by=actor_of(make.user(Role.LIAISON, called.agency))
    )
    page = shown()
    assert tiles(page) == ["3", "0", "1", "1", "1"]
    rows = [row.select_one("th a") for row in page.select("tbody tr")]
    assert {row.text for row in rows} == {case.agency.acronym, called.agency.acronym}
    assert rows[0]["href"].endswith(f"?entidad={rows[0].text}")


def test_sealed_cases_are_not_counted():
    make.case(confidentiality="sealed")
    assert tiles(shown())[0] == "0"


def test_it_is_sorted_by_the_column_asked():
    make.case()
    busy = make.case()
    make.case(service=busy.service)
    first = shown(orden="active").select_one("tbody th a").text
    assert first == busy.agency.acronym
    assert shown(orden="nada").select_one("[aria-sort]").text.strip() == "Vencidos"


def test_a_director_reads_it_without_the_ways_to_act():
    page = shown(Role.DIRECTOR)
    assert not page.select('a.tile[href="/mesa/clasificar/"]')
