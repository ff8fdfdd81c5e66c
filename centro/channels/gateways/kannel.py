"""Kannel, the gateway that a site runs itself towards its operators.

Kannel cannot sign: it calls us with a password that it was given in the addresses it calls
(`http://kannel:TOKEN@…`), which it sends as basic authentication, as it stands. See docs/how-to/connect-sms.md.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

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
    Rejected,
    Report,
    Unreadable,
)
from centro.channels.gateways.gateway import TIMEOUT, incoming, text_of
from centro.channels.gateways.gsm import fits_gsm

_USER = "kannel"
_ACCEPTED = frozenset({202, 200})
# Delivered, not delivered, queued, given to the operator, refused by the operator.
_MASK = 1 + 2 + 4 + 8 + 16
_SAYS: Mapping[str, Literal["sent", "delivered", "failed"]] = {
    "1": "delivered", "2": "failed", "4": "sent", "8": "sent", "16": "failed",
}  # fmt: skip
_BINARY, _UNICODE = "1", "2"
_NAME_OF_CHARSET = re.compile(r"utf-?16-?be|ucs-?2", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,200}")
_KEY = re.compile(r"centro-\d{1,18}")
# One receiver is wrong, and stays wrong.
_FOR_EVER = re.compile(
    r"do not try again|receiver number|black-lists|receivers?\b.*rejected", re.IGNORECASE
)


class Kannel:
    """What `get-url`, `dlr-url` and `sendsms` of Kannel 1.4 say."""

    def verify(self, access: Access, call: Call) -> None:
        token = access.secrets.get("token", "")
        scheme, _space, given = call.headers.get("authorization", "").partition(" ")
        expected = f"{_USER}:{token}".encode()
        if not token or scheme.lower() != "basic":
            raise Forged(_("La llamada no trae la clave de la pasarela."))
        if not hmac.compare_digest(_decoded(given), expected):
            raise Forged(_("La llamada trae otra clave."))

    def parse(self, access: Access, headers: Mapping[str, str], body: bytes) -> list[Item]:
        # Latin-1 keeps every byte as one letter: the bytes of the text are read by their charset.
        pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
        given = dict(pairs)
        if "dlr" in given:
            return [_report(given)]
        if not given.get("id") or not given.get("from"):
            raise Unreadable("neither a message nor a report of Kannel")
        return [_message(given)]

    def reply(self, access: Access) -> tuple[str, str]:
        # Whatever stood here would go to the sender as an answer.
        return "", "text/plain"

    def send(self, access: Access, message: Outgoing) -> str:
        text = text_of(message)
        key = f"centro-{message.key}"
        asked = {
            "username": access.options.get("username", ""),
            "password": access.secrets.get("password", ""),
            "to": message.address,
            "text": text,
            "charset": "UTF-8",
            "coding": "0" if fits_gsm(text) else _UNICODE,
            "dlr-mask": str(_MASK),
            "dlr-url": _report_url(access, key),
        }
        if access.address:
            asked["from"] = access.address
        try:
            answer = requests.get(
                access.options.get("url", ""), params=asked, timeout=TIMEOUT, allow_redirects=False
            )
        except requests.RequestException as error:
            # Its words would hold the address, and the address holds the password.
            raise DeliveryError(f"Kannel does not answer: {type(error).__name__}") from None
        said = f"{answer.status_code}: {answer.text.strip()[:200]}"
        if answer.status_code not in _ACCEPTED or answer.text.lstrip()[:1] not in {"0", "3"}:
            raise DeliveryError(said, permanent=_FOR_EVER.search(answer.text) is not None)
        return key

    def fetch(self, access: Access, ref: str) -> Download:
        raise DeliveryError("Kannel brings no files", permanent=True)

    def ids_since(self, access: Access, since: datetime) -> frozenset[str] | None:
        return None


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text.strip(), validate=True)
    except ValueError:
        return b""


def _message(given: Mapping[str, str]) -> Item:
    coding = given.get("coding", "")
    if coding == _BINARY:
        return Rejected(_("Es un mensaje de datos, no un texto."))
    raw = given.get("text", "").encode("latin-1")
    text = raw.decode(_charset(given.get("charset", ""), coding), "replace")
    part = _part_of(given.get("udh", "").encode("latin-1"))
    return incoming(
        given["id"],
        given["from"].encode("latin-1").decode("utf-8", "replace"),
        f"[{part[0]}/{part[1]}] {text}" if part else text,
        sent_at=_moment(given.get("at", "")),
    )


def _charset(name: str, coding: str) -> str:
    if coding == _UNICODE or _NAME_OF_CHARSET.fullmatch(name):
        # Kannel may have recoded what fits: then it names another.
        return "utf-16-be" if not name or _NAME_OF_CHARSET.fullmatch(name) else _known(name)
    return _known(name)


def _known(name: str) -> str:
    return name if name.lower() in {"utf-8", "iso-8859-1", "windows-1252", "us-ascii"} else "utf-8"


def _part_of(udh: bytes) -> tuple[int, int] | None:
    """Which part of how many, where Kannel was told not to join them (3GPP TS 23.040, 9.2.3.24).

    The parts are kept each for itself, marked: only a person can be sure that they are one text.
    """
    at = 1
    while at + 1 < len(udh):
        kind, length = udh[at], udh[at + 1]
        content = udh[at + 2 : at + 2 + length]
        if kind in {0x00, 0x08} and len(content) == length >= 3:
            return content[-1], content[-2]
        at += 2 + length
    return None


def _report(given: Mapping[str, str]) -> Item:
    status = _SAYS.get(given["dlr"])
    key = given.get("key", "")
    if status is None or _KEY.fullmatch(key) is None:
        raise Unreadable("a report that Kannel never sends")
    said = given.get("said", "").encode("latin-1").decode("utf-8", "replace")
    error = f"{given['dlr']} {said}".strip() if status == "failed" else ""
    return Report(id=key, status=status, at=_moment(given.get("at", "")), error=error)


def _moment(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _report_url(access: Access, key: str) -> str:
    site = urlsplit(settings.SITE_URL)
    token = access.secrets.get("token", "")
    if _TOKEN.fullmatch(token) is None:
        # Kannel sends what stands in the address as it stands, and reads % as its own.
        raise DeliveryError("the password by which Kannel calls may hold letters and figures alone")
    return (
        f"{site.scheme}://{_USER}:{token}@{site.netloc}{site.path}"
        f"/entrada/sms/{access.slug}/?dlr=%d&key={key}&at=%T&said=%A"
    )
