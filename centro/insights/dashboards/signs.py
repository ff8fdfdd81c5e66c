"""What happens now: rises that nobody has named yet."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from centro.insights.dashboards.panel import Dashboard, Look, Panel

DASHBOARD = Dashboard(
    "alertas",
    _("Alertas tempranas"),
    _("Algo pasa: servicios que de pronto se piden mucho más de lo habitual en un distrito."),
    (Panel("early-signs", Look.TABLE),),
)
