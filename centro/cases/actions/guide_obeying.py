"""What happens on a word that asks for something, in the middle of the questions or without any."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from centro.cases.actions.guide_rows import ask_again, end, hand_over, new_dialogue
from centro.cases.actions.guide_words import emergency_number, hear_solved, set_quiet, tell_state
from centro.cases.actions.speaking import say
from centro.cases.commands import Command, Word
from centro.cases.models import Dialogue
from centro.channels.models import InboundMessage
from centro.contacts.conversations import attach_message, lock_conversation
from centro.contacts.models import Conversation

Step, Ending = Dialogue.Step, Dialogue.Ending
_Asked = Callable[[Dialogue | None, InboundMessage, Conversation], None]


def obey(
    command: Command, message: InboundMessage, dialogue: Dialogue | None
) -> Conversation | None:
    """Do what a word asks for; None when here it is an answer, or for somebody else."""
    if command.word in {Word.YES, Word.NO}:
        return None if dialogue is not None else hear_solved(command, message)
    if command.word == Word.CANCEL and dialogue is None:
        return None
    if command.word == Word.STATE:
        return _state(command, message, dialogue)
    conversation = attach_message(message=message, waits=False)
    _WORDS[command.word](dialogue, message, conversation)
    return conversation


def _state(
    command: Command, message: InboundMessage, dialogue: Dialogue | None
) -> Conversation | None:
    if dialogue is not None and dialogue.step == Step.QUESTION and command.bare:
        return None  # a number that was asked for
    told = tell_state(command, message)
    _remind(dialogue, message)
    return told


def _remind(dialogue: Dialogue | None, message: InboundMessage) -> None:
    """After an answer to something else: what was asked before it stands."""
    if dialogue is not None and dialogue.step != Step.WHAT:
        ask_again(dialogue, message, lock_conversation(dialogue.conversation))


def _help(dialogue: Dialogue | None, message: InboundMessage, conversation: Conversation) -> None:
    say(conversation, message, "help", values={"emergency": emergency_number()})
    _remind(dialogue, message)


def _person(dialogue: Dialogue | None, message: InboundMessage, conversation: Conversation) -> None:
    dialogue = dialogue or new_dialogue(message, conversation)
    hand_over(dialogue, message, conversation, _("La persona pidió hablar con alguien."))


def _english(
    dialogue: Dialogue | None, message: InboundMessage, conversation: Conversation
) -> None:
    _speak("en", dialogue, message, conversation)


def _spanish(
    dialogue: Dialogue | None, message: InboundMessage, conversation: Conversation
) -> None:
    _speak("es", dialogue, message, conversation)


def _speak(
    language: str, dialogue: Dialogue | None, message: InboundMessage, conversation: Conversation
) -> None:
    conversation.language = language
    ask_again(dialogue or new_dialogue(message, conversation), message, conversation)


def _stop(_dialogue: Dialogue | None, message: InboundMessage, conversation: Conversation) -> None:
    set_quiet(message, conversation, quiet=True)


def _start(_dialogue: Dialogue | None, message: InboundMessage, conversation: Conversation) -> None:
    set_quiet(message, conversation, quiet=False)


def _new(dialogue: Dialogue | None, message: InboundMessage, conversation: Conversation) -> None:
    if dialogue is not None:
        end(dialogue, Ending.CANCELLED)
    new_dialogue(message, conversation)
    say(conversation, message, "what")


def _cancel(dialogue: Dialogue | None, message: InboundMessage, conversation: Conversation) -> None:
    if dialogue is not None:
        end(dialogue, Ending.CANCELLED)
    say(conversation, message, "cancelled")


_WORDS: Mapping[Word, _Asked] = {
    Word.HELP: _help,
    Word.PERSON: _person,
    Word.ENGLISH: _english,
    Word.SPANISH: _spanish,
    Word.STOP: _stop,
    Word.START: _start,
    Word.NEW: _new,
    Word.CANCEL: _cancel,
}
