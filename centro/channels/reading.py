"""Taking in what a provider brings: kept first, byte by byte; then each thing in it, once."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from centro.channels import bounces, filtering, keeping, reports
from centro.channels.channel import (
    Broken,
    Call,
    Change,
    Incoming,
    Item,
    Rejected,
    Report,
    TooLarge,
    Unreadable,
)
from centro.channels.models import Account, InboundItem, InboundMessage, RawEvent
from centro.channels.registry import get_channel
from centro.kernel.clock import now
from centro.kernel.errors import NotFound

# The job that takes an event in belongs to whoever knows what to do with a message.
TAKE_IN, QUEUE = "centro.cases.tasks.take_in", "inbound"
MOST_ATTEMPTS = 6
_LOST_AFTER = timedelta(minutes=2)
_RAW_KEPT = timedelta(days=30)
_BATCH = 500
_SECRET_HEADERS = ("cookie", "authorization", "token", "secret")
_HEADERS_KEPT = 8 * 1024
_log = logging.getLogger(__name__)
_Outcome = InboundItem.Outcome
_State = RawEvent.State

# The row and its job in one statement; a second delivery of the same makes neither.
_INSERT = """
    WITH event AS (
        INSERT INTO channels_rawevent
            (account_id, key, way, headers, body, size, state, attempts, error, received_at)
        VALUES (%(account)s, %(key)s, %(way)s, %(headers)s::jsonb, %(body)s, %(size)s, 'waiting', 0,
                '', %(at)s)
        ON CONFLICT DO NOTHING RETURNING id
    )
    SELECT id, procrastinate_defer_jobs_v1(ARRAY[ROW(
        %(queue)s, %(task)s, 0, NULL, NULL, jsonb_build_object('raw_id', id), NULL
    )::procrastinate_job_to_defer_v1])
    FROM event
"""


class TooEarlyError(Exception):
    """A change of a message that is not here: providers do not always keep the order."""


def open_account(kind: str, slug: str) -> Account:
    """The account that a provider calls; raises NotFound for one that is not, or no longer, ours."""
    account = Account.objects.filter(kind=kind, slug=slug, active=True).first()
    if account is None:
        raise NotFound(_("No hay tal cuenta."))
    return account


def receive_call(*, account: Account, call: Call) -> int | None:
    """Keep a provider's call once it has proved who it is. Raises Forged or TooLarge."""
    channel = get_channel(account.kind)
    if len(call.body) > channel.largest:
        raise TooLarge
    channel.verify(account.access, call)
    key = channel.key_of(call)
    return store_raw(account=account, body=call.body, headers=call.headers, way="webhook", key=key)


@transaction.atomic
def store_raw(
    *,
    account: Account,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    way: str,
    key: str = "",
) -> int | None:
    """Keep what came, byte by byte, with the job that takes it in; acknowledge after COMMIT.

    Returns the id of the row, or None when the same was brought before. One statement.
    """
    digest = hashlib.sha256(key.encode() if key else body).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                "account": account.pk,
                "key": digest,
                "way": way,
                "headers": json.dumps(_few(headers or {})),
                "body": body,
                "size": len(body),
                "at": now(),
                "queue": QUEUE,
                "task": TAKE_IN,
            },
        )
        found = cursor.fetchone()
    return found[0] if found else None


def refuse_raw(*, account: Account, body: bytes, way: str, reason: str) -> None:
    """Write into the books what came and is not taken in, with what is known of it."""
    RawEvent.objects.get_or_create(
        account=account,
        key=hashlib.sha256(body).hexdigest(),
        defaults={
            "way": way,
            "body": body[:_HEADERS_KEPT],
            "size": len(body),
            "state": _State.DEAD,
            "error": reason,
            "received_at": now(),
        },
    )


def _few(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers, without what opens something, and not without end."""
    kept: dict[str, str] = {}
    for name, value in headers.items():
        if not any(word in name.lower() for word in _SECRET_HEADERS):
            kept[name.lower()] = value.replace("\x00", "")[:2000]
        if sum(map(len, kept.values())) > _HEADERS_KEPT:
            break
    return kept


def items_of(raw: RawEvent) -> list[Item]:
    """The things in an event, by its channel. Raises Unreadable for what the provider never sends."""
    if raw.body is None:
        raise Unreadable(_("Ya no se guarda lo que llegó."))
    channel = get_channel(raw.account.kind)
    try:
        return channel.parse(raw.account.access, raw.headers, bytes(raw.body))
    except Unreadable:
        raise
    except Exception as error:
        # A parser that meets hostile data may raise nearly anything.
        _log.warning("channel %s could not read event %s", channel.kind, raw.pk, exc_info=True)
        raise Unreadable(f"{type(error).__name__}: {error}"[:500]) from error


def settle_item(raw: RawEvent, position: int, item: Item) -> InboundMessage | None:
    """Do what one thing of an event asks for and write it into the books.

    Returns the message when it is one that was not here before. Raises Unreadable for what could
    not be read.
    """
    if isinstance(item, Broken):
        raise Unreadable(item.reason)
    if isinstance(item, Incoming):
        if item.nature == InboundMessage.Nature.OWN and reports.was_sent(raw.account, item.id):
            _book(raw, position, _Outcome.REJECTED, reason=_("Es un mensaje que enviamos."))
            return None
        message, created = keeping.keep_message(raw, item)
        if created:
            filtering.judge(message, item)
            bounces.follow(message, item)
        _book(raw, position, _Outcome.MESSAGE if created else _Outcome.AGAIN, message=message)
        return message if created else None
    if isinstance(item, Report):
        said = reports.keep_report(raw.account, item)
        _book(raw, position, _Outcome.REPORT, reason=said)
    elif isinstance(item, Change):
        changed = keeping.change_message(raw.account, item)
        if changed is None and raw.attempts < MOST_ATTEMPTS:
            raise TooEarlyError(item.id)
        outcome = _Outcome.CHANGE if changed else _Outcome.REJECTED
        reason = "" if changed else _("Cambia un mensaje que no tenemos.")
        _book(raw, position, outcome, reason=reason, message=changed)
    else:
        assert isinstance(item, Rejected)
        _book(raw, position, _Outcome.REJECTED, reason=item.reason)
    return None


def book_failure(raw: RawEvent, position: int, error: Exception) -> None:
    """One thing could not be taken in; the rest of the event is not held up by it."""
    _book(raw, position, _Outcome.DEAD, reason=f"{type(error).__name__}: {error}")


def settled_positions(raw: RawEvent) -> set[int]:
    """What an earlier attempt has already done."""
    done = raw.items.exclude(outcome=_Outcome.DEAD)
    return set(done.values_list("position", flat=True))


def _book(
    raw: RawEvent, position: int, outcome: str, *, reason: str = "",
    message: InboundMessage | None = None,
) -> None:  # fmt: skip
    item = InboundItem(
        raw=raw,
        position=position,
        outcome=outcome,
        reason=reason.replace("\x00", "")[:2000],
        message=message,
    )
    InboundItem.objects.bulk_create(
        [item],
        update_conflicts=True,
        unique_fields=["raw", "position"],
        update_fields=["outcome", "reason", "message"],
    )


@transaction.atomic
def replay_event(*, raw: RawEvent) -> None:
    """Try again what could not be taken in, after somebody repaired the cause."""
    raw = RawEvent.objects.select_for_update().get(pk=raw.pk)
    if raw.state == _State.DONE:
        return
    raw.state, raw.attempts, raw.error = _State.WAITING, 0, ""
    raw.save(update_fields=["state", "attempts", "error"])
    defer_take_in(raw.pk)


def defer_take_in(raw_id: int) -> None:
    """A job for an event that waits."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
                 %s, %s, 0, NULL, NULL, jsonb_build_object('raw_id', %s::bigint), NULL
               )::procrastinate_job_to_defer_v1])""",
            [QUEUE, TAKE_IN, raw_id],
        )


def find_lost_events() -> list[int]:
    """Waiting events that no job carries any more, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT e.id FROM channels_rawevent e
               WHERE e.state = 'waiting' AND e.received_at < %s AND NOT EXISTS (
                 SELECT 1 FROM procrastinate_jobs j
                 WHERE j.status IN ('todo', 'doing') AND j.task_name = %s
                   AND (j.args ->> 'raw_id')::bigint = e.id)
               ORDER BY e.received_at LIMIT %s""",
            [now() - _LOST_AFTER, TAKE_IN, _BATCH],
        )
        return [pk for (pk,) in cursor.fetchall()]


def forget_raw_bodies() -> int:
    """Drop the bytes of what was taken in long ago; the messages and the books stay."""
    old = RawEvent.objects.filter(
        state=_State.DONE, received_at__lt=now() - _RAW_KEPT, body__isnull=False
    )
    return old.update(body=None, headers={})
