"""Events that many report: which go on, what looks like one, and one with its cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from centro.agencies.scopes import actor_of, scope_of
from centro.cases import actions
from centro.cases.incidents import MOST_GATHERED, alike, suggest_incidents
from centro.cases.models import Case, Incident
from centro.catalog.queries import service_with
from centro.kernel.actor import Actor
from centro.kernel.errors import Invalid, NotFound, Refused
from centro.places.queries import place_with
from centro.web.access import StaffRequest, allow
from centro.web.desk.events import EventFile, ended_events, going_events, not_yet_events
from centro.web.desk.forms.incidents import AnnounceForm, JoinForm, OpenForm, SolveForm
from centro.web.desk.posts import EVENT_READERS, GATHERERS, UNBINDERS


@require_safe
@allow(*EVENT_READERS)
def events(request: StaffRequest) -> HttpResponse:
    """What goes on, and what looks like it should be gathered. `?caso=` looks for its event."""
    user = request.user
    going = going_events(user)
    gathers = scope_of(user).has(*GATHERERS)
    context = {
        "going": going,
        "suggested": not_yet_events(suggest_incidents(user), going) if gathers else [],
        "ended": ended_events(user),
        "gathers": gathers,
        "case": _case_asked(request) if gathers else None,
    }
    return render(request, "desk/events.html", context)


def _case_asked(request: StaffRequest) -> Case | None:
    number = request.GET.get("caso", "")
    return Case.objects.reach(number, request.user, to="work") if number else None


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*GATHERERS)
def new_event(request: StaffRequest) -> HttpResponse:
    """Open an event: of what was suggested (`?servicio=&lugar=`), of a case, or of nothing yet."""
    if request.method != "POST":
        return _show_new(request, OpenForm(initial=_asked(request)))
    form = OpenForm(request.POST)
    if not form.is_valid():
        return _show_new(request, form, status=422)
    told = form.cleaned_data
    numbers = request.POST.getlist("caso")[:MOST_GATHERED]
    cases = [Case.objects.reach(number, request.user, to="work") for number in numbers]
    try:
        incident = actions.open_incident(cases=cases, by=actor_of(request.user), **told)
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return _show_new(request, form, status=refusal.status)
    return _opened(request, incident)


def _opened(request: StaffRequest, incident: Incident) -> HttpResponse:
    # Whoever leads nothing there (a province that is another's) goes back to the list.
    messages.success(request, _("El evento está abierto."))
    if Incident.objects.visible_to(request.user).filter(pk=incident.pk).exists():
        return redirect("desk:event", pk=incident.pk)
    return redirect("desk:events")


def _asked(request: HttpRequest) -> dict[str, str]:
    service = request.GET.get("servicio", "")[:30]
    place = place_with(request.GET.get("lugar", "").replace("\x00", "")[:12])
    return {"service": service, "place": place.full_name if place else ""}


def _show_new(request: StaffRequest, form: OpenForm, status: int = 200) -> HttpResponse:
    service = service_with(str(form["service"].value() or "").replace("\x00", "")[:30])
    place = place_with(request.GET.get("lugar", "").replace("\x00", "")[:12])
    found = list(
        alike(service, place, request.user).select_related("place", "agency")[:MOST_GATHERED]
        if service and place
        else ()
    )
    marked = set(request.POST.getlist("caso")) or {case.number for case in found}
    context = {"form": form, "found": found, "marked": marked}
    return render(request, "desk/event_new.html", context, status=status)


@require_POST
@allow(*GATHERERS)
def gather(request: StaffRequest) -> HttpResponse:
    """One click: open the event of a suggestion and gather its cases."""
    service = service_with(request.POST.get("servicio", "").replace("\x00", "")[:30])
    place = place_with(request.POST.get("lugar", "").replace("\x00", "")[:12])
    if service is None or place is None:
        raise NotFound(_("Esa sugerencia ya no existe."))
    cases = list(alike(service, place, request.user)[:MOST_GATHERED])
    if not cases:
        raise Invalid(_("Esos casos ya se reunieron o se resolvieron."))
    by = actor_of(request.user)
    return _opened(request, actions.open_incident(service=service, place=place, cases=cases, by=by))


# ---- One event ----


@require_safe
@allow(*EVENT_READERS)
def event(request: StaffRequest, pk: int) -> HttpResponse:
    """The event with its cases, what looks like it, what everybody is told."""
    return _show(request, Incident.objects.reach(pk, request.user))


def _show(
    request: StaffRequest, incident: Incident, status: int = 200, **given: forms.Form
) -> HttpResponse:
    file = EventFile(incident, request.user, after=_after(request))
    context: dict[str, Any] = {
        "file": file,
        "event": incident,
        "announce_form": AnnounceForm.of(incident),
        "solve_form": SolveForm(),
        "join_form": JoinForm(),
        "wrong": next((form for form in given.values() if form.errors), None),
        **given,
    }
    return render(request, "desk/event.html", context, status=status)


def _after(request: HttpRequest) -> int | None:
    value = request.GET.get("despues", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 18 else None


Act = Callable[[Incident, dict[str, Any], Actor], object]


def _do(
    request: StaffRequest, pk: int, name: str, form: forms.Form, act: Act, said: str
) -> HttpResponse:
    """Reach, check, act, say; what is wrong is said on the event's page, with what was typed."""
    incident = Incident.objects.reach(pk, request.user, to="work")
    if not form.is_valid():
        return _show(request, incident, status=422, **{name: form})
    try:
        act(incident, form.cleaned_data, actor_of(request.user))
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return _show(request, incident, status=refusal.status, **{name: form})
    messages.success(request, said)
    return redirect("desk:event", pk=pk)


@require_POST
@allow(*GATHERERS)
def join(request: StaffRequest, pk: int) -> HttpResponse:
    """Join the marked cases, or the one of the number typed."""
    numbers = [n for n in request.POST.getlist("caso")[:MOST_GATHERED] if n.strip()]

    def act(incident: Incident, _told: dict[str, Any], by: Actor) -> object:
        cases = [Case.objects.reach(number, request.user, to="work") for number in numbers]
        return actions.join_incident(incident=incident, cases=cases, by=by)

    form = JoinForm({"caso": numbers[0] if numbers else ""})
    return _do(request, pk, "join_form", form, act, _("Unido al evento."))


@require_POST
@allow(*GATHERERS)
def leave(request: StaffRequest, pk: int) -> HttpResponse:
    """Take one case out."""
    Incident.objects.reach(pk, request.user, to="work")
    case = Case.objects.reach(request.POST.get("caso", ""), request.user, to="work")
    if case.incident_id != pk:
        raise NotFound(_("Ese caso no es de este evento."))
    actions.leave_incident(case=case, by=actor_of(request.user))
    messages.success(request, _("El caso %(n)s salió del evento.") % {"n": case.number})
    return redirect("desk:event", pk=pk)


@require_POST
@allow(*GATHERERS)
def announce(request: StaffRequest, pk: int) -> HttpResponse:
    """Tell everybody, or change what is told."""

    def act(incident: Incident, told: dict[str, Any], by: Actor) -> object:
        return actions.announce_incident(incident=incident, by=by, **told)

    said = _("Ya se anuncia en la página pública y en la mesa.")
    return _do(request, pk, "announce_form", AnnounceForm(request.POST), act, said)


@require_POST
@allow(*GATHERERS)
def hush(request: StaffRequest, pk: int) -> HttpResponse:
    """Stop telling everybody."""
    incident = Incident.objects.reach(pk, request.user, to="work")
    actions.hush_incident(incident=incident, by=actor_of(request.user))
    messages.success(request, _("El evento ya no se anuncia."))
    return redirect("desk:event", pk=pk)


@require_POST
@allow(*UNBINDERS)
def solve(request: StaffRequest, pk: int) -> HttpResponse:
    """One solution for all its cases."""

    def act(incident: Incident, told: dict[str, Any], by: Actor) -> object:
        return actions.resolve_incident(incident=incident, text=told["text"], by=by)

    said = _("Quedó resuelto. A cada persona se le pregunta si es así.")
    return _do(request, pk, "solve_form", SolveForm(request.POST), act, said)


@require_POST
@allow(*UNBINDERS)
def dissolve(request: StaffRequest, pk: int) -> HttpResponse:
    """It was no one event: its cases go on by themselves."""
    incident = Incident.objects.reach(pk, request.user, to="work")
    actions.dissolve_incident(incident=incident, by=actor_of(request.user))
    messages.success(request, _("El evento quedó sin efecto. Sus casos siguen por su cuenta."))
    return redirect("desk:events")
