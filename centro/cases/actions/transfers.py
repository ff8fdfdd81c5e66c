"""Handing a case to another entity, so that it can never be lost on the way."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from centro.agencies.models import Agency
from centro.cases import rules
from centro.cases.actions import clocks, step
from centro.cases.actions.notices import pass_on
from centro.cases.actions.telling import tell_citizen
from centro.cases.distribution import hand_case
from centro.cases.models import Case, Transfer
from centro.cases.routing import route_to
from centro.cases.rules import Reason, Status
from centro.kernel.actor import SYSTEM, Actor
from centro.kernel.clock import now
from centro.kernel.errors import Invalid

# Silence of the receiver for this many working days sends the case to triage.
_DAYS_TO_ANSWER = 1


@transaction.atomic
def propose_transfer(*, case: Case, to: Agency, text: str, by: Actor) -> Transfer:
    """Say "not ours" and name whose it is. The case stays here until the other accepts."""
    case = step.lock(case)
    rules.require_one_of(Status(case.status), rules.TRANSFERABLE, _("proponer un traslado"))
    text = rules.require_text(text, _("por qué corresponde a la otra entidad"))
    if case.proposed_agency is not None:
        raise rules.NotNow(_("Ya hay una propuesta de traslado esperando respuesta."))
    if case.agency is None or to == case.agency:
        raise Invalid(_("El caso ya es de esa entidad."))
    if not to.active:
        raise Invalid(_("Esa entidad ya no recibe casos. Elija otra."))
    if case.is_sealed:
        raise rules.NotNow(_("Un caso sellado no se traslada: lo lleva el oficial de denuncias."))
    transfer = Transfer.objects.create(
        case=case,
        from_agency=case.agency,
        to_agency=to,
        reason=text,
        proposed_at=now(),
        answer_by=step.end_of_working_days(_DAYS_TO_ANSWER),
    )
    step.put(case, proposed_agency=to)
    case.record("transfer_proposed", by=by, sender=case.agency.acronym, to=to.acronym, text=text)
    return transfer


@transaction.atomic
def accept_transfer(*, case: Case, by: Actor) -> Case:
    """The other entity takes it: its unit for the place, whose turn it is, the same deadline."""
    case = step.lock(case)
    transfer = _pending(case)
    to = transfer.to_agency
    _decide(transfer, Transfer.Decision.ACCEPTED, "")
    route = hand_case(case, route_to(to, case.province_id, "accepted"))
    placed = {**route.hands, "proposed_agency": None}
    step.end_wait(case)
    if case.status == Status.IN_PROGRESS:
        step.move(case, Status.ASSIGNED, Reason.TRANSFER_ACCEPTED, **placed)
    else:
        step.put(case, reason=Reason.TRANSFER_ACCEPTED, **placed)
    clocks.hand_stint(case, to, at=now())
    pass_on(case)
    message = tell_citizen(case, "case_transferred")
    sent = message.pk if message else None
    case.record("transfer_accepted", by=by, to=to.acronym, message=sent, **route.told)
    return case


@transaction.atomic
def refuse_transfer(*, case: Case, text: str, by: Actor) -> Case:
    """The other entity says that it is not theirs either: triage decides, with both reasons."""
    case = step.lock(case)
    transfer = _pending(case)
    text = rules.require_text(text, _("por qué no le corresponde"))
    _decide(transfer, Transfer.Decision.REFUSED, text)
    case.record("transfer_refused", by=by, to=transfer.to_agency.acronym, text=text)
    _back_to_triage(case, Reason.TRANSFER_REFUSED)
    return case


@transaction.atomic
def expire_transfer(*, transfer: Transfer, by: Actor = SYSTEM) -> bool:
    """Nobody answered in time: triage decides. False when somebody did in the meantime."""
    case = step.lock(transfer.case)
    transfer = Transfer.objects.select_related("to_agency").get(pk=transfer.pk)
    if transfer.decision != Transfer.Decision.PENDING or transfer.answer_by > now():
        return False
    _decide(transfer, Transfer.Decision.EXPIRED, "")
    case.record("transfer_expired", by=by, to=transfer.to_agency.acronym)
    _back_to_triage(case, Reason.TRANSFER_EXPIRED)
    return True


def _pending(case: Case) -> Transfer:
    pending = Transfer.objects.filter(case=case, decision=Transfer.Decision.PENDING)
    transfer = pending.select_related("to_agency").first()
    if transfer is None:
        raise rules.NotNow(_("No hay ninguna propuesta de traslado por responder."))
    return transfer


def _decide(transfer: Transfer, decision: str, answer: str) -> None:
    transfer.decision = decision
    transfer.answer = answer
    transfer.decided_at = now()
    transfer.save(update_fields=["decision", "answer", "decided_at"])


def _back_to_triage(case: Case, reason: Reason) -> None:
    step.give_back(case)
    step.move(
        case,
        Status.RECEIVED,
        reason,
        agency=None,
        unit=None,
        official=None,
        proposed_agency=None,
    )
    clocks.hand_stint(case, None, at=now())
