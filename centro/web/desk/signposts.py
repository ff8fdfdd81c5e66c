"""A plan of routing as its pages show it: rules in words, what is wrong with them, what they do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.agencies.scopes import scope_of
from centro.cases.distribution import foresee_official
from centro.cases.models import Case
from centro.cases.routing import Route, find_route
from centro.cases.tryout import Change, RuleUse
from centro.catalog.models import CaseKind, RoutingPlan, RoutingRule, ServiceType
from centro.catalog.routing import Rule, Rules, in_order, rules_of
from centro.places.models import Place
from centro.web.desk.posts import SIGNPOSTERS
from centro.web.templatetags.look import label


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule in words: about what, where, and why it can never decide, if so."""

    rule: RoutingRule
    what: list[str]
    where: str
    fault: str
    use: RuleUse | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """Where something would go by one plan, with the reasons in order."""

    title: str
    route: Route


@dataclass(frozen=True, slots=True)
class Move:
    """Cases that would go from one office to another, with those that this user may open."""

    before: str
    after: str
    cases: int
    examples: list[str]


def _what(rule: RoutingRule) -> list[str]:
    """The service type, category and kind that a rule asks for, in the reader's language."""
    said = [
        str(label(rule.service)) if rule.service else "",
        rule.category,
        str(CaseKind(rule.kind).label) if rule.kind else "",
    ]
    return [words for words in said if words]


def lines_of(plan: RoutingPlan, uses: dict[int, RuleUse] | None = None) -> list[RuleLine]:
    """The rules of a plan in order, as people read them."""
    rules = rules_of(plan)
    behind = rules.shadowed()
    contrary = {rule.pk for rule in rules.rules if rule.contradicts_itself}
    return [
        RuleLine(
            rule=rule,
            what=_what(rule),
            where=rule.place.full_name if rule.place else "",
            fault=_fault(rule, behind, contrary),
            use=(uses or {}).get(rule.pk),
        )
        for rule in in_order(plan)
    ]


def _fault(rule: RoutingRule, behind: Mapping[int, Rule], contrary: set[int]) -> str:
    if rule.pk in contrary:
        return _("El servicio es de otra categoría: esta regla nunca se aplica.")
    if rule.pk in behind:
        return _("Nunca se aplica: antes decide «%(rule)s».") % {"rule": behind[rule.pk].name}
    return ""


def ways_for(
    service: ServiceType, place: Place | None, plans: Iterable[tuple[str, Rules]]
) -> list[Way]:
    """Where a case about this would go now by each plan, and to whom; nobody is given anything."""
    imagined = Case(service=service, place=place, confidentiality=service.confidentiality)
    imagined.province_id = place.province_id if place else None
    return [
        Way(title, foresee_official(imagined, find_route(service, place, rules=rules)))
        for title, rules in plans
    ]


def moves_of(changes: Iterable[Change], user: User) -> list[Move]:
    """What would change, with examples only for those who may read them."""
    changes = list(changes)
    wanted = [pk for change in changes for pk in change.examples]
    seen = set(Case.objects.visible_to(user).filter(pk__in=wanted).values_list("pk", flat=True))
    return [
        Move(
            office_of(change.before),
            office_of(change.after),
            change.cases,
            [Case(pk=pk).number for pk in change.examples if pk in seen],
        )
        for change in changes
    ]


def office_of(route: Route) -> str:
    """The end of a route in a few words."""
    if route.agency is None:
        return _("Clasificación")
    return f"{route.agency.acronym} · {route.unit.name}" if route.unit else route.agency.acronym


def may_edit(user: User) -> bool:
    return scope_of(user).has(*SIGNPOSTERS)
