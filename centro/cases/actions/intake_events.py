"""Taking in what the providers brought: each thing of an event once, and none held up by another."""

from __future__ import annotations

import logging

from django.db import transaction

from centro.cases.actions.receiving import add_late_files, receive_message
from centro.channels import fetching, reading
from centro.channels.channel import Incoming, Item, Unreadable
from centro.channels.models import InboundMessage, RawEvent
from centro.kernel.clock import now

_log = logging.getLogger(__name__)
_State = RawEvent.State


class NotTakenInError(Exception):
    """Some things of an event could not be taken in; it is worth another try."""


def take_in_event(*, raw_id: int) -> None:
    """Take in what waits in a raw event. Raises NotTakenInError when a retry may help.

    The event is dead when the provider would never send such a thing, or when nothing helped: a
    person reads why, repairs the cause and has it taken in again.
    """
    with transaction.atomic():
        waiting = RawEvent.objects.select_for_update(skip_locked=True, of=("self",))
        raw = waiting.select_related("account").filter(pk=raw_id, state=_State.WAITING).first()
        if raw is None:
            return
        raw.attempts += 1
        failed = _take_in(raw)
        if failed is None:
            raw.state, raw.done_at, raw.error = _State.DONE, now(), ""
        else:
            raw.error = failed[:2000]
            if raw.attempts >= reading.MOST_ATTEMPTS:
                raw.state = _State.DEAD
        raw.save(update_fields=["state", "attempts", "error", "done_at"])
    if raw.state == _State.WAITING:
        raise NotTakenInError(raw.error)


def _take_in(raw: RawEvent) -> str | None:
    """What went wrong, or None."""
    try:
        items = reading.items_of(raw)
    except Unreadable as error:
        raw.attempts = reading.MOST_ATTEMPTS
        return error.message
    done = reading.settled_positions(raw)
    faults = [
        fault
        for position, item in enumerate(items)
        if position not in done and (fault := _take_one(raw, position, item))
    ]
    return "; ".join(faults) or None


def _take_one(raw: RawEvent, position: int, item: Item) -> str:
    try:
        with transaction.atomic():
            message = reading.settle_item(raw, position, item)
            if message is not None:
                has_files = isinstance(item, Incoming) and bool(item.parts)
                receive_message(message=message, has_files=has_files)
    except Exception as error:
        # Whatever it is, the other things of the event must not wait for it.
        _log.exception("item %s of event %s could not be taken in", position, raw.pk)
        reading.book_failure(raw, position, error)
        return f"{position}: {type(error).__name__}: {error}"
    return ""


def fetch_files(*, message_id: int) -> None:
    """Fetch what a message only named, and give it to the case that heard the message."""
    for attachment_id in fetching.pending_of(message_id):
        fetching.fetch_attachment(attachment_id=attachment_id)
    add_late_files(message=InboundMessage.objects.get(pk=message_id))
