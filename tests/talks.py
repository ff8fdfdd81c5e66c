"""Conversations for tests, made as they come about: by a message that is taken in."""

from __future__ import annotations

from itertools import count
from typing import Any

from centro.cases.actions import receive_message
from centro.channels.channel import Incoming, Part, Sender
from centro.channels.models import Account, InboundMessage, RawEvent
from centro.channels.reading import settle_item
from centro.contacts.models import Conversation
from centro.kernel.clock import now

_n = count(1)


def account(kind: str = "email", **fields: Any) -> Account:
    """An account of the centre, or of the entity that is given."""
    n = next(_n)
    base = {"slug": f"cuenta-{n}", "label": f"Cuenta {n}", "address": f"cuenta{n}@311.example"}
    return Account.objects.create(kind=kind, **base | fields)


def write(
    text: str = "¿A qué hora abre la oficina de Chitré?",
    *,
    to: Account | None = None,
    sender: str = "ana@correo.example",
    name: str = "Ana Núñez",
    phone: str = "",
    parts: list[Part] | None = None,
    **more: Any,
) -> InboundMessage:
    """Somebody writes to us, and the message is taken in."""
    to = to or Account.objects.filter(kind="email").first() or account()
    n = next(_n)
    raw = RawEvent.objects.create(
        account=to, key=f"{n:064d}", way="test", body=b"", size=0, received_at=now()
    )
    item = Incoming(
        id=f"m{n}@correo.example",
        sender=Sender(id=sender, name=name, phone=phone),
        text=text,
        parts=parts or [],
        **more,
    )
    message = settle_item(raw, 0, item)
    assert message is not None
    receive_message(message=message)
    return InboundMessage.objects.select_related("identity", "account").get(pk=message.pk)


def talk(text: str = "¿A qué hora abre la oficina de Chitré?", **more: Any) -> Any:
    """The conversation that a message begins or goes on with."""
    message = write(text, **more)
    return Conversation.objects.get(entries__inbound=message)


def again(conversation: Conversation) -> Any:
    """The row as it is now."""
    return Conversation.objects.get(pk=conversation.pk)
