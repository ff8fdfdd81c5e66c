"""The monthly table that the centre published."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from centro.insights.dashboards.panel import Dashboard, Look, Panel

DASHBOARD = Dashboard(
    "efectividad",
    _("Efectividad operativa"),
    _("Por mes de apertura: cuántos casos, y qué parte seguía activa o cerrada al día de corte."),
    (
        Panel("effectiveness", Look.NUMBER, "closed_pct"),
        Panel("operational-effectiveness", Look.TABLE, "closed_pct"),
        Panel("created-by-month", Look.LINE),
        Panel("closed-by-month", Look.LINE, "closed"),
        Panel("overdue-by-month", Look.LINE, "overdue"),
    ),
)
