"""Short answers that no person writes: each is a message of ours and part of the conversation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from centro.channels.actions import send_message
from centro.channels.gateways.gsm import plainly
from centro.channels.models import Identity, InboundMessage, OutboundMessage
from centro.channels.registry import get_channel
from centro.contacts.conversations import note_sent
from centro.contacts.models import Conversation
from centro.kernel.clock import now

# Two programs that answer each other come to rest by this; a person hardly meets it.
MOST_AN_HOUR = 20
MOST_A_DAY = 60
_PREFIX = "dialogue_"


def may_answer(identity: Identity) -> bool:
    """Whether one more automatic answer may go to that sender."""
    ours = OutboundMessage.objects.filter(identity=identity, name__startswith=_PREFIX)
    moment = now()
    today = ours.filter(created_at__gt=moment - timedelta(days=1))
    moments = list(today.order_by("-created_at").values_list("created_at", flat=True)[:MOST_A_DAY])
    lately = [at for at in moments if at > moment - timedelta(hours=1)]
    return len(lately) < MOST_AN_HOUR and len(moments) < MOST_A_DAY


def said_lately(identity: Identity, name: str, within: timedelta) -> bool:
    """Whether that sender got this very answer a short while ago."""
    ours = OutboundMessage.objects.filter(identity=identity, name=f"{_PREFIX}{name}")
    return ours.filter(created_at__gt=now() - within).exists()


def say(
    conversation: Conversation,
    message: InboundMessage,
    name: str,
    *,
    answers: bool = True,
    reference: str = "",
    values: Mapping[str, object] | None = None,
) -> OutboundMessage:
    """Answer a message by the way it came, in a locked conversation.

    `name` is one of channels/messages/dialogue_…; with `answers` nobody waits for us any more.
    """
    full = f"{_PREFIX}{name}"
    if values is not None and get_channel(message.identity.kind).brief:
        values = {key: plainly(v) if isinstance(v, str) else v for key, v in values.items()}
    return write_back(
        conversation, message, full, answers=answers, reference=reference, values=values
    )


def write_back(
    conversation: Conversation,
    message: InboundMessage,
    name: str,
    *,
    answers: bool = True,
    reference: str = "",
    discreet: bool = False,
    values: Mapping[str, object] | None = None,
) -> OutboundMessage:
    """As `say`, with any of our texts."""
    identity = message.identity
    sent = send_message(
        kind=identity.kind,
        account=message.account,
        identity=identity,
        address=identity.phone or identity.external_id,
        name=name,
        language=conversation.language,
        reference=reference,
        discreet=discreet,
        values=values,
    )
    note_sent(conversation, sent, answers=answers)
    return sent
