"""Makes plans for tests, through the real actions."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.insights import actions
from centro.insights.actions import IndicatorData
from centro.insights.models import Indicator, Measurement, Objective, Plan
from centro.kernel.actor import Actor
from centro.kernel.clock import today
from tests import make


def director() -> Actor:
    return actor_of(make.user(Role.DIRECTOR))


def plan(**fields: Any) -> Plan:
    """A plan of five years that begins this year."""
    base: dict[str, Any] = {"name": "Plan de prueba", "first_year": today().year, "by": director()}
    return actions.begin_plan(**base | fields)


def objective(of: Plan | None = None, **fields: Any) -> Objective:
    base: dict[str, Any] = {"title": "Atender bien", "text": "Que nadie espere.", "by": director()}
    return actions.add_objective(plan=of or plan(), **base | fields)


def indicator(
    under: Objective | None = None, targets: Mapping[int, Any] | None = None, **fields: Any
) -> Indicator:
    """An indicator entered by hand, in per cent, with these targets."""
    base = {"title": "Llamadas a tiempo", "sentence": "De cada cien.", "better": "higher"}
    data = IndicatorData(**base | fields)
    made = actions.add_indicator(objective=under or objective(), data=data, by=director())
    if targets:
        aim(made, targets)
    return made


def aim(at: Indicator, targets: Mapping[int, Any], reason: str = "") -> None:
    values = {year: Decimal(str(value)) for year, value in targets.items()}
    actions.set_targets(indicator=at, values=values, reason=reason, by=director())


def enter(of: Indicator, year: int, value: Any, **fields: Any) -> Measurement:
    base: dict[str, Any] = {"evidence": "Informe anual", "by": director()}
    return actions.enter_measurement(
        indicator=of, year=year, value=Decimal(str(value)), **base | fields
    )
