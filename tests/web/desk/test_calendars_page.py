"""Calendars at the desk: from a decreed closure to the dates that moved, without scripts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from centro.accounts.roles import Role
from centro.cases import actions
from centro.cases.models import Case, Retargeting
from centro.catalog.calendars import version_in_force
from centro.catalog.models import BusinessCalendar, CalendarVersion
from tests import make
from tests.cases.deciding import closure, decree, draft
from tests.moments import Frozen, panama

pytestmark = pytest.mark.usefixtures("frozen", "office")
OFFICE = {"code": "oficina"}


@pytest.fixture
def office(frozen: Frozen) -> CalendarVersion:
    """The calendar that the pack of a country brings."""
    return version_in_force(BusinessCalendar.OFFICE)


def as_(role: Role = Role.ADMINISTRATOR) -> Client:
    client = Client()
    client.force_login(make.user(role))
    return client


def page_of(response: Any, status: int = 200) -> BeautifulSoup:
    assert response.status_code == status, response.content[:500]
    return BeautifulSoup(response.content, "html.parser")


def address(name: str, **kwargs: Any) -> str:
    return reverse(f"desk:{name}", kwargs=OFFICE | kwargs)


def declare(client: Client, **given: Any) -> Any:
    fields = {"first": "2026-03-03", "name": "Duelo nacional"} | given
    return client.post(address("calendar_close"), fields)


def test_a_closure_goes_from_the_form_to_the_dates_in_three_steps():
    case, client = make.case(), as_()
    there = declare(client)
    assert there.status_code == 302
    preview = page_of(client.get(there["Location"]))
    assert "1 caso con otra fecha" in re.sub(r"\s+", " ", preview.text)
    assert case.number in preview.text
    assert "9 mar" in preview.text
    assert "10 mar" in preview.text
    # Nothing is decided yet.
    case.refresh_from_db()
    assert case.due_at == panama("2026-03-09 16:00")
    done = client.post(there["Location"], {"note": "Decreto Ejecutivo 12"})
    work = Retargeting.objects.get()
    assert done["Location"] == reverse("desk:retargeting", kwargs={"pk": work.pk})
    actions.move_clocks(retargeting_id=work.pk)
    progress = page_of(client.get(done["Location"]))
    assert progress.select_one("progress")["value"] == "100"
    case.refresh_from_db()
    assert case.due_at == panama("2026-03-10 16:00")
    history = page_of(client.get(address("calendar"))).select_one("#historia").parent.text
    assert "Decreto Ejecutivo 12" in history


def test_progress_asks_again_until_it_is_over(frozen: Frozen, monkeypatch):
    monkeypatch.setattr("centro.cases.actions.retargeting.BATCH", 3)
    monkeypatch.setattr("centro.cases.actions.retargeting.BATCHES", 1)
    make.case(), make.case()
    work = decree(closure("2026-03-03"))
    where = reverse("desk:retargeting", kwargs={"pk": work.pk})
    client = as_(Role.AUDITOR)
    part = page_of(client.get(where)).select_one("#ajuste")
    assert (part["hx-get"], part["hx-select"]) == (where, "#ajuste")
    assert part.select_one("progress")["value"] == "50"
    for _ in range(3):
        actions.move_clocks(retargeting_id=work.pk)
    frozen.on(minutes=2)
    actions.move_clocks(retargeting_id=work.pk)
    part = page_of(client.get(where)).select_one("#ajuste")
    assert "hx-get" not in part.attrs
    assert "Terminado" in part.text


def test_the_fragment_that_is_asked_again_is_the_one_of_the_page():
    work = decree(closure("2026-03-03"))
    where = reverse("desk:retargeting", kwargs={"pk": work.pk})
    client = as_()
    whole = page_of(client.get(where)).select_one("#ajuste")
    asked = page_of(client.get(where, headers={"HX-Request": "true"})).select_one("#ajuste")
    assert whole == asked


def test_a_closure_may_be_local_and_a_half_day():
    district = make.place("Arraiján", level="district")
    client = as_(Role.DIRECTOR)
    there = declare(client, places=[district.code], hours="8:00–12:00")
    text = page_of(client.get(there["Location"])).text
    assert "Arraiján" in text
    assert "8:00–12:00" in text
    made = CalendarVersion.objects.get(state="draft")
    assert made.special == [
        {
            "day": "2026-03-03",
            "name": "Duelo nacional",
            "hours": [[480, 720]],
            "places": [district.code],
        }
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"first": ""}, "Este campo es obligatorio"),
        ({"name": ""}, "Este campo es obligatorio"),
        ({"hours": "toda la mañana"}, "no es un horario"),
        ({"hours": "16:00-8:00"}, "no es un horario del día"),
        ({"hours": "8:00-25:00"}, "no es un horario del día"),
        ({"hours": "8:00-12:00, 11:00-16:00"}, "en orden"),
        ({"first": "9999-12-31"}, "demasiado lejos"),
        ({"last": "2026-03-01"}, "antes del primero"),
        ({"places": ["nada"]}, "nada"),
    ],
)
def test_what_cannot_be_declared_is_said(given: dict[str, Any], said: str):
    make.case()
    answer = declare(as_(), **given)
    assert said in page_of(answer, 422).text
    assert not CalendarVersion.objects.filter(state="draft").exists()


def test_a_draft_is_edited_without_scripts():
    make.case()
    client = as_()
    client.post(address("calendar_begin"))
    made = CalendarVersion.objects.get(state="draft")
    number = {"number": made.number}
    client.post(address("calendar_declare", **number), {"first": "2026-03-05", "name": "Fiesta"})
    week = {f"d{n}": "7:00-12:00 y 13:00 a 15:00" for n in range(5)}
    client.post(address("calendar_week", **number), week)
    made.refresh_from_db()
    assert made.week == [[[420, 720], [780, 900]]] * 5 + [[], []]
    page = page_of(client.get(address("calendar_version", **number)))
    assert len(page.select(".week__open")) == 10
    assert "Nuevo" in page.text
    row = page.select_one(".days__one form")
    fields = {box["name"]: box["value"] for box in row.select("input[type=hidden]")}
    client.post(address("calendar_drop", **number), fields)
    made.refresh_from_db()
    assert made.special == []
    client.post(address("calendar_discard", **number))
    assert not CalendarVersion.objects.filter(state="draft").exists()


def test_a_draft_that_was_overtaken_says_so_and_is_brought_up_to_date(frozen: Frozen):
    make.case()
    mine = draft(closure("2026-03-03"))
    frozen.on(minutes=1)
    decree(closure("2026-03-04"))
    client, number = as_(), {"number": mine.number}
    page = page_of(client.get(address("calendar_version", **number)))
    assert "entró en vigor la versión 3" in page.text
    refused = client.post(address("calendar_preview", **number), {"note": "Decreto"})
    assert refused.status_code == 409
    client.post(address("calendar_renew", **number))
    assert (
        client.post(address("calendar_preview", **number), {"note": "Decreto"}).status_code == 302
    )


def test_who_only_reads_sees_no_form():
    make.case()
    made = draft(closure("2026-03-03"))
    for role in (Role.SUPERVISOR, Role.LIAISON, Role.AUDITOR):
        client = as_(role)
        for where in (address("calendar"), address("calendar_version", number=made.number)):
            page = page_of(client.get(where))
            assert not page.select("main form")
            assert not page.select(f'a[href="{address("calendar_preview", number=made.number)}"]')


def test_examples_are_links_only_for_who_may_open_cases():
    case = make.case()
    made = draft(closure("2026-03-03"))
    where = address("calendar_preview", number=made.number)
    link = f'a[href="/mesa/casos/{case.number}/"]'
    assert page_of(as_(Role.DIRECTOR).get(where)).select(link)
    assert not page_of(as_(Role.ADMINISTRATOR).get(where)).select(link)


def test_a_preview_that_moves_nothing_says_so():
    made = draft(closure("2026-03-03"))
    text = page_of(as_().get(address("calendar_preview", number=made.number))).text
    assert "Ningún caso en curso cambiaría de fecha" in text


def test_calendars_that_do_not_exist_are_not_found():
    client = as_()
    for where in (
        reverse("desk:calendar", kwargs={"code": "nada"}),
        address("calendar_version", number=99),
        address("calendar_version", number=10**24),
        reverse("desk:retargeting", kwargs={"pk": 10**24}),
    ):
        assert client.get(where).status_code == 404, where


def test_the_list_shows_every_calendar_and_what_comes():
    make.case(service=make.service(around_the_clock=True))
    make.case()
    decree(closure("2026-03-03"))
    page = page_of(as_(Role.LIAISON).get(reverse("desk:calendars")))
    assert {tag.text.strip() for tag in page.select("main h2")} == {
        "Horario de oficina",
        "Las 24 horas",
    }
    assert "Duelo nacional" in page.text


def test_the_pages_take_few_statements():
    places = [make.place(level="district") for _ in range(8)]
    made = draft(*[closure("2026-03-03", place) for place in places])
    client = as_()
    for where in (
        reverse("desk:calendars"),
        address("calendar"),
        address("calendar_version", number=made.number),
        address("calendar_preview", number=made.number),
    ):
        client.get(where)
        with CaptureQueriesContext(connection) as sent:
            client.get(where)
        assert len(sent) <= 14, (where, [q["sql"][:100] for q in sent])


def test_a_case_opened_after_the_decree_is_due_by_it():
    declared = declare(as_())
    as_().post(declared["Location"], {"note": "Decreto"})
    case = make.case()
    assert Case.objects.get(pk=case.pk).due_at == panama("2026-03-10 16:00")
