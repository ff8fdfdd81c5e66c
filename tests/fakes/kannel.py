"""The `sendsms` of Kannel's smsbox on loopback, and what it asks us: it answers in the words that
Kannel 1.4.5 was heard to answer. tests/channels/test_sms_real.py runs the real one."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Sequence
from typing import Any, NoReturn
from urllib.parse import parse_qs, urlencode, urlsplit

from django.test import Client

from centro.channels.models import OutboundMessage
from tests.fakes.provider import Asked, Event, HookCall, Provider, RefusedError, Reply, Sent

USERNAME, PASSWORD, TOKEN = "cc311", "secreto", "clave-de-la-pasarela_1"
NUMBER = "311"
# What %d says in a dlr-url.
_DLR = {"delivered": "1", "failed": "2", "sent": "8"}
_PATH = "/cgi-bin/sendsms"


def refuse(status: int, why: str) -> NoReturn:
    raise RefusedError(status, why.encode(), why, {"Content-Type": "text/html"})


def basic(token: str = TOKEN, user: str = "kannel") -> str:
    return "Basic " + b64encode(f"{user}:{token}".encode()).decode()


class Kannel(Provider):
    """It has no webhooks: it asks our address by GET, with a password, and signs nothing."""

    kind = "sms"
    address_option = "url"
    batches = edits = signs_bytes = asks_to_wait = False
    states = ("sent", "delivered")
    tells_failures = True
    in_json = False
    carries = 1530  # ten parts

    def __init__(self) -> None:
        super().__init__()
        self.password = PASSWORD
        self.denied: set[str] = set()

    def account_data(self) -> dict[str, Any]:
        options = {"gateway": "kannel", "username": USERNAME, "url": self.url + _PATH}
        return {
            "address": NUMBER,
            "options": options,
            "secrets": {"password": PASSWORD, "token": TOKEN},
        }

    # ---- What it asks ----

    def person(self, n: int = 1) -> str:
        return f"+5076000{n:04d}"

    def says(self, person: str, text: str, **more: Any) -> Event:
        """In its own alphabet, as docs/how-to/connect-sms.md sets it up."""
        return {
            "from": person, "to": NUMBER, "text": text, "charset": "UTF-8", "coding": "0",
            "at": str(int(time.time())), "id": f"71a55d77-33a0-461a-a642-{next(self.serial):012d}",
            "udh": "", "smsc": "F", **more,
        }  # fmt: skip

    def id_of(self, event: Event) -> str:
        return str(event["id"])

    def tells(self, sent: Sent, state: str) -> Event:
        return {"dlr": _DLR[state], "key": sent.id, "at": str(int(time.time())), "said": "NACK"}

    def bodies(self, events: Sequence[Event]) -> list[bytes]:
        return [urlencode(event, errors="replace").encode() for event in events]

    def sign(self, body: bytes) -> dict[str, str]:
        return {"Authorization": basic()}

    def knock(self, path: str, call: HookCall) -> int:
        asked = call.body.decode("latin-1")
        headers: Any = dict(call.headers)
        return Client().get(path, headers=headers, QUERY_STRING=asked).status_code

    # ---- What it answers ----

    def too_many(self, seconds: int) -> Reply:
        return Reply(503, b"Temporal failure, try again later.")

    def refuses_for_good(self, person: str) -> None:
        self.denied.add(person)

    def reserve(self, message: OutboundMessage) -> Sent:
        return Sent(f"centro-{message.pk}", message.address, "")

    def new_id(self, _to: str) -> str:
        return f"centro-{10**9 + next(self.serial)}"

    def answer(self, asked: Asked) -> Reply:
        if asked.path != _PATH or asked.method != "GET":
            refuse(404, "")
        given = asked.query
        if (given.get("username"), given.get("password")) != (USERNAME, self.password):
            refuse(403, "Authorization failed for sendsms")
        if not given.get("to"):
            refuse(400, "Empty receiver number not allowed, rejected")
        if not set(given["to"]) <= set("+0123456789") or given["to"] in self.denied:
            refuse(400, "Number(s) has/have been denied by white- and/or black-lists.")
        # It names no message: the address that it is to call does.
        (key,) = parse_qs(urlsplit(given["dlr-url"]).query)["key"]
        self.sent.append(Sent(key, given["to"], given["text"]))
        return Reply(202, b"0: Accepted for delivery", {"Content-Type": "text/html"})

    @property
    def taken(self) -> list[dict[str, str]]:
        """What each text that it took was asked with."""
        return [dict(asked.query) for asked in self.asked if asked.query.get("to")]
