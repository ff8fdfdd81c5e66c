"""Entities side by side, in groups of like size."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from centro.insights.dashboards.panel import Dashboard, Look, Panel

DASHBOARD = Dashboard(
    "entidades",
    _("Entidades, lado a lado"),
    _(
        "Las entidades en tres grupos de tamaño, con lo que delata un buen número sin buen servicio."
    ),
    (Panel("league", Look.TABLE, "compliance_pct"),),
    of_country=True,
)
