"""What the service knows already: told on the first page, the forms and the follow-up, and counted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from centro.cases import actions
from centro.cases.models import Case, Incident
from centro.kernel.actor import SYSTEM
from centro.kernel.clock import now
from tests import make

WORDS = "No hay agua en mi casa desde anoche"


@pytest.fixture
def street() -> Any:
    service = make.service(name="Sin agua", requires_place=True, keywords=["no hay agua"])
    return {"service": service, "place": make.place("Betania")}


@pytest.fixture
def event(street) -> Incident:
    return make.incident(
        **street,
        title="Tubo roto en Betania",
        told="Se rompió un tubo; hay cisternas en el parque.",
        expected_at=now() + timedelta(hours=4),
    )


def read(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.status_code
    return BeautifulSoup(response.content, "html.parser")


def told(page: BeautifulSoup) -> list[str]:
    return [one.text.strip() for one in page.select(".known h3")]


# ---- Where it is told ----


def test_the_first_page_tells_it_and_when_it_ends(client, event):
    page = read(client.get("/"))
    assert told(page) == [event.title]
    assert "hay cisternas en el parque" in page.text
    assert page.select_one(".known__until time")


def test_an_event_that_is_not_announced_or_over_is_told_nowhere(client, street):
    quiet = make.incident(**street)
    over = make.incident(service=street["service"], place=make.place(), told="Ya")
    actions.resolve_incident(incident=over, text="Volvió", by=SYSTEM)
    assert told(read(client.get("/"))) == []
    for pk in (quiet.pk, over.pk, 0):
        assert client.get(f"/eventos/{pk}/").status_code == 404
        assert client.post(f"/eventos/{pk}/yo/").status_code == 404
    assert "Ahora no hay ningún aviso" in read(client.get("/eventos/")).text


def test_an_hour_that_passed_says_so(client, event):
    Incident.objects.update(expected_at=now() - timedelta(hours=1))
    cache.clear()
    from centro.places.stamps import forget_copies

    forget_copies()
    assert "no ha dicho otra hora" in read(client.get("/eventos/")).text


def test_what_is_near_is_told_first_and_the_rest_counted(client, street):
    for n in range(5):
        make.incident(service=street["service"], place=make.place(), told=f"Aviso {n}")
    make.incident(**street, title="El de Betania", told="Aviso")
    actions.open_incident(service=make.service(), place=make.place(), by=SYSTEM)
    make.incident(service=make.service(), place=make.place(), told="El último")
    client.get("/", {"provincia": street["place"].province.code})
    page = read(client.get("/", {"provincia": street["place"].province.code}))
    assert len(told(page)) == 3
    assert "Y 4 avisos más" in page.text


def test_a_warm_first_page_with_events_asks_the_database_nothing(client, event):
    client.get("/")
    with CaptureQueriesContext(connection) as captured:
        client.get("/")
    assert len(captured) == 0


def test_searching_for_it_finds_it(client, event):
    assert told(read(client.get("/buscar/", {"q": "no hay agua"}))) == [event.title]
    assert told(read(client.get("/buscar/", {"q": "poda de un árbol"}))) == []


def test_while_it_is_being_typed(client, event):
    client.get("/reportar/")
    assert told(read(client.post("/eventos/parecidos/", {"description": WORDS}))) == [event.title]
    for nothing in ("", "\x00", "Poda de un árbol"):
        assert told(read(client.post("/eventos/parecidos/", {"description": nothing}))) == []


def test_it_is_told_in_english_to_who_reads_english(client, street):
    event = make.incident(**street)
    actions.announce_incident(incident=event, text="Tubo roto.", text_en="A main broke.", by=SYSTEM)
    page = read(client.get("/eventos/", headers={"Accept-Language": "en"}))
    assert "A main broke." in page.text


# ---- The guided form ----


def begin(client: Client, **fields: Any) -> str:
    token = str(uuid4())
    answer = client.post("/reportar/", {"token": token, "description": WORDS} | fields)
    assert answer.status_code == 302
    return token


def test_the_form_tells_it_when_the_words_point_at_it_and_when_the_place_is_known(
    client, street, event
):
    token = begin(client)
    assert told(read(client.get(f"/reportar/{token}/tema/"))) == [event.title]
    client.post(f"/reportar/{token}/tema/", {"service": street["service"].code})
    assert told(read(client.get(f"/reportar/{token}/donde/"))) == [event.title]
    place = street["place"]
    where = {"province": place.province.code, "district": place.district.code}
    client.post(f"/reportar/{token}/donde/", where | {"corregimiento": place.code})
    assert told(read(client.get(f"/reportar/{token}/fotos/"))) == [event.title]
    assert told(read(client.get(f"/reportar/{token}/contacto/"))) == []
    assert told(read(client.get(f"/reportar/{token}/revisar/"))) == [event.title]


def test_an_event_somewhere_else_is_not_told_once_the_place_is_known(client, street, event):
    token, place = begin(client, service=street["service"].code), make.place()
    where = {"province": place.province.code, "district": place.district.code}
    client.post(f"/reportar/{token}/donde/", where | {"corregimiento": place.code})
    assert told(read(client.get(f"/reportar/{token}/fotos/"))) == []


def send(client: Client, token: str) -> Case:
    client.post(f"/reportar/{token}/contacto/", {"language": "es", "phone": "6123-4567"})
    assert client.post(f"/reportar/{token}/revisar/").status_code == 302
    return Case.objects.get(intake_token=token)


def test_who_says_that_it_is_this_opens_a_case_that_is_part_of_it(client, street, event):
    token = begin(client)
    page = read(client.get(f"/reportar/{token}/tema/"))
    (form,) = page.select(f"form[action='/reportar/{token}/evento/']")
    chosen = {box["name"]: box["value"] for box in form.select("input[name]")}
    assert client.post(form["action"], chosen)["Location"] == f"/reportar/{token}/tema/"
    page = read(client.get(f"/reportar/{token}/donde/"))
    assert "irá unido a este evento" in page.text
    case = send(client, token)
    assert (case.incident, case.service, case.place) == (event, event.service, event.place)


def test_who_changes_their_mind_opens_a_case_of_its_own(client, street, event):
    token = begin(client, event=event.pk, service=street["service"].code)
    client.post(f"/reportar/{token}/evento/", {"paso": "donde"})
    assert send(client, token).incident is None


def test_a_case_about_somewhere_else_does_not_join(client, street, event):
    token, place = begin(client, event=event.pk, service=street["service"].code), make.place()
    where = {"province": place.province.code, "district": place.district.code}
    client.post(f"/reportar/{token}/donde/", where | {"corregimiento": place.code})
    assert send(client, token).incident is None


def test_an_event_that_ends_meanwhile_takes_no_case(client, street, event):
    token = begin(client, event=event.pk, service=street["service"].code)
    actions.resolve_incident(incident=event, text="Volvió", by=SYSTEM)
    assert send(client, token).incident is None


def test_the_link_of_an_event_brings_its_words(client, event):
    page = read(client.get("/reportar/", {"evento": event.pk}))
    assert event.title in page.select_one("textarea").text
    assert page.select_one("[name=event]")["value"] == str(event.pk)
    for wrong in ("0", "x", "9" * 40, "-1"):
        page = read(client.get("/reportar/", {"evento": wrong}))
        assert not page.select_one("[name=event]").get("value")


# ---- "Me too" ----


def test_one_click_counts_once_however_often(client, event):
    for _ in range(3):
        answer = client.post(f"/eventos/{event.pk}/yo/")
        assert answer["Location"] == f"/eventos/{event.pk}/"
    event.refresh_from_db()
    assert event.also_affected == 1
    page = read(client.get(f"/eventos/{event.pk}/"))
    assert "Usted ya está entre ellas" in page.text
    assert page.select_one("h2#a-mi-tambien").text.strip() == "1 persona avisó"
    assert not page.select(f"form[action='/eventos/{event.pk}/yo/']")


def test_another_browser_is_another_person(event):
    for _ in range(3):
        Client().post(f"/eventos/{event.pk}/yo/")
    event.refresh_from_db()
    assert event.also_affected == 3


def test_a_session_that_forgot_is_still_counted_once(client, event):
    client.post(f"/eventos/{event.pk}/yo/")
    session = client.session
    del session["affected"]
    session.save()
    client.post(f"/eventos/{event.pk}/yo/")
    event.refresh_from_db()
    assert event.also_affected == 1


def test_a_session_cannot_say_it_everywhere(client, street):
    events = [
        make.incident(service=street["service"], place=make.place(), told="Aviso")
        for _ in range(22)
    ]
    statuses = [client.post(f"/eventos/{one.pk}/yo/").status_code for one in events]
    assert statuses.count(429) >= 1
    assert statuses[0] == 302


def test_who_said_me_too_and_then_opens_a_case_is_counted_once(client, street, event):
    client.post(f"/eventos/{event.pk}/yo/")
    token = begin(client, event=event.pk, service=street["service"].code)
    case = send(client, token)
    event.refresh_from_db()
    assert case.incident == event
    assert event.also_affected == 0


def test_me_too_asks_for_nothing_and_keeps_nobody(client, event):
    form = read(client.get("/")).select_one(f"form[action='/eventos/{event.pk}/yo/']")
    assert {box["name"] for box in form.select("input")} <= {"csrfmiddlewaretoken"}


# ---- The citizen's page ----


def follow(client: Client, case: Any) -> Any:
    client.post("/seguimiento/", {"number": case.number, "code": case.code})
    return read(client.get(f"/seguimiento/{case.number}/"))


def test_the_page_of_a_case_tells_what_is_known_of_its_event(client, street, event):
    case = make.case(**street)
    actions.join_incident(incident=event, cases=[case], by=SYSTEM)
    page = follow(client, case)
    assert "Su caso es parte de:" in page.text
    assert "hay cisternas en el parque" in page.text
    assert "Se atiende junto con otros por lo mismo: Tubo roto en Betania." in page.text


def test_an_event_that_is_not_announced_is_named_without_its_words(client, street):
    case = make.case(**street)
    make.incident(cases=[case], title="Tubo roto")
    page = follow(client, case)
    assert "Su caso es parte de:" in page.text
    assert not page.select(".known__until")


def test_when_it_is_solved_each_citizen_is_asked(client, street, event):
    case = make.case(**street)
    actions.join_incident(incident=event, cases=[case], by=SYSTEM)
    actions.resolve_incident(incident=event, text="Se cambió el tubo.", by=SYSTEM)
    page = follow(client, case)
    assert "¿Quedó resuelto?" in page.text
    assert "Se cambió el tubo." in page.text
    assert "Su caso es parte de:" not in page.text
