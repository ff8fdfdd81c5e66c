"""Who is away, and who answers meanwhile."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from centro.accounts.roles import Role
from centro.agencies.absences import people_of
from centro.agencies.actions import end_absence, record_absence
from centro.agencies.models import Absence
from centro.agencies.scopes import actor_of
from centro.kernel.clock import today
from centro.kernel.errors import NotFound, Refused
from centro.web.access import StaffRequest, allow
from centro.web.desk.forms.absences import AbsenceForm


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*Role)
def absences(request: StaffRequest) -> HttpResponse:
    """Who is or will be away among those this user speaks for, and a form for one more."""
    form = AbsenceForm(request.POST or None, asker=request.user)
    status = 200
    if request.method == "POST":
        status = _record(request, form)
        if status == 200:
            messages.success(request, _("La ausencia quedó anotada."))
            return redirect("desk:absences")
    known = Absence.objects.filter(ends__gte=today()).select_related("user", "delegate", "made_by")
    people = [request.user, *people_of(request.user)]
    context = {
        "form": form,
        "absences": known.filter(user__in=people).order_by("starts", "pk"),
        "standing_in": known.filter(delegate=request.user, starts__lte=today()),
        "today": today(),
    }
    return render(request, "desk/absences.html", context, status=status)


def _record(request: StaffRequest, form: AbsenceForm) -> int:
    if not form.is_valid():
        return 422
    try:
        record_absence(**form.cleaned_data, by=actor_of(request.user))
    except Refused as refusal:
        form.add_error(None, str(refusal.message))
        return refusal.status
    return 200


@require_POST
@allow(*Role)
def end(request: StaffRequest, pk: int) -> HttpResponse:
    """Somebody is back."""
    people = [request.user, *people_of(request.user)]
    absence = Absence.objects.filter(pk=pk, user__in=people).first()
    if absence is None:
        raise NotFound(_("Esa ausencia no existe."))
    end_absence(absence=absence, by=actor_of(request.user))
    messages.success(request, _("La ausencia terminó."))
    return redirect("desk:absences")
