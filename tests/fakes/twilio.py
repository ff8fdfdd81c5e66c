"""A strict Twilio on loopback: it checks what its rules ask for, signs what it calls, and misbehaves
as it does (retries, duplicates, late and mixed-up reports, outages, limits).

Written after https://www.twilio.com/docs/messaging and …/docs/usage/security.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from django.conf import settings

from tests.fakes.provider import Asked, Event, HookCall, Provider, RefusedError, Reply, Sent

SID = "AC00000000000000000000000000000001"
AUTH_TOKEN = "12345"
NUMBER = "+15005550006"
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_RESOURCE = re.compile(r"/2010-04-01/Accounts/(AC[0-9a-f]{32})/Messages\.json")
_MEDIA = re.compile(r"/2010-04-01/Accounts/(AC[0-9a-f]{32})/Messages/(\w+)/Media/(\w+)")
_KNOWN = {"To", "From", "MessagingServiceSid", "Body", "StatusCallback", "MediaUrl", "ValidityPeriod"}  # fmt: skip
_FORM = "application/x-www-form-urlencoded"
# How many messages it lists on a page: few, so that whoever reads one page alone is found out.
_PAGE = 2


def signature(token: str, url: str, form: Mapping[str, str] | None = None) -> str:
    """X-Twilio-Signature: HMAC-SHA1 of the address and the sorted form."""
    words = url + "".join(name + value for name, value in sorted((form or {}).items()))
    signed = hmac.new(token.encode(), words.encode("utf-8", "surrogateescape"), hashlib.sha1)
    return b64encode(signed.digest()).decode()


def _error(status: int, code: int, words: str) -> Reply:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return Reply(status, {"code": code, "message": words, "more_info": more, "status": status})


def refuse(code: int, words: str, status: int = 400) -> NoReturn:
    raise RefusedError(status, _error(status, code, words).body, words)


class Twilio(Provider):
    """`messages`: what it would list of us, both ways."""

    kind = "sms"
    setting = "TWILIO_URL"
    batches = edits = in_json = False
    tells_failures = True
    states = ("sent", "delivered", "read")
    dates_messages = False
    content_type = _FORM + "; charset=UTF-8"
    carries = 1600

    def __init__(self, *numbers: str) -> None:
        super().__init__()
        self.token = AUTH_TOKEN
        self.numbers = set(numbers or [NUMBER])
        self.messages: list[dict[str, Any]] = []
        self.stopped: set[str] = set()
        self.landlines: set[str] = set()
        self.media: dict[str, tuple[str, bytes]] = {}

    def account_data(self) -> dict[str, Any]:
        return {
            "address": NUMBER,
            "options": {"gateway": "twilio", "username": SID},
            "secrets": {"password": AUTH_TOKEN},
        }

    # ---- What it calls ----

    @property
    def door(self) -> str:
        """The address that it was given for our account."""
        return f"{settings.SITE_URL}/entrada/sms/{self.slug}/"

    def person(self, n: int = 1) -> str:
        return f"+5076000{n:04d}"

    def says(self, person: str, text: str, **more: Any) -> Event:
        sid = more.pop("MessageSid", "") or self.new_id(person)
        form = {
            "ToCountry": "US", "ToState": "", "SmsMessageSid": sid, "NumMedia": "0",
            "ToCity": "", "FromZip": "", "SmsSid": sid, "FromState": "", "SmsStatus": "received",
            "FromCity": "", "Body": text.encode("utf-8", "replace").decode(), "FromCountry": "PA",
            "To": min(self.numbers), "ToZip": "", "NumSegments": "1", "MessageSid": sid,
            "AccountSid": SID, "From": person, "ApiVersion": "2010-04-01",
        } | more  # fmt: skip
        self.messages.append({"sid": sid, "direction": "inbound", "to": form["To"], "form": form})
        return form

    def id_of(self, event: Event) -> str:
        return str(event["MessageSid"])

    def tells(self, sent: Sent, state: str, code: str = "30003") -> Event:
        form = {
            "SmsSid": sent.id, "SmsStatus": state, "MessageStatus": state, "To": sent.to,
            "MessageSid": sent.id, "AccountSid": SID, "From": min(self.numbers),
            "ApiVersion": "2010-04-01",
        }  # fmt: skip
        return form | ({"ErrorCode": code} if state in {"undelivered", "failed"} else {})

    def bodies(self, events: Sequence[Event]) -> list[bytes]:
        return [urlencode(event).encode() for event in events]

    def sign(self, body: bytes) -> dict[str, str]:
        text = body.decode("utf-8", "surrogateescape")
        form = dict(parse_qsl(text, keep_blank_values=True, errors="surrogateescape"))
        return {"X-Twilio-Signature": signature(AUTH_TOKEN, self.door, form)}

    def incoming(self, text: str, sender: str, **more: str) -> HookCall:
        """A citizen's message; `more` overrides or adds parameters."""
        return self.call(self.says(sender, text, **more))

    def reports(self, sid: str, *statuses: str, code: str = "") -> list[HookCall]:
        """The reports on one message of ours, in the order given."""
        found = next(message for message in self.messages if message["sid"] == sid)
        sent = Sent(sid, found["to"], "")
        return self.calls(*(self.tells(sent, status, code) for status in statuses))

    # ---- What it answers ----

    def too_many(self, seconds: int) -> Reply:
        limit = _error(429, 20429, "Too many requests")
        return Reply(429, limit.body, {"Retry-After": str(seconds)})

    def fault(self, status: int, code: int) -> Reply:
        return _error(status, code, "as the test wants it")

    def refuses_for_good(self, person: str) -> None:
        self.stopped.add(person)

    def new_id(self, _to: str) -> str:
        return f"SM{next(self.serial):032x}"

    def answer(self, asked: Asked) -> Reply:
        self._require_account(asked)
        media = _MEDIA.fullmatch(asked.path)
        if media is not None and media[3] in self.media and asked.method == "GET":
            kind, data = self.media[media[3]]
            return Reply(200, data, {"Content-Type": kind})
        if _RESOURCE.fullmatch(asked.path) is None:
            refuse(20404, "The requested resource was not found", 404)
        if asked.method == "GET":
            return Reply(200, self._listed(asked.query))
        if not asked.headers.get("content-type", "").startswith(_FORM):
            refuse(20001, "a form is required")
        form = parse_qs(asked.body.decode(), keep_blank_values=True, strict_parsing=True)
        return self._create({name: values[0] for name, values in form.items()})

    def _require_account(self, asked: Asked) -> None:
        scheme, _space, given = asked.headers.get("authorization", "").partition(" ")
        right = scheme == "Basic" and b64decode(given).decode() == f"{SID}:{self.token}"
        named = re.search(r"/Accounts/(\w+)/", asked.path)
        if not right or named is None or named[1] != SID:
            refuse(20003, "Authenticate", 401)

    def _create(self, given: dict[str, str]) -> Reply:
        to, text = given.get("To", ""), given.get("Body", "")
        for wrong, code, words in (
            (given.keys() - _KNOWN, 20001, "Unknown parameter"),
            ("To" not in given, 21604, "A 'To' phone number is required."),
            (_E164.fullmatch(to) is None, 21211, "Invalid 'To' Phone Number"),
            (not text.strip(), 21602, "Message body is required."),
            (len(text) > 1600, 21617, "The concatenated message body exceeds the 1600 character limit."),
            (("From" in given) == ("MessagingServiceSid" in given), 21603, "A 'From' number is required."),
            ("From" in given and given["From"] not in self.numbers, 21606, "The 'From' number is not a valid, SMS-capable number of yours."),
            (urlsplit(given.get("StatusCallback", "http://x")).scheme not in {"http", "https"}, 21609, "The 'StatusCallback' URL is not a valid URL."),
            (to in self.stopped, 21610, "Attempt to send to unsubscribed recipient"),
            (to in self.landlines, 21614, "'To' number is not a valid mobile number"),
        ):  # fmt: skip
            if wrong:
                refuse(code, words)
        sent = self.take(to, text)
        message = {
            "sid": sent.id, "status": "queued", "direction": "outbound-api", "to": to,
            "from": given.get("From", given.get("MessagingServiceSid")), "body": text,
            "error_code": None, "callback": given.get("StatusCallback"),
        }  # fmt: skip
        self.messages.append(message)
        return Reply(201, message)

    def _listed(self, query: Mapping[str, str]) -> dict[str, Any]:
        to, size, start = query.get("To", ""), int(query.get("PageSize", 50)), int(query.get("Page", 0))  # fmt: skip
        found = [
            {"sid": m["sid"], "direction": m["direction"], "to": m["to"], "date_sent": m.get("date_sent")}
            for m in self.messages
            if m["to"] == to
        ]  # fmt: skip
        size = min(size, _PAGE)
        page = found[start * size : (start + 1) * size]
        asked = urlencode({"To": to, "PageSize": size, "Page": start + 1})
        following = f"/2010-04-01/Accounts/{SID}/Messages.json?{asked}"
        return {
            "messages": page,
            "next_page_uri": following if len(found) > (start + 1) * size else None,
        }
