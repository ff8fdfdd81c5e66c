"""Interim replies: what the citizen is told while the solution takes its time, and by when again."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from centro.cases import rules
from centro.cases.actions import clocks, step
from centro.cases.actions.telling import tell_citizen
from centro.cases.models import Case, SlaClock
from centro.cases.rules import Status
from centro.catalog.agreements import policy_for
from centro.catalog.calendars import calendar_at, version_in_force
from centro.kernel.actor import Actor
from centro.kernel.calendar import Calendar, Term, Unit, term_end
from centro.kernel.clock import now
from centro.kernel.errors import Invalid

# Nobody is told to wait longer than the law gives the State for a petition.
LONGEST_PROMISE = timedelta(days=30)
_USUAL_DAYS = 5  # working days, where the agreement asks for no interim replies
_INSTANT = timedelta(microseconds=1)
Metric = SlaClock.Metric


@transaction.atomic
def interim_reply(*, case: Case, text: str, promised_for: date | None = None, by: Actor) -> Case:
    """Tell the citizen how it is going without solving it yet, and by which day they hear again.

    `promised_for` is a working day of the service's calendar within LONGEST_PROMISE (Invalid
    otherwise); without one, `usual_promise`. The reply that was owed is given, and the next one is
    owed by the end of that day unless the case is solved before.
    """
    case = step.lock(case)
    rules.require_one_of(Status(case.status), rules.UNSOLVED, _("informar del avance"))
    text = rules.require_text(text, _("el avance"))
    moment = now()
    due = _end_of(case, promised_for or usual_promise(case), moment)
    clocks.stop_clocks(case, Metric.FIRST_RESPONSE, Metric.INTERIM, at=moment)
    clocks.promise_reply(case, due, at=moment)
    message = tell_citizen(
        case, "interim_reply", text=text, say=_said(text, due), promised=localtime(due)
    )
    case.record(
        "interim_reply",
        by=by,
        text=text,
        promised=due.isoformat(),
        message=message.pk if message else None,
    )
    return case


def usual_promise(case: Case) -> date:
    """The day that is proposed: the next interim reply by the agreement, or the due day before it."""
    policy = policy_for(case.service, case.place, case.priority)
    calendar, moment = _calendar_of(case), now()
    days = Term(policy.interim_days or _USUAL_DAYS, Unit.WORKING_DAYS)
    end = min(term_end(calendar, moment, days), moment + LONGEST_PROMISE)
    if moment < case.due_at < end:
        end = case.due_at
    # What ends at midnight ends on the day before.
    day = localdate(end - _INSTANT)
    while not calendar.is_working_day(day) or _closing(calendar, day) <= moment:
        day += timedelta(days=1)
    return day


def _calendar_of(case: Case) -> Calendar:
    policy = policy_for(case.service, case.place, case.priority)
    return calendar_at(version_in_force(policy.calendar.code), case.place)


def _end_of(case: Case, day: date, moment: datetime) -> datetime:
    """When a promised day closes; refuses one on which nobody works, gone by, or far away."""
    calendar = _calendar_of(case)
    if not localdate(moment) <= day <= localdate(moment + LONGEST_PROMISE):
        raise Invalid(
            _("La fecha para volver a informar va de hoy a %(days)s días. Elija una más cercana.")
            % {"days": LONGEST_PROMISE.days}
        )
    if not calendar.is_working_day(day) or _closing(calendar, day) <= moment:
        raise Invalid(
            _("El %(day)s no queda tiempo hábil para informar: elija otro día.")
            % {"day": date_format(day, "j M Y")}
        )
    return _closing(calendar, day)


def _closing(calendar: Calendar, day: date) -> datetime:
    """When a working day closes: the end of a term of one day that was received the day before."""
    before = datetime.combine(day - timedelta(days=1), time(12), calendar.zone)
    return term_end(calendar, before, Term(1, Unit.WORKING_DAYS))


def _said(text: str, due: datetime) -> str:
    """What is said on the telephone."""
    when = date_format(localtime(due), "j M Y, g:i a")
    return f"{text}\n\n" + _("Volverá a tener noticias a más tardar: %(when)s") % {"when": when}
