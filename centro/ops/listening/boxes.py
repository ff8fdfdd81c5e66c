"""Mailboxes that are watched: what is new is kept with the number it had, in one transaction."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.db import close_old_connections, transaction
from imap_tools import BaseMailBox, MailboxLoginError

from centro.channels.adapters.email import LARGEST_MAIL
from centro.channels.mail.box import Mail, mails_after, open_box, validity_of
from centro.channels.models import Account, Mailbox
from centro.channels.reading import refuse_raw, store_raw

# What comes in the instant before IDLE begins may lie unseen in the library's buffer: nobody waits
# longer for it than so many seconds. (A silent line is found out by it too.)
_IDLE = 30
_SHORTEST_PAUSE, _LONGEST_PAUSE = 2.0, 120.0
_log = logging.getLogger(__name__)


def watch_box(account_id: int, stopping: threading.Event, once: bool = False) -> None:
    """Keep what comes into the mailbox of an account, until told to stop or the account ends."""
    pause = _SHORTEST_PAUSE
    while not stopping.is_set():
        close_old_connections()
        account = Account.objects.filter(pk=account_id, active=True).first()
        if account is None or not account.options.get("imap_host"):
            return
        try:
            with open_box(account.access) as box:
                _follow(account, box, stopping, once)
                pause = _SHORTEST_PAUSE
        except MailboxLoginError:
            _log.error("the mailbox of %s does not let us in", account.slug)
            pause = _LONGEST_PAUSE
        except Exception:
            # A server that is down, or gone in the middle of a word: again in a while.
            _log.warning("the mailbox of %s does not answer", account.slug, exc_info=True)
            pause = min(pause * 2, _LONGEST_PAUSE)
        if once:
            return
        stopping.wait(pause)


def _follow(account: Account, box: BaseMailBox, stopping: threading.Event, once: bool) -> None:
    while not stopping.is_set():
        while take_new(account, box):
            continue
        if once:
            return
        with box.idle as idle:
            _wait(idle.poll, stopping)


def _wait(poll: Callable[[int], object], stopping: threading.Event) -> None:
    """Until something comes; told to stop, no longer than a second."""
    for _second in range(_IDLE):
        if poll(1) or stopping.is_set():
            return


def take_new(account: Account, box: BaseMailBox) -> int:
    """Keep the next mails of the box. Returns how many there were.

    Where the server numbered its mails anew, all are looked at again; those we have are known by
    their bytes.
    """
    validity = validity_of(box, account.access)
    place, _created = Mailbox.objects.get_or_create(account=account)
    if place.validity != validity:
        place.validity, place.last_uid = validity, 0
    taken = 0
    for mail in mails_after(box, place.last_uid, LARGEST_MAIL):
        with transaction.atomic():
            _keep(account, mail)
            place.last_uid = mail.uid
            place.save()
        taken += 1
    return taken


def _keep(account: Account, mail: Mail) -> None:
    if mail.whole:
        store_raw(account=account, body=mail.body, way="imap")
        return
    refuse_raw(
        account=account,
        body=mail.body,
        way="imap",
        reason=f"{mail.size >> 20} MB: larger than what is taken in ({LARGEST_MAIL >> 20} MB)",
    )
