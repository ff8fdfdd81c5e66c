"""The `sendsms` of Kannel's smsbox on loopback, for tests without a Kannel: it answers in the words
that Kannel 1.4.5 was heard to answer. tests/channels/test_sms_real.py runs the real one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit


@dataclass
class Sendsms:
    username: str
    password: str
    port: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)
    next_answers: list[tuple[int, str]] = field(default_factory=list)
    stop: Callable[[], None] = lambda: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/cgi-bin/sendsms"

    def answer(self, query: str) -> tuple[int, str]:
        given = {
            name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()
        }
        if self.next_answers:
            return self.next_answers.pop(0)
        if (given.get("username"), given.get("password")) != (self.username, self.password):
            return 403, "Authorization failed for sendsms"
        if not given.get("to"):
            return 400, "Empty receiver number not allowed, rejected"
        if not set(given["to"]) <= set("+0123456789"):
            return 400, "Number(s) has/have been denied by white- and/or black-lists."
        self.asked.append(given)
        return 202, "0: Accepted for delivery"


class _Handler(BaseHTTPRequestHandler):
    fake: ClassVar[Sendsms]

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 as it is named above us
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        status, text = (
            (404, "") if parts.path != "/cgi-bin/sendsms" else self.fake.answer(parts.query)
        )
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


@contextmanager
def sendsms(username: str, password: str) -> Iterator[Sendsms]:
    fake = Sendsms(username, password)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"fake": fake}))
    server.daemon_threads = True
    fake.port = server.server_port
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    ended = False

    def stop() -> None:
        nonlocal ended
        if not ended:
            ended = True
            server.shutdown()
            server.server_close()
            thread.join()

    fake.stop = stop
    try:
        yield fake
    finally:
        stop()
