"""Whose a conversation is: taken, given, let go, dealt by what people can do and how much they have."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.contacts.conversations import lock_conversation, note_event
from centro.contacts.models import Conversation, ConversationEntry, Handover, Presence, Skill
from centro.kernel.actor import Actor
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, Refused

_State = Conversation.State
# Whoever has so many waiting gets their own oldest before another one.
MOST_IN_HANDS = 8
# Who was not seen at the desk for so long lets go of what waits.
AWAY_AFTER = timedelta(minutes=20)
_LONGEST_NOTE = 1000


def hold(conversation: Conversation, user: User) -> None:
    """Whoever does something first in a locked conversation that nobody has, has it. Not saved."""
    if conversation.assigned_to_id is None:
        _give(conversation, user)


def _give(conversation: Conversation, user: User | None) -> None:
    conversation.assigned_to = user
    conversation.assigned_at = now() if user else None


@transaction.atomic
def take_conversation(*, conversation: Conversation, user: User, by: Actor) -> Conversation:
    """Say that one answers it. Raises Refused when a colleague has it: that is a deliberate act
    (`assign_conversation`)."""
    locked = lock_conversation(conversation)
    if locked.assigned_to_id not in {None, user.pk} and not _is_away(locked):
        raise Refused(
            _("Ya la tiene %(name)s.") % {"name": locked.assigned_to.get_full_name()}  # type: ignore[union-attr]  # somebody has it
        )
    _give(locked, user)
    note_event(locked, _("La tomó %(name)s") % {"name": _name(user)}, author=user)
    locked.save()
    return locked


@transaction.atomic
def assign_conversation(
    *, conversation: Conversation, to: User, user: User, by: Actor
) -> Conversation:
    """Give it to a colleague."""
    locked = lock_conversation(conversation)
    if not to.is_active:
        raise Invalid(_("Esa persona ya no trabaja aquí."))
    _give(locked, to)
    note_event(locked, _("Asignada a %(name)s") % {"name": _name(to)}, author=user)
    locked.save()
    return locked


@transaction.atomic
def release_conversation(*, conversation: Conversation, user: User, by: Actor) -> Conversation:
    """Let it go: the next who is free takes it."""
    locked = lock_conversation(conversation)
    if locked.assigned_to_id is not None:
        _give(locked, None)
        note_event(locked, _("Devuelta a la cola"), author=user)
        locked.save()
    return locked


@transaction.atomic
def take_next(*, user: User, among: QuerySet[Conversation]) -> Conversation | None:
    """The next that waits, for this user alone: by urgency, then by how long somebody waits.

    `among` is what the user may see; of that, what their skills serve. Who has MOST_IN_HANDS
    waiting gets the oldest of their own. None when nobody waits.
    """
    # A double click must not take two; taking turns on the user's row sees to that.
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
    order = ("-urgent", "waiting_since", "pk")
    mine = Conversation.objects.filter(state=_State.WAITING, assigned_to=user).order_by(*order)
    own = list(mine[:MOST_IN_HANDS])
    if len(own) >= MOST_IN_HANDS:
        return own[0]
    free = among.filter(free_now(), served_by(user), state=_State.WAITING, merged_into=None)
    locked = free.select_for_update(skip_locked=True, of=("self",), no_key=True)
    found = locked.order_by(*order).first()
    if found is None:
        return own[0] if own else None
    _give(found, user)
    note_event(found, _("La tomó %(name)s") % {"name": _name(user)}, author=user)
    found.save()
    return found


def free_now() -> Q:
    """What nobody has, or somebody who has been away for too long."""
    since = now() - AWAY_AFTER
    seen = Presence.objects.filter(user=OuterRef("assigned_to"), seen_at__gt=since)
    return Q(assigned_to=None) | (Q(assigned_at__lte=since) & ~Q(Exists(seen)))


def _is_away(conversation: Conversation) -> bool:
    return Conversation.objects.filter(free_now(), pk=conversation.pk).exists()


def served_by(user: User) -> Q:
    """What this user's skills serve: all of a kind of which they have none."""
    found: dict[str, list[str]] = {}
    for kind, value in Skill.objects.filter(user=user).values_list("kind", "value"):
        found.setdefault(kind, []).append(value)
    wanted = Q()
    if Skill.Kind.LANGUAGE in found:
        wanted &= Q(language__in=found[Skill.Kind.LANGUAGE])
    if Skill.Kind.CHANNEL in found:
        wanted &= Q(channel__in=found[Skill.Kind.CHANNEL])
    return wanted


def by_load(users: Iterable[User], conversation: Conversation) -> list[tuple[User, int]]:
    """Colleagues with how many wait in their hands: who can take this one first, fewest first."""
    people = list(users)
    waiting = Conversation.objects.filter(state=_State.WAITING, assigned_to__in=people)
    load = dict(waiting.order_by().values_list("assigned_to").annotate(Count("pk")))
    barred = _barred(people, conversation)
    people.sort(key=lambda one: (one.pk in barred, load.get(one.pk, 0), _name(one)))
    return [(one, load.get(one.pk, 0)) for one in people]


def _barred(people: list[User], conversation: Conversation) -> set[int]:
    """Whose skills do not serve it."""
    has: dict[tuple[int, str], set[str]] = {}
    for user_id, kind, value in Skill.objects.filter(user__in=people).values_list(
        "user_id", "kind", "value"
    ):
        has.setdefault((user_id, kind), set()).add(value)
    asked = {
        Skill.Kind.LANGUAGE.value: conversation.language,
        Skill.Kind.CHANNEL.value: conversation.channel,
    }
    return {user_id for (user_id, kind), values in has.items() if asked[kind] not in values}


@transaction.atomic
def set_skills(*, user: User, languages: Iterable[str], channels: Iterable[str], by: Actor) -> None:
    """What somebody takes; nothing of a kind means all of it."""
    Skill.objects.filter(user=user).delete()
    wanted = [(Skill.Kind.LANGUAGE, value) for value in dict.fromkeys(languages)]
    wanted += [(Skill.Kind.CHANNEL, value) for value in dict.fromkeys(channels)]
    Skill.objects.bulk_create(Skill(user=user, kind=kind, value=value) for kind, value in wanted)


@transaction.atomic
def hand_over_shift(*, giver: User, taker: User | None, note: str = "", by: Actor) -> Handover:
    """The end of a shift: all that is open in one's hands goes to a colleague, or to the queue.

    The note is read by who takes over, and stands in each conversation.
    """
    if taker is not None and taker.pk == giver.pk:
        raise Invalid(_("Elija a otra persona."))
    note = note.replace("\x00", "").strip()[:_LONGEST_NOTE]
    open_ones = Conversation.objects.filter(
        assigned_to=giver, state__in=[_State.WAITING, _State.ANSWERED]
    )
    moved = 0
    for conversation in open_ones.select_for_update(of=("self",), no_key=True).order_by("pk"):
        _give(conversation, taker)
        said = (
            _("Cambio de turno: pasa a %(name)s") % {"name": _name(taker)}
            if taker
            else _("Cambio de turno: vuelve a la cola")
        )
        note_event(conversation, said, author=giver)
        if note:
            ConversationEntry.objects.create(
                conversation=conversation, kind="note", at=now(), author=giver, text=note
            )
        conversation.save()
        moved += 1
    return Handover.objects.create(giver=giver, taker=taker, note=note, moved=moved, at=now())


@transaction.atomic
def release_abandoned() -> int:
    """Let go of what waits in the hands of people who left the desk. Returns how many."""
    waiting = Conversation.objects.filter(
        free_now(), state=_State.WAITING, assigned_to__isnull=False
    )
    locked = waiting.select_for_update(skip_locked=True, of=("self",), no_key=True)
    count = 0
    for conversation in locked.order_by("pk")[:500]:
        _give(conversation, None)
        note_event(conversation, _("Devuelta a la cola: quien la tenía no está"))
        conversation.save()
        count += 1
    return count


def _name(user: User) -> str:
    return user.get_full_name() or user.username
