"""A dialogue by short messages as it stands: begun, asked again, handed to a person, ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import override

from centro.cases.actions.guide_steps import ask_once_more
from centro.cases.actions.guide_turn import Turn
from centro.cases.actions.guide_words import emergency_number
from centro.cases.actions.speaking import say
from centro.cases.commands import speaks_of_danger
from centro.cases.models import Dialogue
from centro.channels.models import InboundMessage
from centro.contacts.conversations import note_event, wait_for_centre
from centro.contacts.models import Conversation
from centro.contacts.surging import priorities_now
from centro.contacts.urgency import sounds_urgent
from centro.kernel.clock import now

# An answer that comes later begins anew.
LASTS = timedelta(days=1)
# Who spoke of danger and then falls silent is shown to a person of the centre soon.
LASTS_IN_DANGER = timedelta(minutes=15)


def new_dialogue(message: InboundMessage, conversation: Conversation) -> Dialogue:
    """The first word of a sender without an open one."""
    moment = now()
    return Dialogue.objects.create(
        identity=message.identity, conversation=conversation, begun_at=moment, touched_at=moment
    )


def ask_again(dialogue: Dialogue, message: InboundMessage, conversation: Conversation) -> None:
    """Ask what was asked last once more."""
    with override(conversation.language):
        turn = ask_once_more(dialogue.told, dialogue.step)
    dialogue.step, dialogue.touched_at = turn.step, now()
    dialogue.save()
    say(conversation, message, turn.say, values={"note": "", **turn.values})


def lasts(dialogue: Dialogue) -> timedelta:
    """How long after the last word an answer still belongs to it."""
    return LASTS_IN_DANGER if dialogue.told.get("danger") else LASTS


def note_before(
    message: InboundMessage, conversation: Conversation, turn: Turn | None = None
) -> str:
    """What is said before the question: danger first."""
    with override(conversation.language):
        notes = []
        if speaks_of_danger(message.body):
            notes.append(_("Si hay peligro llame al %(number)s.") % {"number": emergency_number()})
        if turn is not None and turn.missed and turn.say not in {"again", "outside"}:
            notes.append(turn.why or _("No entendimos su respuesta."))
    return "".join(f"{note} " for note in notes)


def hand_over(
    dialogue: Dialogue, message: InboundMessage, conversation: Conversation, why: str = ""
) -> None:
    """Tell the sender that a person answers, and show that person what was told."""
    end(dialogue, Dialogue.Ending.HANDED)
    note = note_before(message, conversation)
    say(conversation, message, "handed", answers=False, values={"note": note})
    show_to_centre(dialogue, conversation, message.received_at, message.body)
    why = why or _("Las preguntas automáticas no bastaron: responda una persona.")
    note_event(conversation, why)


def show_to_centre(
    dialogue: Dialogue, conversation: Conversation, since: datetime, said: str = ""
) -> None:
    """What was told waits in the inbox, in front where it sounds urgent."""
    told = f"{dialogue.told.get('description', '')}\n{said}"
    urgent = speaks_of_danger(told) or sounds_urgent(told, priorities_now())
    conversation.urgent = conversation.urgent or urgent
    wait_for_centre(conversation, since)


def end(dialogue: Dialogue, ending: Dialogue.Ending) -> None:
    """Nothing is asked any more."""
    dialogue.ending, dialogue.touched_at = ending, now()
    dialogue.save()
