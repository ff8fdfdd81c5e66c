"""How the demonstration's entities distribute, and the rules by which its cases are routed."""

from __future__ import annotations

from datetime import datetime, timedelta

from centro.agencies.models import Agency, Distribution
from centro.agencies.queries import STAMP as AGENCIES
from centro.agencies.queries import forget_units
from centro.catalog.calendars import STAMP as CATALOG
from centro.catalog.models import RoutingPlan, RoutingRule, ServiceType
from centro.catalog.routing import forget_routing
from centro.ops.demonstration.plan import Plan, Sign
from centro.places.models import Place
from centro.places.stamps import renew_stamp

_LIVE_FOR = timedelta(days=120)


def distribute_by_liaison(plan: Plan) -> None:
    """The entities whose liaison hands out the cases."""
    named = Agency.objects.filter(acronym__in=plan.by_liaison)
    if named.update(distribution=Distribution.LIAISON):
        renew_stamp(AGENCIES)
        forget_units()


def put_up_signs(plan: Plan, now: datetime) -> None:
    """A first plan of routing, live since before the last months; none where there is one already.

    Rules that name what this country does not have are left out.
    """
    if RoutingPlan.objects.exists() or not plan.signs:
        return
    rules = [rule for sign in plan.signs if (rule := _rule(sign)) is not None]
    if not rules:
        return
    live = RoutingPlan.objects.create(
        number=1,
        state=RoutingPlan.State.LIVE,
        note="Primer plan, con la recolección de basura de cada municipio.",
        made_at=now - _LIVE_FOR,
        live_at=now - _LIVE_FOR,
    )
    for position, rule in enumerate(rules, 1):
        rule.plan, rule.position = live, position
    RoutingRule.objects.bulk_create(rules)
    renew_stamp(CATALOG)
    forget_routing()


def _rule(sign: Sign) -> RoutingRule | None:
    agency = Agency.objects.filter(acronym=sign.agency, active=True).first()
    service = ServiceType.objects.filter(code=sign.service, active=True).first()
    place = Place.objects.filter(code=sign.place, active=True).first()
    known = agency and (service or not sign.service) and (place or not sign.place)
    if agency is None or not known:
        return None
    return RoutingRule(
        name=sign.name,
        agency=agency,
        service=service,
        place=place,
        category=sign.category,
        kind=sign.kind,
    )
