"""What a word or a number of a short message asks for: few messages, a state, a case confirmed."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Q
from django.utils.timezone import localtime
from django.utils.translation import override

from centro.cases.actions.closing import confirm_case, reopen_case
from centro.cases.actions.speaking import say
from centro.cases.commands import Command, Word
from centro.cases.mentions import case_of, may_speak_for
from centro.cases.models import Case, CaseConversation, CaseQuerySet
from centro.cases.rules import UNSOLVED, Status
from centro.channels.models import Identity, InboundMessage, OutboundMessage
from centro.contacts.conversations import attach_message, lock_conversation
from centro.contacts.models import Conversation
from centro.contacts.recognising import points_of
from centro.kernel.actor import citizen
from centro.kernel.clock import now
from centro.knowledge.queries import emergency_numbers
from centro.people.models import ContactPoint, Person
from centro.people.queries import records_of


def set_quiet(message: InboundMessage, conversation: Conversation, *, quiet: bool) -> None:
    """From now on only what cannot be left out, or everything again."""
    Identity.objects.filter(pk=message.identity_id).update(quiet_since=now() if quiet else None)
    say(conversation, message, "stopped" if quiet else "started")


def tell_state(command: Command, message: InboundMessage) -> Conversation:
    """In one sentence how a case is going, to whom it may be told; never what it is about.

    What somebody asks about a case of theirs is part of the conversation about it.
    """
    case, refusal = _asked_about(command, message.identity)
    theirs = case is not None and may_speak_for(case, message.identity, "")
    within = _talk_about(case) if case is not None and theirs else None
    conversation = attach_message(message=message, within=within, waits=False)
    if case is None:
        say(conversation, message, refusal, values={"number": command.number})
        return conversation
    say(
        conversation,
        message,
        "state_due" if case.status in UNSOLVED else "state",
        reference=case.number,
        values={
            "number": case.number,
            "status": _in_language(conversation, case),
            "due": f"{localtime(case.due_at):%d/%m/%Y}",
            "link": link_to(case),
        },
    )
    return conversation


def _asked_about(command: Command, identity: Identity) -> tuple[Case | None, str]:
    """The case that is asked for, or the answer to whoever may not be told of one."""
    if not command.numbered:
        return _cases_of(identity).order_by("-pk").first(), "no_case"
    if not command.number:
        return None, "wrong_number"
    case = Case.objects.numbered(command.number).first()
    # A case of others and one that is not look the same.
    if case is None or not may_speak_for(case, identity, command.code):
        return None, "needs_code"
    return case, ""


def _talk_about(case: Case) -> Conversation | None:
    link = CaseConversation.objects.filter(case=case).select_related("conversation").first()
    return link.conversation if link else None


def link_to(case: Case) -> str:
    """The page on which the citizen follows it."""
    return f"{settings.SITE_URL}/seguimiento/{case.number}/"


def _in_language(conversation: Conversation, case: Case) -> str:
    with override(conversation.language):
        return str(case.get_status_display())


def _cases_of(identity: Identity) -> CaseQuerySet:
    """The cases of whoever has that telephone, or of the person the desk says it is."""
    points = ContactPoint.objects.filter(points_of(identity))
    theirs = Q(person__in=points.values("person_id"))
    if identity.person_id is not None:
        theirs |= Q(person__in=records_of(Person(pk=identity.person_id)))
    return Case.objects.filter(theirs)


def hear_solved(command: Command, message: InboundMessage) -> Conversation | None:
    """A plain yes or no is about the case that was last said to be solved.

    For a confidential one it proves too little, since somebody else may hold the telephone: a
    person of the centre asks again.
    """
    if case_of(message) is not None:
        return None  # it names its case: the ordinary way knows what to do
    asked = _cases_of(message.identity).filter(status=Status.RESOLVED)
    case = asked.order_by("-resolved_at", "-pk").first()
    if case is None:
        return None
    if case.is_confidential:
        conversation = attach_message(message=message)
        say(conversation, message, "handed", answers=False)
        return conversation
    conversation = attach_message(message=message, within=_talk_about(case), waits=False)
    link_case(case, conversation)
    by, number = citizen(message.identity.name), case.number
    if command.word == Word.YES:
        confirm_case(case=case, by=by)
        say(conversation, message, "confirmed", reference=number, values={"number": number})
        return conversation
    moment = now()
    reopen_case(case=case, text=message.body, by=by)
    told = OutboundMessage.objects.filter(reference=number, name="case_reopened")
    if not told.filter(identity=message.identity_id, created_at__gte=moment).exists():
        conversation = lock_conversation(conversation)
        say(conversation, message, "reopened", reference=number, values={"number": number})
    return conversation


def emergency_number() -> str:
    """The number to call first when there is danger."""
    numbers = emergency_numbers()
    return numbers[0].number if numbers else "911"


def link_case(case: Case, conversation: Conversation) -> None:
    """The conversation is about the case, as its own words show."""
    CaseConversation.objects.get_or_create(
        case=case, conversation=conversation, defaults={"linked_at": now()}
    )
