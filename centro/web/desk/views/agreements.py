"""Agreements at the desk: what each service type promises, who answers, what waits for a yes."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from centro.agencies.scopes import scope_of
from centro.cases.actions.changes import AgreementChange
from centro.cases.models import Retargeting
from centro.cases.previews import preview_change
from centro.catalog.agreements import policy_for
from centro.catalog.models import PolicyVersion, ServiceType
from centro.kernel.text import fold
from centro.web.access import StaffRequest, allow
from centro.web.desk import choices
from centro.web.desk.agreeing import (
    held_by,
    in_words,
    may_decide,
    may_propose,
    service_for,
    services_of,
    version_for,
)
from centro.web.desk.forms.agreements import ApproveForm, RefuseForm
from centro.web.desk.posts import OF_ALL_TERMS, OF_TERMS
from centro.web.desk.previewing import own_agencies, told

State = PolicyVersion.State
_PAGE = 40
_MOST_WAITING = 20


@require_safe
@allow(*OF_TERMS)
def overview(request: StaffRequest) -> HttpResponse:
    """Service types with the agreements in force, by name; proposals to decide come first."""
    reached = services_of(request.user)
    found = _narrowed(reached.filter(active=True), request)
    after = _key(request.GET.get("despues", ""))
    if after is not None:
        last = ServiceType.objects.filter(pk=after).values_list("sort_key", "pk").first()
        if last is not None:
            found = found.filter(Q(sort_key__gt=last[0]) | Q(sort_key=last[0], pk__gt=last[1]))
    rows = list(found.order_by("sort_key", "pk")[: _PAGE + 1])
    held = held_by(rows[:_PAGE])
    waiting = PolicyVersion.objects.filter(policy__service__in=reached, state=State.PROPOSED)
    waiting = waiting.select_related("policy__service__agency", "policy__place", "calendar")
    query = request.GET.copy()
    query["despues"] = str(rows[_PAGE - 1].pk) if len(rows) > _PAGE else ""
    national = scope_of(request.user).has(*OF_ALL_TERMS)
    context: dict[str, Any] = {
        "rows": [(service, held[service.pk]) for service in rows[:_PAGE]],
        "waiting": in_words(list(waiting.order_by("made_at")[:_MOST_WAITING])),
        "q": request.GET.get("q", "")[:100],
        "agency": request.GET.get("entidad", ""),
        "agencies": choices.agencies() if national else (),
        "national": national,
        "next": f"?{query.urlencode()}" if query["despues"] else "",
    }
    return render(request, "desk/agreements.html", context)


@require_safe
@allow(*OF_TERMS)
def of_service(request: StaffRequest, service: str) -> HttpResponse:
    """The agreements of one service type, and every version there was."""
    found = service_for(service, request.user)
    versions = PolicyVersion.objects.filter(policy__service=found).select_related(
        "policy__service", "policy__place", "calendar", "made_by", "decided_by"
    )
    works = Retargeting.objects.unfinished().filter(policy__policy__service=found)
    context = {
        "service": found,
        "held": held_by([found])[found.pk],
        "waiting": in_words(list(versions.filter(state=State.PROPOSED).order_by("made_at"))),
        "history": in_words(list(versions.exclude(state=State.PROPOSED).order_by("-pk")[:_PAGE])),
        "works": works,
        "proposes": may_propose(found, request.user),
    }
    return render(request, "desk/agreement.html", context)


@require_safe
@allow(*OF_TERMS)
def version(request: StaffRequest, service: str, pk: int) -> HttpResponse:
    """One version beside the one in force; for a proposal what it would change, and the answer."""
    found = version_for(service_for(service, request.user), pk)
    return version_page(request, found)


def version_page(
    request: StaffRequest,
    found: PolicyVersion,
    *,
    refusing: RefuseForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a version, for whoever reaches it."""
    proposed, policy = found.state == State.PROPOSED, found.policy
    before = [policy_for(policy.service, policy.place, policy.priority)] if proposed else []
    shown, *others = in_words([found, *before])
    preview = None
    if proposed:
        change = preview_change(AgreementChange(found), agencies=own_agencies(request.user))
        preview = told(change, request.user)
    context = {
        "service": found.policy.service,
        "shown": shown,
        "before": others[0] if others else None,
        "preview": preview,
        "decides": may_decide(found, request.user),
        "withdraws": proposed and found.made_by_id == request.user.pk,
        "approving": ApproveForm(auto_id="si_%s"),
        "refusing": refusing or RefuseForm(auto_id="no_%s"),
    }
    return render(request, "desk/agreement_version.html", context, status=status)


def _narrowed(services: QuerySet[ServiceType], request: HttpRequest) -> QuerySet[ServiceType]:
    acronym = request.GET.get("entidad", "").replace("\x00", "")[:20]
    if acronym:
        services = services.filter(agency__acronym=acronym)
    for word in fold(request.GET.get("q", "").replace("\x00", "")[:100]).split():
        services = services.filter(search_key__contains=word)
    return services


def _key(given: str) -> int | None:
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else None
