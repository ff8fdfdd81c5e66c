"""Every entity at a glance: what it has in hand, what is late, what nobody answers."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from centro.agencies.models import Agency
from centro.agencies.scopes import scope_of
from centro.cases.counts import Load, agency_loads
from centro.channels.books import open_events
from centro.channels.models import ChannelAlarm
from centro.contacts.models import CallBack
from centro.kernel.clock import now
from centro.web.access import StaffRequest, allow
from centro.web.desk.posts import FRONT, OVERSEERS

# In the order of the columns; the first one is also how the table is sorted unless asked otherwise.
_COLUMNS = {
    "overdue": _("Vencidos"),
    "active": _("Activos"),
    "unassigned": _("Sin encargado"),
    "waiting": _("En espera"),
    "resolved": _("Por confirmar"),
    "proposed": _("Traslados"),
}


@dataclass(frozen=True, slots=True)
class Row:
    agency: Agency
    load: Load

    @property
    def late_share(self) -> int:
        """Overdue cases per hundred active."""
        return round(100 * self.load.overdue / self.load.active)


@require_safe
@allow(*OVERSEERS)
def overview(request: StaffRequest) -> HttpResponse:
    loads = agency_loads(request.user)
    agencies = Agency.objects.in_bulk([load.agency for load in loads if load.agency])
    order = request.GET.get("orden", "")
    order = order if order in _COLUMNS else "overdue"
    rows = [Row(agencies[load.agency], load) for load in loads if load.agency]
    rows.sort(key=lambda row: (-getattr(row.load, order), -row.load.active, row.agency.sort_key))
    calls = CallBack.objects.filter(state=CallBack.State.WAITING)
    context = {
        "rows": rows,
        "order": order,
        "columns": _COLUMNS.items(),
        "sorts": scope_of(request.user).has(*FRONT),
        "active": sum(load.active for load in loads),
        "overdue": sum(load.overdue for load in loads),
        "triage": sum(load.active for load in loads if load.agency is None),
        "proposed": sum(load.proposed for load in loads),
        "calls": calls.count(),
        "late_calls": calls.filter(due_at__lt=now()).count(),
        "unexplained": open_events(),
        "alarms": ChannelAlarm.objects.filter(ended_at=None).select_related("account"),
    }
    return render(request, "desk/supervisor.html", context)
