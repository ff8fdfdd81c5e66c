"""Where the complaints come from."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from centro.insights.dashboards.panel import Dashboard, Look, Panel

DASHBOARD = Dashboard(
    "geografia",
    _("Geografía"),
    _("De dónde vienen los casos, en total y por cada mil habitantes. Elija un lugar para entrar."),
    (
        Panel("by-place", Look.MAP),
        Panel("by-district", Look.BARS, most=7, title=_("Los siete distritos con más casos")),
        Panel(
            "by-corregimiento",
            Look.BARS,
            most=7,
            title=_("Los siete corregimientos con más casos"),
        ),
    ),
)
