"""Handing messages over: once if all goes well, again after a fault, never lost."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import connection, transaction

from centro.channels.channel import Access, DeliveryError, Outgoing, Taken
from centro.channels.joining import learn_recipient
from centro.channels.models import DeliveryAttempt, OutboundMessage
from centro.channels.registry import get_channel
from centro.channels.reports import apply_reports
from centro.channels.windows import is_open
from centro.kernel.clock import now

# How long to wait after each failed attempt; after the last one the message has failed. About a
# day in all: a server that is down over night still gets its messages.
WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (10, 60, 300, 1200, 3600, 10_800, 21_600, 43_200)
)
_MOST_ATTEMPTS = len(WAITS) + 1
# The job that carries a message, by the name under which it is deferred.
DELIVER, QUEUE = "centro.channels.tasks.deliver", "outbound"
_LOST_AFTER = timedelta(minutes=2)
_GIVEN_UP_AFTER = timedelta(days=4)
_BATCH = 500
_S = OutboundMessage.Status
_log = logging.getLogger(__name__)


def deliver_message(*, message_id: int) -> None:
    """Hand one queued message to its provider; raises DeliveryError when it is worth a retry.

    What was sent, failed for good, or is in another worker's hands is left alone. A crash between
    the provider's yes and our commit sends it again with the same Message-ID: at least once,
    never lost.
    """
    with transaction.atomic():
        queued = OutboundMessage.objects.select_for_update(skip_locked=True, of=("self",))
        queued = queued.select_related("account", "identity__person")
        message = queued.filter(pk=message_id, status=_S.QUEUED).first()
        if message is None:
            return
        failure = _attempt(message)
    # Raised outside, so that the attempt stays written down.
    if failure is not None and message.status == _S.QUEUED:
        raise failure


def _attempt(message: OutboundMessage) -> DeliveryError | None:
    """Try once and write down how it went. The last attempt decides."""
    # Before the provider has it: nobody can have read it earlier than that.
    started = now()
    failure = _hand_over(message)
    error = str(failure or "").replace("\x00", "")[:2000]
    DeliveryAttempt.objects.create(message=message, succeeded=failure is None, error=error)
    message.error = error
    if failure is None:
        message.status, message.sent_at = _S.SENT, started
    elif failure.permanent or message.attempts.count() >= _MOST_ATTEMPTS:
        message.status = _S.FAILED
    message.save(update_fields=["status", "sent_at", "error", "external_id", "identity", "address"])
    # A fast provider has told what became of it before it told us its id.
    apply_reports(message)
    return failure


def _hand_over(message: OutboundMessage) -> DeliveryError | None:
    channel = get_channel(message.kind)
    access = message.account.access if message.account else Access(None)
    outgoing = Outgoing(
        key=message.pk,
        address=message.address,
        subject=message.subject,
        body=message.body_as_sent,
        html=message.html_as_sent,
        reference=message.reference,
        name=message.name,
        language=_language(message),
        in_reply_to=message.in_reply_to,
        public=message.public,
        window_open=is_open(channel, message.identity_id, message.account_id),
    )
    try:
        taken = channel.send(access, outgoing)
    except DeliveryError as error:
        return error
    except Exception as error:
        # A fault of the adapter counts as an attempt, so that it cannot go round for ever.
        _log.exception("channel %s failed unexpectedly", message.kind)
        return DeliveryError(f"{type(error).__name__}: {error}")
    if isinstance(taken, Taken):
        learn_recipient(message, taken.recipient)
        taken = taken.id
    message.external_id = taken[:200]
    return None


def _language(message: OutboundMessage) -> str:
    person = message.identity.person if message.identity else None
    return person.language if person else "es"


def find_lost_messages() -> list[int]:
    """Queued messages that no job carries any more, oldest first.

    It happens when a job was deleted by hand, or given up after killing several workers.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT m.id FROM channels_outboundmessage m
               WHERE m.status = 'queued' AND m.created_at < %s AND NOT EXISTS (
                 SELECT 1 FROM procrastinate_jobs j
                 WHERE j.status IN ('todo', 'doing')
                   AND j.task_name = 'centro.channels.tasks.deliver'
                   AND (j.args ->> 'message_id')::bigint = m.id)
               ORDER BY m.created_at LIMIT %s""",
            [now() - _LOST_AFTER, _BATCH],
        )
        return [pk for (pk,) in cursor.fetchall()]


def give_up_on_old_messages() -> int:
    """Mark as failed what nobody could deliver for days. Returns how many."""
    old = OutboundMessage.objects.filter(status=_S.QUEUED, created_at__lt=now() - _GIVEN_UP_AFTER)
    return old.update(status=_S.FAILED, error="not delivered in time")
