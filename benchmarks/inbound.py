"""Is anything lost or doubled when webhooks come fast, come twice, and workers are killed?

Signed calls of WhatsApp at a steady rate against granian as `centro up` starts it, a fifth of them
brought before, each sent at its moment whether or not earlier ones were answered, and again until
the answer is 200. Meanwhile two worker processes take in what came, and one of them is killed
(SIGKILL) twice. Then the books are compared with what was sent.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import click
from django.db import connection

from benchmarks._base import doing, emit, p50_ms, p95_ms, say
from benchmarks._databases import base_database, connect, copied, switch_to, url_of
from benchmarks._serving import HOST, Connection, Request, free_port, serving
from centro.channels.accounts import save_account
from centro.channels.models import Account, InboundMessage, RawEvent
from centro.contacts.models import ConversationEntry
from centro.kernel.actor import SYSTEM
from centro.ops.environment import var
from centro.ops.supervisor import Child, worker

_SECRET, _NUMBER = "bench-secret", "106540352242922"
_MOST_TRIES, _PAUSE = 20, 0.5
# A duplicate comes at once or within so many calls after the first.
_APART = 600
_PATIENCE = 1800.0
# One person writes this often; more than sixty an hour would be held to be a flood.
_EACH = 4


@click.command()
@click.option("--rate", default=200, show_default=True, help="Calls a second.")
@click.option("--seconds", default=60, show_default=True, help="For how long.")
@click.option("--duplicates", default=0.2, show_default=True, help="Share brought before.")
@click.option("--kills", default=2, show_default=True, help="How often a worker is killed.")
@click.option("--clients", default=16, show_default=True, help="Connections of the provider.")
@click.option("--processes", default=2, show_default=True, help="Server processes.")
@click.option("--workers", default=2, show_default=True, help="Worker processes.")
def main(
    rate: int, seconds: int, duplicates: float, kills: int, clients: int, processes: int,
    workers: int,
) -> None:  # fmt: skip
    """Print what was lost and doubled, how fast calls were acknowledged and taken in."""
    with copied(base_database()) as database:
        switch_to(database)
        _open_account()
        connection.close()
        calls = rate * seconds
        first = round(calls * (1 - duplicates))
        port = free_port()
        requests = [_request(n, port) for n in range(first)]
        plan = _plan(first, calls)
        with (
            serving(database, processes=processes, port=port),
            _working(database, workers) as children,
        ):
            with doing(f"{calls} calls at {rate}/s"):
                started = time.perf_counter()
                sending = _Sending([requests[n] for n in plan], port, rate)
                provider = threading.Thread(target=sending.run, args=[clients])
                provider.start()
                # Here and not in a thread: a worker ends with the thread that started it.
                _kill(database, children, kills, seconds)
                provider.join()
            behind = _waiting()
            with doing("taking in the rest"):
                _wait_until_taken_in()
            took = time.perf_counter() - started
        emit({**_books(first), **sending.figures(), **_times(first, took, behind)})


def _open_account() -> None:
    account = Account(kind="whatsapp", slug="bench", label="Bench", address="5073110311")
    options = {"phone_number_id": _NUMBER}
    secrets = {"token": "t", "app_secret": _SECRET, "verify_token": "v"}
    save_account(account=account, options=options, secrets=secrets, by=SYSTEM)


def _request(n: int, port: int) -> Request:
    """One call with one message, signed as Meta signs it."""
    person = f"5076{n // _EACH:07d}"
    message = {
        "from": person,
        "id": f"wamid.bench{n}",
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": f"No hay agua en la barriada desde anoche, mensaje {n}"},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "5073110311", "phone_number_id": _NUMBER},
        "contacts": [{"profile": {"name": "Ana Pérez"}, "wa_id": person}],
        "messages": [message],
    }
    entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    signature = hmac.new(_SECRET.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST /entrada/whatsapp/bench/ HTTP/1.1\r\nHost: {HOST}:{port}\r\n"
        "X-Forwarded-Proto: https\r\nX-Forwarded-For: 173.252.88.1\r\n"
        f"X-Hub-Signature-256: sha256={signature}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return Request(head.encode() + body)


def _plan(first: int, calls: int) -> list[int]:
    """Which message each call brings: all in their order, and among them some once more."""
    chance = random.Random(311)
    again = [chance.randrange(first) for _ in range(calls - first)]
    moments = [(float(n), n) for n in range(first)]
    moments += [(n + 1e-3 + chance.random() * _APART, n) for n in again]
    return [n for _moment, n in sorted(moments)]


@dataclass
class _Sending:
    """Calls at their moments. How long an answer took counts from the moment, not from the call."""

    requests: Sequence[Request]
    port: int
    rate: int
    seconds: list[float] = field(default_factory=list)
    again: int = 0
    given_up: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, clients: int) -> None:
        self._turns = iter(enumerate(self.requests))
        self._start = time.perf_counter()
        threads = [threading.Thread(target=self._work) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self) -> None:
        line = Connection(self.port)
        while True:
            with self._lock:
                turn = next(self._turns, None)
            if turn is None:
                line.close()
                return
            due = self._start + turn[0] / self.rate
            time.sleep(max(0.0, due - time.perf_counter()))
            tries = self._until_taken(line, turn[1])
            with self._lock:
                self.seconds.append(time.perf_counter() - due)
                self.again += tries - 1
                self.given_up += tries > _MOST_TRIES

    def _until_taken(self, line: Connection, request: Request) -> int:
        for tries in range(1, _MOST_TRIES + 1):
            try:
                if line.ask(request.raw) == 200:
                    return tries
            except OSError:
                line.close()
            time.sleep(_PAUSE)
        return _MOST_TRIES + 1

    def figures(self) -> dict[str, Any]:
        return {
            "ack_p50_ms": p50_ms(self.seconds),
            "ack_p95_ms": p95_ms(self.seconds),
            "calls": len(self.seconds),
            "called_again": self.again,
            "not_acknowledged": self.given_up,
        }


@contextmanager
def _working(database: str, workers: int) -> Iterator[list[Child]]:
    log = var() / "log" / "bench-worker.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    children = [worker() for _ in range(workers)]
    for child in children:
        child.environment = {"DATABASE_URL": url_of(database), "DEMONSTRATION": ""}
        child.start(log)
    try:
        yield children
    finally:
        for child in children:
            child.signal(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()


def _kill(database: str, children: list[Child], kills: int, seconds: float) -> None:
    """Kill a worker in the middle of its work, each time another one, and start it anew."""
    log = var() / "log" / "bench-worker.log"
    for n in range(kills):
        time.sleep(seconds / (kills + 1))
        child = children[n % len(children)]
        busy = _busy(database)
        child.signal(signal.SIGKILL)
        if child.process is not None:
            child.process.wait()
        say(f"worker {n % len(children)} killed, the workers had {busy} jobs in hand")
        child.start(log)


def _busy(database: str) -> int:
    """How many jobs are in hand, once there are some: a worker that idles is no use to kill.

    Asked outside any transaction of ours, so that each look is a new one.
    """
    with connect(database, autocommit=True) as bare:
        for _ in range(600):
            found = bare.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'")
            row = found.fetchone()
            if row and row[0]:
                return int(row[0])
            time.sleep(0.05)
    return 0


def _waiting() -> int:
    return RawEvent.objects.filter(state=RawEvent.State.WAITING).count()


def _wait_until_taken_in() -> None:
    ends = time.monotonic() + _PATIENCE
    while _waiting():
        if time.monotonic() > ends:
            raise SystemExit(f"{_waiting()} calls still wait after {_PATIENCE:.0f} s.")
        time.sleep(0.5)


def _books(first: int) -> dict[str, int]:
    """What was sent against what is there."""
    sent = {f"wamid.bench{n}" for n in range(first)}
    there = list(InboundMessage.objects.values_list("external_id", flat=True))
    entries = ConversationEntry.objects.filter(inbound__isnull=False).count()
    return {
        "lost": len(sent - set(there)) + len(there) - entries,
        "doubled": len(there) - len(set(there)) + RawEvent.objects.count() - first,
        "dead": RawEvent.objects.filter(state=RawEvent.State.DEAD).count(),
    }


def _times(first: int, took: float, behind: int) -> dict[str, float]:
    late = [
        (done - received).total_seconds()
        for received, done in RawEvent.objects.values_list("received_at", "done_at")
        if done is not None
    ]
    return {
        "waiting_at_the_end": behind,
        "taken_in_after_s": round(took, 1),
        "taken_in_per_s": round(first / took, 1),
        "taken_in_p95_s": round(p95_ms(late) / 1000, 1),
    }


if __name__ == "__main__":
    main()
