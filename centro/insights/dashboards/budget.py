"""What a budget office asks of an entity: how much is wanted, where, and what keeps breaking."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from centro.insights.dashboards.panel import Dashboard, Look, Panel

DASHBOARD = Dashboard(
    "presupuesto",
    _("Presupuesto"),
    _(
        "Para preparar el presupuesto de una entidad: qué se pide, dónde, qué queda sin resolver y "
        "qué se repite. Elija la entidad y el año, y llévese la hoja de cálculo."
    ),
    (
        Panel("requested", Look.NUMBER),
        Panel("overdue", Look.NUMBER, "overdue"),
        Panel("all-services", Look.BARS, most=10, title=_("Demanda por servicio")),
        Panel("by-district", Look.BARS, most=10, title=_("Demanda por distrito")),
        Panel("recurrent", Look.BARS, most=15),
        Panel("overdue-top", Look.BARS, "overdue"),
    ),
)
