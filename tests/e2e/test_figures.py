"""Figures in a browser: axe, narrow and wide, light and dark, and from a number to its cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from centro.accounts.roles import Role
from centro.insights.dashboards import all_dashboards
from centro.insights.facts import refresh_facts
from tests import make
from tests.e2e.axe import assert_accessible
from tests.e2e.test_desk import WAYS, enter
from tests.e2e.test_terms import fits

if TYPE_CHECKING:
    from tests.browser import Visitors


@pytest.mark.parametrize(("width", "height", "scheme"), WAYS)
def test_every_board_is_accessible_and_fits(
    visitors: Visitors, width: int, height: int, scheme: str
) -> None:
    make.at_the_top(agency=make.agency(acronym="AGUA"), place=make.place())
    make.case(place=make.place())
    refresh_facts()
    page = enter(
        visitors(viewport={"width": width, "height": height}, color_scheme=scheme),
        make.user(Role.DIRECTOR),
    )
    paths = [f"{board.slug}/?comparar=on&tipo=complaint" for board in all_dashboards()]
    others = [
        reverse("desk:reports_mail"),
        reverse("desk:report_subscribe", kwargs={"slug": "nacional"}),
        reverse("desk:annotate", kwargs={"slug": "nacional"}),
        "/mesa/cifras/indicador/overdue-by-month/",
    ]
    for path in (*(f"/mesa/cifras/{path}" for path in paths), *others):
        page.goto(path)
        assert_accessible(page)
        assert fits(page), path


def test_from_a_number_to_its_meaning_and_to_its_cases_by_keyboard(visitors: Visitors) -> None:
    case = make.at_the_top(agency=make.agency(acronym="AGUA"))
    refresh_facts()
    page = enter(visitors(), make.user(Role.DIRECTOR))
    page.goto("/mesa/")
    page.keyboard.press("F")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nacional")
    meaning = page.get_by_role("link", name="Vencidos", exact=True)
    meaning.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Vencidos")
    expect(page.get_by_text("pasaron su plazo sin solución")).to_be_visible()
    page.goto("/mesa/cifras/presidencia/")
    row = page.get_by_role("link", name="AGUA")
    row.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(case.number)).to_be_visible()
