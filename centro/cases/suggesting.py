"""What a conversation may be about: cases and events that already exist, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.cases.access import may_see_reporter
from centro.cases.incidents import going_on
from centro.cases.mentions import numbers_in
from centro.cases.models import Case, Incident
from centro.cases.queries import nearby_cases
from centro.catalog.models import ServiceType
from centro.channels.models import InboundMessage
from centro.contacts.models import Conversation
from centro.contacts.recognising import points_of
from centro.people.models import ContactPoint
from centro.people.queries import records_of
from centro.places.models import Place
from centro.places.queries import search_spots

MOST = 6
_OF_A_PERSON = 4
_READ = 1_500
_NOISE = frozenset(["en", "de", "por", "la", "el", "del", "cerca"])


@dataclass(frozen=True, slots=True)
class Suggested:
    """A case that a conversation may be about, and why one thinks so."""

    case: Case
    why: str


def suggest_cases(
    conversation: Conversation,
    text: str,
    user: User,
    *,
    service: ServiceType | None = None,
    place: Place | None = None,
    linked: Iterable[Case] = (),
) -> list[Suggested]:
    """Cases within this user's sight, the surest first; never one that is linked already.

    Who reported a case leads to it only for those who may know it.
    """
    found = [*_named(conversation, text, user), *_of_the_person(conversation, user)]
    if service is not None and place is not None:
        near = nearby_cases(service=service, place=place, user=user)
        found += [Suggested(case, _("lo mismo, cerca")) for case in near]
    known = {case.pk for case in linked}
    once: dict[int, Suggested] = {}
    for one in found:
        if one.case.pk not in known:
            once.setdefault(one.case.pk, one)
    return list(once.values())[:MOST]


def _named(conversation: Conversation, text: str, user: User) -> list[Suggested]:
    """Numbers in the text, and the cases of our letters that were answered without proof."""
    quoted = (
        InboundMessage.objects.filter(
            entry__conversation=conversation, answers__reference__gt="", answers_surely=False
        )
        .order_by("-pk")
        .values_list("answers__reference", flat=True)
    )
    reasons = dict.fromkeys(quoted[:3], _("cita una carta de este caso"))
    reasons = dict.fromkeys(numbers_in(text), _("escribió el número, sin probarlo")) | reasons
    visible = Case.objects.visible_to(user).select_related("service", "place")
    found = []
    for number, why in reasons.items():
        case = visible.numbered(number).first()
        if case is not None:
            found.append(Suggested(case, why))
    return found


def _of_the_person(conversation: Conversation, user: User) -> list[Suggested]:
    """The newest cases of the person, and of whoever has the same telephone or address."""
    people: list[int] = []
    whose = Q()
    if conversation.person is not None:
        people = records_of(conversation.person)
        whose = Q(person__in=people)
    if conversation.identity is not None and not people:
        points = ContactPoint.objects.filter(points_of(conversation.identity))
        whose = Q(person__in=points.values("person_id"))
    if not whose:
        return []
    cases = Case.objects.visible_to(user).filter(whose).select_related("service", "place")
    why = _("de la misma persona") if people else _("de la misma dirección o teléfono")
    newest = cases.defer("search").order_by("-pk")[:_OF_A_PERSON]
    return [Suggested(case, why) for case in newest if may_see_reporter(case, user)]


def suggest_events(services: list[ServiceType], place: Place | None) -> list[Incident]:
    """Events that go on, of what the words mean, where the place lies."""
    return going_on(services, place)[:3] if services else []


def place_in(text: str) -> str:
    """The words of a message that name a place best; empty when none do.

    Each run of up to three words is asked, the longest first, behind "en" and its like: nobody
    writes a place without them.
    """
    tokens = text[:_READ].replace(",", " ").replace(".", " ").split()
    for n, token in enumerate(tokens):
        if token.lower() not in {"en", "de", "del"}:
            continue
        behind = _words_behind(tokens, n)
        for length in (3, 2, 1):
            said = " ".join(behind[:length])
            if len(behind) >= length and said[:1].isupper() and search_spots(said, limit=1):
                return said
    return ""


def _words_behind(tokens: list[str], n: int) -> list[str]:
    behind = tokens[n + 1 : n + 6]
    while behind and behind[0].lower() in _NOISE:
        behind = behind[1:]
    return behind[:3]
