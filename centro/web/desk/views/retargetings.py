"""How far the cases under way follow a calendar or an agreement that came into force."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from centro.accounts.models import User
from centro.agencies.scopes import scope_of
from centro.cases.models import Retargeting
from centro.kernel.errors import NotFound
from centro.web.access import StaffRequest, allow
from centro.web.desk.posts import OF_ALL_TERMS, OF_TERMS


@require_safe
@allow(*OF_TERMS)
def progress(request: StaffRequest, pk: int) -> HttpResponse:
    """The page asks for itself again while the work goes on; without scripts one reloads it."""
    works = Retargeting.objects.select_related(
        "calendar__calendar", "policy__policy__service", "begun_by"
    )
    work = works.filter(pk=min(pk, 2**63 - 1)).first()
    if work is None or not _reaches(work, request.user):
        raise NotFound(_("No existe ese ajuste de plazos."))
    if work.calendar is not None:
        back = reverse("desk:calendar", kwargs={"code": work.calendar.calendar.code})
    else:
        assert work.policy is not None
        back = reverse("desk:agreement", kwargs={"service": work.policy.policy.service.code})
    return render(request, "desk/retargeting.html", {"work": work, "back": back})


def _reaches(work: Retargeting, user: User) -> bool:
    """Calendars are everybody's who reads them; an agreement is its entity's."""
    scope = scope_of(user)
    if work.policy is None or scope.has(*OF_ALL_TERMS):
        return True
    return work.policy.policy.service.agency_id in scope.agencies_for(*OF_TERMS)
