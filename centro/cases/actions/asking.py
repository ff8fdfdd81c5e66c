"""Asking whether it is solved, and what follows: a reminder, a call where no letter arrives, silence.

Each sweep asks what is due now, so a late run loses nothing.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localtime

from centro.cases.actions import step
from centro.cases.actions.telling import WORTH_A_CALL, ask_to_ring, phone_of, tell_citizen
from centro.cases.models import Case, TimelineEntry
from centro.cases.rules import Reason, Status
from centro.catalog.calendars import office_calendar
from centro.channels.accounts import account_for
from centro.channels.models import Identity, OutboundMessage
from centro.contacts.models import CallBack
from centro.kernel.actor import SYSTEM
from centro.kernel.clock import now
from centro.kernel.numbers import serial_of
from centro.people.models import ContactPoint

_BATCH = 500
# A letter is given up four days after it was written at the latest.
_FAILURES_SINCE = timedelta(days=6)
# The letters that wait for an answer: without one of these the citizen knows nothing.
_QUESTIONS = ("case_resolved", "question_asked")


def ask_whether_solved(case: Case) -> OutboundMessage | None:
    """Tell the citizen how it was solved and ask whether it is so, by the way they used."""
    return _ask(case, "case_resolved", text=case.solution)


def _ask(case: Case, name: str, text: str = "") -> OutboundMessage | None:
    assert case.answer_by is not None
    return tell_citizen(case, name, text=text, answer_by=localtime(case.answer_by))


def remind_unanswered() -> int:
    """Write once more, half-way, to whoever was asked by letter and has not answered.

    In office hours alone. Returns how many were written to.
    """
    if not office_calendar().is_open(now()):
        return 0
    return sum(_remind(case) for case in _to_remind()[:_BATCH])


def _to_remind() -> QuerySet[Case]:
    """Resolved cases in the second half of their days to answer whose citizen was not reminded."""
    left = settings.CONFIRMATION_DAYS // 2
    if not left:
        return Case.objects.none()
    reminded = TimelineEntry.objects.filter(
        case=OuterRef("pk"), kind="reminded", cycle=OuterRef("cycle")
    )
    written_to = ContactPoint.objects.filter(_can_be_reminded(), person=OuterRef("person"))
    soon = Case.objects.filter(
        status=Status.RESOLVED, answer_by__gt=now(), answer_by__lte=step.end_of_working_days(left)
    )
    return soon.filter(~Exists(reminded), Exists(written_to)).order_by("answer_by", "pk")


def _can_be_reminded() -> Q:
    """By mail, or by SMS where they wrote to us by it and do not ask for few messages."""
    wanted = Q(kind=ContactPoint.Kind.EMAIL)
    if account_for("sms") is None:
        return wanted
    texts = Identity.objects.filter(
        kind="sms", external_id=OuterRef("value"), quiet_since=None, spam=False
    )
    return wanted | (Q(kind=ContactPoint.Kind.PHONE) & Q(Exists(texts)))


@transaction.atomic
def _remind(case: Case) -> bool:
    case = step.lock(case)
    if (
        case.status != Status.RESOLVED
        or case.timeline.filter(kind="reminded", cycle=case.cycle).exists()
    ):
        return False
    message = _ask(case, "case_reminder")
    case.record("reminded", by=SYSTEM, message=message.pk if message else None)
    return True


def follow_failed_letters() -> int:
    """Ring whoever should have got a question by letter and did not. Returns how many cases.

    Each failed letter is written down on its case once; who left no telephone is not rung.
    """
    failed = OutboundMessage.objects.filter(
        status=OutboundMessage.Status.FAILED,
        created_at__gte=now() - _FAILURES_SINCE,
        name__in=_QUESTIONS,
    ).exclude(reference="")
    letters = {letter.pk: letter for letter in failed.only("reference", "name", "created_at")}
    serials = {serial_of(letter.reference) for letter in letters.values()}
    cases = Case.objects.filter(pk__in=serials)
    noted = TimelineEntry.objects.filter(case__in=cases, kind__startswith="undelivered")
    known = set(noted.values_list("data__letter", flat=True))
    numbers = {case.number for case in cases.only("pk")}
    new = [pk for pk, letter in letters.items() if pk not in known and letter.reference in numbers]
    return sum(_follow_failed(letters[pk]) for pk in sorted(new)[:_BATCH])


@transaction.atomic
def _follow_failed(letter: OutboundMessage) -> bool:
    case = step.lock(Case(pk=serial_of(letter.reference)))
    if case.timeline.filter(kind__startswith="undelivered", data__letter=letter.pk).exists():
        return False
    asked = case.timeline.filter(data__message=letter.pk).first()
    phone = phone_of(case) if asked and _still_asked(case, letter, asked) else ""
    if asked and phone:
        ask_to_ring(case, WORTH_A_CALL[letter.name], phone=phone, text=asked.text)
    case.record("undelivered_rings" if phone else "undelivered", by=SYSTEM, letter=letter.pk)
    return True


def _still_asked(case: Case, letter: OutboundMessage, asked: TimelineEntry) -> bool:
    """Whether the case still waits for the answer to what that letter asked."""
    if asked.cycle != case.cycle:
        return False
    if letter.name == "case_resolved":
        return case.status == Status.RESOLVED
    return case.status == Status.WAITING and case.reason == Reason.CITIZEN


def close_unanswered() -> int:
    """Close what was resolved and not answered in time, unless somebody is still to ring.

    Returns how many were closed.
    """
    silent = Case.objects.filter(status=Status.RESOLVED, answer_by__lte=now())
    return sum(_close_unanswered(case) for case in silent[:_BATCH])


@transaction.atomic
def _close_unanswered(case: Case) -> bool:
    case = step.lock(case)
    if case.status != Status.RESOLVED or case.answer_by is None or case.answer_by > now():
        return False
    if CallBack.objects.filter(reference=case.number, state=CallBack.State.WAITING).exists():
        return False
    step.move(case, Status.CLOSED, Reason.NO_ANSWER, closed_at=now())
    # Whoever could only be rung was rung already, and did not answer.
    message = tell_citizen(case, "case_closed", ring=False)
    case.record(
        "closed",
        by=SYSTEM,
        reason=Reason.NO_ANSWER,
        text="",
        message=message.pk if message else None,
    )
    return True
