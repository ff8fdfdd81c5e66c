"""Lists that forms offer and that change a few times a day: read once a minute per process.

They keep a page with six selects at the price of one statement. A stale option does no harm:
the action checks what was chosen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TypeVar, cast

from django.core.cache import cache

from centro.accounts.roles import Role
from centro.agencies.models import Agency, Assignment, Unit
from centro.catalog.models import ServiceType
from centro.kernel.text import sort_key
from centro.places.models import Place

_FRESH_FOR = 60
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """A unit and who works in it: (user id, name), in the order of names."""

    unit: int
    name: str
    officials: tuple[tuple[int, str], ...]


def agencies() -> tuple[Option, ...]:
    """Active entities by acronym, `MOP · Ministerio de Obras Públicas`."""
    return _kept("agencies", _read_agencies)


def services() -> tuple[Group, ...]:
    """Active service types by code, grouped by category."""
    return _kept("services", _read_services)


def provinces() -> tuple[Option, ...]:
    return _kept("provinces", _read_provinces)


def regions() -> tuple[Group, ...]:
    """Each province with its districts; the province itself comes first in its group."""
    return _kept("regions", _read_regions)


def desks_of(agency_id: int) -> tuple[Desk, ...]:
    """The active units of an entity with the officials who hold a post in them today."""
    return _kept(f"desks:{agency_id}", lambda: _read_desks(agency_id))


def agency_with(acronym: str) -> int | None:
    """The id of an active entity by its acronym."""
    return _kept("acronyms", _read_acronyms).get(acronym)


def _kept(key: str, read: Callable[[], T]) -> T:
    return cast("T", cache.get_or_set(f"desk:{key}", read, _FRESH_FOR))


def _read_agencies() -> tuple[Option, ...]:
    return tuple(Option(a.acronym, str(a)) for a in Agency.objects.filter(active=True))


def _read_acronyms() -> dict[str, int]:
    return dict(Agency.objects.filter(active=True).values_list("acronym", "pk"))


def _read_services() -> tuple[Group, ...]:
    found = ServiceType.objects.filter(active=True).only("code", "name", "category")
    ordered = sorted(found, key=lambda s: (sort_key(s.category), sort_key(s.name)))
    return tuple(
        Group(category, tuple(Option(s.code, s.name) for s in members))
        for category, members in groupby(ordered, key=attrgetter("category"))
    )


def _read_provinces() -> tuple[Option, ...]:
    found = Place.objects.filter(level="province").order_by("sort_key")
    return tuple(Option(p.code, p.name) for p in found)


def _read_regions() -> tuple[Group, ...]:
    found = Place.objects.filter(active=True).exclude(level=Place.Level.CORREGIMIENTO)
    districts: dict[int | None, list[Option]] = defaultdict(list)
    provinces = []
    for place in found.order_by("sort_key"):
        if place.level == Place.Level.PROVINCE:
            provinces.append(place)
        else:
            districts[place.province_id].append(Option(place.code, place.name))
    return tuple(Group(p.name, (Option(p.code, p.name), *districts[p.pk])) for p in provinces)


def _read_desks(agency_id: int) -> tuple[Desk, ...]:
    posts = Assignment.objects.current().filter(agency=agency_id, role=Role.OFFICIAL)
    members: dict[int | None, dict[int, str]] = defaultdict(dict)
    for post in posts.filter(user__is_active=True).select_related("user"):
        members[post.unit_id][post.user_id] = post.user.get_full_name() or post.user.username
    units = Unit.objects.filter(agency=agency_id, active=True)
    return tuple(
        Desk(u.pk, u.name, tuple(sorted(members[u.pk].items(), key=_by_name))) for u in units
    )


def _by_name(official: tuple[int, str]) -> str:
    return sort_key(official[1])
