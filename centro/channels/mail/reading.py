"""A mail as one thing that came in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from centro.channels.channel import Access, Incoming, Part, Rejected, Sender, Unreadable
from centro.channels.mail.natures import nature_of
from centro.channels.mail.quoting import split_quoted
from centro.channels.mail.wording import decode, plain_of, safe_html, text_of
from centro.channels.threading import answered_key

# As the listener notes them beside the mail: envelope addresses (RFC 5321).
FROM, TO = "envelope-from", "envelope-to"
_IDS = re.compile(r"<[^<>\s]{1,190}>")
_SHORTEST_HTML_WORTH_KEEPING = re.compile(r"<(?:img|table|a)\b", re.IGNORECASE)
_MOST_PARTS = 200


def read_mail(
    access: Access, headers: Mapping[str, str], body: bytes, instance: str
) -> Incoming | Rejected:
    """The message of a mail. Raises Unreadable when it is none."""
    mail = message_from_bytes(body, policy=policy.compat32)
    if not mail.keys():
        raise Unreadable("no mail: it has no headers")
    sender = _sender(mail, headers)
    to = _recipients(mail, headers)
    verdict = nature_of(mail, instance, lists=access.options.get("lists", "") != "people")
    text, html, parts = _content(mail)
    new, quoted = split_quoted(text) if verdict.nature == "" else (text, "")
    return Incoming(
        id=_id(mail, body),
        sender=sender,
        subject=" ".join(" ".join(_headers(mail, "Subject")[:1]).split()),
        text=new,
        quoted=quoted,
        html=html,
        sent_at=_date(mail),
        references=_references(mail),
        reply_address=next((each for each in to if answered_key(each) is not None), ""),
        parts=parts,
        verified=_verified(mail, access.options.get("authserv", "")),
        nature=verdict.nature,
        why=verdict.why,
        failed_address=verdict.failed_address,
        failed_for_good=verdict.failed_for_good,
    )


def _headers(mail: Message, name: str) -> list[str]:
    """Every header of that name as text, decoded whatever it claims."""
    raw = [value for key, value in mail.raw_items() if key.lower() == name.lower()]
    return [_decoded(value) for value in raw]


def _decoded(value: object) -> str:
    """A header as text: words of RFC 2047, raw bytes of any letters, or plain."""
    raw = str(value).encode("utf-8", "surrogateescape")
    try:
        pieces = decode_header(raw.decode("ascii", "replace") if raw.isascii() else decode(raw))
    except Exception:
        return decode(raw)
    return "".join(
        piece if isinstance(piece, str) else decode(piece, charset or "")
        for piece, charset in pieces
    )


def _addresses(mail: Message, *names: str) -> list[tuple[str, str]]:
    given = [value for name in names for value in _headers(mail, name)]
    return [(name, address.strip()) for name, address in getaddresses(given) if "@" in address]


def _sender(mail: Message, headers: Mapping[str, str]) -> Sender:
    for name, address in _addresses(mail, "From", "Sender"):
        return Sender(address.lower()[:254], name=name)
    envelope = headers.get(FROM, "").strip("<> ")
    if "@" in envelope:
        return Sender(envelope.lower()[:254])
    if mail.get_content_type() == "multipart/report" or str(mail["Return-Path"] or "") == "<>":
        return Sender("mailer-daemon@invalid")
    raise Unreadable("the mail does not say who sent it")


def _recipients(mail: Message, headers: Mapping[str, str]) -> list[str]:
    listed = _addresses(mail, "Delivered-To", "X-Original-To", "To", "Cc", "Resent-To")
    envelope = [part.strip("<> ") for part in headers.get(TO, "").split(",")]
    return [address for address in [*envelope, *(address for _name, address in listed)] if address]


def _verified(mail: Message, authserv: str) -> bool | None:
    """Whether the server named says that DMARC holds (RFC 8601); None where none is named.

    Only the topmost header of that name counts: whoever forges one writes it below.
    """
    if not authserv:
        return None
    for value in _headers(mail, "Authentication-Results")[:1]:
        name, _semicolon, results = value.partition(";")
        if name.split()[:1] == [authserv]:
            return re.search(r"\bdmarc\s*=\s*pass\b", results, re.IGNORECASE) is not None
    return False


def _id(mail: Message, body: bytes) -> str:
    """The Message-ID; where there is none, or an absurd one, its bytes name a mail."""
    found = _IDS.search(str(mail["Message-ID"] or ""))
    return found[0] if found else f"<{hashlib.sha256(body).hexdigest()[:40]}@nameless>"


def _references(mail: Message) -> list[str]:
    """What it answers, nearest first."""
    answers = _IDS.findall(str(mail["In-Reply-To"] or ""))
    chain = _IDS.findall(str(mail["References"] or "")[-8000:])
    return list(dict.fromkeys([*answers, *reversed(chain)]))[:50]


def _date(mail: Message) -> datetime | None:
    try:
        moment = parsedate_to_datetime(str(mail["Date"] or ""))
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else None


def _content(mail: Message) -> tuple[str, str, list[Part]]:
    """Text, safe HTML (empty where the text says all) and files."""
    texts: list[str] = []
    pages: list[str] = []
    parts: list[Part] = []
    for part in _leaves(mail):
        kind = part.get_content_type()
        attached = part.get_content_disposition() == "attachment" or part.get_filename()
        if kind == "text/plain" and not attached:
            texts.append(text_of(part))
        elif kind == "text/html" and not attached:
            pages.append(text_of(part))
        elif kind not in {"message/delivery-status", "text/rfc822-headers"}:
            parts.append(_part(part))
    page = "\n".join(pages)
    text = "\n".join(texts).replace("\r\n", "\n").strip() or plain_of(page)
    html = safe_html(page) if _SHORTEST_HTML_WORTH_KEEPING.search(page) else ""
    return text, html, parts


def _leaves(mail: Message) -> Iterator[Message]:
    """The parts that hold something; an attached mail is one of them, and is not looked into."""
    waiting, seen = [mail], 0
    while waiting:
        part = waiting.pop(0)
        seen += 1
        if seen > _MOST_PARTS:
            raise Unreadable("the mail has too many parts")
        inside = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inside, list):
            waiting = [each for each in inside if isinstance(each, Message)] + waiting
        else:
            yield part


def _part(part: Message) -> Part:
    kind = part.get_content_type()
    inside = part.get_payload()
    if kind == "message/rfc822" and isinstance(inside, list) and inside:
        data = inside[0].as_bytes() if isinstance(inside[0], Message) else b""
    else:
        payload = part.get_payload(decode=True)
        data = payload if isinstance(payload, bytes) else b""
    name = _decoded(part.get_filename() or "")
    content_id = str(part["Content-ID"] or "").strip("<> ")
    return Part(name, kind, data, content_id=content_id)
