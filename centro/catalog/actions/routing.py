"""Changing where cases go: a draft of all rules, which goes live whole or not at all.

Every change says which state of the draft its editor had seen (`seen`, a fingerprint): of two
people who change the same draft the second is told, and shown what the first one did.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from centro.accounts.roles import Role
from centro.agencies.models import Agency, Unit
from centro.catalog.calendars import STAMP
from centro.catalog.models import CaseKind, RoutingPlan, RoutingRule, ServiceType
from centro.catalog.routing import fingerprint, forget_routing, in_order
from centro.kernel.actor import Actor
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from centro.places.models import Place
from centro.places.stamps import renew_stamp

EDITORS = frozenset({Role.SUPERVISOR, Role.DIRECTOR, Role.ADMINISTRATOR})
MOST_RULES = 500
State = RoutingPlan.State


class Stale(Refused):
    """Somebody else changed it since it was shown."""

    code = "stale"


@dataclass(frozen=True, slots=True)
class RuleData:
    """What a rule says. Empty conditions fit everything; one of them must be filled in."""

    name: str
    agency: Agency
    unit: Unit | None = None
    service: ServiceType | None = None
    category: str = ""
    kind: str = ""
    place: Place | None = None


@transaction.atomic
def draft_plan(*, of: RoutingPlan | None = None, by: Actor) -> RoutingPlan:
    """Begin a draft as a copy of a plan: of the one that is live unless another is named.

    There is one draft at a time; raises Refused when somebody has begun it already.
    """
    _require_editor(by)
    source = of or RoutingPlan.objects.filter(state=State.LIVE).first()
    last = RoutingPlan.objects.aggregate(last=Max("number"))["last"] or 0
    try:
        with transaction.atomic():
            draft = RoutingPlan.objects.create(number=last + 1, made_by_id=by.id)
    except IntegrityError:
        raise Stale(_("Ya hay un borrador empezado: siga con él o descártelo.")) from None
    if source is not None:
        _copy_rules(source, draft)
    return draft


@transaction.atomic
def discard_plan(*, plan: RoutingPlan, seen: str, by: Actor) -> None:
    """Throw the draft away; the live plan stays as it is."""
    draft, _rules = _take_draft(plan, seen, by)
    draft.delete()


@transaction.atomic
def add_rule(*, plan: RoutingPlan, data: RuleData, seen: str, by: Actor) -> RoutingRule:
    """Add a rule behind the others."""
    draft, rules = _take_draft(plan, seen, by)
    if len(rules) >= MOST_RULES:
        raise Invalid(_("Un plan admite como máximo %(n)d reglas.") % {"n": MOST_RULES})
    return RoutingRule.objects.create(plan=draft, position=len(rules) + 1, **_checked(data))


@transaction.atomic
def change_rule(*, rule: RoutingRule, data: RuleData, seen: str, by: Actor) -> RoutingRule:
    """Let a rule of the draft say something else, in the same place of the order."""
    _draft, rules = _take_draft(rule.plan, seen, by)
    rule = _among(rules, rule)
    for name, value in _checked(data).items():
        setattr(rule, name, value)
    rule.save()
    return rule


@transaction.atomic
def remove_rule(*, rule: RoutingRule, seen: str, by: Actor) -> None:
    """Take a rule out of the draft; those behind it move up."""
    _draft, rules = _take_draft(rule.plan, seen, by)
    gone = _among(rules, rule)
    _number([other for other in rules if other != gone])
    gone.delete()


@transaction.atomic
def move_rule(*, rule: RoutingRule, to: int, seen: str, by: Actor) -> RoutingRule:
    """Put a rule at another position, counted from 1; beyond the ends is at the end."""
    _draft, rules = _take_draft(rule.plan, seen, by)
    moved = _among(rules, rule)
    others = [other for other in rules if other != moved]
    at = min(max(to, 1), len(rules)) - 1
    _number([*others[:at], moved, *others[at:]])
    return moved


@transaction.atomic
def publish_routing(*, plan: RoutingPlan, note: str, seen: str, by: Actor) -> RoutingPlan:
    """Let the draft take the place of the live plan, with the reason. Cases opened from then on
    follow it; those that are open stay where they are.

    Raises Invalid without a reason, or when a rule names an entity or unit that is closed.
    """
    draft, rules = _take_draft(plan, seen, by)
    note = note.replace("\x00", "").strip()[:2000]
    if not note:
        raise Invalid(_("Escriba por qué cambian las reglas."))
    for rule in rules:
        _require_open(rule.name, rule.agency, rule.unit)
    RoutingPlan.objects.filter(state=State.LIVE).update(state=State.PAST)
    draft.state, draft.note, draft.live_at, draft.live_by_id = State.LIVE, note, now(), by.id
    draft.save(update_fields=["state", "note", "live_at", "live_by"])
    renew_stamp(STAMP)
    forget_routing()
    return draft


def _require_editor(by: Actor) -> None:
    if not by.roles & EDITORS:
        raise NotAllowed(_("Con su cargo no puede cambiar adónde van los casos."))


def _take_draft(plan: RoutingPlan, seen: str, by: Actor) -> tuple[RoutingPlan, list[RoutingRule]]:
    """The draft with its rules, locked; refused when it is not what the editor had seen."""
    _require_editor(by)
    draft = RoutingPlan.objects.select_for_update().filter(pk=plan.pk, state=State.DRAFT).first()
    if draft is None:
        raise Stale(_("Ese borrador ya se publicó o se descartó."))
    rules = in_order(draft)
    if seen != fingerprint(rules):
        raise Stale(
            _(
                "Otra persona cambió el borrador mientras tanto. Vea cómo quedó y, si todavía "
                "procede, repita su cambio."
            )
        )
    return draft, rules


def _among(rules: list[RoutingRule], rule: RoutingRule) -> RoutingRule:
    found = next((other for other in rules if other == rule), None)
    if found is None:
        raise NotFound(_("Esa regla ya no existe."))
    return found


def _checked(data: RuleData) -> dict[str, object]:
    """The fields of a rule that makes sense: a name, a condition, and somebody to answer."""
    name = data.name.replace("\x00", "").strip()[:120]
    if not name:
        raise Invalid(_("Ponga un nombre a la regla: así la verán quienes atienden el caso."))
    if not (data.service or data.category or data.kind or data.place):
        raise Invalid(_("Ponga al menos una condición: servicio, categoría, tipo o lugar."))
    if data.kind and data.kind not in CaseKind.values:
        raise Invalid(_("Ese tipo de caso no existe."))
    if data.service and data.category and data.service.category != data.category:
        raise Invalid(_("Ese servicio es de otra categoría: la regla nunca se aplicaría."))
    _require_open(name, data.agency, data.unit)
    return {**_fields_of(data), "name": name}


def _fields_of(data: RuleData) -> dict[str, object]:
    return {field.name: getattr(data, field.name) for field in fields(data)}


def _require_open(name: str, agency: Agency, unit: Unit | None) -> None:
    if not agency.active:
        raise Invalid(
            _("«%(rule)s»: %(agency)s ya no recibe casos.")
            % {"rule": name, "agency": agency.acronym}
        )
    if unit is not None and (unit.agency_id != agency.pk or not unit.active):
        raise Invalid(
            _("«%(rule)s»: esa unidad no es de %(agency)s.")
            % {"rule": name, "agency": agency.acronym}
        )


def _number(rules: list[RoutingRule]) -> None:
    """Positions from 1 without gaps, in this order."""
    moved = []
    for position, rule in enumerate(rules, 1):
        if rule.position != position:
            rule.position = position
            moved.append(rule)
    RoutingRule.objects.bulk_update(moved, ["position"])


def _copy_rules(source: RoutingPlan, draft: RoutingPlan) -> None:
    rows = in_order(source)
    for position, rule in enumerate(rows, 1):
        rule.pk, rule.plan, rule.position = None, draft, position
        rule._state.adding = True
    RoutingRule.objects.bulk_create(rows)
