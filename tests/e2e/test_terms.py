"""Calendars and agreements in a browser: axe, narrow and wide, light and dark, and two stories."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from centro.accounts.roles import Role
from centro.cases import actions
from centro.cases.models import Case, Retargeting
from centro.catalog.calendars import version_in_force
from centro.catalog.models import BusinessCalendar
from centro.kernel.actor import SYSTEM
from centro.kernel.clock import today
from tests import make
from tests.cases.deciding import agree, closure, draft, propose
from tests.e2e.axe import assert_accessible
from tests.e2e.test_desk import WAYS, enter

if TYPE_CHECKING:
    from tests.browser import Visitors


def fits(page: Page) -> bool:
    """Nothing is wider than the window."""
    wide: bool = page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    return wide


def workday() -> str:
    """A coming day on which offices are open and after which terms that begin now end."""
    day = today() + timedelta(days=1)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day.isoformat()


@pytest.mark.parametrize(("width", "height", "scheme"), WAYS)
def test_every_page_of_terms_is_accessible(
    visitors: Visitors, width: int, height: int, scheme: str
) -> None:
    place = make.place("Arraiján", level="district")
    case = make.case(place=place)
    service = case.service
    agree(service, days=6, place=place, holders={4: make.user(Role.HEAD, case.agency).pk})
    proposed = propose(service)
    made = draft(closure(workday()), closure(workday(), place))
    done = Retargeting.objects.get()
    office = version_in_force(BusinessCalendar.OFFICE)
    begun = actions.begin_retargeting(version=office, by=SYSTEM)
    page = enter(
        visitors(viewport={"width": width, "height": height}, color_scheme=scheme),
        make.user(Role.DIRECTOR),
    )
    for path in (
        "calendarios/",
        "calendarios/oficina/",
        f"calendarios/oficina/{made.number}/",
        f"calendarios/oficina/{made.number}/cambios/",
        "acuerdos/",
        f"acuerdos/{service.code}/",
        f"acuerdos/{service.code}/proponer/",
        f"acuerdos/{service.code}/{proposed.pk}/",
        f"ajustes/{done.pk}/",
        f"ajustes/{begun.pk}/",
    ):
        page.goto(f"/mesa/{path}")
        for summary in page.locator("main details.more > summary:visible").all():
            summary.click()
        assert_accessible(page)
        assert fits(page), path


def test_a_liaison_proposes_an_executive_approves_and_the_date_moves(visitors: Visitors) -> None:
    case = make.case(service=make.service(name="Fuga de agua", working_days=9))
    before = case.due_at
    liaison = enter(visitors(), make.user(Role.LIAISON, case.agency))
    liaison.goto("/mesa/acuerdos/")
    liaison.get_by_role("link", name="Fuga de agua").click()
    liaison.get_by_role("link", name="Proponer un cambio").click()
    liaison.get_by_label("Solución", exact=True).fill("4")
    liaison.get_by_label("Por qué se propone").fill("Hay más cuadrillas en la zona.")
    liaison.get_by_role("button", name="Ver qué cambiaría").click()
    expect(liaison.locator("#previa")).to_contain_text(case.number)
    assert_accessible(liaison)
    liaison.get_by_role("button", name="Proponer", exact=True).click()
    expect(liaison.get_by_role("main")).to_contain_text("la decide otra persona")

    executive = enter(visitors(), make.user(Role.EXECUTIVE, case.agency))
    executive.goto("/mesa/acuerdos/")
    executive.locator("#por-aprobar + ul").get_by_role("link", name="Fuga de agua").click()
    expect(executive.get_by_role("main")).to_contain_text("Hay más cuadrillas en la zona.")
    expect(executive.get_by_role("main")).to_contain_text(case.number)
    executive.get_by_role("button", name="Aprobar y poner en vigor").click()
    expect(executive).to_have_url(re.compile("/mesa/ajustes/"))

    # The worker does its part; the page notices by itself.
    actions.move_clocks(retargeting_id=Retargeting.objects.get().pk)
    expect(executive.locator("#ajuste")).to_contain_text("100 %")
    assert_accessible(executive)
    case.refresh_from_db()
    assert case.due_at < before
    executive.goto(f"/mesa/casos/{case.number}/")
    expect(executive.locator("#case")).to_contain_text("La fecha límite cambió")


def test_a_closure_is_declared_by_keyboard_alone(visitors: Visitors) -> None:
    case = make.case(service=make.service(working_days=9))
    before = case.due_at
    page = enter(visitors(java_script_enabled=False), make.user(Role.ADMINISTRATOR))
    page.goto("/mesa/calendarios/oficina/")
    page.get_by_label("Día", exact=True).fill(workday())
    page.get_by_label("Qué día es").fill("Duelo nacional")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text(case.number)
    page.get_by_label("Por qué cambia el calendario").fill("Decreto Ejecutivo 12")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/mesa/ajustes/"))
    actions.move_clocks(retargeting_id=Retargeting.objects.get().pk)
    page.get_by_role("link", name="Ver cómo va").click()
    expect(page.locator("#ajuste")).to_contain_text("100 %")
    assert Case.objects.get(pk=case.pk).due_at > before
