"""Proposing other terms, with what they would change, and deciding on what others proposed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from centro.agencies.scopes import actor_of
from centro.cases.actions import enforce_agreement
from centro.cases.actions.changes import AgreementChange
from centro.cases.previews import preview_change
from centro.catalog.actions.agreements import (
    DECIDERS,
    PROPOSERS,
    propose_agreement,
    refuse_agreement,
    terms_of,
    version_with,
    withdraw_agreement,
)
from centro.catalog.agreements import policy_for
from centro.catalog.models import Policy, PolicyVersion, ServiceType
from centro.catalog.models.services import Priority
from centro.kernel.errors import NotFound
from centro.places.models import Place
from centro.web.access import StaffRequest, allow
from centro.web.desk.agreeing import decides_for, in_words, may_propose, service_for, version_for
from centro.web.desk.forms.agreements import ApproveForm, ProposalForm, RefuseForm, initial_of
from centro.web.desk.previewing import own_agencies, told
from centro.web.desk.views.agreements import version_page


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*PROPOSERS)
def propose(request: StaffRequest, service: str) -> HttpResponse:
    """The form with the terms in force; its first button shows what would change, nothing else."""
    found = _own(service, request)
    if request.method != "POST":
        return _form(request, found, ProposalForm(service=found, initial=_initial(request, found)))
    form = ProposalForm(request.POST, service=found)
    if not form.is_valid():
        return _form(request, found, form, status=422)
    if "proponer" not in request.POST:
        return _form(request, found, form, thought=_thought(found, form))
    made = propose_agreement(
        service=found,
        place=form.cleaned_data["place"],
        priority=form.cleaned_data["priority"],
        terms=form.terms(),
        note=form.cleaned_data["note"],
        by=actor_of(request.user),
    )
    messages.success(request, _("La propuesta espera la respuesta de otra persona."))
    return redirect("desk:agreement_version", service=found.code, pk=made.pk)


@require_POST
@allow(*DECIDERS)
def approve(request: StaffRequest, service: str, pk: int) -> HttpResponse:
    """Put the terms in force, and on to how running cases follow."""
    version = _to_decide(service, pk, request)
    form = ApproveForm(request.POST)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    work = enforce_agreement(version=version, words=words, by=actor_of(request.user))
    messages.success(request, _("El acuerdo ya está vigente."))
    return redirect("desk:retargeting", pk=work.pk)


@require_POST
@allow(*DECIDERS)
def refuse(request: StaffRequest, service: str, pk: int) -> HttpResponse:
    version = _to_decide(service, pk, request)
    form = RefuseForm(request.POST, auto_id="no_%s")
    if not form.is_valid():
        return version_page(request, version, refusing=form, status=422)
    refuse_agreement(version=version, words=form.cleaned_data["words"], by=actor_of(request.user))
    messages.success(request, _("La propuesta no se aprobó. Quien la hizo puede leer por qué."))
    return redirect("desk:agreement", service=version.policy.service.code)


@require_POST
@allow(*PROPOSERS)
def withdraw(request: StaffRequest, service: str, pk: int) -> HttpResponse:
    version = version_for(_own(service, request), pk)
    withdraw_agreement(version=version, by=actor_of(request.user))
    messages.success(request, _("La propuesta se retiró."))
    return redirect("desk:agreement", service=version.policy.service.code)


def _form(
    request: StaffRequest,
    service: ServiceType,
    form: ProposalForm,
    *,
    thought: PolicyVersion | None = None,
    status: int = 200,
) -> HttpResponse:
    preview = None
    if thought is not None:
        change = AgreementChange(thought)
        preview = told(preview_change(change, agencies=own_agencies(request.user)), request.user)
    (held,) = in_words([policy_for(service, None, "")])
    context: dict[str, Any] = {
        "service": service,
        "form": form,
        "preview": preview,
        "held": held,
    }
    return render(request, "desk/agreement_propose.html", context, status=status)


def _initial(request: StaffRequest, service: ServiceType) -> dict[str, Any]:
    """The terms that hold there now; the region and the priority as the address says them."""
    code = request.GET.get("lugar", "").replace("\x00", "")[:12]
    regions = Place.objects.exclude(level=Place.Level.CORREGIMIENTO)
    place = regions.filter(code=code).first() if code else None
    given = request.GET.get("prioridad", "")
    priority = given if given in Priority.values else ""
    version = policy_for(service, place, priority)
    about = {"place": place.code if place else "", "priority": priority}
    return about | initial_of(version, dict(terms_of(version).holders))


def _thought(service: ServiceType, form: ProposalForm) -> PolicyVersion:
    policy = Policy(
        service=service,
        place=form.cleaned_data["place"],
        priority=form.cleaned_data["priority"],
    )
    return version_with(policy, form.terms())


def _own(code: str, request: StaffRequest) -> ServiceType:
    """A service type for whose entity this user proposes; others do not exist."""
    service = service_for(code, request.user)
    if not may_propose(service, request.user):
        raise NotFound(_("No existe ese tipo de servicio."))
    return service


def _to_decide(code: str, pk: int, request: StaffRequest) -> PolicyVersion:
    """A version of an entity for which this user decides; whether it still waits the action asks."""
    service = service_for(code, request.user)
    if not decides_for(service, request.user):
        raise NotFound(_("No existe ese tipo de servicio."))
    return version_for(service, pk)
