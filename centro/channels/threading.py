"""Which message of ours an incoming one answers, and how sure that is."""

from __future__ import annotations

import hmac
import re
from hashlib import sha256

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from centro.channels.models import InboundMessage, OutboundMessage
from centro.kernel.sealing import derived

# 311+m<id>.<signature>@…: short enough for the 64 letters of a local part (RFC 5321, 4.5.3.1.1).
_OURS = re.compile(r"<centro-(\d{1,18})@[^>]+>")
_TAG = re.compile(r"\+m(\d{1,18})\.([a-z2-7]{16})@")


def reply_address(address: str, key: int) -> str:
    """The address that answers to one message of ours reach: only we can make it."""
    local, _at, domain = address.rpartition("@")
    return f"{local}+m{key}.{_signature(key)}@{domain}"


def message_id(address: str, key: int) -> str:
    """The Message-ID of a message of ours, whatever else its provider calls it."""
    return f"<centro-{key}@{address.rpartition('@')[2] or 'localhost'}>"


def answered_key(address: str) -> int | None:
    """The message that such an address belongs to; None when we did not make it."""
    found = _TAG.search(address.lower())
    if found is None:
        return None
    key = int(found[1])
    return key if hmac.compare_digest(found[2], _signature(key)) else None


def _signature(key: int) -> str:
    secret = derived(settings.CHANNEL_KEY, "channels.reply")
    digest = hmac.new(secret, str(key).encode(), sha256).digest()
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    return "".join(alphabet[byte % 32] for byte in digest[:16])


def find_answered(message: InboundMessage) -> tuple[OutboundMessage | None, bool, str]:
    """The message it answers, whether that is sure, and why.

    Sure is a signed address, or a reference from the very address that we wrote to. A reference
    from elsewhere only suggests: anybody can copy one.
    """
    key = answered_key(message.reply_address)
    if key is not None:
        found = OutboundMessage.objects.filter(pk=key).first()
        if found is not None:
            return found, True, _("Llegó a la dirección firmada de un mensaje nuestro.")
    references = [ref for ref in message.references if ref]
    if not references:
        return None, False, _("No responde a ningún mensaje nuestro.")
    found = _named_by(references)
    if found is None:
        return None, False, _("No responde a ningún mensaje nuestro.")
    if _wrote_to(found, message):
        return (
            found,
            True,
            _("Responde a un mensaje nuestro, desde la dirección a la que se envió."),
        )
    return found, False, _("Cita un mensaje nuestro, pero llega de otra dirección.")


def _named_by(references: list[str]) -> OutboundMessage | None:
    """The message that the nearest reference names: as its provider does, or as we did."""
    keys = {ref: int(ours[1]) for ref in references if (ours := _OURS.fullmatch(ref))}
    named = Q(external_id__in=references) | Q(kind="email", pk__in=keys.values())
    sent = list(OutboundMessage.objects.filter(named))
    for ref in references:
        for message in sent:
            if message.external_id == ref or message.pk == keys.get(ref):
                return message
    return None


def _wrote_to(sent: OutboundMessage, message: InboundMessage) -> bool:
    identity = message.identity
    if sent.identity_id is not None:
        return sent.identity_id == identity.pk
    return sent.kind == identity.kind and sent.address.casefold() == identity.external_id.casefold()
