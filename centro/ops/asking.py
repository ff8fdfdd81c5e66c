"""Questions that the command line asks of the domain, answered as plain data."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from centro.cases.distribution import foresee_official
from centro.cases.models import Case
from centro.cases.routing import find_route
from centro.catalog.models import ServiceType
from centro.catalog.queries import service_with
from centro.kernel.errors import NotFound
from centro.kernel.text import fold
from centro.places.models import Place
from centro.places.queries import place_with, search_places

_NAMESAKES = 30


def route_of(service: str, place: str, language: str) -> dict[str, Any]:
    """The way that a case would take now, with its reasons as codes and in words.

    Raises NotFound for an unknown service type or place, or for a name that several places have.
    """
    with override(language):
        asked = service_with(service)
        if asked is None:
            raise NotFound(_("No existe el tipo de servicio %(code)s.") % {"code": service})
        where = _place_named(place) if place else None
        return _told(asked, where)


def _told(service: ServiceType, place: Place | None) -> dict[str, Any]:
    imagined = Case(service=service, place=place, confidentiality=service.confidentiality)
    imagined.province_id = place.province_id if place else None
    route = foresee_official(imagined, find_route(service, place))
    return {
        "service": service.code,
        "place": place.code if place else None,
        "agency": route.agency.acronym if route.agency else None,
        "unit": route.unit.code if route.unit else None,
        "official": route.official_name or None,
        "steps": [{**step.kept, "words": step.words} for step in route.steps],
    }


def _place_named(text: str) -> Place:
    found = place_with(text)
    if found is not None:
        return found
    places = search_places(text.partition(",")[0], limit=_NAMESAKES)
    exact = [p for p in places if fold(text) in {fold(p.name), fold(p.full_name)}]
    if len(exact) == 1:
        return exact[0]
    if not places:
        raise NotFound(_("No existe el lugar %(text)s.") % {"text": text})
    several = "; ".join(f"{p.code} {p.full_name}" for p in (exact or places)[:8])
    raise NotFound(_("Hay varios lugares así: %(places)s.") % {"places": several})
