"""What the President sees in a minute."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from centro.insights.dashboards.panel import Dashboard, Look, Panel

DASHBOARD = Dashboard(
    "presidencia",
    _("Presidencia"),
    _("Lo que el país espera del Estado y hasta dónde tuvo que subir para que se le respondiera."),
    (
        Panel("requested", Look.NUMBER),
        Panel("deadline-compliance", Look.NUMBER, "compliance_pct"),
        Panel("overdue", Look.NUMBER, "overdue"),
        Panel("satisfaction", Look.NUMBER, "satisfied_pct"),
        Panel("escalations", Look.BARS),
        Panel("overdue-agencies", Look.BARS, "overdue", most=10),
        Panel("top-services", Look.BARS, most=5),
        Panel("overdue-by-month", Look.LINE, "overdue"),
    ),
    of_country=True,
)
