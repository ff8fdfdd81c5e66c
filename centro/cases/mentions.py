"""Which case a message is about: what proves it, and what only suggests it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.conf import settings

from centro.cases.models import Case, CaseConversation
from centro.channels.models import Identity, InboundMessage
from centro.contacts.models import Conversation
from centro.contacts.recognising import points_of
from centro.kernel.errors import Invalid
from centro.kernel.numbers import access_code, parse_number, same_code
from centro.people.models import ContactPoint, Person
from centro.people.queries import records_of

# A number as we write it, anywhere in a text; others only where one is asked for.
_NUMBER = re.compile(r"\b311[\s.\-–—]*\d{8,12}[\s.\-–—]*\d\b")
_CODE = re.compile(r"\b[0-9A-Za-z]{4}[\s\-–—][0-9A-Za-z]{4}\b")
_MOST = 5


@dataclass(frozen=True, slots=True)
class Mention:
    """A case that a message is about. `proved`: the sender may speak for it."""

    case: Case
    proved: bool


def case_of(message: InboundMessage) -> Mention | None:
    """The case that a message speaks of, or None.

    Proved is an answer to our letter from where it was sent, a number with its access code, or a
    number from somebody whose address or telephone the case knows.
    """
    answered = message.answers
    if answered is not None and answered.reference:
        case = Case.objects.numbered(answered.reference).first()
        if case is not None:
            return Mention(case, message.answers_surely and _knows(case, message.identity))
    text = f"{message.subject}\n{message.body}"
    for number in numbers_in(text):
        case = Case.objects.numbered(number).first()
        if case is not None:
            return Mention(case, _knows(case, message.identity) or _has_code(text, number))
    return None


def may_speak_for(case: Case, identity: Identity, code: str) -> bool:
    """Whether a sender proves to be the person of a case: the case knows them, or they know its code."""
    known = same_code(code, access_code(case.number, settings.ACCESS_KEY)) if code else False
    return known or _knows(case, identity)


def numbers_in(text: str) -> list[str]:
    """The case numbers in a text, each once, canonical, in their order."""
    found: list[str] = []
    for match in _NUMBER.findall(text[:20_000])[:_MOST]:
        try:
            number = parse_number(match)
        except Invalid:
            continue
        if number not in found:
            found.append(number)
    return found


def _has_code(text: str, number: str) -> bool:
    expected = access_code(number, settings.ACCESS_KEY)
    return any(same_code(given, expected) for given in _CODE.findall(text[:2_000])[:_MOST])


def _knows(case: Case, identity: Identity) -> bool:
    """Whether this is an address, a telephone or an account of the person of the case."""
    if case.person_id is None:
        return False
    people = records_of(Person(pk=case.person_id))
    if identity.person_id in people:
        return True
    return ContactPoint.objects.filter(points_of(identity), person__in=people).exists()


def linked_cases(conversation: Conversation) -> list[Case]:
    """The cases that a conversation is about, newest link first."""
    links = CaseConversation.objects.filter(conversation=conversation)
    return [link.case for link in links.select_related("case__service", "case__agency")]
