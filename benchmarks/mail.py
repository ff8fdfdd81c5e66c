"""How many mails a second are kept, and does memory stay flat?

A listener in a process of its own, as `centro up` starts it; mails with a photo each are handed
over by LMTP on a few lines at once. Beside it the same mails are handed to a server that keeps
nothing, so that what the sender and the protocol cost can be told apart.
"""

from __future__ import annotations

import asyncio
import os
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from typing import Any

import click
from aiosmtpd.lmtp import LMTP

from benchmarks._base import doing, emit
from benchmarks._databases import base_database, copied, switch_to, url_of
from benchmarks._serving import free_port
from centro.channels.models import Account, RawEvent

_BOX = "311@centro311.example"


@click.command()
@click.option("--mails", default=1_000, show_default=True)
@click.option("--lines", default=4, show_default=True, help="Connections at once.")
@click.option("--kib", default=300, show_default=True, help="Size of each photo.")
def main(mails: int, lines: int, kib: int) -> None:
    """Print mails per second, the listener's memory before and after, and the empty server's speed."""
    bodies = [_mail(n, kib) for n in range(mails)]
    with copied(base_database()) as database:
        switch_to(database)
        Account.objects.get_or_create(
            kind="email", address=_BOX, defaults={"slug": "bench", "label": "Bench"}
        )
        with _listener(database) as (port, process):
            with doing("warming up"):
                _hand_over(port, [_mail(-n, kib) for n in range(1, 41)], lines)
            before = _memory(process.pid)
            with doing(f"handing over {mails:,} mails"):
                seconds = _hand_over(port, bodies, lines)
            after = _memory(process.pid)
        kept = RawEvent.objects.filter(account__address=_BOX).count() - 40
    with _nothing_kept() as port:
        empty = _hand_over(port, bodies, lines)
    emit(
        {
            "mails_per_s": round(mails / seconds, 1),
            "kept": kept,
            "lost": mails - kept,
            "memory_before_mib": before,
            "memory_after_mib": after,
            "memory_growth_mib": after - before,
            "empty_server_mails_per_s": round(mails / empty, 1),
            "mail_kib": len(bodies[0]) >> 10,
        }
    )


def _mail(n: int, kib: int) -> bytes:
    made = EmailMessage()
    made["From"], made["To"] = f"persona{n}@correo.example", _BOX
    made["Subject"], made["Message-ID"] = f"Sin agua {n}", f"<bench-{n}@correo.example>"
    made.set_content(f"No hay agua en la casa {n}.")
    made.add_attachment(os.urandom(kib << 10), maintype="image", subtype="jpeg", filename="a.jpg")
    return made.as_bytes(policy=policy.SMTP)


def _hand_over(port: int, bodies: list[bytes], lines: int) -> float:
    def work(part: list[bytes]) -> None:
        with smtplib.LMTP("127.0.0.1", port) as client:
            for body in part:
                client.sendmail("persona@correo.example", [_BOX], body)

    began = time.perf_counter()
    with ThreadPoolExecutor(lines) as pool:
        list(pool.map(work, [bodies[n::lines] for n in range(lines)]))
    return time.perf_counter() - began


@contextmanager
def _listener(database: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = free_port()
    environment = os.environ | {
        "DATABASE_URL": url_of(database), "LMTP_PORT": str(port), "DATABASE_POOL": "8",
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "centro.ops.listener"], env=environment)
    try:
        _wait_for(port)
        yield port, process
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def _nothing_kept() -> Iterator[int]:
    """A server that says yes to everything."""

    class Handler:
        async def handle_DATA(self, *_given: Any) -> str:  # noqa: N802 aiosmtpd's name
            return "250 OK"

    loop, port = asyncio.new_event_loop(), free_port()
    server = loop.run_until_complete(
        loop.create_server(
            lambda: LMTP(Handler(), loop=loop, hostname="x", data_size_limit=1 << 25),
            "127.0.0.1",
            port,
        )
    )
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def _wait_for(port: int) -> None:
    for _turn in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nothing listens on {port}")


def _memory(pid: int) -> int:
    """MiB that the process holds now."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as told:  # noqa: PTH123 no file, a view of the kernel
        return int(told.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20


if __name__ == "__main__":
    main()
