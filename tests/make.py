"""Makes the things tests need, through the real actions where there is one.

Every argument has a default; a test names only what it is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Agency, Assignment, Unit
from centro.agencies.queries import forget_units
from centro.agencies.scopes import actor_of
from centro.cases.actions import Matter, Reporter, announce_incident, open_case, open_incident
from centro.cases.models import Case, Escalation, Incident, SlaClock
from centro.catalog.actions import routing as actions
from centro.catalog.actions.routing import RuleData
from centro.catalog.agreements import find_or_make_policy, forget_agreements
from centro.catalog.calendars import calendar_at, forget_calendars
from centro.catalog.models import RoutingPlan, RoutingRule, ServiceType
from centro.catalog.routing import fingerprint, in_order
from centro.kernel.actor import SYSTEM, Actor, citizen
from centro.kernel.calendar import seconds_between
from centro.kernel.clock import now, today
from centro.kernel.text import fold, sort_key
from centro.places.models import Place

_n = count(1)
AGENCY_ROLES = {Role.LIAISON, Role.EXECUTIVE, Role.OFFICIAL, Role.HEAD}


def place(name: str = "", level: str = "corregimiento", **fields: Any) -> Place:
    """A corregimiento with its district and province, or a place of the level asked."""
    n = next(_n)
    name = name or f"Lugar {n}"
    keys = {"sort_key": sort_key(name), "search_key": fold(name)}
    if level == "province":
        made = Place.objects.create(code=f"P{n}", level=level, name=name, **keys | fields)
        made.province = made
        made.save(update_fields=["province"])
        return made
    parent = fields.pop("parent", None) or place(
        level="province" if level == "district" else "district"
    )
    province = parent if parent.level == "province" else parent.province
    district = parent if parent.level == "district" else None
    return Place.objects.create(
        code=f"{level[0].upper()}{n}",
        level=level,
        name=name,
        parent=parent,
        province=province,
        district=district,
        **keys | fields,
    )


def agency(**fields: Any) -> Agency:
    """An entity with its national unit."""
    n = next(_n)
    acronym = fields.pop("acronym", f"ENT{n}")
    base = {"slug": acronym.lower(), "name": f"Entidad {n}", "sort_key": acronym.lower()}
    made = Agency.objects.create(acronym=acronym, **base | fields)
    unit(made)
    return made


def unit(of: Agency | None = None, **fields: Any) -> Unit:
    n = next(_n)
    base = {"code": f"U{n}", "name": f"Unidad {n}"}
    made = Unit.objects.create(agency=of or agency(), **base | fields)
    forget_units()
    return made


def service(**fields: Any) -> ServiceType:
    n = next(_n)
    if "agency" not in fields:
        fields["agency"] = agency()
    base: dict[str, Any] = {
        "code": f"SRV-{n:02d}",
        "name": f"Hueco en la calle {n}",
        "kind": "complaint",
        "priority": "medium",
        "working_days": 5,
        "requires_place": False,
        "sort_key": f"hueco {n}",
        "search_key": f"hueco en la calle {n}",
    }
    made = ServiceType.objects.create(**base | fields)
    find_or_make_policy(made)
    forget_agreements()
    forget_calendars()
    return made


def rule(**fields: Any) -> RuleData:
    """What a rule of routing says; it sends to an entity of its own unless one is named."""
    n = next(_n)
    return RuleData(**{"name": f"Regla {n}", **fields, "agency": fields.get("agency") or agency()})


def draft_plan(*rules: RuleData) -> RoutingPlan:
    """A draft with these rules and no others, in this order."""
    by = actor_of(user(Role.SUPERVISOR))
    made = actions.draft_plan(by=by)
    RoutingRule.objects.filter(plan=made).delete()
    for data in rules:
        actions.add_rule(plan=made, data=data, seen=fingerprint(in_order(made)), by=by)
    return made


def live_plan(*rules: RuleData) -> RoutingPlan:
    """These rules, published."""
    made = draft_plan(*rules)
    seen, by = fingerprint(in_order(made)), actor_of(user(Role.SUPERVISOR))
    return actions.publish_routing(plan=made, note="Para probar", seen=seen, by=by)


def user(role: Role | None = Role.OPERATOR, of: Agency | None = None, **fields: Any) -> User:
    """A user with one post. Posts of an entity get one made when none is named."""
    n = next(_n)
    in_unit = fields.pop("unit", None)
    in_province = fields.pop("province", None)
    starts = fields.pop("starts", today())
    ends = fields.pop("ends", None)
    base = {"username": f"persona{n}", "first_name": "Persona", "last_name": f"N.º {n}"}
    made = User.objects.create(**base | fields)
    if role in AGENCY_ROLES and of is None:
        of = in_unit.agency if in_unit else agency()
    if role is not None:
        Assignment.objects.create(
            user=made,
            role=role,
            agency=of,
            unit=in_unit,
            province=in_province,
            starts=starts,
            ends=ends,
        )
    return made


def case(**fields: Any) -> Any:
    """A case opened through the real action; matter and intake fields may be mixed.

    Typed loosely: a test knows which of the optional relations its case has.
    """
    matter: dict[str, Any] = {"description": "Hay un hueco grande en la calle"}
    for name in (
        "description",
        "place",
        "lat",
        "lon",
        "reference",
        "answers",
        "photos",
        "against_handler",
        "incident",
        "counted",
    ):
        if name in fields:
            matter[name] = fields.pop(name)
    service_type = fields.pop("service", None) or service(
        **{k: fields.pop(k) for k in ("agency", "confidentiality", "kind") if k in fields}
    )
    by: Actor = fields.pop("by", citizen())
    fields.setdefault("channel", "web")
    opened = open_case(matter=Matter(service=service_type, **matter), by=by, **fields)
    return Case.objects.select_related(*Case.COMPANIONS).get(pk=opened.pk)


def incident(*, cases: Sequence[Any] = (), told: str = "", **fields: Any) -> Incident:
    """An event that goes on, with its cases; announced with the words `told`, if any."""
    first = cases[0] if cases else None
    fields.setdefault("service", first.service if first else service(requires_place=True))
    fields.setdefault("place", first.place if first and first.place else place())
    by: Actor = fields.pop("by", SYSTEM)
    expected = fields.pop("expected_at", None)
    made = open_incident(cases=cases, by=by, **fields)
    if told:
        announce_incident(incident=made, text=told, expected_at=expected, by=by)
    return Incident.objects.select_related(*Incident.COMPANIONS).get(pk=made.pk)


def at_the_top(*, days: int = 30, **fields: Any) -> Any:
    """A case whose President's rung has fired, due that many days ago."""
    spoken = now() - timedelta(days=days + 10)
    made = case(spoken_at=spoken, **fields)
    due = now() - timedelta(days=days, minutes=1)
    Case.objects.filter(pk=made.pk).update(opened_at=spoken, due_at=due)
    SlaClock.objects.filter(case=made).update(next_at=None)  # what only warns has warned
    clock = SlaClock.objects.get(case=made, metric="solution", cycle=made.cycle)
    # Due to the day that the test wants, whatever the weekday: as if that date had been given.
    target = seconds_between(calendar_at(clock.calendar, made.place), clock.started_at, due)
    SlaClock.objects.filter(pk=clock.pk).update(
        due_at=due, next_rung=None, term_amount=0, target_seconds=target
    )
    for rung, share in enumerate(clock.policy.shares, start=1):
        Escalation.objects.get_or_create(
            case=made,
            cycle=made.cycle,
            rung=rung,
            defaults={"clock": clock, "agency": made.agency, "share": share, "moment": due},
        )
    made.refresh_from_db()
    return made


def reporter(**fields: str) -> Reporter:
    n = next(_n)
    base = {"name": f"Ciudadana N.º {n}", "email": f"ciudadana{n}@correo.example"}
    return Reporter(**base | fields)
