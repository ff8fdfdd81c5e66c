"""Events that many people report at once: which are announced, and what looks like one.

Nothing here costs more with closed history: events that go on are few and have an index, and
suggestions read the unsolved cases of the last day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Max, Min, Q

from centro.accounts.models import User
from centro.cases.models import Case, CaseQuerySet, Incident
from centro.cases.models.incidents import IncidentQuerySet
from centro.catalog.models import Confidentiality, ServiceType
from centro.catalog.queries import service_with
from centro.kernel.clock import now
from centro.places.models import Place
from centro.places.queries import place_with
from centro.places.stamps import Kept, renew_stamp

STAMP = "incidents"
# Cases of one event come within a day of each other, and three of them make one think of it.
NEAR_IN_TIME = timedelta(hours=24)
FEWEST = 3
# When most of a district's reports come from one corregimiento, the event is there.
_MOST_OF = 0.7
MOST_SUGGESTED = 10
MOST_GATHERED = 200
_COUNTED_FOR = 60  # seconds
_GOING_ON = 50


# ---- What everybody is told ----


def announced() -> Sequence[Incident]:
    """The announced events, newest first; usually without a statement.

    The rows are shared between calls, at most some seconds old: read them, do not change them.
    """
    return _announced.get()


def announced_for(service: ServiceType, place: Place | None = None) -> list[Incident]:
    """The announced events of a service type that a place lies in; anywhere when none is given."""
    return [
        incident
        for incident in announced()
        if incident.service_id == service.pk and (place is None or covers(incident, place))
    ]


def announced_with(pk: int) -> Incident | None:
    """The announced event with that key; usually without a statement."""
    return next((incident for incident in announced() if incident.pk == pk), None)


def people_of(incident: Incident) -> int:
    """How many it touches: its cases, and who said "me too". At most a minute old."""
    kept: Any = cache.get_or_set("incidents:people", _count_people, _COUNTED_FOR)
    counted: dict[int, int] = kept
    return counted.get(incident.pk, 0) or incident.also_affected


def count_people(incident: Incident) -> int:
    """The same, now. One statement."""
    return sum(_people(Incident.objects.filter(pk=incident.pk)).values())


def tell_announcements() -> None:
    """Say that the announcements changed. To be called in the transaction that changes them."""
    renew_stamp(STAMP)
    _announced.forget()


def covers(incident: Incident, place: Place) -> bool:
    """Whether a place is where the event is: the same, inside it, or the district around it."""
    around = {place.pk, place.district_id, place.province_id}
    return incident.place_id in around or incident.place.district_id == place.pk


def _read_announced() -> list[Incident]:
    told = Incident.objects.announced().select_related(*Incident.COMPANIONS)
    return list(told.order_by("-opened_at"))


def _count_people() -> dict[int, int]:
    return _people(Incident.objects.announced())


def _people(incidents: IncidentQuerySet) -> dict[int, int]:
    counted = incidents.order_by().annotate(in_cases=Count("cases"))
    return {
        pk: cases + others
        for pk, cases, others in counted.values_list("pk", "in_cases", "also_affected")
    }


_announced: Kept[list[Incident]] = Kept(STAMP, _read_announced)


# ---- What the desk sees ----


def going_on(services: Iterable[ServiceType], place: Place | None) -> list[Incident]:
    """The events of these service types that go on, announced or not, where the place lies."""
    of = Incident.objects.open().filter(service__in=[service.pk for service in services])
    found = of.select_related(*Incident.COMPANIONS).order_by("-opened_at")[:_GOING_ON]
    return [incident for incident in found if place is None or covers(incident, place)]


def cases_like(incident: Incident, user: User) -> CaseQuerySet:
    """Unsolved cases that may be of this event and are of none, as far as this user works them."""
    since = incident.opened_at - NEAR_IN_TIME
    near = alike(incident.service, incident.place, user, since=since)
    if incident.agency_id is None:
        return near
    return near.filter(Q(agency=incident.agency_id) | Q(agency=None))


def alike(
    service: ServiceType, place: Place, user: User, *, since: datetime | None = None
) -> CaseQuerySet:
    """The unsolved cases of a service type in a place, newest first, that are of no event yet."""
    return _recent(user, since or now() - NEAR_IN_TIME).filter(
        Q(place=place) | Q(place__district=place), service=service
    )


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Cases that came near in time, place and type: perhaps one event."""

    service: ServiceType
    place: Place
    cases: int
    first: datetime
    last: datetime


def suggest_incidents(user: User) -> list[Suggestion]:
    """What looks like one event among the cases that this user works, most cases first.

    One statement over the unsolved cases of the last day.
    """
    rows = (
        _recent(user, now() - NEAR_IN_TIME)
        .filter(service__requires_place=True)
        .order_by()
        .values_list("service__code", "place__code", "place__district__code")
        .annotate(cases=Count("pk"), first=Min("opened_at"), last=Max("opened_at"))
    )
    by_area: dict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
    for service, place, district, *counted in rows:
        by_area[service, district or place].append((place, *counted))
    found = [one for (code, area), near in by_area.items() if (one := _seen_as(code, area, near))]
    found.sort(key=lambda one: (-one.cases, one.first))
    return found[:MOST_SUGGESTED]


def _seen_as(code: str, area: str, near: list[tuple[Any, ...]]) -> Suggestion | None:
    """What the counts of a district's places come to; None when they are too few."""
    total = sum(cases for _place, cases, _first, _last in near)
    if total < FEWEST:
        return None
    busiest = max(near, key=lambda row: row[1])
    if busiest[1] >= max(FEWEST, _MOST_OF * total):
        area, near = busiest[0], [busiest]
    service, place = service_with(code), place_with(area)
    if service is None or place is None:
        return None
    return Suggestion(
        service,
        place,
        sum(row[1] for row in near),
        min(row[2] for row in near),
        max(row[3] for row in near),
    )


def _recent(user: User, since: datetime) -> CaseQuerySet:
    cases = Case.objects.workable_by(user).unsolved()
    return (
        cases.exclude(confidentiality=Confidentiality.SEALED)
        .filter(opened_at__gte=since, incident=None, place__isnull=False)
        .order_by("-pk")
    )
