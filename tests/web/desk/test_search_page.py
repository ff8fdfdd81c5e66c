"""One box over everything, within what each may see."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from centro.accounts.roles import Role
from centro.cases.models import Look
from centro.web.desk.posts import FRONT, READERS
from tests import make


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def words(response) -> str:
    return BeautifulSoup(response.content, "html.parser").get_text(" ", strip=True)


@pytest.fixture
def desk() -> Client:
    return as_(make.user(Role.OPERATOR))


def find(client: Client, text: str):
    return client.get("/mesa/buscar/", {"q": text})


def test_an_exact_number_opens_its_case(desk):
    case = make.case()
    for typed in (case.number, case.number.removeprefix("311-"), f"  {case.number} "):
        assert find(desk, typed)["Location"] == f"/mesa/casos/{case.number}/"


def test_words_find_cases_whatever_the_accents(desk):
    case = make.case(description="Inundación en la calle")
    assert case.number in words(find(desk, "inundacion"))


def test_a_telephone_a_cedula_and_a_name_find_the_person_and_the_cases(desk):
    case = make.case(reporter=make.reporter(name="Ana Ríos", phone="6600-0001", cedula="8-888-888"))
    for typed in ("6600-0001", "66000001", "8-888-888", "ana rios"):
        found = words(find(desk, typed))
        assert case.number in found, typed
        assert "Ana Ríos" in found, typed


def test_a_liaison_finds_only_cases_of_the_entity_and_no_list_of_people():
    mine = make.case(description="Fuga de agua", reporter=make.reporter(name="Ana Ríos"))
    other = make.case(description="Fuga de agua")
    liaison = as_(make.user(Role.LIAISON, mine.agency))
    found = words(find(liaison, "fuga"))
    assert mine.number in found
    assert other.number not in found
    assert find(liaison, other.number).status_code == 200
    assert "Nada con esas palabras" in words(find(liaison, other.number))
    assert "Personas" not in words(find(liaison, "ana rios"))


def test_finding_a_reserved_case_by_its_reporter_is_a_look(desk):
    case = make.case(confidentiality="reserved", reporter=make.reporter(phone="6600-0001"))
    assert case.number in words(find(desk, "6600-0001"))
    assert Look.objects.get().case == case


def test_a_sealed_case_is_not_found_by_an_operator(desk):
    case = make.case(
        confidentiality="sealed",
        kind="denunciation",
        description="Coima",
        reporter=make.reporter(phone="6600-0001"),
    )
    for typed in (case.number, "coima", "6600-0001"):
        response = find(desk, typed)
        assert response.status_code == 200
        assert f"/casos/{case.number}" not in response.content.decode()


@pytest.mark.parametrize(
    "text", ["", "   ", "\x00", "'; DROP TABLE", "%%%", "🙂", "a" * 5000, "311-99999999-9", "& | !"]
)
def test_garbage_finds_nothing_and_breaks_nothing(desk, text):
    assert find(desk, text).status_code == 200


def test_a_search_costs_at_most_eight_statements(desk, django_assert_max_num_queries):
    reporter = make.reporter(name="Ana Ríos", phone="6600-0001")
    for _ in range(12):
        make.case(reporter=reporter, place=make.place())
    with django_assert_max_num_queries(11):
        find(desk, "6600-0001")
    with django_assert_max_num_queries(8):
        find(desk, "hueco grande")


@pytest.mark.slow
@pytest.mark.parametrize("role", Role)
def test_who_may_search(role):
    client = as_(make.user(role))
    assert find(client, "agua").status_code == (200 if role in READERS else 403)
    shown = "Personas" in words(find(client, "ana")) if role in READERS else False
    assert not shown
    assert role in READERS or role not in FRONT
