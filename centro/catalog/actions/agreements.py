"""Proposing other terms for a service type, and the second person who says yes or no.

What was proposed never changes afterwards. Whether somebody speaks for the entity is the face's
question; that nobody decides on their own proposal is asked here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from centro.accounts.roles import Role
from centro.catalog.agreements import forget_agreements
from centro.catalog.calendars import STAMP
from centro.catalog.models import (
    BusinessCalendar,
    Policy,
    PolicyVersion,
    RungHolder,
    ServiceType,
)
from centro.kernel.actor import Actor
from centro.kernel.calendar import Term, Unit
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from centro.places.models import Place
from centro.places.stamps import renew_stamp

State = PolicyVersion.State
PROPOSERS = frozenset({Role.LIAISON, Role.DIRECTOR, Role.ADMINISTRATOR})
DECIDERS = frozenset({Role.EXECUTIVE, Role.DIRECTOR, Role.ADMINISTRATOR})
LONGEST_TERM: Mapping[Unit, int] = {
    Unit.WORKING_HOURS: 2000,
    Unit.WORKING_DAYS: 365,
    Unit.CALENDAR_DAYS: 365,
}
LONGEST_INTERIM = 60
LARGEST_SHARE = 1000
LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Terms:
    """What an agreement says. `shares` are percents of the target, one for each rung; `holders`
    are the users (by id) who answer at a rung in place of whoever holds the post.
    """

    calendar: BusinessCalendar
    response: Term
    solution: Term
    interim_days: int
    shares: tuple[int, ...]
    holders: Mapping[int, int] = field(default_factory=dict)


def terms_of(version: PolicyVersion) -> Terms:
    """What a version says, as a value. One statement for its holders."""
    return Terms(
        calendar=version.calendar,
        response=Term(version.response_amount, Unit(version.response_unit)),
        solution=Term(version.solution_amount, Unit(version.solution_unit)),
        interim_days=version.interim_days,
        shares=tuple(version.shares),
        holders=dict(version.holders.values_list("rung", "user_id")) if version.pk else {},
    )


def version_with(policy: Policy, terms: Terms) -> PolicyVersion:
    """A version of these terms that is not saved: what a preview asks about."""
    return PolicyVersion(
        policy=policy,
        calendar=terms.calendar,
        response_amount=terms.response.amount,
        response_unit=terms.response.unit.value,
        solution_amount=terms.solution.amount,
        solution_unit=terms.solution.unit.value,
        interim_days=terms.interim_days,
        shares=list(terms.shares),
    )


def check_terms(terms: Terms) -> None:
    """Invalid, with words, for terms that no agreement may have."""
    for term in (terms.response, terms.solution):
        if term.amount > LONGEST_TERM[term.unit]:
            raise Invalid(_("Ese plazo es demasiado largo."))
    same_unit = terms.response.unit == terms.solution.unit
    if same_unit and terms.response.amount > terms.solution.amount:
        raise Invalid(_("La primera respuesta no puede tardar más que la solución."))
    if not 0 <= terms.interim_days <= LONGEST_INTERIM:
        raise Invalid(_("El avance se debe en 60 días como máximo."))
    if any(later <= earlier for earlier, later in pairwise(terms.shares)):
        raise Invalid(_("Cada nivel se avisa después que el anterior: los porcentajes suben."))
    if not set(terms.holders) <= {1, 2, 3, 4}:
        raise Invalid(_("Hasta la máxima autoridad se puede nombrar a alguien."))
    if not terms.shares[0] > 0 or terms.shares[-1] > LARGEST_SHARE:
        raise Invalid(_("Los porcentajes van de 1 a 1000."))


@transaction.atomic
def propose_agreement(
    *,
    service: ServiceType,
    place: Place | None,
    priority: str,
    terms: Terms,
    note: str,
    by: Actor,
) -> PolicyVersion:
    """Propose terms for a service type, in a province or district or everywhere, for one priority
    or all. They hold once somebody else has approved them. `note` says why.
    """
    if not by.roles & PROPOSERS:
        raise NotAllowed(_("Proponer plazos toca al enlace operativo de la entidad."))
    if place is not None and place.level == Place.Level.CORREGIMIENTO:
        raise Invalid(_("Un acuerdo vale para una provincia o un distrito."))
    check_terms(terms)
    note = _text(note, _("Diga por qué propone el cambio."))
    policy = _lock_or_make(service, place, priority)
    _require_room_for(policy, terms)
    version = version_with(policy, terms)
    version.number = 1 + (policy.versions.aggregate(last=Max("number"))["last"] or 0)
    version.state, version.note, version.made_by_id = State.PROPOSED, note, by.id
    version.save(force_insert=True)
    RungHolder.objects.bulk_create(
        RungHolder(version=version, rung=rung, user_id=user) for rung, user in terms.holders.items()
    )
    return version


@transaction.atomic
def approve_agreement(*, version: PolicyVersion, words: str, by: Actor) -> PolicyVersion:
    """Put proposed terms in force. Never by who proposed them. Cases under way are the caller's."""
    version = _lock_proposal(version, by)
    before = version.policy.versions.filter(state=State.IN_FORCE)
    before.update(state=State.PAST)
    _decide(version, State.IN_FORCE, words, by)
    renew_stamp(STAMP)
    forget_agreements()
    return version


@transaction.atomic
def refuse_agreement(*, version: PolicyVersion, words: str, by: Actor) -> PolicyVersion:
    """Say no to proposed terms, and why. Never by who proposed them, who withdraws instead."""
    version = _lock_proposal(version, by)
    _decide(version, State.REFUSED, _text(words, _("Diga por qué no lo aprueba.")), by)
    return version


@transaction.atomic
def withdraw_agreement(*, version: PolicyVersion, by: Actor) -> PolicyVersion:
    """Take one's own proposal back before anybody decided."""
    version = _lock(version)
    if version.made_by_id != by.id:
        raise NotAllowed(_("Sólo quien hizo la propuesta puede retirarla."))
    _decide(version, State.REFUSED, _("La retiró quien la propuso."), by)
    return version


def _lock_or_make(service: ServiceType, place: Place | None, priority: str) -> Policy:
    about: dict[str, Any] = {"service": service, "place": place, "priority": priority}
    try:
        with transaction.atomic():
            policy, _made = Policy.objects.get_or_create(**about)
    except IntegrityError:  # somebody made it at the same time
        policy = Policy.objects.get(**about)
    return Policy.objects.select_for_update().get(pk=policy.pk)


def _require_room_for(policy: Policy, terms: Terms) -> None:
    versions = policy.versions.select_related("calendar")
    if versions.filter(state=State.PROPOSED).exists():
        raise Refused(
            _("Ya hay una propuesta por aprobar para este acuerdo. Espere a que se decida.")
        )
    current = versions.filter(state=State.IN_FORCE).first()
    if current is not None and terms_of(current) == terms:
        raise Refused(_("La propuesta dice lo mismo que el acuerdo vigente."))


def _lock(version: PolicyVersion) -> PolicyVersion:
    """The proposal as it is now, under the lock of its agreement."""
    policy = Policy.objects.select_for_update().get(pk=version.policy_id)
    found = policy.versions.select_related("calendar").filter(pk=version.pk).first()
    if found is None:
        raise NotFound(_("Esa propuesta ya no existe."))
    if found.state != State.PROPOSED:
        raise Refused(_("Esa propuesta ya se decidió."))
    found.policy = policy
    return found


def _lock_proposal(version: PolicyVersion, by: Actor) -> PolicyVersion:
    found = _lock(version)
    if not by.roles & DECIDERS:
        raise NotAllowed(_("Aprobar plazos toca al enlace ejecutivo de la entidad."))
    if found.made_by_id is not None and found.made_by_id == by.id:
        raise NotAllowed(_("Usted hizo la propuesta: debe decidirla otra persona."))
    return found


def _decide(version: PolicyVersion, state: str, words: str, by: Actor) -> None:
    moment = now()
    version.state, version.decision = state, words.replace("\x00", "").strip()[:LONGEST_TEXT]
    version.decided_by_id, version.decided_at = by.id, moment
    if state == State.IN_FORCE:
        version.in_force_at = moment
    version.save()


def _text(text: str, missing: str) -> str:
    clean = text.replace("\x00", "").strip()[:LONGEST_TEXT]
    if not clean:
        raise Invalid(missing)
    return clean
