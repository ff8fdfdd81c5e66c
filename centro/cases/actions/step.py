"""What every action does: take the case under its row lock and move it by the rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Func, Value
from django.db.models.expressions import Combinable
from django.utils.translation import gettext as _

from centro.agencies.models import Agency
from centro.cases import rules
from centro.cases.actions import clocks
from centro.cases.models import Case, Incident, Instruction, Transfer
from centro.cases.rules import Reason, Status
from centro.catalog.calendars import office_calendar
from centro.kernel.actor import Actor
from centro.kernel.calendar import Term, Unit, term_end
from centro.kernel.clock import now
from centro.kernel.text import stems, words


def lock(case: Case) -> Case:
    """The case as it is now, locked until the transaction ends."""
    locked = Case.objects.select_for_update(of=("self",)).select_related(*Case.COMPANIONS)
    return locked.get(pk=case.pk)


def lock_open_incident(incident: Incident) -> Incident:
    """The event as it is now, locked until the transaction ends; NotNow when it is over.

    Always before its cases, so that nobody waits in a circle.
    """
    locked = Incident.objects.select_for_update(of=("self",), no_key=True)
    found = locked.select_related(*Incident.COMPANIONS).get(pk=incident.pk)
    if not found.is_open:
        raise rules.NotNow(_("Ese evento ya terminó."))
    return found


def move(case: Case, to: Status, reason: Reason, **changes: Any) -> None:
    """Change the status by the rules, and whatever goes with it, in one UPDATE."""
    rules.require(Status(case.status), to, reason)
    put(case, status=to, reason=reason, **changes)


def put(case: Case, **changes: Any) -> None:
    """Save just these fields."""
    if case.status == Status.WAITING and changes.get("status", case.status) != Status.WAITING:
        changes["waiting_until"] = None
    for name, value in changes.items():
        setattr(case, name, value)
    case.save(update_fields=list(changes))


def end_wait(case: Case) -> None:
    """Go on with the work before something else happens; nothing for a case that does not wait."""
    if case.status == Status.WAITING:
        clocks.resume_clocks(case, at=now(), reason=Reason.WORKING)
        move(case, Status.IN_PROGRESS, Reason.WORKING)


def give_back(case: Case) -> None:
    """Work that had begun is given back (`asignado`), as the life of a case asks."""
    end_wait(case)
    if case.status == Status.IN_PROGRESS:
        move(case, Status.ASSIGNED, Reason.REASSIGNED)


def end_of_working_days(days: int) -> datetime:
    """The end of a short term of office days, whatever calendar the service runs on."""
    return term_end(office_calendar(), now(), Term(days, Unit.WORKING_DAYS))


def index_of(*texts: str) -> Combinable:
    """The search vector of these texts: our own folded stems, so accents do not matter.

    The plain words are kept beside the stems: a street or a meter number is no Spanish word.
    """
    terms = sorted({t[:60] for text in texts for t in [*stems(text), *words(text)]})
    return Func(
        Value(terms), function="array_to_tsvector", template="%(function)s(%(expressions)s::text[])"
    )


def cancel_transfer(case: Case, by: Actor) -> None:
    """A case that moves on its own way leaves its pending proposal behind."""
    if case.proposed_agency is None:
        return
    to = case.proposed_agency
    Transfer.objects.filter(case=case, decision=Transfer.Decision.PENDING).update(
        decision=Transfer.Decision.CANCELLED, decided_at=now()
    )
    put(case, proposed_agency=None)
    case.record("transfer_cancelled", by=by, to=to.acronym)


def release_from_incident(case: Case, by: Actor) -> None:
    """A case that is another matter, another entity's or a secret now goes on by itself."""
    if case.incident_id is None:
        return
    put(case, incident=None)
    case.record("incident_left", by=by)


def take_out_of_bundles(case: Case, by: Actor) -> None:
    """A case that is sealed now stands beside no other: not in an event, not in an instruction."""
    release_from_incident(case, by)
    Instruction.cases.through.objects.filter(case=case).delete()


def name_of(agency: Agency | None) -> str:
    return agency.acronym if agency else ""
