"""Sending messages: a row and a job in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection
from django.utils.translation import gettext as _

from centro.channels.delivery import DELIVER, QUEUE
from centro.channels.models import CODE_MARK, Account, Identity, OutboundMessage
from centro.channels.public import require_public
from centro.channels.registry import get_channel
from centro.channels.texts import brief_name, render_message
from centro.kernel.clock import now
from centro.kernel.errors import Invalid

_COLUMNS = (
    "kind", "account_id", "identity_id", "in_reply_to", "public", "address", "name", "subject", "body", "html", "reference", "status", "error",
    "external_id", "created_at",
)  # fmt: skip
# The name of a message that no text of ours made.
WRITTEN = "written"
# The row and the job that carries its id in one statement, through the function (a versioned one)
# by which Procrastinate itself defers.
_INSERT = f"""
    WITH message AS (
        INSERT INTO channels_outboundmessage ({", ".join(_COLUMNS)})
        VALUES ({", ".join(f"%({name})s" for name in _COLUMNS)}) RETURNING id
    )
    SELECT id, procrastinate_defer_jobs_v1(ARRAY[ROW(
        %(queue)s, %(task)s, %(priority)s, NULL, NULL, jsonb_build_object('message_id', id), NULL
    )::procrastinate_job_to_defer_v1])
    FROM message
"""  # noqa: S608 names from above


def send_message(
    *,
    kind: str,
    address: str,
    name: str,
    language: str = "es",
    reference: str = "",
    discreet: bool = False,
    account: Account | None = None,
    identity: Identity | None = None,
    in_reply_to: str = "",
    public: bool = False,
    values: Mapping[str, object] | None = None,
    **more: object,
) -> OutboundMessage:
    """Queue a message. It leaves only if the transaction around this call commits.

    `name` is one of channels/messages/; `values` fill its blanks. A `discreet` message does not
    say what the matter is or who handles it: somebody else may read it. It leaves by `account`, or
    by the server of the site's settings. Only texts made for everybody may be `public`. One
    statement.
    """
    channel = get_channel(kind)
    if public and not name.startswith("public_"):
        raise Invalid(_("Ese mensaje no es para que lo lea todo el mundo."))
    values = {**(values or {}), **more}
    if values.get("code"):
        values["code"] = CODE_MARK
    if discreet:
        values |= {"service": "", "agency": "", "acronym": "", "text": ""}
    text = f"{name}_discreet" if discreet else name
    subject, body, html = render_message(brief_name(text, brief=channel.brief), language, values)
    message = OutboundMessage(
        kind=kind,
        account=account,
        identity=identity,
        in_reply_to=in_reply_to[:200],
        public=public,
        address=address,
        name=name,
        subject=subject[:200],
        body=body,
        html="" if channel.brief else html,
        reference=reference,
        created_at=now(),
    )
    _insert_with_job(message)
    return message


def send_words(
    *,
    kind: str,
    account: Account | None,
    identity: Identity | None,
    address: str,
    subject: str = "",
    body: str,
    reference: str = "",
    in_reply_to: str = "",
    public: bool = False,
    name: str = WRITTEN,
) -> OutboundMessage:
    """Queue what somebody at the desk wrote, as they wrote it. One statement.

    Raises Invalid for a public text that tells of a person.
    """
    get_channel(kind)
    if public:
        body = require_public(body, identity)
    message = OutboundMessage(
        kind=kind,
        account=account,
        identity=identity,
        in_reply_to=in_reply_to[:200],
        public=public,
        address=address,
        name=name,
        subject=subject[:200],
        body=body,
        reference=reference,
        created_at=now(),
    )
    _insert_with_job(message)
    return message


def _insert_with_job(message: OutboundMessage) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                **{name: getattr(message, name) for name in _COLUMNS},
                "queue": QUEUE,
                "task": DELIVER,
                "priority": 0,
            },
        )
        (message.pk, _job) = cursor.fetchone()
    message._state.adding = False
    message._state.db = connection.alias


def keep_sent_message(
    *, kind: str, address: str, name: str, subject: str, body: str
) -> OutboundMessage:
    """Put a message into the mailbox of a demonstration as if it had left. One statement."""
    return OutboundMessage.objects.create(
        kind=kind,
        address=address,
        name=name,
        subject=subject[:200],
        body=body,
        status=OutboundMessage.Status.SENT,
        sent_at=now(),
        external_id="mailbox",
    )
