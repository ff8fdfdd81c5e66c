"""Ringing people back: who is next, what the call is about, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of, scope_of
from centro.cases.access import may_see_reporter
from centro.cases.actions import (
    add_information,
    confirm_case,
    record_attempt,
    record_look,
    reopen_case,
)
from centro.cases.models import Case, Look
from centro.catalog.models import Confidentiality
from centro.contacts.actions import (
    claim_call_back,
    finish_call_back,
    finish_contact,
    open_contact,
)
from centro.contacts.models import CallBack, Contact
from centro.kernel.actor import Actor
from centro.kernel.clock import now
from centro.kernel.errors import NotFound
from centro.kernel.numbers import serial_of
from centro.web.desk.forms.callbacks import Result
from centro.web.desk.posts import FRONT
from centro.web.desk.ways import Way

_LISTED = 30


@dataclass(frozen=True, slots=True)
class Queue:
    """Who waits to be rung: how many are due, the next ones, and what is in this user's hands."""

    due: int
    later: int
    calls: list[CallBack]
    mine: CallBack | None


def queue(user: User) -> Queue:
    """Four statements, whatever the length of the queue."""
    moment = now()
    waiting = CallBack.objects.filter(within_reach(user), state=CallBack.State.WAITING)
    counts = waiting.aggregate(
        due=Count("pk", filter=Q(due_at__lte=moment)),
        later=Count("pk", filter=Q(due_at__gt=moment)),
    )
    nearest = waiting.select_related("claimed_by").order_by("due_at", "id")
    calls = list(nearest[:_LISTED])
    mine = next((call for call in calls if call.claimed_by_id == user.pk), None)
    return Queue(counts["due"], counts["later"], calls, mine)


def within_reach(user: User) -> Q:
    """The calls this user may make: those of sealed cases belong to denunciation officers."""
    waiting = CallBack.objects.filter(state=CallBack.State.WAITING)
    serials = {
        reference: serial_of(reference) for reference in waiting.values_list("reference", flat=True)
    }
    sealed_cases = Case.objects.filter(
        pk__in=serials.values(), confidentiality=Confidentiality.SEALED
    )
    sealed = set(sealed_cases.values_list("pk", flat=True))
    of_sealed = Q(reference__in=[reference for reference, pk in serials.items() if pk in sealed])
    scope = scope_of(user)
    theirs = Q() if scope.has(*FRONT) else of_sealed
    return theirs if scope.has(Role.DENUNCIATIONS) else theirs & ~of_sealed


def claim_next(user: User) -> CallBack | None:
    """Take the next call, and write down that its reporter becomes known to this user."""
    call = claim_call_back(user=user, among=within_reach(user))
    if call is not None:
        record_look(
            case=case_of(call, user),
            user=user,
            what=Look.What.REPORTER,
            why=_("Llamada por devolver"),
        )
    return call


def call_in_hand(pk: int, user: User) -> CallBack:
    """A call that this user claimed; anybody else's looks as if it did not exist."""
    calls = CallBack.objects.filter(state=CallBack.State.WAITING, claimed_by=user)
    call = calls.select_related("person").filter(pk=pk).first()
    if call is None:
        raise NotFound(_("Esa llamada no está en sus manos. Tome la siguiente."))
    return call


def case_of(call: CallBack, user: User) -> Case:
    """The case that the call is about, as far as this user may know who reported it."""
    case = Case.objects.reach(call.reference, user)
    if not may_see_reporter(case, user):
        raise NotFound(_("Esa llamada no está en sus manos. Tome la siguiente."))
    return case


@transaction.atomic
def settle(call: CallBack, case: Case, *, result: str, text: str, user: User) -> CallBack:
    """Do what the person said on the call, count the contact and finish the call."""
    by = actor_of(user)
    call = finish_call_back(call_back=call, reached=result != Result.NOT_REACHED, by=by)
    _act(case, result, text, by)
    _count(call, case, text or str(Result(result).label), user)
    return call


def _act(case: Case, result: str, text: str, by: Actor) -> None:
    match Result(result):
        case Result.SOLVED:
            confirm_case(case=case, by=by)
        case Result.NOT_SOLVED:
            reopen_case(case=case, text=text, by=by)
        case Result.ANSWERED:
            add_information(case=case, text=text, by=by)
        case Result.INFORMED:
            pass
        case Result.NOT_REACHED if case.is_active:
            record_attempt(case=case, text=text or _("Se llamó y no contestó."), by=by)


def _count(call: CallBack, case: Case, summary: str, user: User) -> None:
    by = actor_of(user)
    contact = open_contact(
        channel=Way.PHONE,
        operator=user,
        person=call.person,
        direction=Contact.Direction.OUT,
        started_at=call.claimed_at,
        by=by,
    )
    finish_contact(contact=contact, summary=summary, reference=case.number, by=by)
