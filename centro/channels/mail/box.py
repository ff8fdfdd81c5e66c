"""A mailbox by IMAP: what is new in it, each mail once, whatever the server does to its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from imaplib import IMAP4

from imap_tools import (
    AND,
    BaseMailBox,
    ImapToolsError,
    MailBox,
    MailBoxStartTls,
    MailBoxUnencrypted,
)

from centro.channels.channel import Access

_PATIENCE = 30
_BATCH = 50
_ID = re.compile(r"<[^<>\s]{1,190}>")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in a box: its number there and its bytes; only its headers where it is too large."""

    uid: int
    size: int
    body: bytes
    whole: bool


@contextmanager
def open_box(access: Access) -> Iterator[BaseMailBox]:
    """The folder of an account, signed in. Raises OSError or imap_tools' errors."""
    given = access.options
    kinds = {"tls": MailBox, "starttls": MailBoxStartTls, "none": MailBoxUnencrypted}
    kind = kinds.get(given.get("imap_security", "tls"), MailBox)
    port = int(given.get("imap_port") or (993 if kind is MailBox else 143))
    box = kind(given["imap_host"], port, timeout=_PATIENCE)
    user = given.get("imap_user") or access.address
    try:
        box.login(user, access.secrets.get("imap_password", ""), initial_folder=_folder(access))
        yield box
    finally:
        with suppress(OSError, ImapToolsError, IMAP4.error):
            box.logout()
        # Also the line of whoever was not let in.
        with suppress(OSError):
            box.client.shutdown()


def _folder(access: Access) -> str:
    return access.options.get("imap_folder") or "INBOX"


def validity_of(box: BaseMailBox, access: Access) -> int:
    """The folder's UIDVALIDITY: where it changes, all numbers begin anew (RFC 9051, 2.3.1.1)."""
    return int(box.folder.status(_folder(access), ["UIDVALIDITY"])["UIDVALIDITY"])


def mails_after(box: BaseMailBox, uid: int, largest: int) -> Iterator[Mail]:
    """The mails with a higher number, lowest first; nothing is marked or moved.

    Each is asked for by itself, so that memory holds one at a time.
    """
    # "n:*" always gives at least the last mail, whatever its number.
    found = sorted(int(each) for each in box.uids(AND(uid=f"{uid + 1}:*")) if int(each) > uid)
    for number in found[:_BATCH]:
        yield _fetch(box, number, largest)


def _fetch(box: BaseMailBox, uid: int, largest: int) -> Mail:
    size = _size(box, uid)
    what = "BODY.PEEK[]" if size <= largest else "BODY.PEEK[HEADER]"
    _status, data = box.client.uid("fetch", str(uid), f"({what})")
    body = next((part[1] for part in data if isinstance(part, tuple)), b"")
    return Mail(uid, size, body, whole=size <= largest)


def _size(box: BaseMailBox, uid: int) -> int:
    _status, data = box.client.uid("fetch", str(uid), "(RFC822.SIZE)")
    told = b" ".join(part if isinstance(part, bytes) else part[0] for part in data if part)
    digits = told.partition(b"RFC822.SIZE")[2].split(b")")[0].split()
    return int(digits[0]) if digits else 0


def ids_in_box(access: Access, since: datetime) -> frozenset[str]:
    """The Message-IDs of what the server says arrived since the day of that moment (RFC 9051, SINCE)."""
    with open_box(access) as box:
        listed = box.uids(AND(date_gte=since.date()))
        found: set[str] = set()
        for start in range(0, len(listed), _BATCH):
            some = ",".join(listed[start : start + _BATCH])
            what = "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"
            _status, data = box.client.uid("fetch", some, what)
            heads = [part[1].decode("ascii", "replace") for part in data if isinstance(part, tuple)]
            found |= {match[0] for head in heads if (match := _ID.search(head))}
        return frozenset(found)
