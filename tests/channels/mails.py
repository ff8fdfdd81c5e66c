"""Mails as people and programs send them."""

from __future__ import annotations

from email.message import EmailMessage
from io import BytesIO
from typing import Any

from PIL import Image

from centro.cases.actions import intake_events
from centro.channels.models import Account, InboundMessage, RawEvent
from centro.channels.reading import store_raw


def mailbox(
    address: str = "311@centro311.example", slug: str = "correo", **options: str
) -> Account:
    """An account for mail; `options` as its channel declares them."""
    return Account.objects.create(
        kind="email", slug=slug, label="Correo", address=address, options=options
    )


def picture(size: tuple[int, int] = (64, 48), colour: str = "red") -> bytes:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


def mail(
    text: str = "No hay agua en Burunga desde ayer.",
    *,
    sender: str = "Ana Núñez <ana@correo.example>",
    to: str = "311@centro311.example",
    subject: str = "Sin agua",
    files: dict[str, tuple[str, bytes]] | None = None,
    **headers: Any,
) -> bytes:
    """The bytes of a mail; `files` by name, each with its type and bytes; `_` in a header is `-`."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, to, subject
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers.setdefault("Message-ID", f"<{abs(hash((text, sender, subject)))}@correo.example>")
    headers.setdefault("Date", "Thu, 26 Nov 2026 09:00:00 -0500")
    for name, value in headers.items():
        if value:
            made[name] = value
    made.set_content(text)
    for name, (kind, data) in (files or {}).items():
        main, _slash, sub = kind.partition("/")
        made.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return made.as_bytes()


def bounce(
    to: str,
    failed: str,
    *,
    status: str = "5.1.1",
    action: str = "failed",
    said: str = "no such user",
) -> bytes:
    """A delivery report as RFC 3464 wants it."""
    lines = [
        "Return-Path: <>", "From: MAILER-DAEMON@mx.example", f"To: {to}",
        "Subject: Undelivered Mail", f"Message-ID: <{abs(hash((to, failed, status)))}@mx.example>",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"', "",
        "--b", "Content-Type: text/plain", "", "I could not deliver your mail.",
        "--b", "Content-Type: message/delivery-status", "",
        "Reporting-MTA: dns; mx.example", "",
        f"Final-Recipient: rfc822; {failed}", f"Action: {action}", f"Status: {status}",
        f"Diagnostic-Code: smtp; 550 {said}", "", "--b--", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def bring(account: Account, body: bytes, to: str = "") -> InboundMessage | None:
    """A mail is kept and taken in at once; its message, or None when there is none."""
    headers = {"envelope-to": to} if to else {}
    raw_id = store_raw(account=account, body=body, headers=headers, way="lmtp")
    if raw_id is None:
        return None
    take_in(raw_id)
    return InboundMessage.objects.filter(items__raw=raw_id).first()


def take_in(raw_id: int | None) -> RawEvent:
    """One run of the job; whatever it could not do is seen in the row."""
    assert raw_id is not None
    try:
        intake_events.take_in_event(raw_id=raw_id)
    except intake_events.NotTakenInError:
        assert RawEvent.objects.get(pk=raw_id).state == RawEvent.State.WAITING
    return RawEvent.objects.get(pk=raw_id)
