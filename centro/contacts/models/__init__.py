"""Rows of the contacts: interactions, call-backs, drafts, and conversations with what was said."""

from __future__ import annotations

from centro.contacts.models.contacts import CallBack, Contact, Draft
from centro.contacts.models.conversations import Conversation, ConversationEntry

__all__ = ["CallBack", "Contact", "Conversation", "ConversationEntry", "Draft"]
