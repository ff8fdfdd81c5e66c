"""How the service is doing, for anybody: three figures and what is reported where.

Shown on the first page, so it is asked for at most once a minute in each process, and it reads the
last month through an index: closed history costs nothing. Sealed cases are in none of it, and what
is reserved is on no map.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.core.cache import cache
from django.db import connection
from django.db.models import Count, F, Q

from centro.cases.models import Case, CaseQuerySet
from centro.cases.rules import Status
from centro.catalog.models import CaseKind, Confidentiality
from centro.kernel.clock import now

DAYS = 30
FRESH_FOR = 60  # seconds
MOST_SPOTS = 60
_NAMED = 2
# What can be seen in the street. A complaint about how somebody was treated is on no map.
_SEEN = (CaseKind.COMPLAINT, CaseKind.REQUEST)


@dataclass(frozen=True, slots=True)
class Figures:
    """The three figures of the first page. `/cifras/` says each in a sentence."""

    at: datetime
    received: int
    fell_due: int
    on_time: int
    overdue: int

    @property
    def share(self) -> int | None:
        """The percentage solved on time of what fell due, never rounded up; None while nothing did."""
        return 100 * self.on_time // self.fell_due if self.fell_due else None


@dataclass(frozen=True, slots=True)
class Spot:
    """How many cases are open in a place, and the service types most of them are about."""

    code: str
    name: str
    lat: float | None
    lon: float | None
    cases: int
    services: tuple[str, ...]


def figures() -> Figures:
    """The figures of the last 30 days, at most a minute old. Two statements when they are not."""
    kept: Any = cache.get_or_set("pulse:figures", _figures, FRESH_FOR)
    return cast("Figures", kept)


def spots(province: str = "") -> tuple[Spot, ...]:
    """Where cases of the last 30 days are open, most first, at most a minute old: by province, or
    by corregimiento within one. One statement when they are older."""
    name = f"pulse:spots:{province}"
    kept: Any = cache.get_or_set(name, lambda: _spots(province), FRESH_FOR)
    return cast("tuple[Spot, ...]", kept)


def _shown() -> CaseQuerySet:
    return Case.objects.exclude(confidentiality=Confidentiality.SEALED)


def _figures() -> Figures:
    at = now()
    received, overdue = _counts(
        _shown().filter(opened_at__gte=at - timedelta(days=DAYS), opened_at__lt=at),
        _shown().overdue(at),
    )
    fell = _shown().filter(_fell_due(at))
    due = fell.aggregate(
        fell_due=Count("pk"), on_time=Count("pk", filter=Q(resolved_at__lte=F("due_at")))
    )
    return Figures(at=at, received=received, overdue=overdue, **due)


def _fell_due(at: datetime) -> Q:
    """What fell due in the period, whatever became of it since.

    A duplicate never has a solution of its own; a case closed without one before its day (withdrawn,
    not for the State) had nothing left to fall due. One closed without a solution after its day did.
    """
    unanswered = Q(resolved_at=None, closed_at__isnull=False, closed_at__lt=F("due_at"))
    period = Q(due_at__gte=at - timedelta(days=DAYS), due_at__lt=at)
    return period & ~Q(status=Status.DUPLICATE) & ~unanswered


def _counts(*sets: CaseQuerySet) -> tuple[int, ...]:
    """The sizes of several sets in one statement."""
    compiled = [found.order_by().values("pk").query.sql_with_params() for found in sets]
    parts = [f"(SELECT count(*) FROM ({sql}) AS part)" for sql, _params in compiled]  # noqa: S608 compiled by the ORM
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(parts)}", [one for _sql, params in compiled for one in params]
        )
        counted: tuple[int, ...] = cursor.fetchone()
    return counted


def _spots(province: str) -> tuple[Spot, ...]:
    level = "place" if province else "province"
    found = (
        Case.objects.active()
        .filter(
            confidentiality=Confidentiality.OPEN,
            opened_at__gte=now() - timedelta(days=DAYS),
            service__requires_place=True,
            kind__in=_SEEN,
            **{f"{level}__isnull": False},
        )
        .filter(Q(province__code=province) if province else Q())
    )
    names = (f"{level}__code", f"{level}__name", f"{level}__lat", f"{level}__lon", "service__code")
    rows = found.order_by().values_list(*names).annotate(cases=Count("pk"))
    return _gathered(rows)


def _gathered(rows: Iterable[tuple[Any, ...]]) -> tuple[Spot, ...]:
    """One spot for each place, from one row for each place and service type."""
    by_place: dict[Any, list[tuple[int, str]]] = defaultdict(list)
    for *place, service, cases in rows:
        by_place[tuple(place)].append((cases, service))
    gathered = []
    for (code, name, lat, lon), services in by_place.items():
        services.sort(key=lambda row: (-row[0], row[1]))
        total = sum(cases for cases, _service in services)
        named = tuple(service for _cases, service in services[:_NAMED])
        gathered.append(Spot(code, name, lat, lon, total, named))
    gathered.sort(key=lambda spot: (-spot.cases, spot.code))
    return tuple(gathered[:MOST_SPOTS])
