"""One person under two ids of a network, when the network itself says so.

Whoever comments below a post of ours is named by another id than in private. Only the answer to our
first private word tells which; nobody has to suppose it.
"""

from __future__ import annotations

import logging

from django.db import DatabaseError, IntegrityError, transaction

from centro.channels.models import Identity, InboundMessage, OutboundMessage

_log = logging.getLogger(__name__)


def learn_recipient(message: OutboundMessage, recipient: str) -> None:
    """The provider took a message and says whom it is for. Does not save the message.

    Whatever goes wrong here must not send it again: the person has it already.
    """
    identity = message.identity
    if not recipient or identity is None or recipient == identity.external_id:
        return
    try:
        message.identity = _join(identity, recipient[:254])
        message.address = recipient[:254]
    except DatabaseError:
        _log.exception("identity %s could not be joined", identity.pk)


def _join(known: Identity, recipient: str) -> Identity:
    """Both are one from now on; returns the row under the id by which we can write."""
    try:
        with transaction.atomic():
            return _join_once(known, recipient)
    except IntegrityError:
        # They wrote at this very moment: then there is a row to join.
        with transaction.atomic():
            return _join_once(known, recipient)


def _join_once(known: Identity, recipient: str) -> Identity:
    locked = Identity.objects.select_for_update(of=("self",))
    known = locked.get(pk=known.pk)
    if known.same_as_id is not None:
        return locked.get(pk=known.same_as_id)
    private = locked.filter(kind=known.kind, external_id=recipient).first()
    if private is None:
        # All that hangs on the row goes on under the new id; the old one stays as its other name.
        public, known.external_id = known.external_id, recipient
        known.save(update_fields=["external_id"])
        Identity.objects.create(
            kind=known.kind, external_id=public, name=known.name, same_as=known, spam=known.spam
        )
        return known
    person = private.person_id or known.person_id
    private.person_id, known.person_id = person, known.person_id or person
    private.name = private.name or known.name
    private.save(update_fields=["person", "name"])
    known.same_as = private
    known.save(update_fields=["same_as", "person"])
    InboundMessage.objects.filter(identity=known).update(identity=private)
    OutboundMessage.objects.filter(identity=known).update(identity=private)
    return private
