"""What another plan would do, tried on past cases before it goes live.

One statement groups the cases by what rules look at; each group is routed twice, once by either
plan, by the very function that routes new cases. Memory follows the number of different groups,
never the number of cases. Sealed cases are left out: their way is nobody's to compare.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Count, Max, QuerySet

from centro.cases.models import Case
from centro.cases.routing import Route, find_route
from centro.catalog.models import Confidentiality, ServiceType
from centro.catalog.routing import Rules, asked_of
from centro.kernel.clock import now
from centro.places.models import Place

MOST_CASES = 5_000
SINCE = timedelta(days=90)
_EXAMPLES = 3


@dataclass(slots=True)
class Change:
    """Cases that would have gone elsewhere, from one office to another; ids of some of the newest."""

    before: Route
    after: Route
    cases: int = 0
    examples: list[int] = field(default_factory=list)


@dataclass(slots=True)
class RuleUse:
    """What a rule of the tried plan would have done.

    `decided` counts the cases it would have sent; `caught` those that it fits and an earlier rule
    took, by the name of that rule; `behind` is the earlier rule that leaves it nothing at all.
    """

    pk: int
    decided: int = 0
    caught: dict[str, int] = field(default_factory=dict)
    behind: str = ""
    contradicts_itself: bool = False

    @property
    def never(self) -> bool:
        return not self.decided


@dataclass(frozen=True, slots=True)
class TryOut:
    """The whole answer: how many cases were asked about, what changes, and what each rule did."""

    cases: int
    changes: list[Change]
    uses: dict[int, RuleUse]

    @property
    def moved(self) -> int:
        """How many would have gone elsewhere."""
        return sum(change.cases for change in self.changes)

    @property
    def idle(self) -> list[RuleUse]:
        """The rules that would have decided nothing."""
        return [use for use in self.uses.values() if use.never]


@dataclass(frozen=True, slots=True)
class _Group:
    """Cases that look the same to rules."""

    service: ServiceType
    kind: str
    place: Place | None
    cases: int
    newest: int


def try_rules(
    tried: Rules, live: Rules, *, most: int = MOST_CASES, since: timedelta = SINCE
) -> TryOut:
    """Send the newest cases (at most `most`, opened within `since`) by both plans and compare.

    Three statements, whatever the number of cases and rules.
    """
    uses = _uses_of(tried)
    changes: dict[tuple[int | None, ...], Change] = {}
    cases = 0
    for group in _groups(most, since):
        cases += group.cases
        _count_use(uses, tried, group)
        before = find_route(group.service, group.place, kind=group.kind, rules=live)
        after = find_route(group.service, group.place, kind=group.kind, rules=tried)
        if not after.same_office(before):
            change = changes.setdefault(_ways(before, after), Change(before, after))
            change.cases += group.cases
            change.examples.append(group.newest)
            del change.examples[_EXAMPLES:]
    ordered = sorted(changes.values(), key=lambda change: -change.cases)
    return TryOut(cases, ordered, uses)


def _uses_of(tried: Rules) -> dict[int, RuleUse]:
    behind = tried.shadowed()
    return {
        rule.pk: RuleUse(
            rule.pk,
            behind=behind[rule.pk].name if rule.pk in behind else "",
            contradicts_itself=rule.contradicts_itself,
        )
        for rule in tried.rules
    }


def _count_use(uses: dict[int, RuleUse], tried: Rules, group: _Group) -> None:
    fitting = tried.all_for(asked_of(group.service, group.place, group.kind))
    if not fitting:
        return
    first = fitting[0]
    uses[first.pk].decided += group.cases
    for rule in fitting[1:]:
        caught = uses[rule.pk].caught
        caught[first.name] = caught.get(first.name, 0) + group.cases


def _ways(before: Route, after: Route) -> tuple[int | None, ...]:
    ends = (before.agency, before.unit, after.agency, after.unit)
    return tuple(end.pk if end else None for end in ends)


def _groups(most: int, since: timedelta) -> Iterator[_Group]:
    """The newest cases by service type, kind and place, those with the newest case first."""
    recent: QuerySet[Case] = Case.objects.filter(opened_at__gte=now() - since)
    recent = recent.exclude(confidentiality=Confidentiality.SEALED).order_by("-pk")[:most]
    rows = list(
        Case.objects.filter(pk__in=recent.values("pk"))
        .order_by()
        .values_list("service", "kind", "place")
        .annotate(cases=Count("pk"), newest=Max("pk"))
        .order_by("-newest")
    )
    services = ServiceType.objects.in_bulk({service for service, *_rest in rows})
    places = _places({place for _service, _kind, place, *_rest in rows if place is not None})
    for service, kind, place, cases, newest in rows:
        yield _Group(services[service], kind, places[place] if place else None, cases, newest)


def _places(wanted: set[int]) -> dict[int, Place]:
    return Place.objects.only("province_id", "district_id").in_bulk(wanted)
