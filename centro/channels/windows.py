"""For how long a network lets us write freely to somebody: from their last private word on."""

from __future__ import annotations

from datetime import datetime

from centro.channels.channel import Channel
from centro.channels.models import InboundMessage
from centro.kernel.clock import now


def open_until(
    channel: Channel, identity_id: int | None, account_id: int | None
) -> datetime | None:
    """When the window closes, or closed; None where the person never wrote to us alone.

    Not asked of a channel without a window. What our own people wrote elsewhere opens none.
    """
    assert channel.window is not None
    if identity_id is None:
        return None
    spoken = InboundMessage.objects.filter(identity=identity_id, account=account_id, public=False)
    last = spoken.exclude(nature=InboundMessage.Nature.OWN).order_by("-received_at").first()
    return last.received_at + channel.window if last else None


def is_open(channel: Channel, identity_id: int | None, account_id: int | None) -> bool:
    """Whether a free text may be sent now."""
    if channel.window is None:
        return True
    until = open_until(channel, identity_id, account_id)
    return until is not None and until > now()
