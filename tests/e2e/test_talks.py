"""The inbox of the centre in a real browser: by keyboard, live, and with axe on every screen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.cases.models import Case
from centro.channels.models import OutboundMessage
from centro.contacts.models import CannedReply
from centro.places.stamps import forget_copies
from tests import make, talks
from tests.e2e.axe import assert_accessible
from tests.e2e.test_operator import seat

if TYPE_CHECKING:
    from tests.browser import Visitors

TALK = re.compile(r"/mesa/conversaciones/\d+/(#.*)?$")


@pytest.fixture(autouse=True)
def _country(transactional_db: None) -> None:
    make.service(name="Hueco en la calle", keywords=["hueco", "calle"])
    CannedReply.objects.create(name="Saludo", body="Buenas, {nombre}. Su caso es {numero}.")
    talks.account()
    forget_copies()


@pytest.fixture
def operator(_country: None) -> User:
    return make.user(Role.OPERATOR, first_name="Rosa", last_name="Vega")


def open_first(page: Page) -> None:
    """The first conversation of the list, by keyboard."""
    page.goto("/mesa/conversaciones/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(TALK)
    expect(page.locator("#sugerencias h2")).to_be_visible()


def test_a_message_becomes_a_case_in_two_keys(visitors: Visitors, operator: User):
    talks.write("Hay un hueco enorme en la calle", subject="Hueco")
    page = seat(visitors, operator)
    page.goto("/mesa/conversaciones/")
    assert_accessible(page)
    open_first(page)
    assert_accessible(page)
    page.keyboard.press("c")
    expect(page).to_have_url(re.compile(r"/mesa/atender/"))
    expect(page.get_by_label("En palabras de la persona")).to_have_value(
        "Hay un hueco enorme en la calle"
    )
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(TALK)
    case = Case.objects.get()
    expect(page.get_by_role("status").first).to_contain_text(case.number)
    expect(page.locator("#charla")).to_contain_text(case.number)
    assert_accessible(page)


def test_a_ready_answer_is_picked_and_sent_by_keyboard(visitors: Visitors, operator: User):
    talks.write("¿A qué hora abren?", subject="Horario")
    page = seat(visitors, operator)
    open_first(page)
    page.keyboard.press("r")
    answer = page.get_by_label("Respuesta", exact=True)
    expect(answer).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.press("Enter")
    expect(answer).to_have_value("Buenas, Ana Núñez. Su caso es {numero}.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#errores")).to_contain_text("Falta completar: {numero}")
    assert_accessible(page)
    page.get_by_label("Respuesta", exact=True).fill("Buenas, Ana. Abrimos a las ocho.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#charla")).to_contain_text("Abrimos a las ocho.")
    assert OutboundMessage.objects.get().body == "Buenas, Ana. Abrimos a las ocho."


def test_what_is_new_appears_and_what_is_being_typed_stays(visitors: Visitors, operator: User):
    first = talks.write("Se fue el agua", subject="Agua")
    page, other = seat(visitors, operator), seat(visitors, make.user(Role.OPERATOR, first_name="Juan", last_name="Paz"))  # fmt: skip
    open_first(page)
    page.get_by_label("Respuesta", exact=True).fill("Estoy escri")
    open_first(other)
    expect(other.locator("#presencia")).to_contain_text("Rosa Vega está escribiendo")
    expect(page.locator("#presencia")).to_contain_text("Juan Paz la está leyendo")
    talks.write("Sigo sin agua", references=[first.external_id])
    expect(page.locator("#charla")).to_contain_text("Sigo sin agua")
    expect(page.get_by_label("Respuesta", exact=True)).to_have_value("Estoy escri")
    expect(page.get_by_label("Respuesta", exact=True)).to_be_focused()


@pytest.mark.parametrize("width", [1440, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_screen_is_accessible_and_fits(visitors: Visitors, width: int, scheme: Any):
    talk = talks.talk("Hay un hueco " + "largísimo" * 30, subject="Hueco", quoted="> antes")
    talks.write("مرحبا", sender="b@x.example", name="عمر")
    page = seat(
        visitors,
        make.user(Role.SUPERVISOR),
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
    )
    ways = ("", "respuestas/", "quien-toma-que/", "turno/", "avalancha/", f"{talk.pk}/", f"{talk.pk}/terminar/", f"{talk.pk}/asignar/", f"{talk.pk}/unir/", f"{talk.pk}/caso/unir/")  # fmt: skip
    for way in ways:
        page.goto(f"/mesa/conversaciones/{way}")
        assert_accessible(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (way, wide)
