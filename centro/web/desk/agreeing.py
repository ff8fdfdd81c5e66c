"""Agreements as the desk's pages show them, and which of them somebody reaches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.agencies.scopes import scope_of
from centro.catalog.actions.agreements import DECIDERS, PROPOSERS
from centro.catalog.agreements import policy_for
from centro.catalog.models import PolicyVersion, RungHolder, ServiceType
from centro.catalog.wording import say_response, say_solution
from centro.kernel.errors import NotFound
from centro.web.desk.forms.agreements import RUNGS
from centro.web.desk.posts import OF_ALL_TERMS, OF_TERMS

State = PolicyVersion.State


@dataclass(frozen=True, slots=True)
class Rung:
    """Who answers at a rung, at which percent of the term; `named` is somebody in particular."""

    post: str | Promise
    share: int
    named: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """A version in words."""

    version: PolicyVersion
    response: str
    solution: str
    rungs: list[Rung]

    @property
    def named(self) -> list[str]:
        """Who answers at a rung instead of the holder of the post."""
        return [rung.named for rung in self.rungs if rung.named]

    @property
    def where(self) -> str:
        place = self.version.policy.place
        return place.name if place else _("Todo el país")

    @property
    def for_whom(self) -> str:
        """The priority it is for; empty for all."""
        policy = self.version.policy
        return policy.get_priority_display() if policy.priority else ""


def services_of(user: User) -> QuerySet[ServiceType]:
    """The service types whose agreements somebody reads."""
    scope = scope_of(user)
    found = ServiceType.objects.select_related("agency")
    if scope.has(*OF_ALL_TERMS):
        return found
    return found.filter(agency__in=scope.agencies_for(*OF_TERMS))


def service_for(code: str, user: User) -> ServiceType:
    """A service type by its code; one out of reach and one that is not are the same."""
    found = services_of(user).filter(code=code.replace("\x00", "")).first()
    if found is None:
        raise NotFound(_("No existe ese tipo de servicio."))
    return found


def version_for(service: ServiceType, pk: int) -> PolicyVersion:
    """A version of one of a service type's agreements."""
    versions = PolicyVersion.objects.select_related(*_COMPANIONS)
    found = versions.filter(policy__service=service, pk=min(pk, 2**63 - 1)).first()
    if found is None:
        raise NotFound(_("No existe esa versión del acuerdo."))
    return found


def may_propose(service: ServiceType, user: User) -> bool:
    """The operational liaison of the entity, the direction and the administration."""
    return _speaks(service, user, PROPOSERS)


def decides_for(service: ServiceType, user: User) -> bool:
    """The executive liaison of the entity, the direction and the administration."""
    return _speaks(service, user, DECIDERS)


def may_decide(version: PolicyVersion, user: User) -> bool:
    """Whether a version waits for the word of this user, who is not the one who proposed it."""
    waits = version.state == State.PROPOSED and version.made_by_id != user.pk
    return waits and decides_for(version.policy.service, user)


def held_by(services: Iterable[ServiceType]) -> dict[int, list[Agreement]]:
    """The agreements in force of these service types, the widest first."""
    rows = list(services)
    held = PolicyVersion.objects.filter(policy__service__in=rows, state=State.IN_FORCE)
    ordered = held.select_related(*_COMPANIONS).order_by(
        "policy__place__sort_key", "policy__priority"
    )
    found: dict[int, list[PolicyVersion]] = {row.pk: [] for row in rows}
    for version in ordered:
        found[version.policy.service_id].append(version)
    for row in rows:
        if not any(v.policy.place_id is None and not v.policy.priority for v in found[row.pk]):
            found[row.pk].append(policy_for(row, None, ""))
        found[row.pk].sort(key=lambda v: (v.policy.place_id is not None, bool(v.policy.priority)))
    told = {a.version.pk: a for a in in_words([v for of in found.values() for v in of])}
    return {service: [told[v.pk] for v in versions] for service, versions in found.items()}


def in_words(versions: list[PolicyVersion]) -> list[Agreement]:
    """These versions with their rungs. One statement, for who is named at a rung."""
    holders = RungHolder.objects.filter(version__in=[v for v in versions if v.pk])
    named = {
        (holder.version_id, holder.rung): holder.user.get_full_name() or holder.user.username
        for holder in holders.select_related("user")
    }
    return [
        Agreement(
            version=version,
            response=say_response(version),
            solution=say_solution(version),
            rungs=[
                Rung(post, share, named.get((version.pk, rung), ""))
                for (rung, post, _role), share in zip(RUNGS, version.shares, strict=True)
            ],
        )
        for version in versions
    ]


_COMPANIONS = ("policy__service__agency", "policy__place", "calendar", "made_by", "decided_by")


def _speaks(service: ServiceType, user: User, posts: frozenset[str]) -> bool:
    scope = scope_of(user)
    if scope.has(*(posts & OF_ALL_TERMS)):
        return True
    return service.agency_id is not None and service.agency_id in scope.agencies_for(*posts)
