"""Whether everybody waits alike."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from centro.insights.dashboards.panel import Dashboard, Look, Panel

DASHBOARD = Dashboard(
    "equidad",
    _("Equidad"),
    _("Si la solución tarda lo mismo en la capital, en el interior y en las comarcas."),
    (
        Panel("time-to-solve", Look.NUMBER, "median_h"),
        Panel("equity", Look.RANGES, "median_h"),
        Panel("by-province", Look.BARS),
    ),
)
