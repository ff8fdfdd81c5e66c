"""A strict Twilio on loopback: it checks what its rules ask for, signs what it calls, and misbehaves
as it does (retries, duplicates, late and mixed-up reports, outages, limits).

Written after https://www.twilio.com/docs/messaging and …/docs/usage/security.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Lock, Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_RESOURCE = re.compile(r"/2010-04-01/Accounts/(AC[0-9a-f]{32})/Messages\.json")
_MEDIA = re.compile(r"/2010-04-01/Accounts/(AC[0-9a-f]{32})/Messages/(\w+)/Media/(\w+)")
_KNOWN = {"To", "From", "MessagingServiceSid", "Body", "StatusCallback", "MediaUrl", "ValidityPeriod"}  # fmt: skip


def signature(token: str, url: str, form: dict[str, str] | None = None) -> str:
    """X-Twilio-Signature: HMAC-SHA1 of the address and the sorted form."""
    words = url + "".join(name + value for name, value in sorted((form or {}).items()))
    return b64encode(hmac.new(token.encode(), words.encode(), hashlib.sha1).digest()).decode()


@dataclass(frozen=True)
class Callback:
    """A signed call to us, as it would be sent."""

    body: bytes
    headers: dict[str, str]


@dataclass
class Fake:
    sid: str
    token: str
    numbers: set[str]
    port: int = 0
    messages: list[dict[str, Any]] = field(default_factory=list)
    # What the next requests get instead of an answer: (status, code, headers).
    next_answers: list[tuple[int, int, dict[str, str]]] = field(default_factory=list)
    stopped: set[str] = field(default_factory=set)
    landlines: set[str] = field(default_factory=set)
    media: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    requests: int = 0
    lock: Lock = field(default_factory=Lock)
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def new_sid(self, kind: str = "SM") -> str:
        return f"{kind}{next(self.ids):032x}"

    # ---- What it calls ----

    def incoming(self, url: str, text: str, sender: str, **more: str) -> Callback:
        """A citizen's message; `more` overrides or adds parameters."""
        sid = more.pop("MessageSid", "") or self.new_sid()
        form = {
            "ToCountry": "US", "ToState": "", "SmsMessageSid": sid, "NumMedia": "0",
            "ToCity": "", "FromZip": "", "SmsSid": sid, "FromState": "", "SmsStatus": "received",
            "FromCity": "", "Body": text, "FromCountry": "PA", "To": next(iter(self.numbers)),
            "ToZip": "", "NumSegments": "1", "MessageSid": sid, "AccountSid": self.sid,
            "From": sender, "ApiVersion": "2010-04-01",
        } | more  # fmt: skip
        with self.lock:
            self.messages.append(
                {"sid": sid, "direction": "inbound", "to": form["To"], "form": form}
            )
        return self.signed(url, form)

    def reports(self, url: str, sid: str, *statuses: str, code: str = "") -> list[Callback]:
        """The reports on one message of ours, in the order given."""
        found = next(message for message in self.messages if message["sid"] == sid)
        made = []
        for status in statuses:
            form = {
                "SmsSid": sid, "SmsStatus": status, "MessageStatus": status, "To": found["to"],
                "MessageSid": sid, "AccountSid": self.sid, "From": found["from"],
                "ApiVersion": "2010-04-01",
            }  # fmt: skip
            if code and status in {"undelivered", "failed"}:
                form["ErrorCode"] = code
            made.append(self.signed(url, form))
        return made

    def signed(self, url: str, form: dict[str, str]) -> Callback:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": signature(self.token, url, form),
            "I-Twilio-Idempotency-Token": f"{next(self.ids):08x}-0000-0000-0000-000000000000",
            "User-Agent": "TwilioProxy/1.1",
        }
        return Callback(urlencode(form).encode(), headers)

    # ---- What it answers ----

    def create(self, form: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        given = {name: values[0] for name, values in form.items()}
        for wrong, code, words in (
            (set(form) - _KNOWN, 20001, "Unknown parameter"),
            ("To" not in given, 21604, "A 'To' phone number is required."),
            (_E164.fullmatch(given.get("To", "")) is None, 21211, "Invalid 'To' Phone Number"),
            (not given.get("Body", "").strip(), 21602, "Message body is required."),
            (len(given.get("Body", "")) > 1600, 21617, "The concatenated message body exceeds the 1600 character limit."),
            (("From" in given) == ("MessagingServiceSid" in given), 21603, "A 'From' number is required."),
            ("From" in given and given["From"] not in self.numbers, 21606, "The 'From' number is not a valid, SMS-capable number of yours."),
            (urlsplit(given.get("StatusCallback", "http://x")).scheme not in {"http", "https"}, 21609, "The 'StatusCallback' URL is not a valid URL."),
            (given.get("To") in self.stopped, 21610, "Attempt to send to unsubscribed recipient"),
            (given.get("To") in self.landlines, 21614, "'To' number is not a valid mobile number"),
        ):  # fmt: skip
            if wrong:
                return 400, _error(400, code, words)
        sid = self.new_sid()
        message = {
            "sid": sid, "status": "queued", "direction": "outbound-api", "to": given["To"],
            "from": given.get("From", given.get("MessagingServiceSid")), "body": given["Body"],
            "error_code": None, "callback": given.get("StatusCallback"),
        }  # fmt: skip
        with self.lock:
            self.messages.append(message)
        return 201, message

    def listed(self, query: dict[str, list[str]]) -> dict[str, Any]:
        to, size, start = query.get("To", [""])[0], int(query.get("PageSize", ["50"])[0]), int(query.get("Page", ["0"])[0])  # fmt: skip
        found = [
            {"sid": m["sid"], "direction": m["direction"], "to": m["to"], "date_sent": m.get("date_sent")}
            for m in self.messages
            if m["to"] == to
        ]  # fmt: skip
        size = min(size, 2)  # small pages, so that whoever reads one page alone is found out
        page = found[start * size : (start + 1) * size]
        more = len(found) > (start + 1) * size
        following = f"/2010-04-01/Accounts/{self.sid}/Messages.json?{urlencode({'To': to, 'PageSize': size, 'Page': start + 1})}"
        return {"messages": page, "next_page_uri": following if more else None}


def _error(status: int, code: int, words: str) -> dict[str, Any]:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return {"code": code, "message": words, "more_info": more, "status": status}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: ClassVar[Fake]

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 as it is named above us
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if not self._lets_in():
            return
        if _RESOURCE.fullmatch(self.path) is None:
            self._say(404, _error(404, 20404, "The requested resource was not found"))
        elif not self.headers.get("Content-Type", "").startswith(
            "application/x-www-form-urlencoded"
        ):
            self._say(400, _error(400, 20001, "a form is required"))
        else:
            form = parse_qs(body.decode(), keep_blank_values=True, strict_parsing=True)
            self._say(*self.fake.create(form))

    def do_GET(self) -> None:
        if not self._lets_in():
            return
        parts = urlsplit(self.path)
        media = _MEDIA.fullmatch(parts.path)
        if media is not None and media[3] in self.fake.media:
            kind, data = self.fake.media[media[3]]
            self._say(200, data, {"Content-Type": kind})
        elif _RESOURCE.fullmatch(parts.path):
            self._say(200, self.fake.listed(parse_qs(parts.query)))
        else:
            self._say(404, _error(404, 20404, "The requested resource was not found"))

    def _lets_in(self) -> bool:
        with self.fake.lock:
            self.fake.requests += 1
            planned = self.fake.next_answers.pop(0) if self.fake.next_answers else None
        scheme, _space, given = self.headers.get("Authorization", "").partition(" ")
        asked = re.search(r"/Accounts/(\w+)/", self.path)
        right = (
            scheme == "Basic" and b64decode(given).decode() == f"{self.fake.sid}:{self.fake.token}"
        )
        if planned is not None:
            status, code, headers = planned
            self._say(status, _error(status, code, "as the test wants it"), headers)
        elif not right or asked is None or asked[1] != self.fake.sid:
            self._say(401, _error(401, 20003, "Authenticate"))
        else:
            return True
        return False

    def _say(
        self, status: int, what: dict[str, Any] | bytes, headers: dict[str, str] | None = None
    ) -> None:
        body = what if isinstance(what, bytes) else json.dumps(what).encode()
        self.send_response(status)
        for name, value in ({"Content-Type": "application/json"} | (headers or {})).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def twilio(sid: str, token: str, *numbers: str) -> Iterator[Fake]:
    """A Twilio that runs until the block ends."""
    fake = Fake(sid, token, set(numbers))
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"fake": fake}))
    server.daemon_threads = True
    fake.port = server.server_port
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
