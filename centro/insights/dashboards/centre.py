"""The contact centre itself."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from centro.insights.dashboards.panel import Dashboard, Look, Panel

DASHBOARD = Dashboard(
    "centro",
    _("Centro de contacto"),
    _("Cómo se atiende a quien llama o escribe: cuántos, a qué hora y en cuánto tiempo."),
    (
        Panel("contacts", Look.NUMBER, "total"),
        Panel("first-contact", Look.NUMBER, "resolved_pct"),
        Panel("registration-time", Look.NUMBER, "median_s"),
        Panel("contacts-by-channel", Look.BARS),
        Panel("by-hour", Look.BARS),
    ),
    of_country=True,
)
