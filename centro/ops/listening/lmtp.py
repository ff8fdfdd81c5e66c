"""The end of a mail server's way: it hands mails over by LMTP (RFC 2033), and we keep them.

A mail is acknowledged after COMMIT, never before: whatever happens to us, the server still has it
or we do. Only for addresses of ours; one recipient at a time, so that each mail is one account's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session
from django.db import DatabaseError, connection

from centro.channels.adapters.email import LARGEST_MAIL
from centro.channels.mail.reading import FROM, TO
from centro.channels.models import Account
from centro.channels.reading import store_raw

T = TypeVar("T")
R = TypeVar("R")
_log = logging.getLogger(__name__)


class Handler:
    """What is answered at each step of the conversation."""

    async def handle_RCPT(  # noqa: N802 aiosmtpd's name
        self,
        _server: LMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if envelope.rcpt_tos:
            return "452 4.5.3 One recipient at a time"
        try:
            found = await asyncio.to_thread(_apart, _account_of, address)
        except DatabaseError:
            _log.exception("the database does not answer")
            return "451 4.3.0 Try later"
        if found is None:
            return "550 5.1.1 No such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 aiosmtpd's name
        self, _server: LMTP, _session: Session, envelope: Envelope
    ) -> str:
        try:
            kept = await asyncio.to_thread(_apart, _keep, envelope)
        except Exception:
            # Whatever it is, the server keeps the mail and brings it again.
            _log.exception("a mail could not be kept")
            return "451 4.3.0 Not kept, try later"
        return f"250 2.0.0 Kept as {kept}" if kept else "250 2.0.0 Already here"


def _apart(work: Callable[[T], R], given: T) -> R:
    """In a thread of its own, giving its connection back to the pool."""
    try:
        return work(given)
    finally:
        connection.close()


def _account_of(address: str) -> Account | None:
    """The account of an address, whatever stands behind its plus sign."""
    local, _at, domain = address.rpartition("@")
    plain = f"{local.partition('+')[0]}@{domain}"
    accounts = Account.objects.filter(kind="email", active=True)
    return accounts.filter(address__iexact=plain).first()


def _keep(envelope: Envelope) -> int | None:
    body: Any = envelope.original_content
    return keep_mail(sender=envelope.mail_from or "<>", to=envelope.rcpt_tos[0], body=body)


def keep_mail(*, sender: str, to: str, body: bytes) -> int | None:
    """Keep a mail for the account it is for. Raises LookupError when the address is none of ours.

    Returns the id of what is kept, or None when it was brought before.
    """
    account = _account_of(to)
    if account is None:
        raise LookupError(to)
    return store_raw(account=account, body=body, headers={FROM: sender, TO: to}, way="lmtp")


class Patient(LMTP):
    """Programs write lines longer than the rules allow; the mail is to be kept all the same."""

    line_length_limit = 1024 * 1024


async def serve_lmtp(host: str, port: int) -> asyncio.Server:
    """Listen, until the server that is returned is closed."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: Patient(
            Handler(), data_size_limit=LARGEST_MAIL, hostname="centro311", loop=loop, timeout=120
        ),
        host=host,
        port=port,
    )
