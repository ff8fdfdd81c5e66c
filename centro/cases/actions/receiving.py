"""A message came in: to which conversation and case it belongs, and what it does there."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.cases.actions.closing import confirm_case, reopen_case
from centro.cases.actions.dialogue import add_information
from centro.cases.actions.guiding import acknowledge, guide_sender, warn_of_danger
from centro.cases.actions.mailed_tasks import do_what_was_answered, is_task_answer
from centro.cases.actions.opening import MOST_PHOTOS
from centro.cases.answers import yes_or_no
from centro.cases.mentions import case_of, linked_cases
from centro.cases.models import Case, CaseConversation, CasePhoto, TimelineEntry
from centro.cases.rules import ACTIVE, Status
from centro.channels.fetching import defer_fetch, pending_of
from centro.channels.inviting import invite_to_private
from centro.channels.models import Attachment, InboundMessage
from centro.contacts.conversations import (
    attach_message,
    attach_quietly,
    lock_conversation,
    note_event,
    note_sent,
)
from centro.contacts.models import Conversation
from centro.files.models import StoredFile
from centro.kernel.actor import Actor, citizen
from centro.kernel.clock import now


@transaction.atomic(savepoint=False)
def receive_message(*, message: InboundMessage, has_files: bool = True) -> Conversation | None:
    """Bring a message to where somebody will read it; returns its conversation, if it has one.

    What no person wrote goes beside what it answers and moves nothing: no clock, no queue. What
    the sender proved to be about a case of theirs goes into the case. Everything else waits in
    the inbox of the centre. Without `has_files` nothing is looked for that is still to be fetched.
    """
    if has_files and pending_of(message.pk):
        defer_fetch(message.pk)
    if message.nature != InboundMessage.Nature.PLAIN:
        return attach_quietly(message=message)
    if is_task_answer(message):
        return do_what_was_answered(message)
    guided = guide_sender(message=message)
    if guided is not None:
        return guided
    conversation = _receive(message)
    warn_of_danger(message=message, conversation=conversation)
    invitation = invite_to_private(message=message)
    if invitation is not None:
        note_sent(lock_conversation(conversation), invitation, answers=False)
    return conversation


def _receive(message: InboundMessage) -> Conversation:
    """What a person wrote, to its case or to the inbox."""
    mention = case_of(message)
    if mention is not None and mention.proved:
        talk = _talk_of(mention.case, message)
        conversation = attach_message(message=message, within=talk, waits=False)
        _link(mention.case, conversation, None)
        if tell_case(mention.case, message):
            acknowledge(case=mention.case, message=message, conversation=conversation)
        else:
            attach_again_waiting(conversation, message)
        return conversation
    conversation = attach_message(message=message)
    active = [case for case in linked_cases(conversation) if case.status in ACTIVE]
    goes_on = len(active) == 1 and conversation.state != Conversation.State.SPAM
    # The talk has brought one case, and goes on: the case hears it, and so does the centre.
    if goes_on and tell_case(active[0], message):
        acknowledge(case=active[0], message=message, conversation=conversation)
    return conversation


def attach_again_waiting(conversation: Conversation, message: InboundMessage) -> None:
    """The case could not take it: somebody at the centre must."""
    locked = lock_conversation(conversation)
    locked.state = Conversation.State.WAITING
    locked.waiting_since = locked.waiting_since or message.received_at
    locked.save(update_fields=["state", "waiting_since", "changed_at"])


def tell_case(case: Case, message: InboundMessage) -> bool:
    """Let a case hear what its citizen wrote. False for a case that is over.

    A plain yes or no to "is it solved?" closes or reopens it; anything else is added.
    """
    by = citizen(message.identity.name)
    case = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    if case.status not in ACTIVE:
        return False
    said = message.body.strip() or message.subject.strip()
    if case.status == Status.RESOLVED:
        solved = yes_or_no(said)
        if solved is not None:
            (confirm_case(case=case, by=by) if solved else reopen_case(case=case, text=said, by=by))
            return True
    photos = _photos(message)[:MOST_PHOTOS]
    if not said and photos:
        said = _("Envió %(n)s fotos.") % {"n": len(photos)}
    add_information(case=case, text=said or _("(sin texto)"), photos=photos, message=message, by=by)
    return True


@transaction.atomic
def add_late_files(*, message: InboundMessage) -> int:
    """Photos that were fetched after their message came to a case. Returns how many were added."""
    heard = TimelineEntry.objects.filter(kind="information_added", data__inbound=message.pk)
    entry = heard.select_related("case").first()
    if entry is None:
        return 0
    case = Case.objects.select_for_update(of=("self",)).get(pk=entry.case_id)
    room = MOST_PHOTOS - case.photos.filter(file__attachments__message=message).count()
    new = _photos(message)[: max(0, room)]
    for photo in new:
        CasePhoto.objects.create(case=case, file=photo)
        case.record("photo_added", by=citizen(message.identity.name))
    return len(new)


@transaction.atomic
def link_conversation(*, case: Case, conversation: Conversation, user: User, by: Actor) -> None:
    """Somebody at the desk says that a conversation is about this case."""
    conversation = lock_conversation(conversation)
    if _link(case, conversation, user):
        case.record("conversation_linked", by=by, conversation=conversation.pk)
        note_event(conversation, _("Unida al caso %(number)s") % {"number": case.number})


@transaction.atomic
def unlink_conversation(*, case: Case, conversation: Conversation, by: Actor) -> None:
    """It was not about this case. What the case has heard of it stays on its timeline."""
    conversation = lock_conversation(conversation)
    links = CaseConversation.objects.filter(case=case, conversation=conversation)
    if links.delete()[0]:
        case.record("conversation_unlinked", by=by, conversation=conversation.pk)
        note_event(conversation, _("Separada del caso %(number)s") % {"number": case.number})


def _link(case: Case, conversation: Conversation, user: User | None) -> bool:
    _row, created = CaseConversation.objects.get_or_create(
        case=case,
        conversation=conversation,
        defaults={"linked_at": now(), "linked_by": user},
    )
    return created


def _talk_of(case: Case, message: InboundMessage) -> Conversation | None:
    """The conversation of a case that this message goes on with, by whichever channel it comes."""
    entry = getattr(message.answers, "entry", None) if message.answers else None
    if entry is not None:
        return lock_conversation(entry.conversation)
    links = CaseConversation.objects.filter(case=case).exclude(
        conversation__state=Conversation.State.SPAM
    )
    link = links.select_related("conversation").first()
    return link.conversation if link else None


def _photos(message: InboundMessage) -> list[StoredFile]:
    """The photos of a message that no case has yet."""
    kept = message.attachments.filter(
        state=Attachment.State.KEPT, file__width__gt=0, file__case_photo__isnull=True
    )
    return [attachment.file for attachment in kept.select_related("file") if attachment.file]
