"""Fetching the files that a provider only named: later, and never under the lock of a case."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from centro.channels.channel import DeliveryError
from centro.channels.keeping import take_data
from centro.channels.models import Attachment
from centro.channels.registry import get_channel
from centro.files.documents import LARGEST
from centro.kernel.clock import now

# The job belongs to whoever knows what to do with a file that has come.
FETCH, QUEUE = "centro.cases.tasks.fetch_files", "inbound"
_GIVEN_UP_AFTER = timedelta(days=2)
_LOST_AFTER = timedelta(minutes=10)
_BATCH = 200


def defer_fetch(message_id: int) -> None:
    """A job that fetches the files of a message; it leaves with the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
                 %s, %s, 0, NULL, NULL, jsonb_build_object('message_id', %s::bigint), NULL
               )::procrastinate_job_to_defer_v1])""",
            [QUEUE, FETCH, message_id],
        )


def fetch_attachment(*, attachment_id: int) -> Attachment | None:
    """Fetch one file and keep it once checked. Raises DeliveryError when it is worth a retry.

    Returns None for one that is not pending any more, or in another worker's hands.
    """
    with transaction.atomic():
        pending = Attachment.objects.select_for_update(skip_locked=True, of=("self",))
        pending = pending.select_related("message__account", "message__identity")
        attachment = pending.filter(pk=attachment_id, state=Attachment.State.PENDING).first()
        if attachment is None:
            return None
        account = attachment.message.account
        try:
            got = get_channel(account.kind).fetch(account.access, attachment.ref)
        except DeliveryError as error:
            if not error.permanent and attachment.message.received_at > now() - _GIVEN_UP_AFTER:
                raise
            attachment.state = Attachment.State.REFUSED
            attachment.reason = _("El proveedor no entregó el archivo: %(why)s") % {"why": error}
        else:
            attachment.name = attachment.name or got.name[:150]
            attachment.media_type = attachment.media_type or got.media_type[:100]
            take_data(attachment, got.data[: LARGEST + 1])
        attachment.save()
        return attachment


def pending_of(message_id: int) -> list[int]:
    """The files of a message that are still to be fetched, in their order."""
    pending = Attachment.objects.filter(message=message_id, state=Attachment.State.PENDING)
    return list(pending.values_list("pk", flat=True))


def find_unfetched() -> list[int]:
    """Messages with files that nobody fetches any more, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT a.message_id FROM channels_attachment a
               JOIN channels_inboundmessage m ON m.id = a.message_id
               WHERE a.state = 'pending' AND m.received_at < %s AND NOT EXISTS (
                 SELECT 1 FROM procrastinate_jobs j
                 WHERE j.status IN ('todo', 'doing') AND j.task_name = %s
                   AND (j.args ->> 'message_id')::bigint = a.message_id)
               LIMIT %s""",
            [now() - _LOST_AFTER, FETCH, _BATCH],
        )
        return [pk for (pk,) in cursor.fetchall()]
