"""What the desk says in a conversation, and how a conversation ends."""

from __future__ import annotations

import re

from django.db import transaction
from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.channels.actions import send_words
from centro.channels.models import Identity, InboundMessage, OutboundMessage
from centro.channels.registry import get_channel
from centro.channels.windows import is_open
from centro.contacts import canned
from centro.contacts.actions import answer_contact, open_contact
from centro.contacts.assigning import hold
from centro.contacts.conversations import (
    lock_conversation,
    note_contact,
    note_event,
    note_sent,
    settle,
)
from centro.contacts.models import Conversation, ConversationEntry
from centro.kernel.actor import Actor
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, Refused
from centro.knowledge.models import Article

_State = Conversation.State
_Kind = ConversationEntry.Kind
_Ending = Conversation.Ending
LONGEST = 5000
# What others must not read below a public post: numbers of cases, telephones and documents, mails.
_PERSONAL = re.compile(
    r"\d(?:[\s.\-–]?\d){5,}|[A-Z]{1,2}-\d+-\d+|\b[0-9A-Z]{4}-[0-9A-Z]{4}\b|\S+@\S+\.\S+"
)


@transaction.atomic
def answer_conversation(
    *,
    conversation: Conversation,
    text: str,
    user: User,
    public: bool = False,
    reference: str = "",
    by: Actor,
) -> OutboundMessage:
    """Send what was written, by the way that the person last used; whoever answers first holds it.

    `public` answers where everybody reads it, which is refused for anything personal and for a
    message that was not public. `reference` is the number of the case that it is about, if any.
    Raises Invalid for an empty text or one with open blanks, Refused when nobody can be written to.
    """
    text = _checked(text)
    locked = lock_conversation(conversation)
    last = last_message(locked)
    if last is None or locked.state == _State.SPAM:
        raise Refused(_("A esta conversación no se le puede responder."))
    if public:
        _check_public(text, last)
    else:
        _check_window(last, reference)
    identity = last.identity
    message = send_words(
        kind=identity.kind,
        account=last.account,
        identity=identity,
        address=identity.external_id,
        subject=_subject_of(last, locked) if identity.kind == "email" else "",
        body=text,
        reference=reference,
        in_reply_to=last.external_id,
        public=public,
    )
    hold(locked, user)
    note_sent(locked, message)
    ConversationEntry.objects.filter(outbound=message).update(author=user)
    return message


def _checked(text: str) -> str:
    text = text.replace("\x00", "").strip()
    if not text:
        raise Invalid(_("Escriba la respuesta."))
    if len(text) > LONGEST:
        raise Invalid(_("La respuesta es muy larga: como máximo %(n)s letras.") % {"n": LONGEST})
    blanks = canned.left_open(text)
    if blanks:
        named = ", ".join(f"{{{blank}}}" for blank in blanks)
        raise Invalid(_("Falta completar: %(blanks)s.") % {"blanks": named})
    return text


def _check_public(text: str, last: InboundMessage) -> None:
    if not last.public:
        raise Invalid(_("Ese mensaje es privado: respóndale en privado."))
    if _PERSONAL.search(text):
        raise Invalid(
            _("Una respuesta pública no lleva números de caso, teléfonos, cédulas ni correos.")
        )


def _check_window(last: InboundMessage, reference: str) -> None:
    """Refuse what the network would not take any more, while whoever wrote it can still do something."""
    channel = get_channel(last.identity.kind)
    if is_open(channel, last.identity_id, last.account_id):
        return
    access, answered = last.account.access, last.external_id
    if not channel.writes_late(access, reference=reference, in_reply_to=answered):
        raise Refused(
            _(
                "%(channel)s ya no deja escribirle: pasó demasiado tiempo desde su último mensaje. "
                "Llámele o búsquele por otra vía. Quien administra los canales puede poner una "
                "plantilla general en la cuenta."
            )
            % {"channel": channel.label}
        )


def _subject_of(last: InboundMessage, conversation: Conversation) -> str:
    subject = last.subject or conversation.subject
    return subject if subject.lower().startswith("re:") else f"Re: {subject}".strip()


def last_message(conversation: Conversation) -> InboundMessage | None:
    """What the person wrote last; an answer goes there. None where nobody wrote."""
    spoken = InboundMessage.objects.filter(
        entry__conversation=conversation, nature=InboundMessage.Nature.PLAIN
    )
    return spoken.select_related("identity", "account").order_by("-entry__at", "-pk").first()


@transaction.atomic
def write_note(*, conversation: Conversation, text: str, user: User, by: Actor) -> None:
    """A word to colleagues; the person never reads it."""
    text = text.replace("\x00", "").strip()[:LONGEST]
    if not text:
        raise Invalid(_("Escriba la nota."))
    locked = lock_conversation(conversation)
    ConversationEntry.objects.create(
        conversation=locked, kind=_Kind.NOTE, at=now(), author=user, text=text
    )
    locked.save()


@transaction.atomic
def close_conversation(
    *,
    conversation: Conversation,
    ending: str,
    summary: str = "",
    article: Article | None = None,
    user: User,
    by: Actor,
) -> Conversation:
    """End it. An inquiry that was answered counts as a contact without a case, once.

    Raises Invalid for another ending, or an answer that nobody described.
    """
    if ending not in {_Ending.ANSWERED, _Ending.NOTHING}:
        raise Invalid(_("Elija cómo termina."))
    locked = lock_conversation(conversation)
    if locked.state == _State.CLOSED:
        return locked
    if ending == _Ending.ANSWERED:
        _count(locked, summary, article, user, by)
    locked.ending = ending
    note_event(locked, str(_Ending(ending).label), author=user)
    settle(locked, _State.CLOSED)
    return locked


def _count(
    conversation: Conversation, summary: str, article: Article | None, user: User, by: Actor
) -> None:
    """The contact that the figures count, from the first word that it answers."""
    counted = conversation.entries.filter(kind=_Kind.CONTACT).order_by("-at").first()
    spoken = conversation.entries.filter(kind=_Kind.IN)
    if counted is not None:
        spoken = spoken.filter(at__gt=counted.at)
    first = spoken.order_by("at", "pk").first()
    if first is None and counted is not None:
        return  # it was counted, and nothing was said since
    contact = open_contact(
        channel=conversation.channel,
        operator=user,
        person=conversation.person,
        started_at=first.at if first else now(),
        by=by,
    )
    answered = answer_contact(
        contact=contact, summary=summary, article=article, agency=conversation.agency, by=by
    )
    note_contact(conversation, answered)
    # It stands where it was ended, not where the person began to speak.
    moment = answered.ended_at or now()
    ConversationEntry.objects.filter(contact=answered).update(at=moment, author=user)


@transaction.atomic
def mark_spam(*, conversation: Conversation, user: User, by: Actor) -> None:
    """Nobody means us with this: what comes from there goes aside until somebody says otherwise."""
    locked = lock_conversation(conversation)
    if locked.identity_id is not None:
        Identity.objects.filter(pk=locked.identity_id).update(spam=True)
    note_event(locked, _("Marcada como no deseada"), author=user)
    settle(locked, _State.SPAM)


@transaction.atomic
def unmark_spam(*, conversation: Conversation, user: User, by: Actor) -> None:
    """It was meant for us after all: the person waits again."""
    locked = lock_conversation(conversation)
    if locked.identity_id is not None:
        Identity.objects.filter(pk=locked.identity_id).update(spam=False)
    if locked.state == _State.SPAM:
        note_event(locked, _("Ya no es no deseada"), author=user)
        bring_back(locked)


@transaction.atomic
def reopen_conversation(*, conversation: Conversation, user: User, by: Actor) -> None:
    """It was ended too soon."""
    locked = lock_conversation(conversation)
    if locked.state != _State.CLOSED or locked.merged_into_id is not None:
        raise Refused(_("Esa conversación no está terminada."))
    note_event(locked, _("Abierta otra vez"), author=user)
    bring_back(locked)


def bring_back(conversation: Conversation) -> None:
    """Put a locked conversation into the state that its entries say: who spoke last decides."""
    said = list(
        conversation.entries.filter(kind__in=[_Kind.IN, _Kind.OUT])
        .order_by("-at", "-pk")
        .values_list("kind", "at")
    )
    since = None
    for kind, at in said:
        if kind == _Kind.OUT:
            break
        since = at
    conversation.ending = _Ending.NONE
    conversation.waiting_since = since
    conversation.state = _State.WAITING if since else _State.ANSWERED
    conversation.save()
