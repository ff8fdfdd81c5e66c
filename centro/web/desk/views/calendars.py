"""Calendars at the desk: what is in force, drafts of what comes next, and what it would change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from centro.agencies.scopes import actor_of, scope_of
from centro.cases.actions import enforce_calendar
from centro.cases.actions.changes import CalendarChange
from centro.cases.models import Retargeting
from centro.cases.previews import preview_change
from centro.catalog.actions import calendars as actions
from centro.catalog.actions.calendars import EDITORS, is_overtaken
from centro.catalog.models import BusinessCalendar, CalendarVersion
from centro.kernel.clock import today
from centro.kernel.errors import Invalid, NotFound, Refused
from centro.web.access import StaffRequest, allow
from centro.web.desk.forms.calendars import DropForm, ExceptionForm, PublishForm, WeekForm
from centro.web.desk.posts import OF_TERMS
from centro.web.desk.previewing import told
from centro.web.desk.weeks import SpecialRow, special_days_of, week_of

State = CalendarVersion.State
_NEXT = 5


@require_safe
@allow(*OF_TERMS)
def overview(request: StaffRequest) -> HttpResponse:
    """Every calendar: its week, the next days that differ."""
    found = CalendarVersion.objects.filter(state=State.IN_FORCE).select_related("calendar")
    rows = [
        (version, week_of(version), _coming(special_days_of(version))[:_NEXT])
        for version in found.order_by("-calendar__code")
    ]
    return render(request, "desk/calendars.html", {"rows": rows})


@require_safe
@allow(*OF_TERMS)
def calendar(request: StaffRequest, code: str) -> HttpResponse:
    """The version in force, the drafts, and the history."""
    named = _named(code)
    return _page(request, _in_force(named), ExceptionForm())


@require_safe
@allow(*OF_TERMS)
def version(request: StaffRequest, code: str, number: int) -> HttpResponse:
    """One version: a draft with its forms for who edits, otherwise as it was decided."""
    found = _version(code, number)
    if found.state == State.DRAFT:
        return _page(request, found, ExceptionForm(), WeekForm(version=found))
    return _page(request, found, None)


@require_POST
@allow(*EDITORS)
def begin(request: StaffRequest, code: str) -> HttpResponse:
    """A draft that is still equal to what is in force."""
    made = actions.draft_calendar(calendar=_named(code), by=actor_of(request.user))
    return _to(made)


@require_POST
@allow(*EDITORS)
def close(request: StaffRequest, code: str) -> HttpResponse:
    """Declare a closure in one step: a draft with just that, and on to what it would change."""
    named, form = _named(code), ExceptionForm(request.POST)
    if not form.is_valid():
        return _page(request, _in_force(named), form, status=422)
    what, by = form.exception(), actor_of(request.user)
    actions.check_exception(what)
    made = actions.draft_calendar(calendar=named, by=by)
    made = actions.declare_exception(draft=made, what=what, by=by)
    return redirect("desk:calendar_preview", code=code, number=made.number)


@require_POST
@allow(*EDITORS)
def declare(request: StaffRequest, code: str, number: int) -> HttpResponse:
    draft, form = _version(code, number), ExceptionForm(request.POST)
    if not form.is_valid():
        return _page(request, draft, form, WeekForm(version=draft), status=422)
    by = actor_of(request.user)
    return _to(actions.declare_exception(draft=draft, what=form.exception(), by=by))


@require_POST
@allow(*EDITORS)
def drop(request: StaffRequest, code: str, number: int) -> HttpResponse:
    draft, form = _version(code, number), DropForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("Elija el día que quiere quitar."))
    actions.drop_exception(
        draft=draft,
        day=form.cleaned_data["day"],
        places=form.codes(),
        by=actor_of(request.user),
    )
    return _to(draft)


@require_POST
@allow(*EDITORS)
def week(request: StaffRequest, code: str, number: int) -> HttpResponse:
    draft = _version(code, number)
    form = WeekForm(request.POST, version=draft)
    if not form.is_valid():
        return _page(request, draft, ExceptionForm(), form, status=422)
    actions.change_week(draft=draft, week=form.week(), by=actor_of(request.user))
    messages.success(request, _("El borrador tiene el nuevo horario."))
    return _to(draft)


@require_POST
@allow(*EDITORS)
def renew(request: StaffRequest, code: str, number: int) -> HttpResponse:
    """Carry the draft over to what is in force now."""
    draft = actions.renew_draft(draft=_version(code, number), by=actor_of(request.user))
    messages.success(request, _("El borrador está al día. Revíselo."))
    return _to(draft)


@require_POST
@allow(*EDITORS)
def discard(request: StaffRequest, code: str, number: int) -> HttpResponse:
    actions.discard_draft(draft=_version(code, number), by=actor_of(request.user))
    messages.success(request, _("El borrador se descartó."))
    return redirect("desk:calendar", code=code)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*EDITORS)
def preview(request: StaffRequest, code: str, number: int) -> HttpResponse:
    """What a draft would change; from here it is put in force."""
    draft = _version(code, number)
    form = PublishForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        work = enforce_calendar(
            draft=draft, note=form.cleaned_data["note"], by=actor_of(request.user)
        )
        messages.success(request, _("El calendario ya está vigente."))
        return redirect("desk:retargeting", pk=work.pk)
    if draft.state != State.DRAFT:
        raise Refused(_("Esa versión ya no es un borrador: no hay nada que comparar."))
    current = _in_force(draft.calendar)
    context = {
        "version": draft,
        "current": current,
        "form": form,
        "overtaken": is_overtaken(draft, current),
        "days": [row for row in special_days_of(draft, current) if row.mark],
        "week": week_of(draft, current),
        "week_changed": draft.week != current.week,
        "preview": told(preview_change(CalendarChange(draft)), request.user),
    }
    status = 422 if form.errors else 200
    return render(request, "desk/calendar_preview.html", context, status=status)


def _page(
    request: StaffRequest,
    version: CalendarVersion,
    exception: ExceptionForm | None,
    week_form: WeekForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a version, with the forms of a draft for who may edit it."""
    current = _in_force(version.calendar)
    is_draft = version.state == State.DRAFT
    days = special_days_of(version, current if is_draft else None)
    versions = version.calendar.versions.select_related("made_by")
    edits = scope_of(request.user).has(*EDITORS)
    next_year = today() + timedelta(days=366)
    context: dict[str, Any] = {
        "calendar": version.calendar,
        "version": version,
        "current": current,
        "is_draft": is_draft,
        "edits": edits,
        "overtaken": is_draft and is_overtaken(version, current),
        "week": week_of(version, current if is_draft else None),
        "coming": [day for day in _coming(days) if day.day < next_year or day.mark],
        "later": [day for day in _coming(days) if day.day >= next_year and not day.mark],
        "gone": [day for day in days if day.day < today()],
        "history": versions.exclude(state=State.DRAFT),
        "drafts": versions.filter(state=State.DRAFT),
        "works": Retargeting.objects.unfinished().filter(calendar__calendar=version.calendar_id),
        "drop": reverse("desk:calendar_drop", args=[version.calendar.code, version.number])
        if edits and is_draft
        else "",
        "exception": exception if edits else None,
        "week_form": week_form if edits else None,
    }
    return render(request, "desk/calendar.html", context, status=status)


def _coming(days: list[SpecialRow]) -> list[SpecialRow]:
    return [day for day in days if day.day >= today()]


def _named(code: str) -> BusinessCalendar:
    found = BusinessCalendar.objects.filter(code=code).first()
    if found is None:
        raise NotFound(_("No existe ese calendario."))
    return found


def _in_force(named: BusinessCalendar) -> CalendarVersion:
    return named.versions.select_related("calendar", "made_by").get(state=State.IN_FORCE)


def _version(code: str, number: int) -> CalendarVersion:
    versions = CalendarVersion.objects.select_related("calendar", "made_by")
    found = versions.filter(calendar__code=code, number=min(number, 2**31 - 1)).first()
    if found is None:
        raise NotFound(_("No existe esa versión del calendario."))
    return found


def _to(made: CalendarVersion) -> HttpResponse:
    return redirect("desk:calendar_version", code=made.calendar.code, number=made.number)
