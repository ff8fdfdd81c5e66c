"""A real SMTP server on loopback that does what a test tells it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.ports import free_port


@dataclass
class Server:
    """`answers` are given instead of a yes, once each, at that step of the conversation."""

    port: int = 0
    answers: dict[str, list[str]] = field(default_factory=dict)
    letters: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    def _answer(self, step: str) -> str:
        waiting = self.answers.get(step, [])
        return waiting.pop(0) if waiting else ""

    async def handle_MAIL(  # noqa: N802 aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if not (answer := self._answer("MAIL")):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer or "250 OK"

    async def handle_RCPT(  # noqa: N802 aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if not (answer := self._answer("RCPT")):
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(  # noqa: N802 aiosmtpd's name
        self, server: Any, _session: Any, envelope: Any
    ) -> str:
        answer = self._answer("DATA")
        if answer == "hang up":
            server.transport.close()
            return "250 never heard"
        if not answer or answer.startswith("250"):
            self.raw.append(envelope.content)
            letter = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(letter, EmailMessage)
            self.letters.append(letter)
        return answer or "250 OK"


@contextmanager
def mail_server(port: int = 0) -> Iterator[Server]:
    """At the port asked for, or at any that is free."""
    server = Server(port=port or free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
