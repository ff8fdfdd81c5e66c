"""What the first page shows besides its ways in: what is reported near, and how the State answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from centro.cases import pulse
from centro.cases.models import Case
from centro.catalog.models import Confidentiality, ServiceType
from centro.catalog.queries import service_with
from centro.web.public import sketch

LISTED = 6
_COOKIE = "provincia"
_KEPT_FOR = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Reported:
    """A line of the list beside the map."""

    spot: pulse.Spot
    services: list[ServiceType]


def around(request: HttpRequest) -> dict[str, Any]:
    """The map and its list: of the province asked for, the last one, or the whole country."""
    code = _province(request)
    found = pulse.spots(code)
    named = {place.code: place.name for place in sketch.provinces()}
    return {
        "provinces": sketch.provinces(),
        "province": code,
        "province_name": named.get(code, ""),
        "reported": [_line(spot) for spot in found[:LISTED]],
        "more_places": max(len(found) - LISTED, 0),
        "more_cases": sum(spot.cases for spot in found[LISTED:]),
        "sketch": sketch.draw(code, found, LISTED),
        "days": pulse.DAYS,
    }


def _line(spot: pulse.Spot) -> Reported:
    services = [service for code in spot.services if (service := service_with(code))]
    return Reported(spot, services)


def _province(request: HttpRequest) -> str:
    """A code that is a province, or nothing: anybody may write anything into an address."""
    asked = request.GET.get("provincia", request.COOKIES.get(_COOKIE, ""))
    return asked if asked in {place.code for place in sketch.provinces()} else ""


def remember_choice(request: HttpRequest, response: HttpResponse, code: str) -> None:
    """Keep the province that was chosen on this device; "the whole country" forgets it."""
    if "provincia" in request.GET:
        _keep(response, code)


def remember_place(response: HttpResponse, case: Case) -> None:
    """The province of what was just reported, unless it is confidential, is where they are."""
    if case.confidentiality != Confidentiality.OPEN or case.place is None:
        return
    province = next((p for p in sketch.provinces() if p.pk == case.place.province_id), None)
    if province is not None:
        _keep(response, province.code)


def _keep(response: HttpResponse, code: str) -> None:
    if not code:
        response.delete_cookie(_COOKIE, samesite="Lax")
        return
    response.set_cookie(
        _COOKIE,
        code,
        max_age=_KEPT_FOR,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
