"""Telling the citizen something: by which way, in which words, and whom somebody should ring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils.timezone import localtime

from centro.cases.models import Case, CaseConversation
from centro.channels.accounts import account_for, own_account
from centro.channels.actions import send_message
from centro.channels.models import Account, Identity, OutboundMessage, answer_mark
from centro.contacts.actions import request_call_back
from centro.contacts.conversations import lock_conversation, note_sent
from centro.contacts.models import CallBack
from centro.kernel.errors import Invalid
from centro.kernel.identifiers import PhoneKind, parse_phone
from centro.people.models import ContactPoint

_Kind = ContactPoint.Kind
_EMAIL, _PHONE = _Kind.EMAIL, _Kind.PHONE
# The way that answers a channel: the one that the person used comes first. Who rang or came in
# person is written to if they left an address, otherwise rung.
_FIRST: Mapping[str, ContactPoint.Kind] = {
    "web": _EMAIL, "email": _EMAIL, "sms": _PHONE, "whatsapp": _Kind.WHATSAPP,
    "telegram": _Kind.TELEGRAM, "facebook": _Kind.FACEBOOK, "x": _Kind.X,
}  # fmt: skip
_THEN = (_EMAIL, _Kind.WHATSAPP, _Kind.TELEGRAM, _PHONE, _Kind.FACEBOOK, _Kind.X)
# What somebody should ring about where a letter cannot be written.
WORTH_A_CALL: Mapping[str, CallBack.Reason] = {
    "question_asked": CallBack.Reason.ASK,
    "case_resolved": CallBack.Reason.CONFIRM,
    "interim_reply": CallBack.Reason.INFORM,
    "case_closed": CallBack.Reason.INFORM,
}

# What a person who asked for few messages does without: it changes nothing that they must know.
_CAN_BE_LEFT_OUT = frozenset(
    {"information_received", "case_transferred", "case_merged", "case_reminder"}
)


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
    """Send a message by the way the citizen used or left; ring those who can only be rung.

    `address` is the e-mail address when the caller has just heard it; `more` fills further blanks
    of the message; `say` is what to say on the telephone when that is more than the text. With
    `ring=False` nobody is asked to ring: a letter or nothing. Returns the queued message, or None
    when there is no address to write to.
    """
    if case.person_id is None:
        return _write_in_chat(case, name, text, more)
    if address:
        return _write(
            case, name, Way("email", address, account_for("email", case.agency_id)), text, more
        )
    points = _points_of(case)
    for kind in ways_for(case.channel):
        if kind not in points:
            continue
        way = _way_to(case, kind, points[kind])
        if way is not None and way.quiet and name in _CAN_BE_LEFT_OUT:
            return None
        if way is not None:
            return _write(case, name, way, text, more)
        if kind == _PHONE and ring and name in WORTH_A_CALL:
            ask_to_ring(case, WORTH_A_CALL[name], phone=points[kind], text=say or text)
            return None
    return _write_in_chat(case, name, text, more)


def _write_in_chat(
    case: Case, name: str, text: str, more: Mapping[str, object]
) -> OutboundMessage | None:
    """To whoever left nothing but a talk on the site: they may still have its page open."""
    if case.channel != "chat":
        return None
    talks = CaseConversation.objects.filter(case=case, conversation__identity__kind="chat")
    link = talks.select_related("conversation__identity").first()
    identity = link.conversation.identity if link else None
    if identity is None:
        return None
    way = Way("chat", identity.external_id, own_account("chat"), identity)
    return _write(case, name, way, text, more)


@dataclass(frozen=True, slots=True)
class Way:
    """How a message reaches somebody: the channel, the address there, and the account it leaves by."""

    kind: str
    address: str
    account: Account | None = None
    identity: Identity | None = None

    @property
    def quiet(self) -> bool:
        """Whether the person asked there for few messages."""
        return self.identity is not None and self.identity.quiet_since is not None


def _points_of(case: Case) -> dict[str, str]:
    """The first way of each kind that works; one that fails only where there is no other at all."""
    points = ContactPoint.objects.filter(person=case.person_id)
    rows = sorted(points, key=lambda point: (point.failing_since is not None, point.pk))
    found: dict[str, str] = {}
    for point in rows:
        if point.failing_since is None or not found:
            found.setdefault(point.kind, point.value)
    return found


def _way_to(case: Case, kind: ContactPoint.Kind, value: str) -> Way | None:
    """The way a message takes; None where no account of ours leads there: a telephone is rung."""
    if kind == _EMAIL:
        return Way("email", value, account_for("email", case.agency_id))
    channel = "sms" if kind == _PHONE else str(kind)
    account = account_for(channel, case.agency_id)
    if account is None:
        return None
    identity = Identity.objects.filter(kind=channel, external_id=value).first()
    # Who wrote from a number can be written to at it, whatever the plan of numbers calls it.
    if kind == _PHONE and identity is None and not _takes_texts(value):
        return None
    return Way(channel, value, account, identity)


def _takes_texts(phone: str) -> bool:
    try:
        return parse_phone(phone).kind == PhoneKind.MOBILE
    except Invalid:
        return False


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
    case: Case, name: str, way: Way, text: str, more: Mapping[str, object]
) -> OutboundMessage:
    values: dict[str, object] = {
        "number": case.number,
        "code": case.code,
        "service": case.service.name,
        "agency": case.agency.name if case.agency else "",
        "acronym": case.agency.acronym if case.agency else "",
        "text": text,
        "link": f"{settings.SITE_URL}/seguimiento/{case.number}/",
        "yes": answer_link(case, "yes"),
        "no": answer_link(case, "no"),
        "due": localtime(case.due_at),
    }
    message = send_message(
        kind=way.kind,
        address=way.address,
        name=name,
        language=case.language,
        reference=case.number,
        discreet=case.is_confidential,
        account=way.account,
        identity=way.identity,
        values=values | dict(more),
    )
    if name != "case_opened":  # what has just begun has no conversation yet
        _note(case, message)
    return message


def _note(case: Case, message: OutboundMessage) -> None:
    """What was sent is part of the conversation about the case, if there is one."""
    links = CaseConversation.objects.filter(case=case).select_related("conversation")
    for link in links[:1]:
        note_sent(lock_conversation(link.conversation), message)


def answer_link(case: Case, answer: str) -> str:
    """The address that answers "was it solved?" with one click; its key is put in as it leaves.

    Nothing for a confidential case: somebody else may read the letter, and must not answer for
    whoever reported.
    """
    if case.is_confidential:
        return ""
    return f"{settings.SITE_URL}/respuesta/{case.number}/?k={answer_mark(answer, case.cycle)}"
