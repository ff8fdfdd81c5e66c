"""Sealed cases, who was let into them, and the log of who looked."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases.actions import revoke_access
from centro.cases.models import Case, Grant, Look
from centro.catalog.models import Confidentiality
from centro.kernel.clock import now
from centro.kernel.errors import NotFound
from centro.web.access import StaffRequest, allow

_PAGE = 50


@require_safe
@allow(Role.DENUNCIATIONS)
def sealed(request: StaffRequest) -> HttpResponse:
    """The sealed cases, newest first: those in hand, or all of them."""
    every = request.GET.get("ver") == "todos"
    found = Case.objects.visible_to(request.user).filter(confidentiality=Confidentiality.SEALED)
    found = found if every else found.active()
    after = _key(request.GET.get("despues", ""))
    found = found.filter(pk__lt=after) if after else found
    rows = list(
        found.select_related("service", "agency", "place")
        .defer("search")
        .order_by("-pk")[: _PAGE + 1]
    )
    grants = Grant.objects.filter(case__in=rows, revoked_at=None).select_related("user")
    let_in: dict[int, list[Grant]] = {}
    for grant in grants.order_by("granted_at"):
        let_in.setdefault(grant.case_id, []).append(grant)
    context = {
        "rows": [(c, c.is_overdue(now()), let_in.get(c.pk, [])) for c in rows[:_PAGE]],
        "every": every,
        "next": _next("desk:sealed", rows, "ver=todos&" if every else ""),
    }
    return render(request, "desk/custody.html", context)


@require_POST
@allow(Role.DENUNCIATIONS)
def revoke(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """Take back somebody's access to a sealed case."""
    case = Case.objects.reach(number, request.user, to="work")
    grant = case.grants.filter(pk=pk, revoked_at=None).first()
    if grant is None:
        raise NotFound(_("Ese acceso ya no existe."))
    revoke_access(grant=grant, by=actor_of(request.user))
    messages.success(request, _("Esa persona ya no puede ver el caso."))
    return redirect("desk:case", number=case.number)


@require_safe
@allow(Role.AUDITOR)
def looks(request: StaffRequest) -> HttpResponse:
    """Who opened which confidential case and when. Never what the case says, nor why they asked."""
    what = request.GET.get("tipo", "")
    number = request.GET.get("caso", "").strip()
    who = request.GET.get("quien", "").replace("\x00", "").strip()[:100]
    found = Look.objects.select_related("user").order_by("-id")
    if what in Look.What.values:
        found = found.filter(what=what)
    if number:
        found = found.filter(case__in=Case.objects.numbered(number))
    for word in who.split():
        found = found.filter(_named(word))
    after = _key(request.GET.get("despues", ""))
    rows = list((found.filter(pk__lt=after) if after else found)[: _PAGE + 1])
    query = request.GET.copy()
    query.pop("despues", None)
    context = {
        "looks": [(look, Case(pk=look.case_id).number) for look in rows[:_PAGE]],
        "kinds": Look.What.choices,
        "what": what,
        "number": number,
        "who": who,
        "next": _next("desk:looks", rows, f"{query.urlencode()}&" if query else ""),
    }
    return render(request, "desk/looks.html", context)


def _named(word: str) -> Q:
    return (
        Q(user__first_name__icontains=word)
        | Q(user__last_name__icontains=word)
        | Q(user__username__icontains=word)
    )


def _key(given: str) -> int | None:
    return int(given) if given.isdecimal() and len(given) < 19 else None


def _next(route: str, rows: Sequence[Case] | Sequence[Look], query: str) -> str:
    """The address of the page that follows, or nothing."""
    if len(rows) <= _PAGE:
        return ""
    return f"{reverse(route)}?{query}despues={rows[_PAGE - 1].pk}"
