"""How a case ends, and how it comes back."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.agencies.models import Distribution
from centro.cases import clockwork, rules
from centro.cases.actions import clocks, step
from centro.cases.actions.notices import tell_rung
from centro.cases.actions.telling import tell_citizen
from centro.cases.models import Case, Notice
from centro.cases.officials import least_loaded, refused_officials
from centro.cases.rules import Reason, Status
from centro.kernel.actor import Actor
from centro.kernel.clock import now


@transaction.atomic
def confirm_case(*, case: Case, by: Actor) -> Case:
    """The citizen says that it is solved."""
    case = step.lock(case)
    step.move(case, Status.CLOSED, Reason.SATISFIED, closed_at=now(), satisfied=True)
    case.record("confirmed", by=by)
    return case


@transaction.atomic
def reopen_case(*, case: Case, text: str, by: Actor) -> Case:
    """The citizen says that it is not solved, or comes back within the days allowed.

    A new cycle with its own term begins one rung higher, and the people of that rung are told at
    once. Another official of the unit takes it, never one whose solution was not accepted before;
    where there is none, or the entity's liaison distributes, the liaison gives it to somebody.
    """
    case = step.lock(case)
    moment = now()
    rules.require_reopening(
        Status(case.status), case.closed_at, moment, settings.REOPENING_DAYS, by
    )
    text = rules.require_text(text, _("por qué no está resuelto"))
    kept = {
        "cycle": case.cycle,
        "official": case.official_id,
        "due": case.due_at.isoformat(),
        "resolved": case.resolved_at.isoformat() if case.resolved_at else None,
        "closed": case.closed_at.isoformat() if case.closed_at else None,
        "closed_as": case.reason if case.closed_at else "",
        "solution": case.solution,
    }
    if case.agency is None:
        raise rules.NotNow(_("El caso se cerró sin entidad: abra uno nuevo."))
    previous = case.official
    case.cycle += 1
    started = clocks.plan_cycle(case, moment, at=moment)
    step.move(
        case,
        Status.IN_PROGRESS,
        Reason.REOPENED,
        cycle=case.cycle,
        due_at=case.due_at,
        resolved_at=None,
        answer_by=None,
        closed_at=None,
        solution="",
        satisfied=None,
        last_official=previous or case.last_official,
        official=_another_official(case, previous),
    )
    clocks.start_clocks(started)
    message = tell_citizen(case, "case_reopened", text=text)
    case.record("reopened", by=by, text=text, before=kept, message=message.pk if message else None)
    begins_at = clockwork.first_rung(clockwork.base_of(case.cycle))
    tell_rung(case, begins_at, Notice.Kind.REOPENED, cycle=case.cycle)
    return case


def _another_official(case: Case, previous: User | None) -> User | None:
    """Chosen as for a new case. `case` is in its new cycle already."""
    if case.agency is None or case.unit is None or case.is_sealed:
        return None
    if case.agency.distribution == Distribution.LIAISON or previous is None:
        return None
    refused = refused_officials(case) | {previous.pk}
    return least_loaded(case.agency, case.unit, but=refused)


@transaction.atomic
def withdraw_case(*, case: Case, text: str = "", by: Actor) -> Case:
    """The citizen no longer wants it."""
    rules.require_withdrawal(by)
    case = step.lock(case)
    step.cancel_transfer(case, by)
    moment = now()
    clocks.cancel_clocks(case, at=moment, reason=Reason.WITHDRAWN)
    step.move(case, Status.CLOSED, Reason.WITHDRAWN, closed_at=moment)
    message = tell_citizen(case, "case_withdrawn")
    case.record(
        "withdrawn",
        by=by,
        text=text.strip()[: rules.LONGEST_TEXT],
        message=message.pk if message else None,
    )
    return case


@transaction.atomic
def close_case(*, case: Case, reason: str, text: str, by: Actor) -> Case:
    """Close with a reason the rules allow from where the case is (see rules.require_closing)."""
    case = step.lock(case)
    text = rules.require_text(text, _("la explicación para la persona"))
    if reason not in Reason.values:
        raise rules.NotNow(_("Elija una razón de cierre de la lista."))
    attempts = case.timeline.filter(kind="attempted", cycle=case.cycle).count()
    rules.require_closing(Status(case.status), Reason(reason), by, attempts)
    step.cancel_transfer(case, by)
    moment = now()
    if reason == Reason.FIRST_CONTACT:
        clocks.stop_all_clocks(case, at=moment)
    else:
        answered = reason in rules.CLOSINGS_THAT_ANSWER
        clocks.cancel_clocks(case, at=moment, answered=answered, reason=reason)
    step.move(case, Status.CLOSED, Reason(reason), closed_at=moment)
    message = None if reason == Reason.SPAM else tell_citizen(case, "case_closed", text=text)
    case.record("closed", by=by, reason=reason, text=text, message=message.pk if message else None)
    return case
