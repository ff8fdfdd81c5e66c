"""The contacts of a day, and the first page of the desk."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.contacts.actions import answer_contact, open_contact
from centro.contacts.models import Contact
from centro.kernel.clock import now, today
from centro.web.desk.navigation import ITEMS
from centro.web.desk.posts import FRONT
from centro.web.desk.views.contacts import PAGE
from tests import make


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def words(response) -> str:
    return BeautifulSoup(response.content, "html.parser").get_text(" ", strip=True)


def answered(user, summary: str, **fields) -> Contact:
    by = actor_of(user)
    contact = open_contact(channel="phone", operator=user, by=by, **fields)
    return answer_contact(contact=contact, summary=summary, by=by)


def test_an_operator_sees_their_own_contacts_and_a_supervisor_everybodys():
    one, other = make.user(Role.OPERATOR), make.user(Role.OPERATOR)
    answered(one, "Horario del registro")
    answered(other, "Costo de la cédula")
    mine = words(as_(one).get("/mesa/contactos/"))
    assert "Horario del registro" in mine
    assert "Costo de la cédula" not in mine
    everybody = words(as_(make.user(Role.SUPERVISOR)).get("/mesa/contactos/"))
    assert "Horario del registro" in everybody
    assert "Costo de la cédula" in everybody
    assert "Atendido en primer contacto 2" in everybody


def test_each_day_has_its_own():
    operator = make.user(Role.OPERATOR)
    answered(operator, "De ayer", started_at=now() - timedelta(days=1))
    desk = as_(operator)
    assert "De ayer" not in words(desk.get("/mesa/contactos/"))
    yesterday = (today() - timedelta(days=1)).isoformat()
    assert "De ayer" in words(desk.get("/mesa/contactos/", {"dia": yesterday}))


@pytest.mark.parametrize(
    "day", ["", "ayer", "2026-13-45", "9999-12-31", "0001-01-01", "\x00", "2026-02-30"]
)
@pytest.mark.parametrize("before", ["", "x", "-1", "9" * 40, "²"])
def test_garbage_in_the_address_shows_a_day(day, before):
    desk = as_(make.user(Role.SUPERVISOR))
    assert desk.get("/mesa/contactos/", {"dia": day, "antes": before}).status_code == 200


def test_a_long_day_is_read_in_pages():
    supervisor = make.user(Role.SUPERVISOR)
    for n in range(PAGE + 3):
        answered(supervisor, f"Pregunta {n:03d}.")
    desk = as_(supervisor)
    first = desk.get("/mesa/contactos/")
    link = BeautifulSoup(first.content, "html.parser").select_one("a[rel=next][href*=antes]")[
        "href"
    ]
    assert "Pregunta 002." not in words(first)
    assert "Pregunta 002." in words(desk.get(f"/mesa/contactos/{link}"))


def test_the_list_costs_at_most_eight_statements(django_assert_max_num_queries):
    supervisor = make.user(Role.SUPERVISOR)
    for n in range(10):
        answered(supervisor, f"Pregunta {n}")
    desk = as_(supervisor)
    with django_assert_max_num_queries(8):
        desk.get("/mesa/contactos/")


@pytest.mark.parametrize("role", Role)
def test_who_may_read_contacts(role):
    assert as_(make.user(role)).get("/mesa/contactos/").status_code == (
        200 if role in FRONT else 403
    )


@pytest.mark.slow
@pytest.mark.parametrize("role", Role)
def test_the_rail_and_the_first_page_lead_only_where_one_may_go(
    role, django_assert_max_num_queries
):
    user = make.user(role)
    user.is_staff = user.is_superuser = role == Role.ADMINISTRATOR
    user.save()
    desk = as_(user)
    with django_assert_max_num_queries(9):
        home = desk.get("/mesa/")
    assert home.status_code == 200
    page = BeautifulSoup(home.content, "html.parser")
    links = {a["href"] for a in page.select("main a[href], .rail a[href]")}
    assert len(page.select(".rail a")) == len([item for item in ITEMS if role in item.roles])
    for link in links:
        assert desk.get(str(link)).status_code == 200, (role, link)


def test_somebody_without_a_post_gets_in_nowhere():
    assert as_(make.user(None)).get("/mesa/").status_code == 403


def test_what_waits_is_counted():
    case = make.case()
    liaison = as_(make.user(Role.LIAISON, case.agency))
    page = BeautifulSoup(liaison.get("/mesa/").content, "html.parser")
    tile = page.select_one("a.tile[href$='sin-encargado']")
    assert tile.get_text(" ", strip=True) == "1 Sin encargado"
