"""What a person at the site's chat said and heard. The session holds who they are, nothing more."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.core.files.uploadedfile import UploadedFile
from django.db.models import Max
from django.http import HttpRequest

from centro.cases.actions import intake_events
from centro.channels.accounts import own_account
from centro.channels.channel import Report
from centro.channels.models import Attachment, Identity, InboundMessage, OutboundMessage
from centro.channels.reading import store_raw
from centro.channels.reports import keep_report
from centro.files.actions import reduce_photo
from centro.kernel.clock import now

KIND = "chat"
_KEY = "chat"
_MOST_SHOWN = 100
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said: by the person (`mine`) or by the centre."""

    mine: bool
    text: str
    at: datetime
    photos: int = 0


def token_of(request: HttpRequest) -> str:
    """Who this session is at the chat; empty before the first word."""
    token: str = request.session.get(_KEY, "")
    return token


def begin(request: HttpRequest) -> str:
    """The token of this session, made at the first word."""
    if not token_of(request):
        request.session[_KEY] = str(uuid4())
    return token_of(request)


def end(request: HttpRequest) -> None:
    """Leave the talk on this device; what was said stays with the centre."""
    request.session.pop(_KEY, None)


def say(
    request: HttpRequest, *, word: UUID, name: str, text: str, photos: Sequence[UploadedFile] = ()
) -> None:
    """Keep what the person said, then take it in at once; a worker does it if we cannot."""
    account = own_account(KIND)
    said = {
        "id": str(word),
        "token": begin(request),
        "name": name,
        "text": text,
        "at": now().isoformat(),
        "photos": [b64encode(reduce_photo(upload=photo)).decode() for photo in photos],
    }
    raw_id = store_raw(
        account=account, body=json.dumps(said).encode(), way="web", key=f"{said['token']}:{word}"
    )
    if raw_id is None:
        return
    try:
        intake_events.take_in_event(raw_id=raw_id)
    except intake_events.NotTakenInError:
        _log.warning("a word of the chat waits for a worker", exc_info=True)


def lines_of(token: str) -> list[Line]:
    """What was said, oldest first, and mark what we sent as read. Three statements when new."""
    identity = _identity(token)
    if identity is None:
        return []
    theirs = InboundMessage.objects.filter(identity=identity).order_by("-pk")[:_MOST_SHOWN]
    ours = OutboundMessage.objects.filter(identity=identity).order_by("-pk")[:_MOST_SHOWN]
    photos = Attachment.objects.filter(message__identity=identity, state=Attachment.State.KEPT)
    sent = [*photos.values_list("message", flat=True)]
    lines = [Line(True, m.body, m.received_at, sent.count(m.pk)) for m in theirs]
    for message in ours:
        lines.append(Line(False, message.body_as_sent, message.created_at))
        if message.status == OutboundMessage.Status.SENT and message.account is not None:
            keep_report(message.account, Report(message.external_id, "read", at=now()))
    return sorted(lines, key=lambda line: line.at)


def mark_of(token: str) -> str:
    """Changes whenever something new was said. Two statements, each answered by an index."""
    identity = _identity(token)
    if identity is None:
        return "0"
    newest = InboundMessage.objects.filter(identity=identity).aggregate(at=Max("pk"))["at"]
    ours = OutboundMessage.objects.filter(identity=identity).aggregate(at=Max("pk"))["at"]
    return f"{newest or 0}-{ours or 0}"


def _identity(token: str) -> Identity | None:
    return Identity.objects.filter(kind=KIND, external_id=token).first() if token else None
