"""What the map and the place box ask for. Read only, nothing personal, cached by the browser."""

from __future__ import annotations

import math
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from centro.places.models import Place
from centro.places.queries import (
    Located,
    Spot,
    boundary_json,
    children_of,
    locate,
    nearby_landmarks,
    search_spots,
)

# How near the map goes to a place chosen by typing.
ZOOM = {Place.Level.PROVINCE: 9, Place.Level.DISTRICT: 12, Place.Level.CORREGIMIENTO: 14}


@require_safe
@login_not_required
@cache_control(max_age=86400, public=True)
def limits(request: HttpRequest, code: str = "") -> HttpResponse:
    """Outlines to draw: the provinces, a whole level, or the parts of a place (GeoJSON)."""
    return HttpResponse(boundary_json(code), content_type="application/geo+json")


@require_safe
@login_not_required
@cache_control(max_age=3600, public=True)
def around(request: HttpRequest) -> HttpResponse:
    """In which corregimiento a point is, in words, with the landmarks around it."""
    lat, lon = _degrees(request, "lat"), _degrees(request, "lon")
    found = locate(lat, lon) if lat is not None and lon is not None else None
    if found is None or lat is None or lon is None:
        return JsonResponse(
            {"code": "", "text": _("Ese punto está fuera del país."), "landmarks": []}
        )
    marks = nearby_landmarks(lat, lon, limit=10)
    text = where(found)
    if marks:
        text = _("%(place)s, cerca de %(landmark)s") % {"place": text, "landmark": marks[0].name}
    return JsonResponse(
        {
            "code": found.code,
            "text": text,
            "landmarks": [{"name": m.name, "lat": m.lat, "lon": m.lon} for m in marks],
        }
    )


def where(found: Located) -> str:
    """`Bella Vista, distrito de Panamá`, without saying one name twice."""
    parts = dict.fromkeys(part for part in (found.name, found.district, found.province) if part)
    return ", ".join(parts)


@require_safe
@login_not_required
@cache_control(max_age=3600, public=True)
def places(request: HttpRequest) -> HttpResponse:
    """Places and landmarks whose names begin as typed, for the type-ahead box."""
    spots = search_spots(request.GET.get("q", "").replace("\x00", "")[:80], limit=8)
    return JsonResponse([_spot(spot) for spot in spots], safe=False)


def _spot(spot: Spot) -> dict[str, Any]:
    level = Place.Level(spot.place.level)
    return {
        "value": spot.place.code,
        "path": _path(spot.place),
        "label": spot.label,
        "hint": "" if spot.landmark else str(level.label),
        "lat": spot.lat,
        "lon": spot.lon,
        "pin": spot.exact,
        "zoom": ZOOM[level],
    }


def _path(place: Place) -> list[str]:
    """The codes from the province down to the place, as the three lists want them."""
    above = [place.province, place.district, place]
    return list(dict.fromkeys(one.code for one in above if one is not None))


@require_safe
@login_not_required
@cache_control(max_age=86400, public=True)
def children(request: HttpRequest, code: str) -> HttpResponse:
    """The parts of a place, for the lists that narrow one another."""
    return JsonResponse(
        [{"value": place.code, "label": place.name} for place in children_of(code)], safe=False
    )


def _degrees(request: HttpRequest, name: str) -> float | None:
    try:
        value = float(request.GET.get(name, ""))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
