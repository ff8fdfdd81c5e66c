"""The rules that say which entity answers for what and where; the plan that is live, in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from centro.catalog.calendars import STAMP
from centro.catalog.models import RoutingPlan, RoutingRule, ServiceType
from centro.places.models import Place
from centro.places.stamps import Kept


@dataclass(frozen=True, slots=True)
class Asked:
    """What a rule looks at: a service type, its category, the kind of case, and where it is.

    `places` are the ids of the place and of what it lies in; empty when it is not known.
    """

    service: int
    category: str
    kind: str
    places: frozenset[int]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is asked thousands of times: ids only. Empty conditions fit everything.

    `category_of_service` is the category of its service type, `around` its place and what that
    lies in: what an earlier rule would have to fit to catch everything that this one does.
    """

    pk: int
    name: str
    agency: int
    unit: int | None = None
    service: int | None = None
    category: str = ""
    kind: str = ""
    place: int | None = None
    category_of_service: str = ""
    around: frozenset[int] = frozenset()

    def fits(self, asked: Asked) -> bool:
        return (
            (self.service is None or self.service == asked.service)
            and (not self.category or self.category == asked.category)
            and (not self.kind or self.kind == asked.kind)
            and (self.place is None or self.place in asked.places)
        )

    def covers(self, other: Rule) -> bool:
        """Whether this rule fits everything that the other fits: behind it the other never fires."""
        return (
            (self.service is None or self.service == other.service)
            and (not self.category or self.category in {other.category, other.category_of_service})
            and (not self.kind or self.kind == other.kind)
            and (self.place is None or self.place in other.around)
        )

    @property
    def contradicts_itself(self) -> bool:
        """Its service type is of another category than the one it asks for."""
        both = self.service is not None and self.category != ""
        return both and self.category != self.category_of_service


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a plan in their order; number 0 when there is no plan."""

    number: int = 0
    rules: tuple[Rule, ...] = ()

    def first_for(self, asked: Asked) -> Rule | None:
        """The rule that decides, or None: then the entity of the service type answers."""
        return next((rule for rule in self.rules if rule.fits(asked)), None)

    def all_for(self, asked: Asked) -> list[Rule]:
        """Every rule that fits, in order; the first decides."""
        return [rule for rule in self.rules if rule.fits(asked)]

    def shadowed(self) -> dict[int, Rule]:
        """The rules that can never decide, by id, with the earlier one that catches all of theirs."""
        found: dict[int, Rule] = {}
        for n, rule in enumerate(self.rules):
            before = next((b for b in self.rules[:n] if b.covers(rule)), None)
            if before is not None:
                found[rule.pk] = before
        return found


def asked_of(service: ServiceType, place: Place | None, kind: str = "") -> Asked:
    """What the rules are asked about a matter; the kind is the service type's unless corrected."""
    return Asked(service.pk, service.category, kind or service.kind, _places_of(place))


def live_rules() -> Rules:
    """The rules of the plan that is live; usually without a statement."""
    return _live.get()


def rules_of(plan: RoutingPlan) -> Rules:
    """The rules of any plan, as they are now. One statement."""
    return Rules(plan.number, tuple(_rule(row) for row in in_order(plan)))


def in_order(plan: RoutingPlan) -> list[RoutingRule]:
    """The rules of a plan, first to last, with what they name loaded."""
    named = ("service", "place__district", "place__province", "agency", "unit__province")
    return list(plan.rules.select_related(*named).order_by("position", "pk"))


def fingerprint(rules: Iterable[RoutingRule]) -> str:
    """Changes when any rule of a plan, or their order, does: what an editor has seen."""
    seen: Sequence[Any] = [
        (r.pk, r.position, r.name, r.service_id, r.category, r.kind, r.place_id, r.agency_id, r.unit_id)
        for r in rules
    ]  # fmt: skip
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def forget_routing() -> None:
    """Read the live plan again at the next question."""
    _live.forget()


def _places_of(place: Place | None) -> frozenset[int]:
    if place is None:
        return frozenset()
    around = (place.pk, place.district_id, place.province_id)
    return frozenset(pk for pk in around if pk is not None)


def _rule(row: RoutingRule) -> Rule:
    return Rule(
        pk=row.pk,
        name=row.name,
        agency=row.agency_id,
        unit=row.unit_id,
        service=row.service_id,
        category=row.category,
        kind=row.kind,
        place=row.place_id,
        category_of_service=row.service.category if row.service else "",
        around=_places_of(row.place),
    )


def _read_live() -> Rules:
    plan = RoutingPlan.objects.filter(state=RoutingPlan.State.LIVE).first()
    return rules_of(plan) if plan else Rules()


_live: Kept[Rules] = Kept(STAMP, _read_live)
