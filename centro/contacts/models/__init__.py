"""Rows of the contacts: interactions, calls to make, drafts, conversations, the inbox around them."""

from __future__ import annotations

from centro.contacts.models.contacts import CallBack, Contact, Draft
from centro.contacts.models.conversations import Conversation, ConversationEntry
from centro.contacts.models.inbox import (
    CannedReply,
    Handover,
    Presence,
    Recognition,
    Skill,
    Surge,
)

__all__ = [
    "CallBack",
    "CannedReply",
    "Contact",
    "Conversation",
    "ConversationEntry",
    "Draft",
    "Handover",
    "Presence",
    "Recognition",
    "Skill",
    "Surge",
]
