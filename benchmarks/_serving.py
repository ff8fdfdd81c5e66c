"""The site as `centro up` runs it, on a port of its own, and clients that ask it in a closed loop."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

from django.middleware.csrf import CSRF_SECRET_LENGTH
from django.utils.crypto import get_random_string

from benchmarks._base import say
from benchmarks._databases import url_of
from centro.ops.environment import var
from centro.ops.supervisor import THREADS, Child, web

HOST = "127.0.0.1"
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Request:
    """A request ready to be sent: its bytes cost the client nothing while it is timed."""

    raw: bytes


@dataclass
class Answers:
    """How long each request took, in seconds, and how many came with each status."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    database: str, *, processes: int, port: int, command: Sequence[str] = ()
) -> Iterator[int]:
    """Start the site on a database, as production runs it; the number of its first process."""
    child = web(HOST, port)
    if command:
        child.command = list(command)
    else:
        child.command[child.command.index("--workers") + 1] = str(processes)
    child.environment = {
        "DATABASE_URL": url_of(database),
        "DATABASE_POOL": str(THREADS),
        "LOG_FORMAT": "json",
        # As behind nginx: the client's address comes in a header, and the scheme is https.
        "BEHIND_TLS": "1",
        "DEMONSTRATION": "",
    }
    log = Path(var()) / "log" / "bench-web.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    child.start(log)
    try:
        _wait_for(child, port, log)
        assert child.process is not None
        yield child.process.pid
    finally:
        _end(child)


def _wait_for(child: Child, port: int, log: Path) -> None:
    ends = time.monotonic() + _PATIENCE
    while time.monotonic() < ends and child.lives():
        connection = http.client.HTTPConnection(HOST, port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    say(log.read_text()[-3000:])
    raise SystemExit("The site did not start; the end of its log is above.")


def _end(child: Child) -> None:
    if child.process is not None:
        os.kill(child.process.pid, signal.SIGTERM)
        ends = time.monotonic() + 5
        while child.lives() and time.monotonic() < ends:
            time.sleep(0.05)
        child.signal(signal.SIGKILL)
        child.process.wait()


def ask_all(port: int, requests: Sequence[Request], clients: int) -> tuple[Answers, float]:
    """Send all requests through that many clients, each waiting for its answer before the next.

    Connections are kept open, as nginx keeps them. The answers, and the seconds for all.
    """
    waiting = iter(requests)
    turn = threading.Lock()
    every = [Answers() for _ in range(clients)]

    def work(answers: Answers) -> None:
        connection = Connection(port)
        while True:
            with turn:
                request = next(waiting, None)
            if request is None:
                connection.close()
                return
            started = time.perf_counter()
            status = connection.ask(request.raw)
            answers.seconds.append(time.perf_counter() - started)
            answers.statuses[status] = answers.statuses.get(status, 0) + 1

    threads = [threading.Thread(target=work, args=[answers]) for answers in every]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - started
    total = Answers()
    for answers in every:
        total.seconds += answers.seconds
        for status, n in answers.statuses.items():
            total.statuses[status] = total.statuses.get(status, 0) + n
    return total, took


def all_answered(answers: Answers, status: int) -> None:
    """End the run unless every answer came with this status: a fast failure is no result."""
    if set(answers.statuses) != {status}:
        raise SystemExit(f"Not every request was served; answers by status: {answers.statuses}")


def final_post(token: UUID, port: int, n: int) -> Request:
    """The POST of the last step as nginx would hand it on, each from an address of its own."""
    secret = get_random_string(CSRF_SECRET_LENGTH)
    body = urlencode({"csrfmiddlewaretoken": secret, "website": ""}).encode()
    page = f"https://{HOST}:{port}/reportar/{token}/revisar/"
    head = (
        f"POST /reportar/{token}/revisar/ HTTP/1.1\r\n"
        f"Host: {HOST}:{port}\r\n"
        f"X-Forwarded-For: 10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}\r\n"
        "X-Forwarded-Proto: https\r\n"
        f"Origin: https://{HOST}:{port}\r\n"
        f"Referer: {page}\r\n"
        "User-Agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Mobile Safari/537.36\r\n"
        "Accept: text/html,application/xhtml+xml\r\n"
        "Accept-Language: es-PA,es;q=0.9\r\n"
        f"Cookie: csrftoken={secret}; sessionid={token.hex}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return Request(head.encode() + body)


class Connection:
    """Just enough of HTTP/1.1 to cost little: one request, one answer, the connection kept."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self, raw: bytes) -> int:
        if self._socket is None:
            self._socket = socket.create_connection((HOST, self._port), timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(raw)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, body = received.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        lengths = [int(line[15:]) for line in lines if line.startswith(b"content-length:")]
        missing = (lengths[0] if lengths else 0) - len(body)
        while missing > 0:
            missing -= len(self._more())
        if b"connection: close" in lines:
            self.close()
        return int(lines[0].split(b" ")[1])

    def _more(self) -> bytes:
        assert self._socket is not None
        found = self._socket.recv(65536)
        if not found:
            raise ConnectionError("the server closed the connection before its answer")
        return found

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
