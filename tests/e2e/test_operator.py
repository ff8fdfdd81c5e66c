"""The operator in a real browser: no mouse, no script, bad luck, and axe on every screen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Page, expect

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases.actions import resolve_case
from centro.cases.models import Case
from centro.catalog.models import Question
from centro.contacts.models import Contact, Draft
from centro.knowledge.models import Article, EmergencyNumber
from centro.places.stamps import forget_copies
from tests import make
from tests.e2e.axe import assert_accessible

if TYPE_CHECKING:
    from tests.browser import Visitors

SCREEN = re.compile(r"/mesa/atender/[0-9a-f-]{36}/$")
DONE = re.compile(r"/mesa/atender/[0-9a-f-]{36}/listo/$")


@pytest.fixture(autouse=True)
def _country(transactional_db: None) -> None:
    EmergencyNumber.objects.create(number="911", label="Emergencias médicas", position=1)
    Article.objects.create(slug="fuga", title="Fuga de agua: qué hacer", body="Cierre la llave.")
    make.place("Bella Vista")
    leak = make.service(
        name="Fuga de agua en la calle",
        requires_place=True,
        keywords=["tubo roto", "se bota el agua"],
    )
    Question.objects.create(
        service_type=leak,
        key="cuanta",
        label="¿Cuánta agua se bota?",
        kind="choice",
        choices=["Poca", "Mucha"],
        required=True,
    )
    make.case(
        service=leak,
        place=make.place("Arraiján"),
        reporter=make.reporter(name="Ana Ríos", email="", phone="6600-0001"),
    )
    forget_copies()


@pytest.fixture
def operator(_country: None) -> User:
    return make.user(Role.OPERATOR)


def seat(visitors: Visitors, user: User, **options: Any) -> Page:
    """A browser in which this user is signed in."""
    client = Client()
    client.force_login(user)
    page = visitors(**options)
    name = django_settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": django_settings.SITE_URL}
    page.context.add_cookies([cookie])  # type: ignore[list-item]  # playwright's own dict
    page.goto("/mesa/")
    return page


def begin(page: Page) -> None:
    """Start a call by keyboard. The browser gives the focus a moment after the page is there."""
    page.goto("/mesa/atender/")
    expect(page.get_by_role("button", name="Teléfono 3-1-1")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(SCREEN)
    expect(page.get_by_label("En palabras de la persona")).to_be_focused()


def tell(page: Page) -> None:
    """What a call brings, typed without touching the mouse."""
    page.keyboard.type("Se bota el agua, un tubo roto")
    service = page.get_by_role("radio", name="Fuga de agua en la calle")
    expect(service).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(service).to_be_checked()
    expect(page.get_by_label("¿Cuánta agua se bota?")).to_be_visible()
    page.keyboard.press("F4")
    page.keyboard.type("bella")
    place = page.get_by_role("radio", name="Bella Vista")
    expect(place).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    expect(place).to_be_checked()
    page.keyboard.press("F8")
    page.keyboard.type("66000001")
    person = page.get_by_role("radio", name="Ana Ríos")
    expect(person).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    expect(person).to_be_checked()
    expect(page.get_by_role("heading", name="Antes: Ana Ríos")).to_be_visible()


def test_a_case_is_opened_without_the_mouse(visitors: Visitors, operator: User):
    page = seat(visitors, operator)
    assert_accessible(page)
    begin(page)
    assert_accessible(page)
    tell(page)
    assert_accessible(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("¿Cuánta agua se bota?")
    assert_accessible(page)
    page.get_by_label("¿Cuánta agua se bota?").focus()
    page.keyboard.type("Mucha")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(DONE)
    assert_accessible(page)
    case = Case.objects.latest("pk")
    expect(page.get_by_text(case.code, exact=True)).to_be_visible()
    assert (case.place.name, case.person.name) == ("Bella Vista", "Ana Ríos")
    assert case.answers == {"cuanta": "Mucha"}
    page.keyboard.press("1")
    expect(page).to_have_url(SCREEN)


def test_what_is_typed_survives_a_reload_and_a_click_pressed_twice_is_one_case(
    visitors: Visitors, operator: User
):
    page = seat(visitors, operator)
    begin(page)
    tell(page)
    # Not the answer to what was kept just before it.
    with page.expect_response(
        lambda response: (
            response.url.endswith("/borrador/") and "Poca" in (response.request.post_data or "")
        )
    ):
        page.get_by_label("¿Cuánta agua se bota?").select_option("Poca")
    page.reload()
    expect(page.get_by_label("En palabras de la persona")).to_have_value(
        "Se bota el agua, un tubo roto"
    )
    expect(page.get_by_role("radio", name="Ana Ríos")).to_be_checked()
    expect(page.get_by_label("¿Cuánta agua se bota?")).to_have_value("Poca")
    page.get_by_role("button", name="Abrir el caso").dblclick()
    expect(page).to_have_url(DONE)
    assert Case.objects.count() == 2
    assert not Draft.objects.exists()


def test_a_lost_connection_loses_nothing(visitors: Visitors, operator: User):
    page = seat(visitors, operator)
    begin(page)
    page.keyboard.type("Se bota el agua")
    expect(page.get_by_role("radio", name="Fuga de agua en la calle")).to_be_visible()
    page.context.set_offline(True)
    page.get_by_label("En palabras de la persona").press_sequentially(" y huele mal")
    expect(page.locator("#aviso")).to_contain_text("No se perdió nada")
    page.context.set_offline(False)
    # htmx says in the console that it got no answer; that is what this test is about.
    visitors.faults = [fault for fault in visitors.faults if "htmx:" not in fault]
    with page.expect_response(lambda response: response.url.endswith("/borrador/")):
        page.evaluate("dispatchEvent(new Event('online'))")
    page.reload()
    expect(page.get_by_label("En palabras de la persona")).to_have_value(
        "Se bota el agua y huele mal"
    )


def test_danger_is_one_key_and_one_enter_away(visitors: Visitors, operator: User):
    page = seat(visitors, operator)
    begin(page)
    page.keyboard.type("Se está ahogando")
    page.keyboard.press("F9")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Pase la llamada ahora")).to_be_visible()
    expect(page.get_by_role("link", name="911")).to_have_attribute("href", "tel:911")
    assert_accessible(page)
    page.get_by_role("button", name="Terminar").press("Enter")
    assert Contact.objects.get().outcome == "emergency"


def test_enter_in_a_box_never_sends_the_form(visitors: Visitors, operator: User):
    page = seat(visitors, operator)
    begin(page)
    for box in ("who", "name", "words", "where", "reference"):
        page.locator(f"[name={box}]").press("Enter")
    expect(page).to_have_url(SCREEN)
    assert Contact.objects.get().outcome == "unfinished"


def test_without_scripts_every_step_has_its_button(visitors: Visitors, operator: User):
    page = seat(visitors, operator, java_script_enabled=False)
    page.goto("/mesa/atender/")
    page.get_by_role("button", name="Teléfono 3-1-1").click()
    page.get_by_label("En palabras de la persona").fill("Se bota el agua")
    page.get_by_role("button", name="Buscar servicios").click()
    page.get_by_role("radio", name="Fuga de agua en la calle").check()
    page.get_by_label("Barrio, corregimiento").fill("bella")
    page.get_by_role("button", name="Buscar el lugar").click()
    page.get_by_role("radio", name="Bella Vista").check()
    page.get_by_label("Teléfono, cédula o nombre").fill("6600-0001")
    page.get_by_role("button", name="Buscar a la persona").click()
    page.get_by_role("radio", name="Ana Ríos").check()
    page.get_by_label("¿Cuánta agua se bota?").select_option("Poca")
    page.get_by_role("button", name="Abrir el caso").click()
    expect(page).to_have_url(DONE)
    assert Case.objects.latest("pk").person.name == "Ana Ríos"


def test_a_caller_is_rung_back_without_the_mouse(visitors: Visitors, operator: User):
    case = Case.objects.get()
    resolve_case(case=case, text="Se reparó.", by=actor_of(make.user(Role.LIAISON, case.agency)))
    page = seat(visitors, operator)
    page.keyboard.press("L")
    expect(page.get_by_role("heading", name="1 persona espera una llamada")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("n")
    expect(page.get_by_role("link", name="6600-0001")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("radio", name="Contestó: sí quedó resuelto").press("Space")
    page.get_by_role("button", name="Anotar y terminar").press("Enter")
    expect(page.get_by_text("Nadie espera una llamada")).to_be_visible()
    case.refresh_from_db()
    assert case.satisfied


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
def test_every_screen_is_accessible_and_fits(
    visitors: Visitors, operator: User, scheme: str, width: int
):
    page = seat(visitors, operator, color_scheme=scheme, viewport={"width": width, "height": 800})
    case = Case.objects.get()
    begin(page)
    screens = ["/mesa/", "/mesa/atender/", page.url, "/mesa/buscar/", "/mesa/buscar/?q=66000001",
               "/mesa/buscar/?q=zzzz", "/mesa/llamadas/", "/mesa/contactos/"]  # fmt: skip
    for path in screens:
        page.goto(path)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.goto(f"/mesa/buscar/?q={case.number}")
    expect(page).to_have_url(re.compile(f"/mesa/casos/{case.number}/$"))


def test_the_keys_of_a_screen_are_listed(visitors: Visitors, operator: User):
    page = seat(visitors, operator)
    page.locator("main").click(position={"x": 5, "y": 5})
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Teclas de esta pantalla")
    expect(keys).to_contain_text("Por llamar")
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
