"""Whether the solutions are solutions."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from centro.insights.dashboards.panel import Dashboard, Look, Panel

DASHBOARD = Dashboard(
    "satisfaccion",
    _("Satisfacción y reapertura"),
    _("Qué dicen las personas de las soluciones, y cuántas veces hubo que volver a empezar."),
    (
        Panel("satisfaction", Look.NUMBER, "satisfied_pct"),
        Panel("reopening-rate", Look.NUMBER, "reopened_pct"),
        Panel("time-to-solve", Look.NUMBER, "median_h"),
        Panel("satisfaction-by-agency", Look.BARS, "satisfied_pct"),
        Panel("satisfaction-by-month", Look.LINE, "satisfied_pct"),
    ),
)
