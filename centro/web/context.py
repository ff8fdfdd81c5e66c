"""What every template may name. No statement is sent from here."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _


def site(request: HttpRequest) -> dict[str, Any]:
    """Names of the service and of the map's tiles; `demonstration` puts a notice on every page."""
    return {
        "site_name": _("Centro 3-1-1"),
        "site_line": _("Atención ciudadana"),
        "site_url": settings.SITE_URL,
        "demonstration": settings.DEMONSTRATION,
        "tiles_url": settings.TILES_URL,
        "tiles_credit": settings.TILES_CREDIT,
        "reopening_days": settings.REOPENING_DAYS,
    }
