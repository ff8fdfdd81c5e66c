"""Cases that are about the same thing: one stands for the others."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from centro.agencies.models import Agency
from centro.cases.actions import clocks, step
from centro.cases.actions.notices import pass_on
from centro.cases.actions.telling import tell_citizen
from centro.cases.distribution import hand_case
from centro.cases.models import Case
from centro.cases.routing import Route, route_to
from centro.cases.rules import Reason, Status
from centro.kernel.actor import Actor
from centro.kernel.clock import now
from centro.kernel.errors import Invalid


@transaction.atomic
def mark_duplicate(*, case: Case, of: Case, by: Actor) -> Case:
    """Let another case stand for this one. What this one stood for goes along."""
    case, of = _lock_both(case, of)
    if case == of:
        raise Invalid(_("Un caso no puede ser duplicado de sí mismo."))
    if of.status == Status.DUPLICATE:
        raise Invalid(_("Ese caso ya es duplicado de otro: use el que lo representa."))
    if of.status == Status.CLOSED:
        raise Invalid(_("Ese caso ya está cerrado: no puede representar a otro."))
    if case.is_sealed or of.is_sealed:
        raise Invalid(_("Un caso sellado no se une con otros."))
    step.cancel_transfer(case, by)
    moment = now()
    clocks.cancel_clocks(case, at=moment, reason=Reason.DUPLICATE)
    step.move(case, Status.DUPLICATE, Reason.DUPLICATE, duplicate_of=of, closed_at=moment)
    Case.objects.filter(duplicate_of=case).update(duplicate_of=of)
    message = tell_citizen(case, "case_merged")
    case.record("merged", by=by, number=of.number, message=message.pk if message else None)
    of.record("absorbed", by=by, number=case.number)
    return case


@transaction.atomic
def unmerge_case(*, case: Case, agency: Agency | None = None, by: Actor) -> Case:
    """A supervisor finds that it is another matter: it is worked on its own again."""
    case = step.lock(case)
    owner = agency or case.agency
    if owner is None:
        raise Invalid(_("Diga qué entidad lo atenderá."))
    stood_for = case.duplicate_of
    route = _back_in_hand(case, owner)
    step.move(
        case,
        Status.ASSIGNED,
        Reason.UNMERGED,
        duplicate_of=None,
        closed_at=None,
        **route.hands,
    )
    if case.incident is not None and not case.incident.is_open:
        step.release_from_incident(case, by)
    clocks.revive_clocks(case, at=now())
    if agency is not None:
        pass_on(case)
    number = stood_for.number if stood_for else ""
    case.record("unmerged", by=by, number=number, agency=owner.acronym, **route.told)
    return case


def _back_in_hand(case: Case, owner: Agency) -> Route:
    """Whoever had it has it again; another entity gives it to whose turn it is."""
    if owner != case.agency:
        return hand_case(case, route_to(owner, case.province_id, "separated"))
    name = case.official.actor.label if case.official else ""
    return Route(owner, case.unit, case.official_id, name)


def _lock_both(case: Case, of: Case) -> tuple[Case, Case]:
    """Lock in one order, so that two people merging both ways do not wait for each other."""
    first, second = sorted([case, of], key=lambda c: c.pk)
    locked = {c.pk: c for c in (step.lock(first), step.lock(second))}
    return locked[case.pk], locked[of.pk]
