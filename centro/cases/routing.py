"""Where a case goes and why: its entity by the rules, its unit by the place.

Who in the unit gets it is asked in `distribution`. What no rule catches goes to triage.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from centro.agencies.models import Agency, Unit
from centro.agencies.queries import (
    agency_with,
    has_one_office,
    municipality_of,
    unit_for,
    unit_with,
)
from centro.cases.route_steps import Step
from centro.catalog.models import ServiceType
from centro.catalog.routing import Rule, Rules, asked_of, live_rules
from centro.places.models import Place


@dataclass(frozen=True, slots=True)
class Route:
    """The way of a case with its reasons in order. Without an entity a person decides (triage)."""

    agency: Agency | None
    unit: Unit | None = None
    official_id: int | None = None
    official_name: str = ""
    steps: tuple[Step, ...] = ()

    @property
    def hands(self) -> dict[str, Any]:
        """The fields of a case that say in whose hands it is."""
        return {"agency": self.agency, "unit": self.unit, "official_id": self.official_id}

    @property
    def told(self) -> dict[str, Any]:
        """What the timeline keeps of it besides the entity."""
        return {
            "unit": self.unit.name if self.unit else "",
            "official": self.official_name,
            "route": [step.kept for step in self.steps],
        }

    def because(self, code: str, **data: str | int) -> Route:
        """The same route with one more reason."""
        return replace(self, steps=(*self.steps, Step(code, data)))

    def same_office(self, other: Route) -> bool:
        """Whether both lead to the same entity and unit."""
        return (self.agency, self.unit) == (other.agency, other.unit)


def find_route(
    service: ServiceType, place: Place | None, *, kind: str = "", rules: Rules | None = None
) -> Route:
    """The entity and unit for a matter; usually without a statement.

    The first rule that fits decides; without one the entity of the service type answers, and a
    municipal service belongs to the municipality of the place, which never receives a case from
    outside its district. `kind` is the corrected kind, if it is not the type's; `rules` are those
    of another plan than the live one, to try it.
    """
    rules = live_rules() if rules is None else rules
    rule = rules.first_for(asked_of(service, place, kind))
    found = _by_rule(rule) if rule else _by_service(service, place)
    if found.agency is None:
        return found.because("triage")
    if not found.agency.active:
        closed = replace(found, agency=None, unit=None)
        return closed.because("closed", agency=found.agency.acronym).because("triage")
    return found if found.unit else _in_its_unit(found, place.province_id if place else None)


def route_to(agency: Agency, province_id: int | None, why: str) -> Route:
    """The route to an entity that somebody named, `why` being the code of the step that says so."""
    named = Route(agency).because(why, agency=agency.acronym)
    return _in_its_unit(named, province_id)


def _by_rule(rule: Rule) -> Route:
    agency = agency_with(rule.agency)
    assert agency is not None  # rules protect their entities
    route = Route(agency).because("rule", rule=rule.name, agency=agency.acronym)
    unit = unit_with(rule.unit) if rule.unit is not None else None
    return replace(route, unit=unit).because("rule_unit", unit=unit.name) if unit else route


def _by_service(service: ServiceType, place: Place | None) -> Route:
    agency = agency_with(service.agency_id) if service.agency_id is not None else None
    if agency is None:
        return Route(None).because("no_agency")
    if agency.jurisdiction_id is None:
        return Route(agency).because("service", agency=agency.acronym)
    if place is None:
        return Route(None).because("no_place")
    district = place.district_id or place.pk
    if district == agency.jurisdiction_id:
        return Route(agency).because("municipal", agency=agency.acronym)
    if not service.municipal:
        return Route(None).because("elsewhere", agency=agency.acronym)
    there = municipality_of(district)
    if there is None:
        return Route(None).because("no_municipality")
    return Route(there).because("municipal", agency=there.acronym)


def _in_its_unit(route: Route, province_id: int | None) -> Route:
    assert route.agency is not None
    unit = unit_for(route.agency, province_id)
    if unit is None:
        return route.because("no_unit")
    return replace(route, unit=unit).because(_why_unit(unit, province_id), unit=unit.name)


def _why_unit(unit: Unit, province_id: int | None) -> str:
    if unit.province_id is not None:
        return "regional"
    if has_one_office(unit.agency):
        return "only"
    return "national" if province_id is not None else "nowhere"
