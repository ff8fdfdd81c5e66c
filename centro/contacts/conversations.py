"""Where a message belongs: the conversation that it goes on with, or one that it begins."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from centro.accounts.models import User
from centro.channels.models import InboundMessage, OutboundMessage
from centro.contacts.language import clear_language, guess_language
from centro.contacts.models import Contact, Conversation, ConversationEntry
from centro.contacts.surging import priorities_now, tell_of_surge
from centro.contacts.urgency import sounds_urgent
from centro.kernel.clock import now

_State = Conversation.State
_Kind = ConversationEntry.Kind
# On a channel without threads, what comes so long after the last word begins something new.
SAME_TALK = timedelta(hours=72)


@transaction.atomic(savepoint=False)
def attach_message(
    *, message: InboundMessage, within: Conversation | None = None, waits: bool = True
) -> Conversation:
    """Put a message into its conversation; `within` is the one that the caller knows it belongs to.

    With `waits` the person now waits for an answer of the centre. A message is attached once: a
    second call changes nothing.
    """
    entry = ConversationEntry.objects.filter(inbound=message).first()
    if entry is not None:
        return entry.conversation
    found = within or find_conversation(message)
    conversation = lock_conversation(found) if found else _begin(message)
    ConversationEntry.objects.create(
        conversation=conversation, kind=_Kind.IN, at=message.received_at, inbound=message
    )
    conversation.touched_at = max(conversation.touched_at, message.received_at)
    conversation.channel = message.identity.kind
    conversation.identity = message.identity
    conversation.person = conversation.person or message.identity.person
    if message.identity.spam:
        _set_state(conversation, _State.SPAM)
    elif waits:
        _set_state(conversation, _State.WAITING, since=message.received_at)
        conversation.ending = Conversation.Ending.NONE
        said = f"{message.subject}\n{message.body}"
        conversation.urgent = conversation.urgent or sounds_urgent(said, priorities_now())
    conversation.save()
    if waits and found is None and conversation.state == _State.WAITING:
        told = tell_of_surge(message, conversation.language)
        if told is not None:
            note_sent(conversation, told, answers=False)
    return conversation


def attach_quietly(*, message: InboundMessage) -> Conversation | None:
    """Put what no person wrote beside what it answers, if anything; nobody waits because of it."""
    found = find_conversation(message)
    if found is None:
        return None
    conversation = lock_conversation(found)
    ConversationEntry.objects.get_or_create(
        inbound=message,
        defaults={"conversation": conversation, "kind": _Kind.IN, "at": message.received_at},
    )
    return conversation


def find_conversation(message: InboundMessage) -> Conversation | None:
    """The conversation that it goes on with: what it surely answers, then what it hangs on, then
    the last talk with the same sender on a channel that has no threads."""
    if message.answers is not None and message.answers_surely:
        entry = ConversationEntry.objects.filter(outbound=message.answers).first()
        if entry is not None:
            return standing(entry.conversation)
    theirs = Conversation.objects.filter(entries__inbound__identity=message.identity_id)
    theirs = theirs.order_by("-touched_at", "-pk")
    if message.identity.spam:
        # All of what is not wanted from one sender lies in one place.
        found = theirs.filter(state=_State.SPAM).first()
        return standing(found) if found else None
    theirs = theirs.exclude(state=_State.SPAM)
    refers = Q()
    if message.references:
        refers |= Q(entries__inbound__external_id__in=message.references)
    if message.thread:
        refers |= Q(entries__inbound__thread=message.thread)
    found = theirs.filter(refers).first() if refers else None
    if found is None and not (message.thread or message.identity.kind == "email"):
        going_on = ~Q(state=_State.CLOSED) | Q(touched_at__gt=message.received_at - SAME_TALK)
        found = theirs.filter(going_on).first()
    return standing(found) if found else None


def standing(conversation: Conversation) -> Conversation:
    """The conversation itself, or the one it was merged into."""
    while conversation.merged_into is not None:
        conversation = conversation.merged_into
    return conversation


def lock_conversation(conversation: Conversation) -> Conversation:
    """The row under its lock, as it is now."""
    locked = Conversation.objects.select_for_update(of=("self",), no_key=True)
    fresh = locked.get(pk=conversation.pk)
    return lock_conversation(fresh.merged_into) if fresh.merged_into is not None else fresh


def _begin(message: InboundMessage) -> Conversation:
    # Two messages of one sender at once must not begin two conversations.
    type(message.identity).objects.select_for_update(no_key=True).get(pk=message.identity_id)
    found = find_conversation(message)
    if found is not None:
        return lock_conversation(found)
    return Conversation.objects.create(
        channel=message.identity.kind,
        identity=message.identity,
        person=message.identity.person,
        agency_id=message.account.agency_id,
        subject=(message.subject or message.body.strip().partition("\n")[0])[:200],
        language=_language_of(message),
        state=_State.WAITING,
        waiting_since=message.received_at,
        created_at=message.received_at,
        touched_at=message.received_at,
    )


def _language_of(message: InboundMessage) -> str:
    """That in which they write now; where that is not clear, that of the person if known."""
    said = f"{message.subject} {message.body}"
    person = message.identity.person
    return clear_language(said) or (person.language if person else guess_language(said))


def note_sent(
    conversation: Conversation, message: OutboundMessage, *, answers: bool = True
) -> None:
    """Write what we sent into a locked conversation; with `answers` nobody waits for us any more."""
    ConversationEntry.objects.get_or_create(
        outbound=message,
        defaults={"conversation": conversation, "kind": _Kind.OUT, "at": message.created_at},
    )
    conversation.touched_at = max(conversation.touched_at, message.created_at)
    if answers and conversation.state == _State.WAITING:
        _set_state(conversation, _State.ANSWERED)
    conversation.save()


def note_event(conversation: Conversation, text: str, author: User | None = None) -> None:
    """Write down that something happened to a conversation."""
    ConversationEntry.objects.create(
        conversation=conversation, kind=_Kind.EVENT, at=now(), text=text, author=author
    )


def note_contact(conversation: Conversation, contact: Contact) -> None:
    """A call or a visit is part of the conversation too."""
    ConversationEntry.objects.get_or_create(
        contact=contact,
        defaults={"conversation": conversation, "kind": _Kind.CONTACT, "at": contact.started_at},
    )


def settle(conversation: Conversation, state: Conversation.State) -> None:
    """Bring a locked conversation into another state than waiting, and save it."""
    _set_state(conversation, state)
    conversation.save()


def wait_for_centre(conversation: Conversation, since: datetime) -> None:
    """Somebody at the centre must answer a locked conversation; saves it."""
    _set_state(conversation, _State.WAITING, since=since)
    conversation.save()


def _set_state(
    conversation: Conversation, state: Conversation.State, since: datetime | None = None
) -> None:
    if state == _State.WAITING:
        # Who already waits has waited since the first word.
        conversation.waiting_since = conversation.waiting_since or since
    else:
        conversation.waiting_since = None
    conversation.state = state
