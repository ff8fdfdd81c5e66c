"""Keeping a message that came: who wrote, what they wrote, and the files they sent."""

from __future__ import annotations

import hashlib
from io import BytesIO

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from centro.channels.channel import Change, Incoming, Sender
from centro.channels.models import Account, Attachment, Identity, InboundMessage, RawEvent
from centro.files.actions import keep_file
from centro.kernel.actor import citizen
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, Refused

LONGEST_TEXT = 200_000
MOST_PARTS = 20
_State = Attachment.State


def keep_message(raw: RawEvent, item: Incoming) -> tuple[InboundMessage, bool]:
    """The message of an item, and whether it is new: a provider that retries makes no second."""
    external_id = _id(item.id)
    known = InboundMessage.objects.filter(account=raw.account, external_id=external_id).first()
    if known is not None and _same(known, item):
        return known, False
    if known is not None:
        # Programs reuse an id for something else; what they said must not be lost for it.
        external_id = f"{external_id[:180]}~{_digest(item)}"
    identity = remember_identity(raw.account.kind, item.sender)
    try:
        with transaction.atomic():
            message = InboundMessage.objects.create(
                account=raw.account,
                external_id=external_id,
                identity=identity,
                subject=_line(item.subject, 300),
                body=clean(item.text),
                quoted=clean(item.quoted),
                html=clean(item.html),
                public=item.public,
                references=[_id(ref) for ref in item.references][:50],
                thread=_line(item.thread, 200),
                reply_address=_line(item.reply_address, 254),
                origin=_line(item.origin, 500),
                verified=item.verified,
                **_position(item),
                sent_at=item.sent_at,
                received_at=raw.received_at,
            )
    except IntegrityError:
        # Another event brought it at the same moment, or again under the id that was made for it.
        found = InboundMessage.objects.get(account=raw.account, external_id=external_id)
        return found, False
    _keep_parts(message, item)
    return message, True


def _same(known: InboundMessage, item: Incoming) -> bool:
    """Whether it says again what is known; what was edited since cannot be compared."""
    if known.edited_at is not None:
        return True
    if (known.subject, known.body) != (_line(item.subject, 300), clean(item.text)):
        return False
    sender = _line(item.sender.id, 254)
    other_names = known.identity.other_names.filter(external_id=sender)
    return known.identity.external_id == sender or other_names.exists()


def _digest(item: Incoming) -> str:
    said = f"{item.sender.id}\n{item.subject}\n{item.text}"
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:12]


def remember_identity(kind: str, sender: Sender) -> Identity:
    """The identity of a sender, with the name the channel gives it now. Raises Invalid for none."""
    external_id = _line(sender.id, 254)
    if not external_id:
        raise Invalid(_("El mensaje no dice quién lo envía."))
    told = {
        "name": _line(sender.name, 150),
        "handle": _line(sender.handle, 100),
        "phone": _line(sender.phone, 20),
    }
    identity, _created = Identity.objects.select_related("person", "same_as__person").get_or_create(
        kind=kind, external_id=external_id, defaults=told
    )
    new = {
        name: value for name, value in told.items() if value and getattr(identity, name) != value
    }
    for name, value in new.items():
        setattr(identity, name, value)
    if new:
        identity.save(update_fields=list(new))
    return identity.same_as or identity


def change_message(account: Account, change: Change) -> InboundMessage | None:
    """The origin was edited or deleted. What was written first stays in the raw event.

    An edit older than the last one known changes nothing. Returns None for an unknown message.
    """
    found = InboundMessage.objects.select_for_update()
    message = found.filter(account=account, external_id=_id(change.id)).first()
    if message is None:
        return None
    moment = change.at or now()
    if change.text is None:
        message.deleted_at = message.deleted_at or moment
    elif message.edited_at is None or message.edited_at < moment:
        message.body, message.edited_at = clean(change.text), moment
    message.save(update_fields=["body", "edited_at", "deleted_at"])
    return message


def clean(text: str) -> str:
    """Text as PostgreSQL can keep it, and not without end."""
    whole = text.replace("\x00", "").encode("utf-8", "replace").decode()
    if len(whole) > LONGEST_TEXT:
        return whole[:LONGEST_TEXT] + "\n" + _("[El resto se cortó: era demasiado largo.]")
    return whole


def _position(item: Incoming) -> dict[str, float | None]:
    """Degrees that can be on the earth, or none."""
    lat, lon = item.lat, item.lon
    if lat is None or lon is None or not (-90 <= lat <= 90 and -180 <= lon <= 180):
        return {"lat": None, "lon": None}
    return {"lat": lat, "lon": lon}


def _line(text: str, most: int) -> str:
    return " ".join(clean(text).split())[:most]


def _id(text: str) -> str:
    return text.replace("\x00", "").strip()[:200]


def _keep_parts(message: InboundMessage, item: Incoming) -> None:
    for position, part in enumerate(item.parts):
        attachment = Attachment(
            message=message,
            position=position,
            name=_line(part.name, 150),
            media_type=_line(part.media_type, 100).lower(),
            ref=_line(part.ref, 2000),
            content_id=_line(part.content_id, 200),
        )
        if position >= MOST_PARTS:
            attachment.state = _State.REFUSED
            attachment.reason = _("Trae demasiados archivos.")
        elif part.data is not None:
            take_data(attachment, part.data)
        attachment.save()


def take_data(attachment: Attachment, data: bytes) -> None:
    """Check the bytes of an attachment and keep them, or say why not. Does not save the row."""
    by = citizen(str(attachment.message.identity))
    try:
        attachment.file = keep_file(
            upload=BytesIO(data), name=attachment.name, media_type=attachment.media_type, by=by
        )
    except Refused as refusal:
        attachment.state, attachment.reason = _State.REFUSED, refusal.message
    else:
        attachment.state = _State.KEPT
