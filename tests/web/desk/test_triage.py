"""Triage: the queue, the screen, and on to the next."""

from __future__ import annotations

from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client
from django.urls import reverse

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.doctor import check_everything
from centro.cases.models import Case
from centro.catalog.understanding.answering import forget_model
from centro.catalog.understanding.model import keep_model
from centro.ops.pack import load_pack
from tests import make
from tests.catalog.understanding.sample import sample_model
from tests.ops.packs import MINI

QUEUE = reverse("desk:triage")


def as_(role: Role = Role.OPERATOR) -> Client:
    client = Client()
    client.force_login(make.user(role))
    return client


def shown(response, status: int = 200) -> BeautifulSoup:
    assert response.status_code == status
    return BeautifulSoup(response.content, "html.parser")


def unrouted(**fields) -> Case:
    return make.case(service=make.service(agency=None), **fields)


def address(case: Case, slug: str = "") -> str:
    if slug:
        return reverse("desk:triage_way", kwargs={"number": case.number, "slug": slug})
    return reverse("desk:triage_case", kwargs={"number": case.number})


def refused() -> Case:
    case = make.case()
    to = make.agency()
    actions.propose_transfer(
        case=case,
        to=to,
        text="La vía es de ellos.",
        by=actor_of(make.user(Role.LIAISON, case.agency)),
    )
    return actions.refuse_transfer(
        case=case, text="La vía es municipal.", by=actor_of(make.user(Role.LIAISON, to))
    )


def test_the_queue_is_oldest_first_and_says_why():
    first, second, third = unrouted(), refused(), unrouted()
    page = shown(as_().get(QUEUE))
    links = [tag["href"].split("/")[-2] for tag in page.select("a[data-row-link]")]
    assert links == [first.number, second.number, third.number]
    text = page.get_text(" ", strip=True)
    assert "Ninguna regla sabe de quién es" in text
    assert "lo rechazó" in text


def test_an_empty_queue_says_so():
    assert "No queda nada por clasificar" in shown(as_().get(QUEUE)).get_text()


def test_the_screen_shows_both_reasons():
    text = shown(as_().get(address(refused()))).get_text(" ", strip=True)
    assert "La vía es de ellos." in text
    assert "La vía es municipal." in text


def test_routing_leads_to_the_next_and_then_to_the_empty_queue():
    first, second = unrouted(), unrouted()
    agency = make.agency()
    client = as_()
    answer = client.post(address(first, "derivar"), {"agency": agency.acronym})
    assert answer["Location"] == address(second)
    first.refresh_from_db()
    assert (first.agency, first.status) == (agency, "assigned")
    answer = client.post(
        address(second, "cerrar"), {"reason": "first_contact", "text": "Se le explicó."}
    )
    assert answer["Location"] == QUEUE
    second.refresh_from_db()
    assert second.reason == "first_contact"
    assert check_everything() == []


def test_the_next_after_the_last_is_the_oldest_left():
    first, last = unrouted(), unrouted()
    answer = as_().post(address(last, "cerrar"), {"reason": "spam", "text": "Publicidad."})
    assert answer["Location"] == address(first)


def test_a_correction_that_finds_no_entity_keeps_the_case_in_hand():
    case, _other = unrouted(), unrouted()
    general = make.service(agency=None)
    answer = as_().post(
        address(case, "reclasificar"), {"service": general.code, "text": "Es general."}
    )
    assert answer["Location"] == address(case)


def test_a_correction_routes():
    case = unrouted()
    service = make.service()
    as_().post(address(case, "reclasificar"), {"service": service.code, "text": "Es un hueco."})
    case.refresh_from_db()
    assert (case.service, case.agency, case.status) == (service, service.agency, "assigned")


def test_what_was_typed_is_kept_when_something_is_missing():
    case = unrouted()
    page = shown(as_().post(address(case, "cerrar"), {"reason": "", "text": "Se le explicó."}), 422)
    assert "Se le explicó." in page.select_one("textarea").text
    assert page.select_one("#errores")


def test_a_case_that_left_the_queue_opens_as_itself():
    case = make.case()
    answer = as_().get(address(case))
    assert answer["Location"] == reverse("desk:case", kwargs={"number": case.number})
    assert (
        as_().post(address(case, "derivar"), {"agency": make.agency().acronym}).status_code == 409
    )


def test_there_are_no_other_ways():
    assert as_().get(address(unrouted(), "resolver")).status_code == 404


def test_every_way_has_its_screen():
    case = unrouted(reporter=make.reporter())
    client = as_(Role.SUPERVISOR)
    for slug in ("derivar", "reclasificar", "cerrar", "duplicado"):
        page = shown(client.get(address(case, slug)))
        assert page.select_one(".tabs [aria-current]")["href"] == address(case, slug)
        assert page.select_one("form[method=post] button.btn")


def test_what_is_understood_of_the_text_is_shown_for_a_person_to_decide():
    load_pack(MINI)
    keep_model(sample_model(), settings.MODELS_ROOT)
    forget_model()
    case = unrouted(description="Semáforo apagado en Burunga, ya hubo un herido")
    page = shown(as_().get(address(case)))
    told = page.select_one('[aria-labelledby="entendido"]').get_text(" ", strip=True)
    assert "Puede haber peligro" in told
    assert "Burunga, Arraiján" in told
    assert "semáforo" in told
    case = unrouted(description="quién ganó el partido de la sele anoche")
    page = shown(as_().get(address(case)))
    assert "no ser de nuestra competencia" in page.get_text(" ", strip=True)
