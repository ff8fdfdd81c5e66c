"""Rows of the channels: accounts, who writes, what came, what leaves, and in which words."""

from __future__ import annotations

from centro.channels.models.accounts import Account, Mailbox
from centro.channels.models.identities import Identity
from centro.channels.models.incoming import (
    Attachment,
    InboundItem,
    InboundMessage,
    RawEvent,
)
from centro.channels.models.outgoing import (
    CODE_MARK,
    DeliveryAttempt,
    OutboundMessage,
    answer_mark,
)
from centro.channels.models.reports import DeliveryReport
from centro.channels.models.texts import MessageText
from centro.channels.models.watching import ChannelAlarm, Tally

PERSONAL = {
    "channels.OutboundMessage": frozenset({"address", "subject", "body", "html"}),
    "channels.DeliveryAttempt": frozenset({"error"}),
    "channels.DeliveryReport": frozenset({"error"}),
    "channels.Identity": frozenset({"external_id", "name", "handle", "phone"}),
    "channels.RawEvent": frozenset({"error"}),
    "channels.Tally": frozenset({"error"}),
    "channels.InboundItem": frozenset({"reason"}),
    "channels.InboundMessage": frozenset(
        {"subject", "body", "quoted", "html", "reply_address", "origin", "lat", "lon"}
    ),
    "channels.Attachment": frozenset({"name", "reason"}),
}

__all__ = [
    "CODE_MARK",
    "PERSONAL",
    "Account",
    "Attachment",
    "ChannelAlarm",
    "DeliveryAttempt",
    "DeliveryReport",
    "Identity",
    "InboundItem",
    "InboundMessage",
    "Mailbox",
    "MessageText",
    "OutboundMessage",
    "RawEvent",
    "Tally",
    "answer_mark",
]
