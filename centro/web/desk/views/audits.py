"""Was it really solved? The work of the quality analyst, and what came of it for each entity."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of, scope_of
from centro.cases.actions import judge_closure, record_look
from centro.cases.audits import DAYS, audit_queue, findings, national_score, scores
from centro.cases.models import ClosureAudit
from centro.kernel.errors import Invalid, Refused
from centro.web.access import StaffRequest, allow
from centro.web.desk.auditfile import AuditFile
from centro.web.desk.forms.audits import AuditForm, Verdict
from centro.web.desk.posts import AUDIT_READERS, AUDITED

_LISTED = 100


@require_safe
@allow(Role.QUALITY)
def queue(request: StaffRequest) -> HttpResponse:
    """What chance drew and nobody has looked at, oldest first."""
    waiting = audit_queue(request.user).select_related("agency", "case__service", "case__place")
    rows = list(waiting.defer("case__search")[: _LISTED + 1])
    context = {"audits": rows[:_LISTED], "more": len(rows) > _LISTED}
    return render(request, "desk/audits.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Role.QUALITY)
def audit(request: StaffRequest, pk: int) -> HttpResponse:
    """One closure with what was asked for and what was done; a POST judges it."""
    if request.method == "POST" and _is_done(request, pk):
        return _done_by_another(request)
    found = ClosureAudit.objects.reach(pk, request.user)
    if request.method != "POST":
        return _show(request, found, AuditForm())
    form = AuditForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form, status=Invalid.status)
    return _judge(request, found, form)


def _judge(request: StaffRequest, found: ClosureAudit, form: AuditForm) -> HttpResponse:
    given = form.cleaned_data
    try:
        judge_closure(
            audit=found,
            real=given["verdict"] == Verdict.REAL,
            why=given["why"],
            text=given["text"],
            by=actor_of(request.user),
        )
    except Refused as refusal:
        if _is_done(request, found.pk):
            return _done_by_another(request)
        form.add_error(None, refusal.message)
        return _show(request, found, form, status=refusal.status)
    messages.success(request, _("La revisión quedó guardada."))
    return _next(request)


def _is_done(request: StaffRequest, pk: int) -> bool:
    return ClosureAudit.objects.done().for_analyst(request.user).filter(pk=pk).exists()


def _done_by_another(request: StaffRequest) -> HttpResponse:
    """Two people had the same one open: nothing is lost, there is a next one."""
    messages.info(request, _("Ese cierre ya estaba revisado."))
    return _next(request)


def _next(request: StaffRequest) -> HttpResponse:
    pk = audit_queue(request.user).values_list("pk", flat=True).first()
    return redirect("desk:audits") if pk is None else redirect("desk:audit", pk=pk)


def _show(
    request: StaffRequest, found: ClosureAudit, form: AuditForm, status: int = 200
) -> HttpResponse:
    record_look(case=found.case, user=request.user)
    waiting = audit_queue(request.user)
    context = {
        "file": AuditFile(found),
        "audit": found,
        "case": found.case,
        "form": form,
        "left": waiting.order_by().count(),
        "skip": waiting.filter(pk__gt=found.pk).values_list("pk", flat=True).first(),
    }
    return render(request, "desk/audit.html", context, status=status)


@require_safe
@allow(*AUDITED, *AUDIT_READERS)
def results(request: StaffRequest) -> HttpResponse:
    """The score of one's own entities, or of each entity for those who watch over all."""
    scope = scope_of(request.user)
    mine = None if scope.has(*AUDIT_READERS) else scope.agencies_for(*AUDITED)
    found = scores(mine)
    context = {
        "days": DAYS,
        "national": national_score(),
        "scores": found,
        "one": found[0] if mine is not None and len(found) == 1 else None,
        "findings": findings(request.user, mine),
        "reopens": scope.has(Role.SUPERVISOR),
    }
    return render(request, "desk/audit_scores.html", context)
