"""The strategic plan to read: the whole on one page, and each indicator with its history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from centro.agencies.scopes import scope_of
from centro.insights.actions import PLANNERS
from centro.insights.models import Indicator, Measurement, Plan, Target
from centro.insights.questions import sight_of
from centro.insights.registry import METRICS
from centro.insights.strategy.drawing import draw_years
from centro.insights.strategy.lights import Light
from centro.insights.strategy.standing import Standing, row_of, stand_of
from centro.insights.writing import written
from centro.kernel.clock import today
from centro.kernel.errors import NotFound
from centro.web.access import StaffRequest, allow
from centro.web.desk.forms.plan import CommentForm, MeasurementForm, RetireForm, TargetsForm
from centro.web.desk.posts import PLAN_READERS

_PLANS = Plan.objects.select_related("created_by", "closed_by")


@require_safe
@allow(*PLAN_READERS)
def current(request: StaffRequest) -> HttpResponse:
    """The plan that is open, or else the last one; without any, what to do."""
    found = _PLANS.filter(closed_at=None).first() or _PLANS.order_by("-closed_at").first()
    if found is None:
        return render(request, "desk/plan/none.html", {"writes": _writes(request)})
    return _show(request, found)


@require_safe
@allow(*PLAN_READERS)
def one(request: StaffRequest, pk: int) -> HttpResponse:
    """One plan, open or closed."""
    return _show(request, reach_plan(pk))


@require_safe
@allow(*PLAN_READERS)
def indicator(request: StaffRequest, pk: int) -> HttpResponse:
    """One indicator: what it says, how it went, who wrote which number and why."""
    return show_indicator(request, reach_indicator(pk))


def reach_plan(pk: int) -> Plan:
    found = _PLANS.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("No existe ese plan."))
    return found


def reach_indicator(pk: int) -> Indicator:
    rows = Indicator.objects.select_related("objective__plan", "retired_by")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("No existe ese indicador del plan."))
    return found


def _show(request: StaffRequest, plan: Plan) -> HttpResponse:
    standing = stand_of(plan)
    writes = _writes(request)
    context: dict[str, Any] = {
        "plan": plan,
        "standing": standing,
        "today": today(),
        "this_year": today().year,
        "tally": _tally(standing),
        "lights": list(Light),
        "others": list(Plan.objects.exclude(pk=plan.pk).order_by("-first_year", "-pk")),
        "begins": writes and not plan.is_open,
        "writes": writes and plan.is_open,
    }
    return render(request, "desk/plan/plan.html", context)


def _tally(standing: Standing) -> list[tuple[Light, int]]:
    """How many indicators stand how this year, in the order of the lights; nothing for none."""
    cells = (cell for group in standing.groups for row in group.rows for cell in row.cells)
    counts = Counter(cell.light for cell in cells if cell.running and cell.light)
    return [(light, counts[light]) for light in Light if counts[light]]


@dataclass(frozen=True, slots=True)
class Turn:
    """A target or a measurement that was written; `held` is the one that holds for its year."""

    number: Any
    value: str
    held: bool


def _turns(numbers: Iterable[Target | Measurement], unit: str) -> list[Turn]:
    rows = list(numbers)
    last = {one.year: one.turn for one in rows}
    return [Turn(n, written(n.value, unit), n.turn == last[n.year]) for n in reversed(rows)]


def show_indicator(
    request: StaffRequest,
    found: Indicator,
    *,
    wrong: forms.Form | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of an indicator, with its forms for who writes; `wrong` is one that came back."""
    plan = found.objective.plan
    row = row_of(plan, found)
    writes = _writes(request) and plan.is_open and found.retired_at is None
    metric = METRICS.get(found.metric)
    context: dict[str, Any] = {
        "plan": plan,
        "indicator": found,
        "row": row,
        "drawing": draw_years(row.cells),
        "metric": metric,
        "column": metric.column(found.column) if metric and not row.lost else None,
        "sees_figures": sight_of(request.user).country,
        "targets": _turns(_by_year(found.targets.select_related("set_by")), found.unit),
        "measurements": _turns(
            _by_year(found.measurements.select_related("entered_by")), found.unit
        ),
        "comments": list(found.comments.select_related("said_by")),
        "writes": writes,
        "wrong": wrong,
        **(_forms(found, plan, wrong) if writes else {}),
    }
    return render(request, "desk/plan/indicator.html", context, status=status)


def _by_year(numbers: Any) -> Any:
    return numbers.order_by("year", "turn")


def _forms(found: Indicator, plan: Plan, wrong: forms.Form | None) -> dict[str, forms.Form]:
    """Empty forms, but for the one that came back."""
    made: dict[str, forms.Form] = {
        "targets_form": TargetsForm(indicator=found, plan=plan),
        "comment_form": CommentForm(plan=plan),
        "retire_form": RetireForm(),
    }
    if found.by_hand and plan.first_year <= today().year:
        made["measurement_form"] = MeasurementForm(indicator=found, plan=plan)
    return {name: wrong if type(wrong) is type(form) else form for name, form in made.items()}  # type: ignore[misc]


def _writes(request: StaffRequest) -> bool:
    return scope_of(request.user).has(*PLANNERS)
