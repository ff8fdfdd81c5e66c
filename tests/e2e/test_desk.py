"""The entity's and the supervisor's screens in a browser: axe, narrow and wide, light and dark,
keys, and the same work without scripts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.models import Case, Escalation
from centro.kernel.clock import now
from tests import make
from tests.e2e.axe import assert_accessible
from tests.web.desk.test_case_page import official_unit, picture, stored

if TYPE_CHECKING:
    from tests.browser import Visitors

WAYS = [(1440, 900, "light"), (360, 740, "dark")]


def enter(page: Page, user: User) -> Page:
    """Signed in by a session made on the server: signing in is another test's matter."""
    client = Client()
    client.force_login(user)
    page.goto("/")
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": page.url}]
    )
    return page


def full_case() -> Case:
    """A case with all that its page can show."""
    case = make.case(
        reporter=make.reporter(name="Rosa Diez", phone="6612-3456"),
        place=make.place(),
        lat=8.98,
        lon=-79.53,
        reference="Frente a la iglesia",
        photos=[stored()],
    )
    liaison = make.user(Role.LIAISON, case.agency)
    official = make.user(Role.OFFICIAL, unit=case.unit)
    by = actor_of(liaison)
    actions.assign_case(case=case, unit=official_unit(case), official=official, by=by)
    actions.add_note(case=case, text="Hay que pedir asfalto.", by=by)
    actions.resolve_case(case=case, text="Se tapó.", evidence=[stored()], by=by)
    actions.reopen_case(
        case=case, text="Se abrió otra vez.", by=actor_of(make.user(Role.SUPERVISOR))
    )
    other = make.case(service=case.service)
    actions.mark_duplicate(case=other, of=case, by=by)
    case.refresh_from_db()
    return case


def refused() -> Case:
    case, to = make.case(), make.agency()
    sender, receiver = (actor_of(make.user(Role.LIAISON, a)) for a in (case.agency, to))
    actions.propose_transfer(case=case, to=to, text="La vía es de ellos.", by=sender)
    return actions.refuse_transfer(case=case, text="La vía es municipal.", by=receiver)


@pytest.mark.parametrize(("width", "height", "scheme"), WAYS)
def test_every_screen_is_accessible_and_fits(
    visitors: Visitors, width: int, height: int, scheme: str
):
    case, back = full_case(), refused()
    sealed = make.case(confidentiality="sealed", reporter=make.reporter())
    reserved = make.case(confidentiality="reserved", reporter=make.reporter())
    waiting = make.case(service=case.service)
    actions.propose_transfer(
        case=waiting,
        to=make.agency(),
        text="No es nuestro.",
        by=actor_of(make.user(Role.LIAISON, case.agency)),
    )
    photo = case.photos.first()
    assert photo is not None
    late = make.case(service=case.service, spoken_at=now() - timedelta(days=60))
    liaison = make.user(Role.LIAISON, case.agency)
    actions.escalate_due()
    rung = Escalation.objects.get(case=late, rung=2)
    screens = {
        liaison: [
            "/mesa/avisos/", "/mesa/escalados/", "/mesa/ausencias/", f"/mesa/casos/{late.number}/",
            f"/mesa/casos/{late.number}/escalones/{rung.pk}/",
            "/mesa/bandeja/", "/mesa/bandeja/?prioridad=medium", "/mesa/bandeja/?carpeta=mios",
            f"/mesa/casos/{case.number}/", f"/mesa/casos/{waiting.number}/",
            f"/mesa/casos/{case.number}/fotos/{photo.pk}/",
            *(f"/mesa/casos/{case.number}/{slug}/" for slug in ("resolver", "encargar", "preguntar", "trasladar", "reclasificar", "duplicado")),
        ],
        make.user(Role.SUPERVISOR): [
            "/mesa/bandeja/", "/mesa/clasificar/", f"/mesa/clasificar/{back.number}/",
            f"/mesa/clasificar/{back.number}/cerrar/", f"/mesa/clasificar/{back.number}/duplicado/",
            "/mesa/supervision/", "/mesa/buzon/", f"/mesa/casos/{reserved.number}/",
            f"/mesa/casos/{case.number}/confidencialidad/",
        ],
        make.user(Role.DENUNCIATIONS): [
            "/mesa/denuncias/", f"/mesa/casos/{sealed.number}/", f"/mesa/casos/{sealed.number}/acceso/",
        ],
        make.user(Role.AUDITOR): ["/mesa/miradas/"],
    }  # fmt: skip
    for user, addresses in screens.items():
        page = enter(
            visitors(viewport={"width": width, "height": height}, color_scheme=scheme), user
        )
        for address in addresses:
            answer = page.goto(address)
            assert answer is not None
            assert answer.status == 200, address
            assert_accessible(page)
            beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert beyond <= 0, (address, width)


def test_an_official_solves_a_case_with_the_keyboard_alone(visitors: Visitors):
    case = make.case(reporter=make.reporter())
    make.case(service=case.service)
    official = make.user(Role.OFFICIAL, unit=case.unit)
    page = enter(visitors(), official)
    page.goto("/mesa/bandeja/?carpeta=activos")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(f'a[data-row-link][href*="{case.number}"]')).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"/mesa/casos/{case.number}/")
    start = page.get_by_role("button", name="Empezar")
    start.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#case [data-say]")).to_have_text("El caso está en proceso.")
    expect(page.locator("#caso-titulo")).to_be_focused()
    page.get_by_role("link", name="Resolver").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#accion textarea[name=text]")).to_be_focused()
    page.keyboard.type("Se cambió la tubería.")
    page.locator("#accion button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#case")).to_contain_text("Se cambió la tubería.")
    expect(page.locator("#aviso")).to_contain_text("Quedó resuelto")
    assert_accessible(page)
    case.refresh_from_db()
    assert case.status == "resolved"


def test_what_is_wrong_is_said_where_one_is_typing(visitors: Visitors):
    case = make.case()
    page = enter(visitors(), make.user(Role.LIAISON, case.agency))
    page.goto(f"/mesa/casos/{case.number}/")
    page.get_by_text("Más", exact=True).click()
    page.get_by_role("link", name="Preguntar a la persona").click()
    expect(page.locator(".case__actions details[open]")).to_have_count(0)
    page.locator("#accion input[name=until]").fill("")
    page.locator("#accion textarea").fill("¿De qué lado?")
    page.locator("#accion button").click()
    expect(page.locator("#errores")).to_be_focused()
    expect(page.locator("#accion textarea")).to_have_value("¿De qué lado?")
    assert_accessible(page)
    page.get_by_role("link", name="Cancelar").click()
    expect(page.locator("#accion form")).to_have_count(0)


def test_the_same_work_without_scripts(visitors: Visitors):
    case = make.case(reporter=make.reporter())
    official = make.user(Role.OFFICIAL, unit=case.unit)
    page = enter(visitors(java_script_enabled=False), make.user(Role.LIAISON, case.agency))
    page.goto("/mesa/bandeja/")
    page.locator(f'input[name=caso][value="{case.number}"]').check()
    page.get_by_label("Encargar los marcados a").select_option(f"{case.unit_id}:{official.pk}")
    page.get_by_role("button", name="Encargar").click()
    expect(page.locator(".toasts")).to_contain_text("Se encargó 1 caso")
    page.locator("a[data-row-link]").first.click()
    page.get_by_role("button", name="Empezar").click()
    expect(page.locator(".toasts")).to_contain_text("en proceso")
    page.get_by_role("link", name="Resolver").click()
    page.get_by_label("Cómo se resolvió").fill("Se tapó.")
    page.get_by_label("Fotos de la solución").set_input_files(
        {"name": "foto.jpg", "mimeType": "image/jpeg", "buffer": picture().read()}
    )
    page.locator("#accion button").click()
    expect(page.locator(".case__solution")).to_contain_text("Se tapó.")
    page.locator(".case__solution .photos a").click()
    expect(page.get_by_role("img")).to_be_visible()


def test_triage_one_after_another(visitors: Visitors):
    first, second = (make.case(service=make.service(agency=None)) for _ in range(2))
    agency = make.agency()
    page = enter(visitors(), make.user(Role.OPERATOR))
    page.goto("/mesa/clasificar/")
    page.get_by_role("link", name="Empezar por el más antiguo").click()
    page.get_by_label("Entidad que lo atenderá").select_option(agency.acronym)
    page.locator("main form button.btn").click()
    expect(page.locator(".toasts")).to_contain_text(first.number)
    page.get_by_role("link", name="Cerrar sin solución").click()
    page.get_by_label("Atendido en primer contacto").check()
    page.get_by_label("Explicación para la persona").fill("Se le explicó el trámite.")
    page.locator("main form button.btn").click()
    expect(page.get_by_text("No queda nada por clasificar")).to_be_visible()
    second.refresh_from_db()
    assert second.reason == "first_contact"


def test_the_map_of_a_case_is_drawn_again_after_something_was_done(visitors: Visitors):
    case = make.case(place=make.place(), lat=8.98, lon=-79.53)
    page = enter(visitors(), make.user(Role.LIAISON, case.agency))
    page.goto(f"/mesa/casos/{case.number}/")
    page.get_by_role("button", name="Empezar").click()
    expect(page.locator("#case [data-say]")).to_be_visible()
    page.get_by_text("Ver en el mapa").click()
    expect(page.locator(".map .map-pin")).to_be_visible()
