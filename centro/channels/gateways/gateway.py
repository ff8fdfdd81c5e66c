"""What a gateway does for the channel of texts, and whose number is whose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from django.utils.translation import gettext as _

from centro.channels.channel import Access, Call, Download, Incoming, Item, Outgoing, Part, Sender
from centro.channels.fitting import where_to_read_on
from centro.channels.gateways.gsm import cut_to
from centro.channels.models import InboundMessage
from centro.kernel.errors import Invalid
from centro.kernel.identifiers import parse_phone

# A longer text is cut: ten parts are what gateways and people bear.
MOST_PARTS = 10
TIMEOUT = (5, 15)
_ONLY_DIGITS = re.compile(r"[+(\d][\d\s().-]{6,}")


class Gateway(Protocol):
    """One way to the telephones: the same questions as those of a Channel."""

    def verify(self, access: Access, call: Call) -> None: ...
    def parse(self, access: Access, headers: Mapping[str, str], body: bytes) -> list[Item]: ...
    def reply(self, access: Access) -> tuple[str, str]: ...
    def send(self, access: Access, message: Outgoing) -> str: ...
    def fetch(self, access: Access, ref: str) -> Download: ...
    def ids_since(self, access: Access, since: datetime) -> frozenset[str] | None: ...


def phone_of(text: str) -> str:
    """The number in E.164 as networks write it (with +, with 00, or with neither); empty for what
    is no number that can be answered: a short code, a word."""
    raw = text.strip()
    if _ONLY_DIGITS.fullmatch(raw) is None:
        return ""
    digits = re.sub(r"\D", "", raw)
    bare = digits.removeprefix("00")
    # Networks give the whole number; a national one is what is left when that is none.
    tried = [f"+{bare}"] if raw.startswith(("+", "00")) else [digits, f"+{digits}"]
    for number in tried:
        try:
            return parse_phone(number).e164
        except Invalid:
            continue
    return ""


def text_of(message: Outgoing) -> str:
    """What is sent: cut to what telephones bear, with where to read on."""
    return cut_to(message.body.strip(), MOST_PARTS, where_to_read_on(message))


def incoming(
    external_id: str,
    sender: str,
    text: str,
    *,
    sent_at: datetime | None = None,
    parts: tuple[Part, ...] = (),
) -> Incoming:
    """A text as it came. A sender that cannot be answered is a program of somebody's."""
    phone = phone_of(sender)
    return Incoming(
        id=external_id,
        sender=Sender(id=phone or sender.strip(), phone=phone),
        text=text,
        sent_at=sent_at,
        parts=parts,
        nature="" if phone else str(InboundMessage.Nature.AUTOMATIC),
        why="" if phone else _("No viene de un teléfono al que se pueda responder."),
    )
