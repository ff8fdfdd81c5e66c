"""What the service knows already, and "me too" in one click."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from centro.cases import incidents
from centro.cases.models import Incident
from centro.web.public import known
from centro.web.public.drafts import find_report
from centro.web.public.forms import LONGEST_DESCRIPTION


@require_safe
@login_not_required
@never_cache
def events(request: HttpRequest) -> HttpResponse:
    """Every announced event."""
    return render(
        request, "public/events.html", {"known": known.told(incidents.announced(), request)}
    )


@require_safe
@login_not_required
@never_cache
def event(request: HttpRequest, pk: int) -> HttpResponse:
    """One event, with its people counted now."""
    return render(request, "public/event.html", {"told": known.told_now(_reach(pk), request)})


def _reach(pk: int) -> Incident:
    found = incidents.announced_with(pk)
    if found is None:
        raise Http404
    return found


@require_POST
@login_not_required
def me_too(request: HttpRequest, pk: int) -> HttpResponse:
    """Count this person; no form, no data."""
    found = _reach(pk)
    known.say_me_too(found, request)
    messages.success(request, _("Gracias: lo contamos con los demás."))
    return redirect("public:event", pk=found.pk)


@require_POST
@login_not_required
def like(request: HttpRequest) -> HttpResponse:
    """The events that what is being typed points at, as a piece of the page."""
    words = request.POST.get("description", "").replace("\x00", "")[:LONGEST_DESCRIPTION]
    return render(request, "public/_known_list.html", {"known": known.like(words, request)})


@require_POST
@login_not_required
def join(request: HttpRequest, token: UUID) -> HttpResponse:
    """This report is of that event, or is not after all."""
    report = find_report(token)
    if report is None:
        raise Http404
    chosen = request.POST.get("evento", "")
    if not chosen:
        report.keep(incident=None, counted=False)
    else:
        found = _reach(int(chosen) if chosen.isascii() and chosen.isdigit() else 0)
        report.join(found, counted=known.was_counted(found, request))
    slug = report.step_named(request.POST.get("paso", "")).slug
    return redirect("public:step", token=token, slug=slug)
