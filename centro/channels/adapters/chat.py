"""The chat of our own site: what was written there comes by the same way as from any provider.

The page shows what was sent, so nothing has to leave: a sent message is one that waits on the page.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from centro.channels.channel import (
    Access,
    Channel,
    DeliveryError,
    Incoming,
    Item,
    Outgoing,
    Part,
    Sender,
)


class Chat(Channel):
    kind = "chat"
    label = _("Chat del sitio")
    reports = True
    largest = 16 * 1024 * 1024

    def parse(self, access: Access, headers: Mapping[str, str], body: bytes) -> list[Item]:
        said = json.loads(body)
        photos = [
            Part(f"foto{n}.jpg", "image/jpeg", b64decode(photo, validate=True))
            for n, photo in enumerate(said.get("photos", []), start=1)
        ]
        return [
            Incoming(
                id=str(said["id"]),
                sender=Sender(str(said["token"]), name=str(said.get("name", ""))),
                text=str(said["text"]),
                sent_at=datetime.fromisoformat(said["at"]),
                parts=photos,
            )
        ]

    def send(self, access: Access, message: Outgoing) -> str:
        try:
            UUID(message.address)
        except ValueError as error:
            raise DeliveryError("nobody at the chat has that name", permanent=True) from error
        return f"chat-{message.key}"


CHANNEL = Chat()
