"""Telling the citizen something: by which way, in which words, and whom somebody should ring."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.utils.timezone import localtime

from centro.cases.models import Case
from centro.channels.actions import send_message
from centro.channels.models import OutboundMessage, answer_mark
from centro.contacts.actions import request_call_back
from centro.contacts.models import CallBack
from centro.people.models import ContactPoint

_EMAIL, _PHONE = ContactPoint.Kind.EMAIL, ContactPoint.Kind.PHONE
# The way that answers a channel: the one that the person used comes first. Who rang or came in
# person is written to if they left an address, otherwise rung. A new way out of the centre has its
# line here and its branch in `tell_citizen`.
_FIRST: Mapping[str, ContactPoint.Kind] = {"web": _EMAIL, "email": _EMAIL}
_THEN = (_EMAIL, _PHONE)
# What somebody should ring about where a letter cannot be written.
WORTH_A_CALL: Mapping[str, CallBack.Reason] = {
    "question_asked": CallBack.Reason.ASK,
    "case_resolved": CallBack.Reason.CONFIRM,
    "interim_reply": CallBack.Reason.INFORM,
    "case_closed": CallBack.Reason.INFORM,
}


def tell_citizen(
    case: Case,
    name: str,
    *,
    text: str = "",
    say: str = "",
    address: str = "",
    ring: bool = True,
    **more: object,
) -> OutboundMessage | None:
    """Send a message by the way the citizen used or left; ring those who left only a telephone.

    `address` is the e-mail address when the caller has just heard it; `more` fills further blanks
    of the message; `say` is what to say on the telephone when that is more than the text. With
    `ring=False` nobody is asked to ring: a letter or nothing. Returns the queued message, or None
    when there is no address to write to.
    """
    if case.person_id is None:
        return None
    if address:
        return _write(case, name, address, text, more)
    points = {p.kind: p.value for p in ContactPoint.objects.filter(person=case.person_id)}
    way = next((way for way in ways_for(case.channel) if way in points), None)
    if way == _EMAIL:
        return _write(case, name, points[way], text, more)
    if way == _PHONE and ring and name in WORTH_A_CALL:
        ask_to_ring(case, WORTH_A_CALL[name], phone=points[way], text=say or text)
    return None


def ways_for(channel: str) -> list[ContactPoint.Kind]:
    """The ways to reach the citizen of a case of that channel, in the order they are tried."""
    first = [_FIRST[channel]] if channel in _FIRST else []
    return list(dict.fromkeys([*first, *_THEN]))


def ask_to_ring(case: Case, reason: str, *, phone: str, text: str) -> CallBack:
    """Put the citizen of a case into the queue of people to ring, with what to tell them."""
    return request_call_back(
        reference=case.number, person=case.person, phone=phone, reason=reason, text=text
    )


def phone_of(case: Case) -> str:
    """The telephone that the citizen of a case left; empty when there is none."""
    points = ContactPoint.objects.filter(person=case.person_id, kind=_PHONE)
    return points.values_list("value", flat=True).first() or ""


def _write(
    case: Case, name: str, address: str, text: str, more: Mapping[str, object]
) -> OutboundMessage:
    return send_message(
        kind="email",
        address=address,
        name=name,
        language=case.language,
        reference=case.number,
        discreet=case.is_confidential,
        number=case.number,
        code=case.code,
        service=case.service.name,
        agency=case.agency.name if case.agency else "",
        text=text,
        link=f"{settings.SITE_URL}/seguimiento/{case.number}/",
        yes=answer_link(case, "yes"),
        no=answer_link(case, "no"),
        due=localtime(case.due_at),
        **more,
    )


def answer_link(case: Case, answer: str) -> str:
    """The address that answers "was it solved?" with one click; its key is put in as it leaves.

    Nothing for a confidential case: somebody else may read the letter, and must not answer for
    whoever reported.
    """
    if case.is_confidential:
        return ""
    return f"{settings.SITE_URL}/respuesta/{case.number}/?k={answer_mark(answer, case.cycle)}"
