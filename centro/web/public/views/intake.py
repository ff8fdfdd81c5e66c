"""The guided form. Every step is saved on the server before the next is shown (POST, redirect),
so going back, reloading, pressing twice and losing the connection are all harmless."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from centro.cases.incidents import announced_with
from centro.cases.models import Case
from centro.catalog.models import ServiceType
from centro.contacts.models import Draft
from centro.files.models import StoredFile
from centro.kernel.errors import Refused
from centro.web.public import drafts, known, limits
from centro.web.public.drafts import Report, Step, find_report, start_report
from centro.web.public.forms import WhatForm
from centro.web.public.photos import drop_draft_photo, send_photo
from centro.web.public.sending import send_report
from centro.web.public.steps import PAGES, Page
from centro.web.public.views.pages import KIND_WORDS


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@never_cache
def start(request: HttpRequest) -> HttpResponse:
    """The first step. Its token is in the form, so that sending it twice makes one draft."""
    if request.method != "POST":
        return _show_start(request, WhatForm(initial=_asked(request)))
    form = WhatForm(request.POST)
    if not form.is_valid():
        return _show_start(request, form, status=422)
    given = form.cleaned_data
    token: UUID = given["token"]
    if Case.objects.filter(intake_token=token).exists():
        return redirect("public:receipt", token=token)
    report = find_report(token)
    if report is None:
        request.session.setdefault("reports", True)
        limits.count_start(request)
        report = start_report(token)
    report.keep(description=given["description"], kind=given["kind"], service=given["service"])
    if report.service is None:
        report.keep(service="")
    event = announced_with(given["event"]) if given["event"] else None
    if event is not None:
        report.join(event, counted=known.was_counted(event, request))
    return redirect("public:step", token=token, slug=_first_open(report).slug)


def _asked(request: HttpRequest) -> dict[str, Any]:
    """What a link already chose: `?tipo=queja`, `?servicio=AGUA-01`."""
    kind = KIND_WORDS.get(request.GET.get("tipo", ""), "")
    service = request.GET.get("servicio", "").replace("\x00", "")[:30]
    words = request.GET.get("texto", "").replace("\x00", "")[:200]
    asked = {"token": uuid4(), "kind": kind, "service": service, "description": words}
    return asked | _event_asked(request)


def _event_asked(request: HttpRequest) -> dict[str, Any]:
    """`?evento=7`: what happens is known, so it need not be told again."""
    asked = request.GET.get("evento", "")
    event = announced_with(int(asked)) if asked.isascii() and asked.isdigit() else None
    if event is None:
        return {}
    words = _("Me pasa lo mismo: %(title)s.") % {"title": event.title}
    return {"event": event.pk, "service": event.service.code, "description": words}


def _show_start(request: HttpRequest, form: WhatForm, status: int = 200) -> HttpResponse:
    code = form["service"].value()
    service = ServiceType.objects.filter(code=code, active=True).first() if code else None
    shown = {
        "form": form,
        "step": drafts.WHAT,
        "steps": drafts.ALL_STEPS,
        "position": 1,
        "service": service,
        "kind": form["kind"].value(),
        "known": _known_at_start(request, form, service),
    }
    return render(request, "public/what.html", shown, status=status)


def _known_at_start(
    request: HttpRequest, form: WhatForm, service: ServiceType | None
) -> list[known.Told]:
    if form["event"].value():
        return []
    if service is not None:
        return known.about([service], request)
    return known.like(str(form["description"].value() or ""), request)


def _first_open(report: Report) -> Step:
    """After the first step: what it is about, unless that was chosen before."""
    return drafts.TOPIC if report.service is None else report.step_after(drafts.TOPIC.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@never_cache
def step(request: HttpRequest, token: UUID, slug: str) -> HttpResponse:
    """Any later step: show it, or save it and go on."""
    page = PAGES.get(slug)
    if page is None:
        raise Http404
    report = find_report(token)
    if report is None:
        return _gone(request, token)
    if page.step is drafts.REVIEW:
        return _review(request, report, page)
    if request.method != "POST":
        return _show(request, report, page, page.form(report, None, None))
    form = page.form(report, request.POST, request.FILES)
    if not form.is_valid():
        return _show(request, report, page, form, status=422)
    try:
        stay = page.save(report, form, request)
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return _show(request, report, page, form, status=refusal.status)
    return _onwards(request, report, page, stay)


def _onwards(request: HttpRequest, report: Report, page: Page, stay: bool) -> HttpResponse:
    back = request.GET.get("desde") == "revisar"
    if stay:
        target = page.step
    elif back:
        target = report.gap() or drafts.REVIEW
    else:
        target = report.step_after(page.step.slug)
    answer = redirect("public:step", token=report.token, slug=target.slug)
    if stay and back:
        answer["Location"] += "?desde=revisar"
    return answer


def _show(
    request: HttpRequest, report: Report, page: Page, form: forms.Form, status: int = 200
) -> HttpResponse:
    steps = report.steps()
    if page.step not in steps:
        steps = [s for s in drafts.ALL_STEPS if s in steps or s is page.step]
    position = steps.index(page.step)
    shown = {
        "form": form,
        "report": report,
        "service": report.service,
        "step": page.step,
        "steps": steps,
        "position": position + 1,
        "previous": steps[position - 1],
        "from_review": request.GET.get("desde") == "revisar",
        "known": known.on_step(report, page.step, request),
        **page.context(report, form, request),
    }
    return render(request, f"public/{page.template}.html", shown, status=status)


def _gone(request: HttpRequest, token: UUID) -> HttpResponse:
    """No such draft: it was sent (the receipt again) or it expired."""
    if Case.objects.filter(intake_token=token).exists():
        return redirect("public:receipt", token=token)
    return render(request, "public/expired.html", status=410)


def _review(request: HttpRequest, report: Report, page: Page) -> HttpResponse:
    gap = report.gap()
    if gap is not None:
        return redirect("public:step", token=report.token, slug=gap.slug)
    form = page.form(report, request.POST if request.method == "POST" else None, None)
    if request.method != "POST":
        return _show(request, report, page, form)
    if not form.is_valid():
        return _show(request, report, page, form, status=422)
    limits.count_opening(request)
    try:
        send_report(report, language=get_language() or "es")
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return _show(request, report, page, form, status=refusal.status)
    return redirect("public:receipt", token=report.token)


@require_safe
@login_not_required
def photo(request: HttpRequest, token: UUID, key: UUID) -> HttpResponse:
    """A photo of a draft, for whoever holds the draft."""
    file = StoredFile.objects.filter(key=key, draft_token=token).first()
    if file is None or not Draft.objects.filter(token=token).exists():
        raise Http404
    return send_photo(file, "thumb")


@require_POST
@login_not_required
def drop_photo(request: HttpRequest, token: UUID, key: UUID) -> HttpResponse:
    """Take a photo out of a draft."""
    drop_draft_photo(token, key)
    return redirect("public:step", token=token, slug=drafts.PHOTOS.slug)
