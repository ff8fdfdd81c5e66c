"""Leading a person to a case, to its state and to an answer, by short messages alone.

Called for every message of a channel that guides (SMS). What it does not take care of goes the
ordinary way, where a person of the centre reads it.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from centro.cases.actions.guide_obeying import obey
from centro.cases.actions.guide_rows import (
    LASTS,
    LASTS_IN_DANGER,
    ask_again,
    end,
    hand_over,
    lasts,
    new_dialogue,
    note_before,
    show_to_centre,
)
from centro.cases.actions.guide_steps import STEPS, begin
from centro.cases.actions.guide_turn import Turn
from centro.cases.actions.guide_words import (
    emergency_number,
    link_case,
    link_to,
)
from centro.cases.actions.opening import Matter, open_case
from centro.cases.actions.speaking import may_answer, said_lately, say, write_back
from centro.cases.answers import yes_or_no
from centro.cases.commands import read_command, speaks_of_danger
from centro.cases.mentions import case_of, linked_cases
from centro.cases.models import Case, Dialogue
from centro.cases.rules import ACTIVE, Status
from centro.catalog.queries import service_with
from centro.channels.actions import WRITTEN
from centro.channels.models import Identity, InboundMessage, OutboundMessage
from centro.channels.registry import get_channel
from centro.contacts.conversations import (
    attach_message,
    find_conversation,
    lock_conversation,
    note_event,
    note_sent,
)
from centro.contacts.language import clear_language
from centro.contacts.models import Conversation, ConversationEntry
from centro.kernel.actor import citizen
from centro.kernel.clock import now
from centro.kernel.errors import Refused
from centro.kernel.text import fold
from centro.people.actions import remember_person
from centro.people.models import Person
from centro.places.queries import place_with

Step, Ending = Dialogue.Step, Dialogue.Ending
# The same words again within this time are one text that came twice.
TWICE = timedelta(seconds=10)
MOST_MISSES = 2
_ONCE_IN = timedelta(hours=1)
_BATCH = 200


@transaction.atomic(savepoint=False)
def guide_sender(*, message: InboundMessage) -> Conversation | None:
    """Answer a message of a channel that guides; None when it is not for this dialogue.

    Messages of one sender take turns, so that of two at once each is read where the other left.
    """
    if message.public or not get_channel(message.identity.kind).guides:
        return None
    identity = Identity.objects.select_for_update(no_key=True).get(pk=message.identity_id)
    if identity.spam or not may_answer(identity):
        return None
    command = read_command(message.body)
    dialogue = _open_dialogue(identity)
    if command is not None:
        handled = obey(command, message, dialogue)
        if handled is not None:
            return handled
    if dialogue is None:
        return None if _is_for_people(message) else _begin(message)
    return _go_on(dialogue, message)


def warn_of_danger(*, message: InboundMessage, conversation: Conversation) -> None:
    """Name the emergency number at once to who speaks of danger, whoever reads it later."""
    identity = message.identity
    if not get_channel(identity.kind).guides or message.public or identity.spam:
        return
    if not speaks_of_danger(message.body) or not may_answer(identity):
        return
    if not said_lately(identity, "danger", _ONCE_IN):
        said = {"emergency": emergency_number()}
        say(lock_conversation(conversation), message, "danger", answers=False, values=said)


def acknowledge(*, case: Case, message: InboundMessage, conversation: Conversation) -> None:
    """Say that a case has heard a message, where the sender sees no other sign of it.

    `case` is as it was before it heard.
    """
    identity = message.identity
    if not get_channel(identity.kind).guides or message.public or not may_answer(identity):
        return
    if case.status == Status.RESOLVED and yes_or_no(message.body) is not None:
        # As it was before: a reopening tells of itself.
        name = "confirmed" if Case.objects.get(pk=case.pk).status == Status.CLOSED else ""
    else:
        name = "" if said_lately(identity, "added", _ONCE_IN) else "added"
    if name:
        locked = lock_conversation(conversation)
        said = {"number": case.number}
        say(locked, message, name, answers=False, reference=case.number, values=said)


# ---- The questions ----


def _open_dialogue(identity: Identity) -> Dialogue | None:
    dialogue = Dialogue.objects.filter(identity=identity, ending=Ending.OPEN).first()
    if dialogue is not None and (
        dialogue.touched_at < now() - lasts(dialogue)
        or _a_person_wrote(dialogue.conversation, dialogue)
    ):
        end(dialogue, Ending.SILENT)
        return None
    return dialogue


def _is_for_people(message: InboundMessage) -> bool:
    """Whether somebody of the centre or of a case reads this rather than the dialogue."""
    if case_of(message) is not None:
        return True
    talk = find_conversation(message)
    if talk is None:
        return False
    if any(case.status in ACTIVE for case in linked_cases(talk)):
        return True
    if _a_person_wrote(talk, None) or talk.assigned_to_id is not None:
        return talk.state != Conversation.State.CLOSED
    last = Dialogue.objects.filter(identity=message.identity_id).order_by("-pk").first()
    handed = last is not None and last.ending in {Ending.HANDED, Ending.SILENT}
    return handed and talk.state == Conversation.State.WAITING


def _a_person_wrote(talk: Conversation, dialogue: Dialogue | None) -> bool:
    """Whether the last word of ours in a talk (since the dialogue's last) is a person's."""
    sent = ConversationEntry.objects.filter(conversation=talk, outbound__isnull=False)
    if dialogue is not None:
        sent = sent.filter(at__gte=dialogue.touched_at)
    last = sent.order_by("-at", "-pk").select_related("outbound").first()
    return last is not None and last.outbound is not None and last.outbound.name == WRITTEN


def _begin(message: InboundMessage) -> Conversation:
    conversation = attach_message(message=message, waits=False)
    _mind_language(message, conversation)
    dialogue = new_dialogue(message, conversation)
    with override(conversation.language):
        turn = begin(dialogue.told, message.body)
    _take(turn, dialogue, message, conversation)
    return conversation


def _mind_language(message: InboundMessage, conversation: Conversation) -> None:
    """Who clearly writes another language from now on is answered in it."""
    conversation.language = clear_language(message.body) or conversation.language


def _go_on(dialogue: Dialogue, message: InboundMessage) -> Conversation:
    conversation = attach_message(message=message, within=dialogue.conversation, waits=False)
    if _came_twice(message):
        ask_again(dialogue, message, conversation)
        return conversation
    if dialogue.step == Step.WHAT:
        _mind_language(message, conversation)
    with override(conversation.language):
        turn = STEPS[dialogue.step](dialogue.told, message.body)
    _take(turn, dialogue, message, conversation)
    return conversation


def _came_twice(message: InboundMessage) -> bool:
    """Whether these words came a moment ago: a second one must not answer the next question."""
    moment = message.received_at
    before = InboundMessage.objects.filter(
        identity=message.identity_id,
        received_at__range=(moment - TWICE, moment),
        pk__lt=message.pk,
    ).order_by("-pk")
    last = before.values_list("body", flat=True).first()
    return last is not None and fold(last) == fold(message.body)


def _take(
    turn: Turn, dialogue: Dialogue, message: InboundMessage, conversation: Conversation
) -> None:
    dialogue.misses = dialogue.misses + 1 if turn.missed else 0
    dialogue.step, dialogue.touched_at = turn.step, now()
    if speaks_of_danger(message.body):
        dialogue.told["danger"] = True
    if dialogue.misses >= MOST_MISSES:
        hand_over(dialogue, message, conversation)
    elif turn.ending == Ending.CASE:
        _open(dialogue, message, conversation)
    else:
        dialogue.save()
        note = note_before(message, conversation, turn)
        say(conversation, message, turn.say, values={"note": note, **turn.values})


def _open(dialogue: Dialogue, message: InboundMessage, conversation: Conversation) -> None:
    try:
        with transaction.atomic():
            case = _case_from(dialogue, message, conversation)
    except Refused:
        # A type that is gone, a text that cannot be kept: a person at the centre sorts it out.
        hand_over(dialogue, message, conversation)
        return
    dialogue.case = case
    end(dialogue, Ending.CASE)
    link_case(case, conversation)
    opened = case.timeline.filter(kind="opened").first()
    told = opened.data.get("message") if opened else None
    sent = OutboundMessage.objects.filter(pk=told).first() if told else None
    if sent is not None:
        note_sent(conversation, sent)
    else:
        said = {"number": case.number, "code": case.code, "link": link_to(case)}
        write_back(
            conversation,
            message,
            "case_opened",
            reference=case.number,
            discreet=case.is_confidential,
            values=said,
        )


def _case_from(dialogue: Dialogue, message: InboundMessage, conversation: Conversation) -> Case:
    told = dialogue.told
    service = service_with(told["service"])
    if service is None:
        raise Refused(_("Ese tipo de servicio ya no se usa. Elija otro."))
    place = told.get("place", {}) if service.requires_place else {}
    matter = Matter(
        service=service,
        description=told["description"],
        place=place_with(place["code"]) if place else None,
        lat=place.get("lat"),
        lon=place.get("lon"),
        reference=told.get("reference", ""),
        answers=told.get("answers", {}),
    )
    return open_case(
        matter=matter,
        channel=message.identity.kind,
        person=_person_of(message.identity, conversation.language),
        language=conversation.language,
        spoken_at=dialogue.begun_at,
        by=citizen(message.identity.name),
    )


def _person_of(identity: Identity, language: str) -> Person | None:
    if identity.person is not None:
        return identity.person
    return remember_person(phone=identity.phone, language=language, by=citizen())


def end_silent_dialogues() -> int:
    """Show the centre what somebody began to tell and did not finish. Returns how many."""
    over = Q(touched_at__lt=now() - LASTS)
    over |= Q(told__danger=True, touched_at__lt=now() - LASTS_IN_DANGER)
    silent = Dialogue.objects.filter(over, ending=Ending.OPEN)
    return sum(_end_silent(dialogue) for dialogue in silent.order_by("touched_at")[:_BATCH])


@transaction.atomic
def _end_silent(dialogue: Dialogue) -> bool:
    Identity.objects.select_for_update(no_key=True).get(pk=dialogue.identity_id)
    dialogue.refresh_from_db()
    if dialogue.ending != Ending.OPEN or dialogue.touched_at >= now() - lasts(dialogue):
        return False
    told = bool(dialogue.told.get("description"))
    last = dialogue.touched_at
    end(dialogue, Ending.SILENT)
    if told:
        conversation = lock_conversation(dialogue.conversation)
        show_to_centre(dialogue, conversation, last)
        note_event(conversation, _("La persona no terminó de responder las preguntas."))
    return told
