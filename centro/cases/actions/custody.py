"""Confidentiality: who may know, who was let in, and who looked."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.cases import rules
from centro.cases.actions import step
from centro.cases.models import Case, ClosureAudit, Grant, Look
from centro.catalog.models import Confidentiality
from centro.kernel.actor import Actor
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, NotAllowed


@transaction.atomic
def set_confidentiality(*, case: Case, level: str, text: str, by: Actor) -> Case:
    """Raise or lower who may know, with the reason. Only denunciation officers unseal.

    Raises Invalid for an unknown level, and for `open` where the service type is sealed: who
    reported such a matter stays hidden whatever became of it.
    """
    case = step.lock(case)
    if level not in Confidentiality.values:
        raise Invalid(_("Elija un nivel de confidencialidad."))
    if case.is_sealed and Role.DENUNCIATIONS not in by.roles:
        raise NotAllowed(_("Sólo un oficial de denuncias puede abrir un caso sellado."))
    if level == Confidentiality.OPEN and case.service.confidentiality == Confidentiality.SEALED:
        raise Invalid(_("Este tipo de servicio nunca queda abierto: elija «Reservado»."))
    text = rules.require_text(text, _("el motivo"))
    changes: dict[str, object] = {"confidentiality": level}
    if level == Confidentiality.SEALED:
        # The entity's people lose it at once; a pending hand-over would show it to another.
        step.cancel_transfer(case, by)
        step.take_out_of_bundles(case, by)
        changes |= {"unit": None, "official": None}
        # Nor is it anybody's sample any more.
        ClosureAudit.objects.to_do().filter(case=case).delete()
    step.put(case, **changes)
    case.record("confidentiality_set", by=by, level=level, text=text)
    return case


@transaction.atomic
def grant_access(*, case: Case, user: User, by: Actor) -> Grant:
    """A denunciation officer names one more person who may read and work a sealed case."""
    case = step.lock(case)
    if Role.DENUNCIATIONS not in by.roles or by.id is None:
        raise NotAllowed(_("Sólo un oficial de denuncias puede dar acceso."))
    if not case.is_sealed:
        raise Invalid(_("El caso no está sellado: no hace falta dar acceso."))
    grant, created = Grant.objects.get_or_create(
        case=case, user=user, revoked_at=None, defaults={"granted_by_id": by.id}
    )
    if created:
        case.record("access_granted", by=by, name=user.actor.label)
    return grant


@transaction.atomic
def revoke_access(*, grant: Grant, by: Actor) -> None:
    """Take back what `grant_access` gave."""
    if Role.DENUNCIATIONS not in by.roles:
        raise NotAllowed(_("Sólo un oficial de denuncias puede quitar el acceso."))
    case = step.lock(grant.case)
    if Grant.objects.filter(pk=grant.pk, revoked_at=None).update(revoked_at=now()):
        case.record("access_revoked", by=by, name=grant.user.actor.label)


def record_look(*, case: Case, user: User, what: str = Look.What.CASE, why: str = "") -> None:
    """Write down that somebody opened a confidential case or learnt who reported it.

    Looks at open cases are not kept, except at the reporter of a case that hides them.
    """
    if case.is_confidential:
        Look.objects.create(case=case, user=user, what=what, why=why.strip()[:200])
