"""The cases that climbed, and the answer of whoever holds a rung."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from centro.agencies.scopes import actor_of
from centro.cases.actions import acknowledge_escalation, record_look
from centro.cases.clockwork import TOP
from centro.cases.escalated import escalated_cases
from centro.cases.ladders import Ladder, ladder_of, rung_name
from centro.cases.models import Case, Escalation
from centro.kernel.clock import now
from centro.kernel.errors import NotFound, Refused
from centro.web.access import StaffRequest, allow
from centro.web.desk.forms.escalated import AnswerForm
from centro.web.desk.posts import ANSWERERS, CLIMB_READERS

_RUNGS = range(1, TOP + 1)


@require_safe
@allow(*CLIMB_READERS)
def escalated(request: StaffRequest) -> HttpResponse:
    """The cases in the user's sight that climbed, those without an answer first."""
    given, after = request.GET.get("escalon", ""), request.GET.get("despues", "")
    rung = int(given) if given in {str(number) for number in _RUNGS} else None
    found = escalated_cases(request.user, rung=rung, after=after)
    here = reverse("desk:escalated")
    kept = f"escalon={rung}&" if rung else ""
    context = {
        "rows": [
            (one, rung_name(one.record.rung, _ladder(one.case)), one.case.is_overdue(now()))
            for one in found.climbed
        ],
        "tabs": [
            ("", _("Todos"), here),
            *((n, rung_name(n, Ladder.AGENCY), f"{here}?escalon={n}") for n in _RUNGS),
        ],
        "rung": rung or "",
        "first": f"{here}?{kept}" if after else "",
        "next": f"{here}?{kept}despues={found.next_after}" if found.next_after else "",
    }
    return render(request, "desk/escalated.html", context)


def _ladder(case: Case) -> Ladder:
    return ladder_of(sealed=case.is_sealed, agency=case.agency_id)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*ANSWERERS)
def answer_rung(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """ "I have seen it, and will…": the answer of somebody who holds a rung of this case."""
    case = Case.objects.reach(number, request.user)
    record = Escalation.objects.filter(case=case, pk=pk).select_related("acknowledged_by").first()
    if record is None:
        raise NotFound(_("Ese escalón no existe."))
    form = AnswerForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = _answer(request, record, form)
        if status == 200:
            messages.success(request, _("Su respuesta quedó en el caso."))
            return redirect("desk:case", number=case.number)
    record_look(case=case, user=request.user)
    context = {
        "case": case,
        "record": record,
        "rung": rung_name(record.rung, _ladder(case)),
        "form": form,
        "late": case.is_overdue(now()),
    }
    return render(request, "desk/answer_rung.html", context, status=status)


def _answer(request: StaffRequest, record: Escalation, form: AnswerForm) -> int:
    """Write the answer down; otherwise the form says why not."""
    if not form.is_valid():
        return 422
    try:
        acknowledge_escalation(escalation=record, **form.cleaned_data, by=actor_of(request.user))
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        form.add_error(None, str(refusal.message))
        return refusal.status
    return 200
