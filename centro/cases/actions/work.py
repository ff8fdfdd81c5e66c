"""What the entity does with a case: give it to somebody, work it, wait, solve it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Unit
from centro.agencies.scopes import candidates_for
from centro.cases import rules
from centro.cases.actions import clocks, step
from centro.cases.actions.asking import ask_whether_solved
from centro.cases.actions.opening import MOST_PHOTOS
from centro.cases.actions.promises import settle_promises
from centro.cases.distribution import note_given
from centro.cases.models import Case, CasePhoto
from centro.cases.officials import refused_officials
from centro.cases.rules import Reason, Status
from centro.files.models import StoredFile
from centro.kernel.actor import Actor, Kind
from centro.kernel.clock import now
from centro.kernel.errors import Invalid

_MOST_PHOTOS_EVER = 4 * MOST_PHOTOS


@transaction.atomic
def assign_case(*, case: Case, unit: Unit, official: User | None = None, by: Actor) -> Case:
    """Give the case to a unit of its entity and, if named, to one of the unit's officials.

    A case that was being worked goes back to `asignado`. After a reopening the officials whose
    solution the citizen did not accept are refused: somebody else must try.
    """
    case = step.lock(case)
    rules.require_one_of(
        Status(case.status), {Status.ASSIGNED, Status.IN_PROGRESS, Status.WAITING}, _("asignar")
    )
    if case.agency_id != unit.agency_id or not unit.active:
        raise Invalid(_("Esa unidad no es de la entidad que tiene el caso."))
    _require_candidate(case, unit, official)
    if case.status == Status.IN_PROGRESS and official != case.official and case.official:
        step.move(case, Status.ASSIGNED, Reason.REASSIGNED)
    if official is not None and official != case.official:
        note_given(unit, official.pk)
    step.put(case, unit=unit, official=official)
    who = official.actor.label if official else unit.name
    case.record("assigned", by=by, who=who, unit=unit.name)
    return case


def _require_candidate(case: Case, unit: Unit, official: User | None) -> None:
    if official is None:
        return
    if official not in candidates_for(unit.agency, unit):
        raise Invalid(_("Esa persona no es funcionario de la unidad."))
    if official.pk in refused_officials(case):
        raise Invalid(_("La persona no aceptó la solución de ese funcionario: elija a otro."))


@transaction.atomic
def start_case(*, case: Case, by: Actor) -> Case:
    """Somebody begins to work on it; an official without a case in hand takes it."""
    case = step.lock(case)
    rules.require_one_of(Status(case.status), {Status.ASSIGNED}, _("empezar"))
    step.move(case, Status.IN_PROGRESS, Reason.WORKING)
    takes_it = case.official is None and Role.OFFICIAL in by.roles
    if takes_it and by.id not in refused_officials(case):
        step.put(case, official_id=by.id)
    case.record("started", by=by)
    return case


@transaction.atomic
def hold_case(*, case: Case, reason: str, until: datetime, text: str = "", by: Actor) -> Case:
    """Wait for something, until a date at which the work goes on by itself."""
    case = step.lock(case)
    if reason not in rules.WAITS:
        raise Invalid(_("Elija por qué espera el caso."))
    rules.require_wait(Reason(reason), until, now())
    step.move(case, Status.WAITING, Reason(reason), waiting_until=until)
    if reason in rules.WAITS_THAT_PAUSE:
        clocks.pause_clocks(case, at=now(), until=until, reason=reason)
    case.record("held", by=by, reason=reason, until=until.isoformat(), text=text.strip())
    return case


@transaction.atomic
def resume_case(*, case: Case, by: Actor) -> Case:
    """The wait is over before its date."""
    case = step.lock(case)
    rules.require_one_of(Status(case.status), {Status.WAITING}, _("continuar"))
    step.end_wait(case)
    case.record("resumed", by=by)
    return case


@transaction.atomic
def add_note(*, case: Case, text: str, by: Actor) -> Case:
    """An internal note: the citizen never sees it."""
    case = step.lock(case)
    case.record("noted", by=by, text=rules.require_text(text, _("la nota")))
    return case


@transaction.atomic
def attach_photo(*, case: Case, file: StoredFile, evidence: bool = False, by: Actor) -> CasePhoto:
    """Add a photo: the citizen's, or the entity's evidence."""
    case = step.lock(case)
    rules.require_one_of(Status(case.status), rules.ACTIVE, _("añadir fotos"))
    if case.photos.count() >= _MOST_PHOTOS_EVER:
        raise Invalid(_("El caso ya tiene todas las fotos que admite."))
    photo = CasePhoto.objects.create(
        case=case, file=file, by_citizen=by.kind == Kind.CITIZEN, evidence=evidence
    )
    case.record("photo_added", by=by, photo=photo.pk, evidence=evidence)
    return photo


@transaction.atomic
def resolve_case(*, case: Case, text: str, evidence: Sequence[StoredFile] = (), by: Actor) -> Case:
    """The entity says how it was solved; the citizen is told and asked whether it is so."""
    case = step.lock(case)
    text = rules.require_text(text, _("la solución"))
    step.cancel_transfer(case, by)
    moment = now()
    clocks.stop_all_clocks(case, at=moment)
    settle_promises(case, at=moment)
    step.move(
        case,
        Status.RESOLVED,
        Reason.SOLVED,
        solution=text,
        resolved_at=moment,
        answer_by=step.end_of_working_days(settings.CONFIRMATION_DAYS),
        satisfied=None,
    )
    CasePhoto.objects.bulk_create(
        [CasePhoto(case=case, file=f, by_citizen=False, evidence=True) for f in evidence]
    )
    message = ask_whether_solved(case)
    case.record(
        "resolved",
        by=by,
        text=text,
        on_time=moment <= case.due_at,
        due=case.due_at.isoformat(),
        photos=len(evidence),
        message=message.pk if message else None,
    )
    return case
