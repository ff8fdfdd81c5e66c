"""Changing where cases go, in a browser: with the keyboard alone, without scripts, for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from centro.accounts.roles import Role
from centro.agencies.models import Agency
from centro.catalog.models import RoutingPlan, ServiceType
from centro.catalog.routing import in_order, live_rules
from tests import make
from tests.e2e.axe import assert_accessible
from tests.e2e.test_desk import WAYS, enter

if TYPE_CHECKING:
    from tests.browser import Visitors


def country() -> tuple[ServiceType, Agency]:
    """A matter with a past, and the entity that should have had it."""
    service = make.service(name="Recolección de basura", category="Aseo")
    for _ in range(3):
        make.case(service=service, place=make.place())
    return service, make.agency(acronym="MUARR", name="Municipio de Arraiján")


def names() -> list[str]:
    return [rule.name for rule in in_order(RoutingPlan.objects.get(state="draft"))]


def fill_in(page: Page, name: str, service: ServiceType, agency: Agency) -> None:
    page.get_by_label("Nombre de la regla").fill(name)
    page.get_by_label("Tipo de servicio").select_option(service.code)
    page.get_by_label("Entidad que lo atiende").select_option(agency.acronym)


@pytest.mark.parametrize("scripts", [True, False])
def test_rules_are_drafted_tried_and_published(visitors: Visitors, scripts: bool):
    service, agency = country()
    page = enter(visitors(java_script_enabled=scripts), make.user(Role.SUPERVISOR))
    page.goto("/mesa/")
    page.get_by_role("link", name="Derivación").click()
    page.get_by_role("button", name="Empezar un borrador").click()
    for name in ("Toda la basura", "También la basura"):
        page.get_by_role("link", name="Añadir una regla").click()
        fill_in(page, name, service, agency)
        page.get_by_role("button", name="Guardar la regla").click()
    expect(page.get_by_text("Nunca se aplica: antes decide «Toda la basura».")).to_be_visible()
    page.get_by_role("button", name="Subir «También la basura»").click()
    expect(page.locator(".sign").first).to_contain_text("También la basura")
    assert names() == ["También la basura", "Toda la basura"]
    page.get_by_role("button", name="Quitar «Toda la basura»").click()
    expect(page.locator(".sign")).to_have_count(1)
    page.get_by_label("Tipo de servicio").select_option(service.code)
    page.get_by_role("button", name="Ver", exact=True).click()
    expect(page.locator("#prueba")).to_contain_text(
        "La regla «También la basura» lo envía a MUARR."
    )
    page.get_by_role("link", name="Probar con casos pasados").click()
    expect(page.get_by_role("main")).to_contain_text("Habrían ido a otra parte: 3.")
    page.get_by_role("link", name="Publicar…").click()
    page.get_by_label("Por qué cambian las reglas").fill("El municipio recoge ahora.")
    page.get_by_role("button", name="Publicar", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("El municipio recoge ahora.")
    assert [rule.name for rule in live_rules().rules] == ["También la basura"]
    assert make.case(service=service).agency == agency


def test_an_editor_needs_no_mouse(visitors: Visitors):
    service, agency = country()
    make.live_plan(*(make.rule(name=n, service=service, agency=agency) for n in ("Una", "Dos")))
    page = enter(visitors(), make.user(Role.DIRECTOR))
    page.goto("/mesa/derivacion/")
    page.get_by_role("button", name="Empezar un borrador").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Bajar «Una»").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".sign").first).to_contain_text("Dos")
    # One goes on where the rule is now.
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Subir «Una»")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".sign").first).to_contain_text("Una")
    assert names() == ["Una", "Dos"]


@pytest.mark.parametrize(("width", "height", "scheme"), WAYS)
def test_every_page_is_accessible_and_fits(
    visitors: Visitors, width: int, height: int, scheme: str
):
    service, agency = country()
    make.live_plan(make.rule(name="Basura en Arraiján", service=service, agency=agency))
    plan = make.draft_plan(
        make.rule(name="Toda la basura", category="Aseo", agency=agency),
        make.rule(name="La de aquí", service=service, place=make.place(), agency=agency),
    )
    draft = f"/mesa/derivacion/{plan.number}/"
    pages = {
        make.user(Role.SUPERVISOR): [
            draft,
            f"{draft}?servicio={service.code}",
            f"{draft}prueba/",
            f"{draft}publicar/",
            f"{draft}reglas/nueva/",
            f"{draft}reglas/{plan.rules.order_by('pk')[0].pk}/",
        ],
        make.user(Role.AUDITOR): [
            "/mesa/derivacion/",
            f"/mesa/derivacion/?servicio={service.code}",
        ],
    }
    for user, addresses in pages.items():
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


def test_the_page_of_a_case_says_why_it_is_there(visitors: Visitors):
    service, agency = country()
    make.live_plan(make.rule(name="Basura en Arraiján", service=service, agency=agency))
    official = make.user(Role.OFFICIAL, unit=agency.units.get(), first_name="Rosa")
    case = make.case(service=service)
    page = enter(visitors(), official)
    page.goto(f"/mesa/casos/{case.number}/")
    page.get_by_text("¿Por qué aquí?").click()
    why = page.locator("#case details", has_text="¿Por qué aquí?").locator("ol")
    expect(why).to_contain_text("La regla «Basura en Arraiján» lo envía a MUARR.")
    expect(why).to_contain_text("Funcionario con menos casos: Rosa")
    assert_accessible(page)
