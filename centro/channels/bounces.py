"""What comes back: the message has failed, and the person's address is marked until it works again."""

from __future__ import annotations

from django.utils.translation import gettext as _

from centro.channels.channel import Incoming
from centro.channels.models import InboundMessage, OutboundMessage
from centro.kernel.clock import now
from centro.people.models import ContactPoint

_Nature = InboundMessage.Nature
_S = OutboundMessage.Status


def follow(message: InboundMessage, item: Incoming) -> None:
    """A bounce marks what failed; a word from the person shows that their address works.

    Only a bounce that came to the address of one message of ours, signed, says anything: whoever
    could forge one could keep a person's letters from them.
    """
    if message.nature == _Nature.PLAIN:
        _works(message)
        return
    sent = message.answers
    if message.nature != _Nature.BOUNCE or sent is None or not message.answers_surely:
        return
    if not item.failed_for_good:
        return
    why = item.why or _("El correo volvió.")
    if sent.status in {_S.SENT, _S.QUEUED}:
        OutboundMessage.objects.filter(pk=sent.pk).update(status=_S.FAILED, error=why[:2000])
    mark_address(sent, why)


def mark_address(sent: OutboundMessage, why: str) -> None:
    """Where a message of ours went takes nothing more, until the person writes from there."""
    points = ContactPoint.objects.filter(kind=sent.kind, value=sent.address, failing_since=None)
    points.update(failing_since=now(), failure=why[:300])


def _works(message: InboundMessage) -> None:
    identity = message.identity
    points = ContactPoint.objects.filter(kind=identity.kind, value=identity.external_id)
    points.exclude(failing_since=None).update(failing_since=None, failure="")
