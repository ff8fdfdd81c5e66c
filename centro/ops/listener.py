"""The listeners of this site in one process: LMTP where it is asked for, a thread for each mailbox."""

from __future__ import annotations

import asyncio
import signal
import threading

from centro.ops import environment

_LOOK_AGAIN = 20.0


def main() -> None:
    environment.prepare()
    asyncio.run(_listen())


async def _listen() -> None:
    from django.conf import settings

    from centro.ops.listening.lmtp import serve_lmtp

    stopping = threading.Event()
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    watcher = threading.Thread(target=_watch_boxes, args=(stopping,), daemon=True)
    watcher.start()
    if settings.LMTP_PORT:
        await serve_lmtp(settings.LMTP_HOST, settings.LMTP_PORT)
    await ended.wait()
    stopping.set()


def _watch_boxes(stopping: threading.Event) -> None:
    """A thread for each account with a mailbox; accounts come and go while we run."""
    from django.db import DatabaseError, close_old_connections

    from centro.channels.models import Account
    from centro.ops.listening.boxes import watch_box

    threads: dict[int, threading.Thread] = {}
    while not stopping.is_set():
        close_old_connections()
        try:
            accounts = list(Account.objects.filter(kind="email", active=True))
        except DatabaseError:
            accounts = []
        for account in accounts:
            watched = threads.get(account.pk)
            if account.options.get("imap_host") and not (watched and watched.is_alive()):
                threads[account.pk] = threading.Thread(
                    target=watch_box, args=(account.pk, stopping), daemon=True
                )
                threads[account.pk].start()
        stopping.wait(_LOOK_AGAIN)


if __name__ == "__main__":
    main()
