"""Texts that are too long for one message of a channel: cut at a word, with where to read the rest."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings

from centro.channels.channel import DeliveryError, Outgoing


def require_sendable(message: Outgoing, addresses: re.Pattern[str]) -> None:
    """Refuse for ever what no provider would take: no text, or no address of its kind."""
    if not addresses.fullmatch(message.address):
        raise DeliveryError(f"not an address: {message.address!r}", permanent=True)
    if not message.body.strip():
        raise DeliveryError("no text", permanent=True)


def fit(message: Outgoing, most: int, length: Callable[[str], int] = len) -> str:
    """The text of a message, no longer than `most` by the channel's own way to count."""
    text = message.body.strip()
    if length(text) <= most:
        return text
    link = where_to_read_on(message)
    ending = f"… {link}" if link else "…"
    room = most - length(ending)
    # Each character counts for at least one, so nothing longer than `room` fits.
    cut = text[:room]
    while length(cut) > room:
        cut = cut[: len(cut) - max(1, (length(cut) - room) // 2)]
    at_word = cut.rsplit(None, 1)[0] if " " in cut[-100:] else cut
    return at_word.rstrip() + ending


def where_to_read_on(message: Outgoing) -> str:
    """Where the rest of a cut text is; empty where it is about no case, or everybody reads it."""
    if not message.reference or message.public:
        return ""
    return f"{settings.SITE_URL}/seguimiento/{message.reference}/"


def utf16(text: str) -> int:
    """How long a text is in UTF-16, as some providers count."""
    return len(text.encode("utf-16-le", "replace")) // 2
