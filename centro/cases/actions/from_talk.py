"""What a conversation becomes: a case, one with another, part of an event."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.db import transaction

from centro.accounts.models import User
from centro.cases.actions.opening import MOST_PHOTOS, Matter, Reporter, open_case
from centro.cases.actions.receiving import link_conversation
from centro.cases.actions.telling import tell_citizen
from centro.cases.models import Case, CaseConversation
from centro.channels.models import Attachment, Identity, OutboundMessage
from centro.contacts.assigning import hold
from centro.contacts.conversations import lock_conversation, note_sent, settle
from centro.contacts.models import Contact, Conversation
from centro.contacts.recognising import know_person
from centro.contacts.sorting_out import merge_conversations
from centro.files.models import StoredFile
from centro.kernel.actor import Actor
from centro.people.actions import clean_name, remember_person
from centro.people.models import Person


@transaction.atomic
def open_case_from_conversation(
    *,
    conversation: Conversation,
    matter: Matter,
    seen: int,
    user: User,
    person: Person | None = None,
    reporter: Reporter | None = None,
    anonymous: bool = False,
    language: str = "es",
    intake_token: UUID | None = None,
    contact: Contact | None = None,
    by: Actor,
) -> tuple[Case, bool]:
    """Open a case with what was said in a conversation, and tell the person there.

    `seen` is how many cases had come of it when the form was shown: when a colleague, or a second
    click, has opened one since, that case is returned and nothing changes. Returns the case and
    whether it is new. The person who wrote can be told by the channel on which they wrote, unless
    they stay anonymous.
    """
    locked = lock_conversation(conversation)
    if locked.cases_opened > seen:
        return _last_opened(locked), False
    if not anonymous:
        person = _person(locked, person, reporter, language, by)
        if person is not None and locked.identity is not None:
            know_person(locked.identity, person, user)
            locked.person = person
    photos = list(matter.photos) or photos_said(locked)
    case = open_case(
        matter=replace(matter, photos=photos[:MOST_PHOTOS]),
        channel=locked.channel,
        person=person,
        anonymous=anonymous,
        language=language,
        intake_token=intake_token,
        spoken_at=locked.waiting_since,
        contact=contact,
        by=by,
    )
    locked.cases_opened += 1
    locked.language = language
    locked.ending = Conversation.Ending.CASE
    hold(locked, user)
    settle(locked, Conversation.State.ANSWERED)
    link_conversation(case=case, conversation=locked, user=user, by=by)
    told = OutboundMessage.objects.filter(reference=case.number, name="case_opened").first()
    # Now that the case knows its talk, the talk can be where the person is told.
    told = told or tell_citizen(case, "case_opened")
    if told is not None:
        note_sent(locked, told)
    return case, True


def _last_opened(conversation: Conversation) -> Case:
    links = CaseConversation.objects.filter(conversation=conversation, case__channel__gt="")
    return links.select_related("case").order_by("-case")[0].case


def _person(
    conversation: Conversation,
    person: Person | None,
    reporter: Reporter | None,
    language: str,
    by: Actor,
) -> Person | None:
    """Whom the operator chose, or whom the form describes, or the name under which they write."""
    if person is not None:
        return person
    told = reporter or Reporter()
    made = remember_person(
        name=told.name,
        cedula=told.cedula,
        phone=told.phone,
        email=told.email,
        kind=told.kind,
        language=language,
        by=by,
    )
    found = made or conversation.person
    if found is not None or conversation.identity is None:
        return found
    return _somebody(conversation.identity, language)


def _somebody(identity: Identity, language: str) -> Person:
    """Somebody of whom nothing is known but the account from which they write."""
    return Person.objects.create(name=clean_name(identity.name)[:150], language=language)


def photos_said(conversation: Conversation) -> list[StoredFile]:
    """The photos of a conversation that no case has yet, in the order in which they came."""
    kept = Attachment.objects.filter(
        message__entry__conversation=conversation,
        state=Attachment.State.KEPT,
        file__width__gt=0,
        file__case_photo__isnull=True,
    )
    found = kept.select_related("file").order_by("message__entry__at", "pk")
    return [attachment.file for attachment in found if attachment.file is not None]


@transaction.atomic
def join_conversations(
    *, kept: Conversation, absorbed: Conversation, user: User, by: Actor
) -> Conversation:
    """Make one of two conversations; what either is about, the one is about."""
    links = CaseConversation.objects.filter(conversation=absorbed).select_related("case")
    for link in links:
        CaseConversation.objects.get_or_create(
            case=link.case,
            conversation=kept,
            defaults={"linked_at": link.linked_at, "linked_by": link.linked_by},
        )
    joined = merge_conversations(kept=kept, absorbed=absorbed, user=user, by=by)
    links.delete()
    return joined
