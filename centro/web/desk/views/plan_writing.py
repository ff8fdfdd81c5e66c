"""Writing the strategic plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from centro.agencies.scopes import actor_of
from centro.insights import actions
from centro.insights.actions import PLANNERS
from centro.insights.models import Indicator, Objective, Plan
from centro.kernel.errors import Invalid, NotFound, Refused
from centro.web.access import StaffRequest, allow
from centro.web.desk.forms.plan import (
    BeginForm,
    CommentForm,
    IndicatorForm,
    MeasurementForm,
    ObjectiveForm,
    RetireForm,
    TargetsForm,
    WordsForm,
)
from centro.web.desk.views.plan import reach_indicator, reach_plan, show_indicator

_FORM = ["GET", "HEAD", "POST"]


@require_http_methods(_FORM)
@allow(*PLANNERS)
def begin(request: StaffRequest) -> HttpResponse:
    """Open a plan."""
    form = BeginForm(_sent(request))
    by = actor_of(request.user)
    status = _write(request, form, lambda given: actions.begin_plan(**given, by=by))
    if status:
        return _page(request, form, status, "begin")
    messages.success(request, _("El plan está abierto. Añada su primer objetivo."))
    return redirect("desk:plan")


@require_POST
@allow(*PLANNERS)
def close(request: StaffRequest, pk: int) -> HttpResponse:
    """End a plan."""
    actions.close_plan(plan=reach_plan(pk), by=actor_of(request.user))
    messages.success(request, _("El plan quedó cerrado. Se puede leer, y empezar otro."))
    return redirect("desk:plan_one", pk=pk)


@require_http_methods(_FORM)
@allow(*PLANNERS)
def add_objective(request: StaffRequest, pk: int) -> HttpResponse:
    plan = _open(reach_plan(pk))
    form = ObjectiveForm(_sent(request))
    by = actor_of(request.user)
    status = _write(request, form, lambda given: actions.add_objective(plan=plan, **given, by=by))
    if status:
        return _page(request, form, status, "objective", plan=plan, objective=None)
    messages.success(request, _("El objetivo está en el plan. Añada cómo se mide."))
    return redirect("desk:plan")


@require_http_methods(_FORM)
@allow(*PLANNERS)
def change_objective(request: StaffRequest, pk: int) -> HttpResponse:
    found = _objective(pk)
    initial = {"title": found.title, "text": found.text}
    form = ObjectiveForm(_sent(request), initial=initial)
    by = actor_of(request.user)
    status = _write(
        request, form, lambda given: actions.change_objective(objective=found, **given, by=by)
    )
    if status:
        return _objective_page(request, found, form, RetireForm(), status)
    messages.success(request, _("El objetivo cambió."))
    return redirect("desk:plan")


@require_POST
@allow(*PLANNERS)
def retire_objective(request: StaffRequest, pk: int) -> HttpResponse:
    found = _objective(pk)
    form = RetireForm(request.POST)
    by = actor_of(request.user)
    status = _write(
        request, form, lambda given: actions.retire_objective(objective=found, **given, by=by)
    )
    if status:
        words = ObjectiveForm(initial={"title": found.title, "text": found.text})
        return _objective_page(request, found, words, form, status)
    messages.success(request, _("El objetivo ya no está en el plan."))
    return redirect("desk:plan")


@require_http_methods(_FORM)
@allow(*PLANNERS)
def add_indicator(request: StaffRequest, pk: int) -> HttpResponse:
    objective = _objective(pk)
    form = IndicatorForm(_sent(request))
    made: list[Indicator] = []
    by = actor_of(request.user)

    def add(_given: dict[str, Any]) -> None:
        data = form.data_of_indicator
        made.append(actions.add_indicator(objective=objective, data=data, by=by))

    status = _write(request, form, add)
    if status:
        return _page(
            request, form, status, "indicator_new", plan=objective.plan, objective=objective
        )
    messages.success(request, _("El indicador está en el plan. Ponga sus metas."))
    return redirect("desk:plan_indicator", pk=made[0].pk)


@require_http_methods(_FORM)
@allow(*PLANNERS)
def change_indicator(request: StaffRequest, pk: int) -> HttpResponse:
    found = _writable(pk)
    form = WordsForm(_sent(request), initial={"title": found.title, "sentence": found.sentence})
    by = actor_of(request.user)
    status = _write(
        request, form, lambda given: actions.change_indicator(indicator=found, **given, by=by)
    )
    if status:
        return _page(request, form, status, "words", indicator=found)
    messages.success(request, _("El indicador cambió."))
    return redirect("desk:plan_indicator", pk=pk)


@require_POST
@allow(*PLANNERS)
def set_targets(request: StaffRequest, pk: int) -> HttpResponse:
    found = _writable(pk)
    form = TargetsForm(request.POST, indicator=found, plan=found.objective.plan)
    by = actor_of(request.user)

    def aim(given: dict[str, Any]) -> None:
        actions.set_targets(indicator=found, values=form.values, reason=given["reason"], by=by)

    return _answer(request, found, form, aim, _("Las metas están guardadas."))


@require_POST
@allow(*PLANNERS)
def measure(request: StaffRequest, pk: int) -> HttpResponse:
    found = _writable(pk)
    form = MeasurementForm(request.POST, indicator=found, plan=found.objective.plan)
    by = actor_of(request.user)

    def enter(given: dict[str, Any]) -> None:
        given = {**given, "year": int(given["year"])}
        actions.enter_measurement(indicator=found, **given, by=by)

    return _answer(request, found, form, enter, _("La medición está anotada."))


@require_POST
@allow(*PLANNERS)
def comment(request: StaffRequest, pk: int) -> HttpResponse:
    found = _writable(pk)
    form = CommentForm(request.POST, plan=found.objective.plan)
    by = actor_of(request.user)

    def say(given: dict[str, Any]) -> None:
        year = int(given["year"]) if given["year"] else None
        actions.comment_indicator(indicator=found, text=given["text"], year=year, by=by)

    return _answer(request, found, form, say, _("El comentario está en la página."))


@require_POST
@allow(*PLANNERS)
def retire_indicator(request: StaffRequest, pk: int) -> HttpResponse:
    found = _writable(pk)
    form = RetireForm(request.POST)
    by = actor_of(request.user)
    status = _write(
        request, form, lambda given: actions.retire_indicator(indicator=found, **given, by=by)
    )
    if status:
        return show_indicator(request, found, wrong=form, status=status)
    messages.success(request, _("El indicador ya no está en el plan."))
    return redirect("desk:plan")


def _sent(request: StaffRequest) -> QueryDict | None:
    """What was sent; an empty form that was sent is one with faults."""
    return request.POST if request.method == "POST" else None


def _answer(
    request: StaffRequest,
    found: Indicator,
    form: forms.Form,
    write: Callable[[dict[str, Any]], object],
    done: str,
) -> HttpResponse:
    """Back to the indicator, with what was done or with the form that says what is wrong."""
    status = _write(request, form, write)
    if status:
        return show_indicator(request, found, wrong=form, status=status)
    messages.success(request, done)
    return redirect("desk:plan_indicator", pk=found.pk)


def _write(
    request: StaffRequest, form: forms.Form, write: Callable[[dict[str, Any]], object]
) -> int:
    """0 once it is written, otherwise the status of the page that shows the form.

    Only what can be typed otherwise comes back to it; other refusals are pages of their own.
    """
    if request.method != "POST":
        return 200
    if not form.is_valid():
        return 422
    try:
        write(form.cleaned_data)
    except Invalid as refusal:
        form.add_error(None, refusal.message)
        return refusal.status
    return 0


def _page(
    request: StaffRequest, form: forms.Form, status: int, name: str, **context: Any
) -> HttpResponse:
    return render(request, f"desk/plan/{name}.html", {"form": form, **context}, status=status)


def _objective_page(
    request: StaffRequest, found: Objective, form: forms.Form, retire: RetireForm, status: int
) -> HttpResponse:
    return _page(
        request, form, status, "objective", plan=found.plan, objective=found, retire_form=retire
    )


def _open(plan: Plan) -> Plan:
    if not plan.is_open:
        raise Refused(_("El plan está cerrado: sólo se puede leer."))
    return plan


def _objective(pk: int) -> Objective:
    """An objective that is followed, in a plan that is open."""
    found = Objective.objects.select_related("plan").filter(pk=pk, retired_at=None).first()
    if found is None:
        raise NotFound(_("No existe ese objetivo."))
    _open(found.plan)
    return found


def _writable(pk: int) -> Indicator:
    found = reach_indicator(pk)
    _open(found.objective.plan)
    if found.retired_at is not None:
        raise Refused(_("Ese indicador ya se retiró."))
    return found
