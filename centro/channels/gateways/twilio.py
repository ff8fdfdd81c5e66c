"""Twilio, and whoever speaks its rules: signed callbacks, sending by REST.

Rules: https://www.twilio.com/docs/usage/security (signatures), …/docs/messaging (the rest).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

import requests
from django.conf import settings
from django.utils.translation import gettext as _

from centro.channels.channel import (
    Access,
    Call,
    DeliveryError,
    Download,
    Forged,
    Item,
    Outgoing,
    Part,
    Rejected,
    Report,
    Unreadable,
)
from centro.channels.gateways.gateway import TIMEOUT, incoming, text_of
from centro.files.documents import LARGEST

_SIGNATURE = "x-twilio-signature"
_PORTS = {"http": 80, "https": 443}
_STATUS: Mapping[str, Literal["sent", "delivered", "read", "failed"]] = {
    "accepted": "sent", "scheduled": "sent", "queued": "sent", "sending": "sent", "sent": "sent",
    "delivered": "delivered", "read": "read", "undelivered": "failed", "failed": "failed",
    "canceled": "failed",
}  # fmt: skip
# What no later attempt will change: the number is none, is no mobile, is barred, or said STOP.
_PERMANENT = frozenset(
    {21211, 21214, 21217, 21219, 21265, 21408, 21610, 21612, 21614, 21617, 21635,
     30003, 30004, 30005, 30006, 30007, 30034}
)  # fmt: skip
_MOST_MEDIA = 10
_MOST_PAGES = 50


class Twilio:
    """Version 2010-04-01 of Twilio's interface."""

    def verify(self, access: Access, call: Call) -> None:
        token = access.secrets.get("password", "")
        given = call.headers.get(_SIGNATURE, "")
        if not token or not given:
            raise Forged(_("La llamada no trae la firma del proveedor."))
        said = _signed_words(call)
        expected = [_signature(token, url + said) for url in _spellings(call.url)]
        if not any(hmac.compare_digest(given.encode(), each.encode()) for each in expected):
            raise Forged(_("La firma no corresponde a lo que llegó."))

    def parse(self, access: Access, headers: Mapping[str, str], body: bytes) -> list[Item]:
        given = {name: values[0] for name, values in _form(body).items()}
        sid = given.get("MessageSid") or given.get("SmsSid") or ""
        if not sid:
            raise Unreadable("without the id of a message")
        if "MessageStatus" in given:
            return [_report(sid, given)]
        if "From" not in given or not ("Body" in given or "NumMedia" in given):
            raise Unreadable("neither a message nor its status")
        return [incoming(sid, given["From"], given.get("Body", ""), parts=_media(given))]

    def reply(self, access: Access) -> tuple[str, str]:
        return '<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml"

    def send(self, access: Access, message: Outgoing) -> str:
        sender = access.address
        form = {
            "To": message.address,
            "Body": text_of(message),
            "StatusCallback": f"{settings.SITE_URL}/entrada/sms/{access.slug}/",
            "MessagingServiceSid" if sender.startswith("MG") else "From": sender,
        }
        answer = _ask("POST", _url(access, "Messages.json"), access, data=form)
        if answer.status_code != 201:
            raise _refusal(answer)
        sid = _json(answer).get("sid")
        if not isinstance(sid, str) or not sid:
            raise DeliveryError("Twilio took the message and gave it no id")
        return sid

    def fetch(self, access: Access, ref: str) -> Download:
        if not ref.startswith(f"{settings.TWILIO_URL}/"):
            # The password goes along: never to an address that somebody else chose.
            raise DeliveryError("a file that does not lie at the provider", permanent=True)
        answer = _ask("GET", ref, access, stream=True)
        with answer:
            if answer.status_code != 200:
                gone = answer.status_code in {401, 403, 404, 410}
                raise DeliveryError(f"{answer.status_code}", permanent=gone)
            data = _at_most(answer, LARGEST + 1)
        return Download(data, answer.headers.get("Content-Type", "").partition(";")[0])

    def ids_since(self, access: Access, since: datetime) -> frozenset[str] | None:
        url = _url(access, "Messages.json")
        asked: dict[str, str] | None = {
            "To": access.address,
            "DateSent>": f"{since.astimezone(UTC):%Y-%m-%d}",
            "PageSize": "1000",
        }
        found: set[str] = set()
        for _page in range(_MOST_PAGES):
            answer = _ask("GET", url, access, params=asked)
            if answer.status_code != 200:
                raise _refusal(answer)
            page = _json(answer)
            rows = page.get("messages", [])
            found |= {row["sid"] for row in rows if _came_in(row, since)}
            following = page.get("next_page_uri")
            if not following:
                break
            url, asked = f"{settings.TWILIO_URL}{following}", None
        return frozenset(found)


# ---- Signatures ----


def _signed_words(call: Call) -> str:
    """What follows the address in what is signed: the form, sorted; or nothing for another body,
    whose hash the address then names."""
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        form = _form(call.body)
        return "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    named = call.query.get("bodySHA256", "")
    if call.body or named:
        digest = hashlib.sha256(call.body).hexdigest()
        if not hmac.compare_digest(named.lower().encode(), digest.encode()):
            raise Forged(_("La dirección no nombra este contenido."))
    return ""


def _signature(token: str, words: str) -> str:
    digest = hmac.new(token.encode(), words.encode("utf-8", "surrogateescape"), hashlib.sha1)
    return b64encode(digest.digest()).decode()


def _spellings(url: str) -> list[str]:
    """The address as it stands, and with the port that goes without saying: both are in use."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = _PORTS.get(parts.scheme)
    if port is None or parts.port not in {None, port}:
        return [url]
    return [
        urlunsplit((parts.scheme, netloc, parts.path, parts.query, ""))
        for netloc in (host, f"{host}:{port}")
    ]


# ---- What comes ----


def _form(body: bytes) -> dict[str, list[str]]:
    # As it stands when it is no text: then its signature does not fit.
    return parse_qs(
        body.decode("utf-8", "surrogateescape"), keep_blank_values=True, max_num_fields=300
    )


def _report(sid: str, given: Mapping[str, str]) -> Item:
    status = _STATUS.get(given["MessageStatus"])
    if status is None:
        return Rejected(
            _("Un estado que no conocemos: %(said)s") % {"said": given["MessageStatus"]}
        )
    code = given.get("ErrorCode", "")
    error = f"{given['MessageStatus']} {code} {given.get('ErrorMessage', '')}".strip()
    return Report(id=sid, status=status, error=error if status == "failed" else "")


def _media(given: Mapping[str, str]) -> tuple[Part, ...]:
    try:
        count = min(int(given.get("NumMedia") or 0), _MOST_MEDIA)
    except ValueError:
        count = 0
    return tuple(
        Part(ref=given[f"MediaUrl{n}"], media_type=given.get(f"MediaContentType{n}", ""))
        for n in range(count)
        if given.get(f"MediaUrl{n}")
    )


# ---- Asking ----


def _url(access: Access, what: str) -> str:
    account = quote(access.options.get("username", ""), safe="")
    return f"{settings.TWILIO_URL}/2010-04-01/Accounts/{account}/{what}"


def _ask(method: str, url: str, access: Access, **more: Any) -> requests.Response:
    account = (access.options.get("username", ""), access.secrets.get("password", ""))
    try:
        return requests.request(
            method, url, auth=account, timeout=TIMEOUT, allow_redirects=method == "GET", **more
        )
    except requests.RequestException as error:
        raise DeliveryError(f"Twilio does not answer: {type(error).__name__}") from None


def _at_most(answer: requests.Response, most: int) -> bytes:
    data = b""
    try:
        for chunk in answer.iter_content(64 * 1024):
            data += chunk
            if len(data) >= most:
                break
    except requests.RequestException as error:
        raise DeliveryError(f"the file broke off: {type(error).__name__}") from None
    return data[:most]


def _refusal(answer: requests.Response) -> DeliveryError:
    said = _json(answer)
    code = said.get("code")
    words = f"{answer.status_code} {code or ''} {said.get('message', '')}".strip()[:500]
    return DeliveryError(words, permanent=code in _PERMANENT, wait=_asked_wait(answer))


def _asked_wait(answer: requests.Response) -> timedelta | None:
    seconds = answer.headers.get("Retry-After", "")
    return timedelta(seconds=min(int(seconds), 86_400)) if seconds.isdecimal() else None


def _json(answer: requests.Response) -> dict[str, Any]:
    try:
        found = json.loads(answer.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _came_in(row: Mapping[str, Any], since: datetime) -> bool:
    if row.get("direction") != "inbound":
        return False
    try:
        return parsedate_to_datetime(str(row.get("date_sent"))) >= since
    except (TypeError, ValueError):
        return False
