"""Two talks that are one, and one talk that is two."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.contacts.answering import bring_back
from centro.contacts.conversations import lock_conversation, note_event
from centro.contacts.models import Conversation, ConversationEntry, Presence
from centro.kernel.actor import Actor
from centro.kernel.errors import Invalid
from centro.people.queries import records_of

_State = Conversation.State
_Kind = ConversationEntry.Kind


@transaction.atomic
def merge_conversations(
    *, kept: Conversation, absorbed: Conversation, user: User, by: Actor
) -> Conversation:
    """Make one of two: what was said in the second stands in the first, in its order.

    What comes later to the second goes to the first. Raises Invalid for one with itself, and for
    talks of two people who are known to be two.
    """
    # In the order of their keys, so that two merges never wait for each other.
    rows = {pk: _locked(pk) for pk in sorted({kept.pk, absorbed.pk})}
    first, second = rows[kept.pk], rows.get(absorbed.pk, rows[kept.pk])
    if first.pk == second.pk:
        raise Invalid(_("Es la misma conversación."))
    _check_people(first, second)
    note_event(first, _("Se le unió la conversación «%(other)s»") % {"other": second}, author=user)
    second.entries.update(conversation=first)
    Presence.objects.filter(conversation=second).delete()
    first.person = first.person or second.person
    first.urgent = first.urgent or second.urgent
    first.created_at = min(first.created_at, second.created_at)
    _follow_last(first)
    _take_state(first, second)
    first.save()
    second.merged_into, second.ending = first, Conversation.Ending.MERGED
    second.state, second.waiting_since = _State.CLOSED, None
    second.assigned_to = second.assigned_at = None
    second.save()
    return first


def _locked(pk: int) -> Conversation:
    return lock_conversation(Conversation(pk=pk))


def _check_people(first: Conversation, second: Conversation) -> None:
    one, other = first.person, second.person
    if one is not None and other is not None and other.pk not in records_of(one):
        raise Invalid(_("Son de dos personas distintas: no se unen."))


def _take_state(first: Conversation, second: Conversation) -> None:
    """Somebody waits if they waited in either, and since the earlier of both."""
    moments = [c.waiting_since for c in (first, second) if c.waiting_since is not None]
    if moments:
        first.state, first.waiting_since = _State.WAITING, min(moments)
        first.ending = Conversation.Ending.NONE


def _follow_last(conversation: Conversation) -> None:
    """The channel, the sender and the moment of the last entries."""
    last = conversation.entries.order_by("-at", "-pk").first()
    if last is not None:
        conversation.touched_at = last.at
    spoken = conversation.entries.filter(kind=_Kind.IN).order_by("-at", "-pk")
    entry = spoken.select_related("inbound__identity").first()
    if entry is not None and entry.inbound is not None:
        conversation.identity = entry.inbound.identity
        conversation.channel = entry.inbound.identity.kind


@transaction.atomic
def split_conversation(
    *, conversation: Conversation, entry: ConversationEntry, user: User, by: Actor
) -> Conversation:
    """Begin another conversation with what was said from an entry on. Returns the new one.

    Raises Invalid where nothing would be left behind, or nobody speaks in what is taken.
    """
    locked = lock_conversation(conversation)
    entries = list(locked.entries.order_by("at", "pk"))
    place = next((n for n, one in enumerate(entries) if one.pk == entry.pk), None)
    if place is None:
        raise Invalid(_("Ese mensaje no es de esta conversación."))
    kept, moved = entries[:place], entries[place:]
    if not any(one.kind == _Kind.IN for one in kept):
        raise Invalid(_("Antes de ese mensaje no hay otro: no queda nada que separar."))
    if not any(one.kind == _Kind.IN for one in moved):
        raise Invalid(_("Separe desde un mensaje de la persona."))
    new = Conversation.objects.create(
        channel=locked.channel,
        identity=locked.identity,
        person=locked.person,
        agency_id=locked.agency_id,
        subject=_subject_of(entry) or locked.subject,
        language=locked.language,
        state=_State.ANSWERED,
        assigned_to_id=locked.assigned_to_id,
        assigned_at=locked.assigned_at,
        created_at=moved[0].at,
        touched_at=moved[-1].at,
    )
    ConversationEntry.objects.filter(pk__in=[one.pk for one in moved]).update(conversation=new)
    _follow_last(new)
    bring_back(new)
    _follow_last(locked)
    if locked.state == _State.WAITING:
        bring_back(locked)
    note_event(locked, _("Lo que sigue está en otra conversación"), author=user)
    note_event(new, _("Separada de otra conversación"), author=user)
    locked.save()
    return new


def _subject_of(entry: ConversationEntry) -> str:
    said = entry.inbound
    if said is None:
        return ""
    return (said.subject or said.body.strip().partition("\n")[0])[:200]
