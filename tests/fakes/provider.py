"""A provider that keeps its own rules: a real server on loopback, and calls to our webhooks.

It is no mock: it knows whom it has, who wrote when, what it was given, and refuses what the real
one refuses. What it refused stands in `refused`, so that a test can ask that nothing was.
"""

from __future__ import annotations

import json
import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from django.test import Client

from centro.channels.accounts import save_account
from centro.channels.models import Account, OutboundMessage
from centro.kernel.actor import SYSTEM

DAY = 24 * 3600


@dataclass(frozen=True)
class Asked:
    """A call of ours to the provider."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What the provider answers; `hang_up` closes the connection instead."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    hang_up: bool = False
    # Fewer bytes than it promises: the connection breaks in the middle.
    truncated: bool = False


HANG_UP = Reply(hang_up=True)


@dataclass(frozen=True)
class Sent:
    """A message that the provider took from us."""

    id: str
    to: str
    text: str
    public: bool = False
    template: str = ""


@dataclass(frozen=True)
class HookCall:
    """A call of the provider to our webhook, as its bytes and headers."""

    body: bytes
    headers: Mapping[str, str]

    def with_body(self, body: bytes) -> HookCall:
        """Other bytes under the same signature, as who has no key would send them."""
        return HookCall(body, self.headers)


Hook = Callable[[HookCall], int]
Event = dict[str, Any]


class RefusedError(Exception):
    """A rule of the provider was not kept."""

    def __init__(self, status: int, body: Any, why: str, headers: Any = None) -> None:
        super().__init__(why)
        self.reply = Reply(status, body, headers or {})


class Provider(ABC):
    """What every fake does alike; a child knows the words and rules of one provider."""

    kind: ClassVar[str]
    # The setting that holds its address, or else the option of the account.
    setting: ClassVar[str] = ""
    address_option: ClassVar[str] = ""
    # Whether one call can bring several things.
    batches: ClassVar[bool] = True
    # The states that it tells of a message, in their order; whether it tells of failures too.
    states: ClassVar[tuple[str, ...]] = ()
    tells_failures: ClassVar[bool] = False
    # Whether a free text needs a word from the person in the last 24 hours.
    has_window: ClassVar[bool] = False

    # Whether people can edit there what they wrote; whether each call is signed, byte by byte.
    edits: ClassVar[bool] = True
    signs_bytes: ClassVar[bool] = True
    # Whether what comes proves who brings it; a mail is let in by whom it is for.
    proves_itself: ClassVar[bool] = True
    # Whether it says when a message was written, and how long we have to wait.
    dates_messages: ClassVar[bool] = True
    asks_to_wait: ClassVar[bool] = True
    # Whether all that one person writes is one talk, though it names nothing that was said before.
    one_talk: ClassVar[bool] = True
    # Whether its calls are JSON.
    in_json: ClassVar[bool] = True
    content_type: ClassVar[str] = "application/json"
    # The longest text that it brings us; whether what we write has to be cut for it.
    carries: ClassVar[int] = 300_000
    cuts: ClassVar[bool] = True

    def __init__(self) -> None:
        self.url = ""
        self.slug = ""
        self.asked: list[Asked] = []
        self.sent: list[Sent] = []
        self.refused: list[str] = []
        # Answers given instead of its own, once each.
        self.faults: list[Reply] = []
        self.down = False
        self.files: dict[str, bytes] = {}
        # Whom it knows, with the moment of their last private word to us.
        self.wrote: dict[str, float] = {}
        self.serial = count(1)
        self.reserved: list[str] = []

    # ---- What a child knows ----

    @abstractmethod
    def account_data(self) -> dict[str, Any]:
        """`address`, `options` and `secrets` of an account of ours there."""

    @abstractmethod
    def answer(self, asked: Asked) -> Reply:
        """Answer a call; raise RefusedError where a rule was not kept."""

    @abstractmethod
    def person(self, n: int = 1) -> str:
        """The id of somebody who uses it."""

    @abstractmethod
    def says(self, person: str, text: str, **more: Any) -> Event:
        """Somebody writes to us in private."""

    @abstractmethod
    def id_of(self, event: Event) -> str:
        """The id under which we shall keep the message of an event."""

    @abstractmethod
    def bodies(self, events: Sequence[Event]) -> list[bytes]:
        """The calls that bring these events, as many in one as the provider does."""

    @abstractmethod
    def sign(self, body: bytes) -> dict[str, str]:
        """The headers that prove who calls."""

    @abstractmethod
    def too_many(self, seconds: int) -> Reply:
        """How it says: not now, wait so long."""

    @abstractmethod
    def refuses_for_good(self, person: str) -> None:
        """From now on this person cannot be written to."""

    def tells(self, sent: Sent, state: str) -> Event:
        raise NotImplementedError

    def changes(self, event: Event, text: str | None) -> Event:
        """The person edits, or with None deletes, what they wrote."""
        raise NotImplementedError

    # ---- What all do alike ----

    def account(self, slug: str = "", **options: str) -> Account:
        data = self.account_data()
        self.slug = slug or self.kind
        account = Account(kind=self.kind, slug=self.slug, label=self.kind, address=data["address"])
        return save_account(
            account=account,
            options=data["options"] | options,
            secrets=data["secrets"],
            by=SYSTEM,
        )

    def calls(self, *events: Event) -> list[HookCall]:
        return [HookCall(body, self.sign(body)) for body in self.bodies(events)]

    def call(self, *events: Event) -> HookCall:
        (only,) = self.calls(*events)
        return only

    def knock(self, path: str, call: HookCall) -> int:
        """Hand a call over at our address, and tell how it was answered."""
        headers: Any = dict(call.headers)
        # Its bytes, whatever they are.
        answer = Client().generic("POST", path, call.body, self.content_type, headers=headers)
        return answer.status_code

    def cut(self, body: bytes) -> bytes:
        """A call that broke off before it said anything."""
        return body[: len(body) // 2]

    def bring(
        self,
        hook: Hook,
        calls: Sequence[HookCall],
        *,
        twice: bool = False,
        shuffled: int | None = None,
        tries: int = 4,
    ) -> list[int]:
        """Call the webhook as providers do: again until it says 200. The last answer to each."""
        calls = list(calls) * (2 if twice else 1)
        if shuffled is not None:
            random.Random(shuffled).shuffle(calls)
        return [self._until_taken(hook, call, tries) for call in calls]

    def _until_taken(self, hook: Hook, call: HookCall, tries: int) -> int:
        status = 0
        for _ in range(tries):
            status = hook(call)
            if status == 200:
                break
        return status

    def take(self, to: str, text: str, **more: Any) -> Sent:
        number = self.reserved.pop(0) if self.reserved else self.new_id(to)
        sent = Sent(number, to, text, **more)
        self.sent.append(sent)
        return sent

    def reserve(self, message: OutboundMessage) -> Sent:
        """The id that a message will get, for a provider that tells of it too early."""
        self.reserved.append(self.new_id(message.address))
        return Sent(self.reserved[-1], message.address, "")

    def new_id(self, _to: str) -> str:
        return f"{self.kind}.out.{next(self.serial)}"

    def reply_to(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        if self.down:
            return HANG_UP
        if self.faults:
            return self.faults.pop(0)
        try:
            return self.answer(asked)
        except RefusedError as error:
            self.refused.append(str(error))
            return error.reply

    def require_fields(
        self, given: Mapping[str, Any], needed: set[str], allowed: set[str], refuse: Any
    ) -> None:
        """Nothing is missing, and nothing is there that the provider does not know."""
        missing, unknown = needed - given.keys(), given.keys() - needed - allowed
        if missing or unknown:
            refuse(f"missing {sorted(missing)}, unknown {sorted(unknown)}")

    def wrote_lately(self, person: str, within: float = DAY) -> bool:
        return time.time() - self.wrote.get(person, 0) < within


@contextmanager
def running(provider: Provider) -> Iterator[Provider]:
    """The provider's server, as long as it is needed."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            asked = Asked(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
            )
            self.give(provider.reply_to(asked))

        do_GET = do_POST = handle_any  # noqa: N815 the server's names

        def give(self, reply: Reply) -> None:
            if reply.hang_up:
                self.close_connection = True
                return
            body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if reply.truncated else body)
            self.close_connection = self.close_connection or reply.truncated

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
