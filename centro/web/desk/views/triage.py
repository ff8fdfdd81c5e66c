"""Triage: what no rule caught, oldest first, one case at a time until there is none."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from centro.cases.models import Case, Transfer
from centro.cases.queries import triage_queue
from centro.catalog.queries import suggest_services
from centro.catalog.understanding.answering import understand
from centro.kernel.errors import NotFound
from centro.web.access import StaffRequest, allow
from centro.web.desk.casefile import open_file
from centro.web.desk.doings import BY_SLUG, Doing
from centro.web.desk.forms.case import CaseForm
from centro.web.desk.posts import FRONT
from centro.web.desk.views.case import attempt, show

_SHOWN = 100
# What the screen offers side by side, the commonest first.
SLUGS = ("derivar", "reclasificar", "cerrar", "duplicado")


@require_safe
@allow(*FRONT)
def queue(request: StaffRequest) -> HttpResponse:
    """The whole queue, oldest first, each with why nobody owns it."""
    decided = Transfer.objects.exclude(decision=Transfer.Decision.ACCEPTED)
    trips = Prefetch("transfers", decided.select_related("from_agency", "to_agency").order_by("id"))
    waiting = list(triage_queue(request.user).prefetch_related(trips)[: _SHOWN + 1])
    context = {"cases": waiting[:_SHOWN], "more": len(waiting) > _SHOWN}
    return render(request, "desk/triage.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*FRONT)
def sort_case(request: StaffRequest, number: str, slug: str = SLUGS[0]) -> HttpResponse:
    """One case of the queue with one of the ways out of it."""
    if slug not in SLUGS:
        raise NotFound(_("No existe esa página."))
    doing = BY_SLUG[slug]
    if request.method == "POST":
        return _do(request, number, doing)
    case = Case.objects.reach(number, request.user, to="work")
    if case.status != "received":
        messages.info(
            request, _("El caso %(number)s ya salió de clasificación.") % {"number": number}
        )
        return redirect("desk:case", number=case.number)
    wanted = {"service": request.GET["servicio"]} if "servicio" in request.GET else None
    # The case is read first: on a telephone a focused field would scroll past it.
    form = doing.form(initial=wanted, case=case, user=request.user, focus=False)
    return _screen(request, case.number, doing, form)


def _do(request: StaffRequest, number: str, doing: Doing) -> HttpResponse:
    case = Case.objects.reach(number, request.user, to="work")
    form = doing.form(request.POST, request.FILES, case=case, user=request.user)
    status = attempt(request, case, doing, form)
    if status != 200:
        return _screen(request, number, doing, form, status=status)
    messages.success(request, f"{case.number}: {doing.done}")
    return _next_after(request, case)


def _next_after(request: StaffRequest, case: Case) -> HttpResponse:
    """On to the next of the queue; from its end back to its beginning; then the empty queue."""
    left = triage_queue(request.user).values_list("pk", flat=True)
    pk = left.filter(pk__gt=case.pk).first() or left.exclude(pk=case.pk).first()
    # Still received after a correction: it stays in hand.
    if Case.objects.filter(pk=case.pk, status="received").exists():
        return redirect("desk:triage_case", number=case.number)
    if pk is None:
        return redirect("desk:triage")
    return redirect("desk:triage_case", number=Case(pk=pk).number)


def _screen(
    request: StaffRequest, number: str, doing: Doing, form: CaseForm, status: int = 200
) -> HttpResponse:
    file = open_file(number, request.user)
    queue = triage_queue(request.user).values_list("pk", flat=True)
    next_pk = queue.filter(pk__gt=file.case.pk).first()
    trips = file.case.transfers.select_related("from_agency", "to_agency").order_by("id")
    return show(
        request,
        file,
        template="desk/triage_case.html",
        doing=doing,
        form=form,
        way=_address(file.case, doing.slug),
        status=status,
        ways=[(BY_SLUG[slug], _address(file.case, slug)) for slug in SLUGS],
        trips=_ended(trips),
        meanwhile=file.since(form.shown_at) if form.is_stale else [],
        likely=suggest_services(file.case.description, limit=3),
        understood=understand(file.case.description),
        correction=_address(file.case, "reclasificar"),
        skip=Case(pk=next_pk).number if next_pk else "",
        left=queue.count(),
    )


def _ended(trips: Iterable[Transfer]) -> list[Transfer]:
    return [
        t for t in trips if t.decision in {Transfer.Decision.REFUSED, Transfer.Decision.EXPIRED}
    ]


def _address(case: Case, slug: str) -> str:
    return reverse("desk:triage_way", kwargs={"number": case.number, "slug": slug})
