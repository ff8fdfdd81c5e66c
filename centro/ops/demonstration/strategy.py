"""The strategic plan of the demonstration, written by its director through the real actions."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Assignment
from centro.agencies.scopes import actor_of
from centro.insights import actions
from centro.insights.actions import IndicatorData
from centro.insights.models import Indicator, Objective, Plan
from centro.kernel.actor import Actor
from centro.kernel.clock import today

_FILE = "strategy.toml"


@transaction.atomic
def set_out_plan(folder: Path) -> int:
    """Write the plan that a pack describes, begun last year; how many indicators it has.

    Nothing where there is a plan already, where the pack describes none, or without a director.
    """
    file, director = folder / _FILE, _director()
    if Plan.objects.exists() or not file.is_file() or director is None:
        return 0
    with file.open("rb") as stream:
        told = tomllib.load(stream)
    by = actor_of(director)
    first = today().year - 1
    name = told["name"].format(first=first, last=first + 4)
    plan = actions.begin_plan(name=name, first_year=first, by=by)
    for row in told["objectives"]:
        objective = actions.add_objective(plan=plan, title=row["title"], text=row["text"], by=by)
        for one in row["indicators"]:
            _add(objective, one, by)
    return Indicator.objects.filter(objective__plan=plan).count()


def _director() -> User | None:
    posts = Assignment.objects.current().filter(role=Role.DIRECTOR, user__is_active=True)
    first = posts.select_related("user").order_by("user_id").first()
    return first.user if first else None


def _add(objective: Objective, row: Mapping[str, Any], by: Actor) -> None:
    """An indicator with its targets, one a year; what was measured of the years that have begun."""
    data = IndicatorData(
        **{name: row[name] for name in IndicatorData.__dataclass_fields__ if name in row}
    )
    made = actions.add_indicator(objective=objective, data=data, by=by)
    first = objective.plan.first_year
    aims = {first + n: Decimal(str(value)) for n, value in enumerate(row["targets"])}
    actions.set_targets(indicator=made, values=aims, by=by)
    for one in row.get("measured", ()):
        actions.enter_measurement(
            indicator=made,
            year=first + one["after"],
            value=Decimal(str(one["value"])),
            evidence=one["evidence"],
            reason=one.get("reason", ""),
            by=by,
        )
    for text in row.get("comments", ()):
        actions.comment_indicator(indicator=made, text=text, year=first + 1, by=by)
