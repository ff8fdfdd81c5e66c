"""One entity: what it is asked, and how it answers."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from centro.insights.dashboards.panel import Dashboard, Look, Panel

DASHBOARD = Dashboard(
    "entidad",
    _("Por entidad"),
    _("Lo que se le pide a una entidad y cómo responde. Elija la entidad en los filtros."),
    (
        Panel("requested", Look.NUMBER),
        Panel("effectiveness", Look.NUMBER, "closed_pct"),
        Panel("within-sla", Look.NUMBER, "within_pct"),
        Panel("deadline-compliance", Look.NUMBER, "compliance_pct"),
        Panel("by-kind", Look.BARS),
        Panel("top-services", Look.BARS, most=3, title=_("Los tres servicios más pedidos")),
        Panel("overdue-top", Look.BARS, "overdue", most=3),
        Panel("overdue-by-month", Look.LINE, "overdue"),
        Panel("created-by-month", Look.LINE),
        Panel("closed-by-month", Look.LINE, "closed"),
        Panel("created-top-by-month", Look.TABLE),
        Panel("closed-top-by-month", Look.TABLE, "closed"),
        Panel("by-reason", Look.BARS),
    ),
)
