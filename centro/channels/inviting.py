"""Inviting whoever wrote in public to go on in private, in words that are always the same."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from centro.channels.actions import send_message
from centro.channels.models import InboundMessage, OutboundMessage
from centro.channels.registry import get_channel
from centro.kernel.clock import now

# Networks refuse the same text twice in a row, so the invitation has several wordings.
INVITATIONS = ("public_invite", "public_invite_second", "public_invite_third")
_ONCE_IN = timedelta(days=1)


@transaction.atomic(savepoint=False)
def invite_to_private(*, message: InboundMessage) -> OutboundMessage | None:
    """Answer in public, in words that are always the same, that we would rather talk alone.

    Only where the account says so (it is off by default), to what a person wrote in public, and
    once a day to the same person. Returns the queued message, or None.
    """
    account = message.account
    if account.options.get("invite") != "1" or not message.public:
        return None
    if message.nature != InboundMessage.Nature.PLAIN or message.identity.spam:
        return None
    said = OutboundMessage.objects.filter(identity=message.identity, name__in=INVITATIONS)
    if said.filter(created_at__gt=now() - _ONCE_IN).exists():
        return None
    person = message.identity.person
    return send_message(
        kind=account.kind,
        address=message.identity.external_id,
        name=INVITATIONS[message.pk % len(INVITATIONS)],
        language=person.language if person else "es",
        account=account,
        identity=message.identity,
        in_reply_to=message.external_id,
        public=True,
        values={"link": get_channel(account.kind).private_link(account.access)},
    )
