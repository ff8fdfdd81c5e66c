"""Events at the desk: what looks like one, one with its cases, and the next caller in ten seconds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localtime

from centro.accounts.roles import Role
from centro.cases import actions
from centro.cases.models import Case, Incident
from centro.contacts.models import Contact, Draft
from centro.kernel.actor import SYSTEM
from centro.kernel.clock import now
from tests import make

LIST = reverse("desk:events")


@pytest.fixture
def street() -> Any:
    service = make.service(name="Sin agua", requires_place=True, keywords=["no hay agua"])
    return {"service": service, "place": make.place("Betania")}


def signed_in(user: Any = None) -> Client:
    client = Client()
    client.force_login(user or make.user())
    return client


def read(response: Any) -> Any:
    assert response.status_code == 200, response.status_code
    return BeautifulSoup(response.content, "html.parser")


def at(event: Incident, way: str = "") -> str:
    name = f"desk:event_{way}" if way else "desk:event"
    return reverse(name, kwargs={"pk": event.pk})


def cases_of(street: Any, number: int = 3, **fields: Any) -> list[Any]:
    return [make.case(**street, **fields) for _ in range(number)]


# ---- The list ----


def test_an_empty_list_says_what_will_come(street):
    assert "No hay eventos en curso" in read(signed_in().get(LIST)).text


def test_what_looks_like_an_event_is_gathered_with_one_click(street):
    cases = cases_of(street)
    client = signed_in()
    offer = read(client.get(LIST)).select_one(".event__offer")
    assert "3 casos" in offer.text
    sent = {box["name"]: box["value"] for box in offer.select("input[type=hidden]")}
    answer = client.post(offer.select_one("form")["action"], sent)
    event = Incident.objects.get()
    assert answer["Location"] == at(event)
    assert set(event.cases.all()) == set(cases)
    assert read(client.get(LIST)).select_one(".event__offer") is None


def test_a_suggestion_that_is_gone_says_so(street):
    client, sent = signed_in(), {"servicio": street["service"].code, "lugar": street["place"].code}
    assert client.post(reverse("desk:event_gather"), sent).status_code == 422
    for wrong in ({}, {"servicio": "nada", "lugar": "\x00"}):
        assert client.post(reverse("desk:event_gather"), wrong).status_code == 404


def test_cases_may_be_looked_at_before_and_some_left_out(street):
    cases = cases_of(street)
    client = signed_in()
    new = reverse("desk:event_new")
    where = {"servicio": street["service"].code, "lugar": street["place"].code}
    page = read(client.get(new, where))
    boxes = page.select("input[name=caso]")
    assert {box["value"] for box in boxes} == {case.number for case in cases}
    assert all(box.has_attr("checked") for box in boxes)
    sent = {
        "service": page.select_one("[name=service] option[selected]")["value"],
        "place": page.select_one("[name=place]")["value"],
        "title": "Tubo roto en Betania",
        "caso": [cases[0].number],
    }
    assert client.post(new, sent).status_code == 302
    event = Incident.objects.get()
    assert (event.title, list(event.cases.all())) == ("Tubo roto en Betania", [cases[0]])


def test_a_title_with_somebodys_telephone_is_refused_where_it_was_typed(street):
    sent = {
        "service": street["service"].code,
        "place": street["place"].full_name,
        "title": "Lo cuenta Ana, 6612-3456",
    }
    answer = signed_in().post(reverse("desk:event_new"), sent)
    assert answer.status_code == 422
    page = BeautifulSoup(answer.content, "html.parser")
    assert "6612-3456" in page.select_one(".errors").text
    assert page.select_one("[name=title]")["value"] == sent["title"]


def test_a_suggestion_where_an_event_goes_on_leads_to_it(street):
    event = make.incident(**street)
    cases_of(street)
    offer = read(signed_in().get(LIST)).select_one(".event__offer")
    assert offer.select_one("a.btn")["href"] == f"{at(event)}#parecidos"
    assert offer.select_one("button") is None


def test_a_case_looks_for_its_event(street):
    event = make.incident(**street)
    (case,) = cases_of(street, 1)
    client = signed_in()
    page = read(client.get(LIST, {"caso": case.number}))
    form = page.select_one("section[aria-labelledby=un-caso] form")
    assert form["action"] == at(event, "join")
    client.post(form["action"], {"caso": case.number})
    case.refresh_from_db()
    assert case.incident == event
    assert signed_in().get(LIST, {"caso": "nada"}).status_code == 404


@pytest.mark.parametrize("many", [1, 8])
def test_the_list_costs_six_statements(street, many: int):
    for _ in range(many):
        place = make.place()
        cases_of(street | {"place": place})
        make.incident(service=street["service"], place=make.place(), told="Aviso")
    client = signed_in()
    client.get(LIST)
    with CaptureQueriesContext(connection) as captured:
        client.get(LIST)
    assert len(captured) <= 6


# ---- One event ----


def test_an_event_shows_its_people_its_cases_and_what_is_like_them(street):
    event = make.incident(cases=cases_of(street, 2), told="Se rompió un tubo.")
    actions.add_affected(incident=event, by=SYSTEM)
    (like,) = cases_of(street, 1)
    page = read(signed_in().get(at(event)))
    assert page.select_one(".tile__number").text == "3"
    assert len(page.select("[aria-labelledby=casos] tbody tr")) == 2
    assert [box["value"] for box in page.select("#parecidos [name=caso]")] == [like.number]
    assert "Se rompió un tubo." in page.text


def test_the_marked_ones_join_and_one_leaves(street):
    event = make.incident(**street)
    one, other = cases_of(street, 2)
    client = signed_in()
    client.post(at(event, "join"), {"caso": [one.number, other.number]})
    assert event.cases.count() == 2
    client.post(at(event, "leave"), {"caso": one.number})
    assert list(event.cases.all()) == [other]
    assert client.post(at(event, "leave"), {"caso": one.number}).status_code == 404


@pytest.mark.parametrize("number", ["", "123", "nada", "00000000"])
def test_a_wrong_number_is_said_beside_its_box(street, number: str):
    event = make.incident(**street)
    answer = signed_in().post(at(event, "join"), {"caso": number})
    assert answer.status_code in {404, 422}
    assert BeautifulSoup(answer.content, "html.parser").select_one("#errores")


def test_an_announcement_is_made_changed_and_taken_back(street):
    event = make.incident(**street)
    client = signed_in()
    back = localtime(now() + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M")
    client.post(at(event, "announce"), {"text": "Tubo roto.", "expected_at": back})
    event.refresh_from_db()
    assert event.announced
    assert localtime(event.expected_at).strftime("%Y-%m-%dT%H:%M") == back
    page = read(client.get(at(event)))
    assert page.select_one("#aviso_expected_at")["value"] == back
    client.post(at(event, "hush"))
    event.refresh_from_db()
    assert not event.announced


def test_what_is_wrong_with_an_announcement_is_said_with_what_was_typed(street):
    event = make.incident(**street)
    for text, status in (("", 422), ("Escriba a ana@correo.example", 422)):
        answer = signed_in().post(at(event, "announce"), {"text": text})
        assert answer.status_code == status
        page = BeautifulSoup(answer.content, "html.parser")
        assert page.select_one("#aviso_text").text.strip() == text
        assert page.select_one("#errores")


def test_a_liaison_solves_for_all(street):
    cases = cases_of(street)
    event = make.incident(cases=cases)
    client = signed_in(make.user(Role.LIAISON, street["service"].agency))
    assert "Resolver 3 casos" in read(client.get(at(event))).text
    client.post(at(event, "solve"), {"text": "Se cambió el tubo."})
    assert {case.status for case in Case.objects.all()} == {"resolved"}
    assert "Se cambió el tubo." in read(client.get(at(event))).text
    again = client.post(at(event, "solve"), {"text": "Otra vez"})
    assert again.status_code == 409


def test_an_operator_gathers_but_neither_solves_nor_dissolves(street):
    event = make.incident(cases=cases_of(street))
    client = signed_in(make.user(Role.OPERATOR))
    page = read(client.get(at(event)))
    assert page.select_one(f"form[action='{at(event, 'announce')}']")
    assert not page.select(f"form[action='{at(event, 'solve')}']")
    for way in ("solve", "dissolve"):
        assert client.post(at(event, way), {"text": "Ya"}).status_code == 403


def test_another_entitys_event_does_not_exist(street):
    event = make.incident(**street)
    client = signed_in(make.user(Role.LIAISON))
    assert client.get(at(event)).status_code == 404
    for way in ("join", "leave", "announce", "hush", "solve", "dissolve"):
        assert client.post(at(event, way), {"text": "Ya"}).status_code == 404


def test_who_leads_another_province_reads_and_changes_nothing(street):
    event = make.incident(**street)
    agency = street["service"].agency
    client = signed_in(make.user(Role.LIAISON, agency, province=make.place().province))
    assert not read(client.get(at(event))).select("main form")
    assert client.post(at(event, "announce"), {"text": "Ya"}).status_code == 404


def test_a_reserved_case_shows_no_reporter(street):
    reporter = make.reporter(name="Rosalinda Quintero")
    (case,) = cases_of(street, 1, reporter=reporter)
    Case.objects.filter(pk=case.pk).update(confidentiality="reserved")
    event = make.incident(cases=[case])
    page = read(signed_in().get(at(event)))
    assert case.number in page.text
    assert "Rosalinda" not in page.text


@pytest.mark.parametrize("many", [1, 20])
def test_the_page_of_an_event_costs_few_statements(street, many: int):
    event = make.incident(cases=cases_of(street, many), told="Aviso")
    cases_of(street, 2)
    client = signed_in()
    client.get(at(event))
    with CaptureQueriesContext(connection) as captured:
        client.get(at(event))
    assert len(captured) <= 10


def test_many_cases_are_shown_page_by_page(street, monkeypatch):
    monkeypatch.setattr("centro.web.desk.events.PAGE", 2)
    event = make.incident(cases=cases_of(street, 3))
    client = signed_in()
    page = read(client.get(at(event)))
    following = page.select_one("[rel=next]")["href"]
    rest = read(client.get(following))
    assert len(rest.select("[aria-labelledby=casos] tbody tr")) == 1
    assert client.get(at(event), {"despues": "x" * 40}).status_code == 200


# ---- The next caller ----


def begin(client: Client) -> tuple[str, Draft]:
    screen = client.post(reverse("desk:intake"), {"channel": "phone"})["Location"]
    return screen, Draft.objects.latest("created_at")


def part(client: Client, draft: Draft, name: str, **typed: str) -> Any:
    address = reverse("desk:intake_part", kwargs={"token": draft.token, "part": name})
    return read(client.post(address, typed, headers={"HX-Request": "true"}))


def test_words_that_point_at_an_event_show_it_at_once(street):
    event = make.incident(**street, told="Vuelve a las seis.")
    client = signed_in()
    _screen, draft = begin(client)
    shown = part(client, draft, "servicios", description="no hay agua desde anoche")
    assert event.title in shown.select_one("#eventos").text
    assert "Vuelve a las seis." in shown.text
    assert shown.select_one("#eventos button")["data-press"] == "F6"


def test_an_event_somewhere_else_is_not_shown_once_the_place_is_known(street):
    make.incident(**street, told="Vuelve a las seis.")
    elsewhere = make.place("Chitré")
    client = signed_in()
    _screen, draft = begin(client)
    typed = {"service": street["service"].code, "where": "Chitré", "place": elsewhere.code}
    assert not part(client, draft, "cercanos", **typed).select("#eventos article")


def test_one_key_counts_the_caller_with_it(street):
    event = make.incident(**street)
    client = signed_in()
    _screen, draft = begin(client)
    address = reverse("desk:intake_count", kwargs={"token": draft.token})
    answer = client.post(address, {"count": event.pk, "description": "no hay agua"})
    assert answer["Location"] == reverse("desk:intake")
    event.refresh_from_db()
    assert event.also_affected == 1
    contact = Contact.objects.get()
    assert (contact.outcome, contact.agency) == ("answered", event.agency)
    assert contact.summary == f"{event.title}: no hay agua"
    assert not Draft.objects.exists()
    # Pressed twice, the second finds nothing to count.
    assert client.post(address, {"count": event.pk}).status_code == 404
    event.refresh_from_db()
    assert event.also_affected == 1


@pytest.mark.parametrize("pk", ["", "0", "x", "9" * 40])
def test_an_event_that_is_none_counts_nobody(street, pk: str):
    client = signed_in()
    _screen, draft = begin(client)
    address = reverse("desk:intake_count", kwargs={"token": draft.token})
    assert client.post(address, {"count": pk}).status_code == 404
    assert Contact.objects.get().outcome == "unfinished"


def sent(street: Any, **fields: str) -> dict[str, str]:
    base = {
        "channel": "phone",
        "language": "es",
        "description": "No hay agua",
        "phone": "6612-3456",
    }
    return base | {"service": street["service"].code, "place": street["place"].code} | fields


def test_the_case_of_a_caller_who_wants_to_be_told_joins_the_event(street):
    event = make.incident(**street)
    client = signed_in()
    screen, draft = begin(client)
    shown = part(client, draft, "cercanos", **sent(street), where="Betania")
    box = shown.select_one("#id_event")
    assert box.has_attr("checked")
    client.post(screen, sent(street, event=box["value"], event_seen=box["value"]))
    assert Case.objects.get().incident == event


def test_an_operator_who_said_no_is_not_asked_again(street):
    event = make.incident(**street)
    client = signed_in()
    screen, draft = begin(client)
    shown = part(
        client, draft, "cercanos", **sent(street, event_seen=str(event.pk)), where="Betania"
    )
    assert not shown.select_one("#id_event").has_attr("checked")
    client.post(screen, sent(street, event_seen=str(event.pk)))
    assert Case.objects.get().incident is None


def test_the_page_of_a_case_leads_to_its_event(street):
    (case,) = cases_of(street, 1)
    client = signed_in()
    address = reverse("desk:case", kwargs={"number": case.number})
    link = read(client.get(address)).select_one("[data-event]")
    assert link["href"] == f"{LIST}?caso={case.number}"
    event = make.incident(cases=[case])
    page = read(client.get(address))
    assert page.select_one("[data-event]")["href"] == at(event)
    assert event.title in page.select_one("[data-event]").text
