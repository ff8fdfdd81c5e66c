"""The strategic plan in a browser: axe, narrow and wide, light and dark, and a measurement entered
by keyboard without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from centro.accounts.roles import Role
from centro.insights import actions
from centro.insights.models import Measurement
from centro.kernel.clock import today
from tests import make
from tests.e2e.axe import assert_accessible
from tests.e2e.test_desk import WAYS, enter
from tests.e2e.test_terms import fits
from tests.insights import planning

if TYPE_CHECKING:
    from tests.browser import Visitors


@pytest.mark.parametrize(("width", "height", "scheme"), WAYS)
def test_the_plan_is_accessible_and_fits(
    visitors: Visitors, width: int, height: int, scheme: str
) -> None:
    page = enter(
        visitors(viewport={"width": width, "height": height}, color_scheme=scheme),
        make.user(Role.DIRECTOR),
    )
    page.goto("/mesa/plan/")
    assert_accessible(page)
    year, by = today().year, planning.director()
    under = planning.objective(planning.plan(first_year=year - 1))
    aims = {year + n: 80 + 2 * n for n in range(-1, 4)}
    one = planning.indicator(under, aims)
    planning.enter(one, year - 1, 79)
    planning.enter(one, year - 1, 70, reason="Se contó mal.", link="https://ejemplo.gob.pa/")
    planning.enter(one, year, 80)
    actions.comment_indicator(indicator=one, text="Falta personal.", year=year, by=by)
    planning.indicator(
        under, aims, title="Plazos", metric="deadline-compliance", column="compliance_pct"
    )
    away = planning.indicator(under, aims, title="De antes")
    actions.retire_indicator(indicator=away, reason="Se mide otra cosa.", by=by)
    plan = under.plan_id
    for path in (
        "",
        "nuevo/",
        f"{plan}/objetivo/",
        f"objetivo/{under.pk}/",
        f"objetivo/{under.pk}/indicador/",
        f"indicador/{one.pk}/",
        f"indicador/{one.pk}/palabras/",
        f"indicador/{away.pk}/",
    ):
        page.goto(f"/mesa/plan/{path}")
        for summary in page.locator("main details.more > summary:visible").all():
            summary.click()
        assert_accessible(page)
        assert fits(page), path


def test_a_measurement_is_entered_by_keyboard_alone(visitors: Visitors) -> None:
    one = planning.indicator(targets={today().year: 80})
    page = enter(visitors(java_script_enabled=False), make.user(Role.DIRECTOR))
    page.goto("/mesa/plan/")
    page.get_by_role("link", name=one.title).press("Enter")
    page.get_by_label("Valor (%)").fill("79")
    page.get_by_label("De dónde sale").fill("Informe de la central")
    page.get_by_label("Valor (%)").press("Enter")
    expect(page.get_by_role("main")).to_contain_text("Cerca")
    assert Measurement.objects.get().value == 79
