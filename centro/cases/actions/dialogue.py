"""What the entity and the citizen say to each other while the case is worked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from centro.cases import rules
from centro.cases.actions import clocks, step
from centro.cases.actions.opening import MOST_PHOTOS
from centro.cases.actions.telling import tell_citizen
from centro.cases.models import Case, CasePhoto, SlaClock
from centro.cases.rules import Reason, Status
from centro.channels.models import InboundMessage
from centro.files.models import StoredFile
from centro.kernel.actor import Actor, Kind
from centro.kernel.clock import now
from centro.kernel.errors import Invalid

Metric = SlaClock.Metric


@transaction.atomic
def ask_citizen(*, case: Case, text: str, until: datetime, by: Actor) -> Case:
    """Ask for what is missing; the case waits for the answer, until a date."""
    case = step.lock(case)
    text = rules.require_text(text, _("la pregunta"))
    rules.require_wait(Reason.CITIZEN, until, now())
    step.end_wait(case)
    step.move(case, Status.WAITING, Reason.CITIZEN, waiting_until=until)
    clocks.stop_clocks(case, Metric.FIRST_RESPONSE, at=now())
    clocks.pause_clocks(case, at=now(), until=until, reason=Reason.CITIZEN)
    message = tell_citizen(case, "question_asked", text=text)
    case.record(
        "question_asked",
        by=by,
        text=text,
        until=until.isoformat(),
        message=message.pk if message else None,
    )
    return case


@transaction.atomic
def add_information(
    *,
    case: Case,
    text: str,
    photos: Sequence[StoredFile] = (),
    message: InboundMessage | None = None,
    by: Actor,
) -> Case:
    """The citizen says more (or an operator writes it down). A wait that stops the clocks ends.

    `message` is the one by which they said it. It never restarts a term and never reopens a case: for that there is `reopen_case`.
    """
    case = step.lock(case)
    rules.require_one_of(Status(case.status), rules.ACTIVE, _("añadir información"))
    text = rules.require_text(text, _("lo que quiere añadir"))
    if len(photos) > MOST_PHOTOS:
        raise Invalid(_("Puede adjuntar como máximo %(n)s fotos.") % {"n": MOST_PHOTOS})
    CasePhoto.objects.bulk_create(
        [CasePhoto(case=case, file=f, by_citizen=by.kind == Kind.CITIZEN) for f in photos]
    )
    case.record(
        "information_added",
        by=by,
        text=text,
        photos=len(photos),
        inbound=message.pk if message else None,
    )
    if case.status == Status.WAITING and case.reason in rules.WAITS_THAT_PAUSE:
        clocks.resume_clocks(case, at=now(), reason=Reason.CITIZEN_ANSWERED)
        step.move(case, Status.IN_PROGRESS, Reason.CITIZEN_ANSWERED)
        case.record("resumed", by=by)
    return case


@transaction.atomic
def add_report(*, case: Case, text: str, by: Actor) -> Case:
    """Somebody else reports the same. What they said is for those who work the case; the citizen
    of the case learns only that they are not alone. It answers no question put to that citizen.
    """
    case = step.lock(case)
    rules.require_one_of(Status(case.status), rules.UNSOLVED, _("sumar otro reporte"))
    text = rules.require_text(text, _("lo que cuenta la otra persona"))
    case.record("reported_again", by=by)
    case.record("noted", by=by, text=text)
    return case


@transaction.atomic
def record_attempt(*, case: Case, text: str, by: Actor) -> Case:
    """Document one attempt to reach the citizen."""
    case = step.lock(case)
    rules.require_one_of(Status(case.status), rules.ACTIVE, _("anotar un intento"))
    case.record("attempted", by=by, text=rules.require_text(text, _("qué se intentó")))
    return case
