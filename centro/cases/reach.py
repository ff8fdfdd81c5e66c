"""Which cases the posts of an entity reach, as a condition that a queryset can ask."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.db.models import Q

from centro.accounts.roles import Role
from centro.agencies.scopes import Scope

# Whose post lets them see every case of the country, sealed ones apart.
NATIONAL = frozenset(
    {
        Role.OPERATOR,
        Role.SUPERVISOR,
        Role.QUALITY,
        Role.DIRECTOR,
        Role.PRESIDENCY,
        Role.AUDITOR,
    }
)
# Whose post covers the whole of an entity.
OF_THE_AGENCY = frozenset({Role.LIAISON, Role.EXECUTIVE, Role.HEAD})


def any_of(parts: list[Q]) -> Q:
    """What meets one of these conditions; nothing meets none."""
    return reduce(or_, parts, Q(pk__in=()))


def in_sight(scope: Scope) -> list[Q]:
    """The unsealed matters that a scope may read, each part by a condition that one index serves."""
    if scope.roles & NATIONAL:
        return [Q()]
    receiving = scope.agencies_for(*OF_THE_AGENCY)
    return [*in_own_agency(scope), *([Q(proposed_agency__in=receiving)] if receiving else [])]


def in_own_agency(scope: Scope) -> list[Q]:
    """An entity's liaisons see its cases, its officials those of their units or in their hands.

    A post limited to a unit or a province sees only that part.
    """
    seen: list[Q] = []
    for post in scope.posts:
        if post.role not in OF_THE_AGENCY and post.role != Role.OFFICIAL:
            continue
        part = Q(agency=post.agency_id)
        if post.province_id is not None:
            part &= Q(province=post.province_id)
        if post.unit_id is not None:
            part &= Q(unit=post.unit_id)
        elif post.role == Role.OFFICIAL:
            part &= Q(official=post.holder_id)
        seen.append(part)
        if post.role == Role.OFFICIAL:
            seen.append(Q(agency=post.agency_id, official=post.holder_id))
    return seen
