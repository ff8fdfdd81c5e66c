"""The catalogue in memory: types by code, and the index of words that answers before any model."""

from __future__ import annotations

from collections.abc import Iterable

from centro.catalog.calendars import STAMP
from centro.catalog.models import ServiceType
from centro.catalog.ranking import Described, Ranking
from centro.places.stamps import Kept

# A matter for everyone ("a complaint") gives way to one that somebody in particular answers.
_FOR_NOBODY = 0.5


def service_with(code: str) -> ServiceType | None:
    """The active service type of a code, with `agency` loaded; usually without a statement.

    The row is shared between calls: read it, do not change it.
    """
    found = active_services().get(code)
    if found is None and code:
        # Perhaps it is newer than our copy.
        newer = ServiceType.objects.select_related("agency").filter(code=code, active=True)
        found = newer.first()
    return found


def active_services() -> dict[str, ServiceType]:
    """Every type in use by its code, with `agency` loaded. Shared: read it, do not change it."""
    return _by_code.get()


def service_index() -> Ranking[ServiceType]:
    """The index of the words of every type in use."""
    return _index.get()


def rank_services(services: Iterable[ServiceType]) -> Ranking[ServiceType]:
    """The index that `service_index` gives, over these types."""
    return Ranking(_described(service) for service in services)


def _described(service: ServiceType) -> Described[ServiceType]:
    agency = service.agency
    about = f"{service.category} {agency.acronym if agency else ''}"
    weight = 1.0 if agency else _FOR_NOBODY
    phrases = (*service.keywords, service.name_en)
    return Described(service, service.name, phrases, category=about, weight=weight)


def _read_by_code() -> dict[str, ServiceType]:
    services = ServiceType.objects.filter(active=True).select_related("agency")
    return {service.code: service for service in services.order_by("code")}


def _read_index() -> Ranking[ServiceType]:
    services = ServiceType.objects.filter(active=True).select_related("agency")
    return rank_services(services.order_by("code"))


_by_code: Kept[dict[str, ServiceType]] = Kept(STAMP, _read_by_code)
_index: Kept[Ranking[ServiceType]] = Kept(STAMP, _read_index)
