"""The country at a glance."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from centro.insights.dashboards.panel import Dashboard, Look, Panel

DASHBOARD = Dashboard(
    "nacional",
    _("Nacional"),
    _("De qué se queja el país, por dónde lo dice y cuánto se le resuelve."),
    (
        Panel("effectiveness", Look.NUMBER, "closed_pct"),
        Panel("within-sla", Look.NUMBER, "within_pct"),
        Panel("deadline-compliance", Look.NUMBER, "compliance_pct"),
        Panel("overdue", Look.NUMBER, "overdue"),
        Panel("closed-by-week", Look.LINE, "closed"),
        Panel("top-services", Look.BARS, most=5),
        Panel("top-agencies", Look.BARS, most=5),
        Panel("by-channel", Look.BARS),
        Panel("by-kind", Look.BARS),
    ),
)
