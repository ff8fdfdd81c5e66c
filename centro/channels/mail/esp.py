"""Sending providers of mail: how each is opened, and what it tells of the letters it carries.

Sending and reading their calls is django-anymail's: its views check who calls and read what they
say, in the words of its tracking signal. The signal itself is not sent: a call is kept byte by byte
before it is acknowledged, and read afterwards, as everything that comes is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal
from urllib.parse import urlsplit

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from anymail.webhooks.base import AnymailBaseWebhookView
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailersend import MailerSendTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView
from django.core.handlers.wsgi import WSGIRequest
from django.core.mail import get_connection
from django.utils.translation import gettext as _

from centro.channels.channel import Access, Call, Forged, Item, Rejected, Report, Unreadable


@dataclass(frozen=True, slots=True)
class Esp:
    """`key`: what anymail calls the key of the account; `signed`: what it calls the key of the
    signature, empty for a provider that calls with a user and a password."""

    key: str
    view: type[AnymailBaseWebhookView]
    signed: str = ""


ESPS: Mapping[str, Esp] = {
    "brevo": Esp("api_key", BrevoTrackingWebhookView),
    "mailersend": Esp("api_token", MailerSendTrackingWebhookView, signed="signing_secret"),
    "mailgun": Esp("api_key", MailgunTrackingWebhookView, signed="webhook_signing_key"),
    "postmark": Esp("server_token", PostmarkTrackingWebhookView),
    "sparkpost": Esp("api_key", SparkPostTrackingWebhookView),
}
_E = EventType
_STATUS: Mapping[str, Literal["sent", "delivered", "failed"]] = {
    _E.QUEUED: "sent", _E.SENT: "sent", _E.DEFERRED: "sent", _E.DELIVERED: "delivered",
    # Whoever complains has got it.
    _E.COMPLAINED: "delivered",
    _E.BOUNCED: "failed", _E.REJECTED: "failed", _E.FAILED: "failed",
}  # fmt: skip
# Why a provider sends nothing more to an address: none of these passes by itself.
_CLOSED = frozenset({RejectReason.INVALID, RejectReason.BOUNCED, RejectReason.SPAM})
# A refusal for good, as servers of mail say it (RFC 5321, 4.2.1; RFC 3463).
_FOR_EVER = re.compile(r"(?<![\d.])5(?:\d\d|\.\d{1,3}\.\d{1,3})(?![\d.])")


def connection(name: str, access: Access) -> Any:
    """What sends by a provider; one that is not in the table is tried as most of them are."""
    esp = ESPS.get(name)
    opens: dict[str, Any] = {esp.key if esp else "api_key": access.secrets.get("esp_key", "")}
    if access.options.get("esp_url"):
        opens["api_url"] = access.options["esp_url"]
    return get_connection(f"anymail.backends.{name}.EmailBackend", **opens)


def verify(access: Access, call: Call) -> None:
    """Raise Forged unless the account's provider proves that it calls."""
    esp, secret = ESPS.get(access.options.get("esp", "")), access.secrets.get("esp_hook", "")
    # Without a secret anymail would let everybody in; so would a password that is none.
    if esp is None or not secret or not (esp.signed or ":" in secret.strip(":")):
        raise Forged(_("Esta cuenta no espera llamadas de un proveedor de envío."))
    if not call.headers.get("content-type"):
        raise Forged(_("La llamada no dice qué trae."))
    opened = {esp.signed or "webhook_secret": secret}
    try:
        esp.view(**opened).run_validators(_request(call.headers, call.body, call.url))
    except AnymailWebhookValidationFailure as error:
        raise Forged(_("La llamada no prueba quién llama.")) from error
    except Exception as error:
        # What hostile bytes do to it proves nothing either.
        raise Forged(_("La llamada no prueba quién llama.")) from error


def key_of(call: Call) -> str:
    """Mailgun signs a token alone, not what it brings: each is good for one call."""
    try:
        token = json.loads(call.body)["signature"]["token"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return f"token:{token}" if isinstance(token, str) and token else ""


def read_call(access: Access, headers: Mapping[str, str], body: bytes) -> list[Item]:
    """What a provider tells of letters of ours. It proved who it is when it called."""
    esp = ESPS.get(access.options.get("esp", ""))
    if esp is None:
        raise Unreadable("the account has no such provider any more")
    # The key that opens is not asked for here, but its view wants to be made with one.
    view = esp.view(**{esp.signed or "webhook_secret": "read"})
    return [_item(event) for event in view.parse_events(_request(headers, body))]


def _item(event: AnymailTrackingEvent) -> Item:
    what = str(event.event_type)
    status = _STATUS.get(what)
    if status is None:
        # Who opened what is nobody's business.
        return Rejected(_("Aviso «%(what)s».") % {"what": what})
    number = event.message_id
    if not isinstance(number, str) or not number:
        return Rejected(_("Un aviso que no dice de qué mensaje habla."))
    closes = _closes(event, what)
    said = " ".join(
        str(part) for part in (what, event.reject_reason, event.mta_response or event.description)
        if part
    )  # fmt: skip
    return Report(
        id=number,
        status=status,
        at=event.timestamp,
        error=said[:500] if closes or status == "failed" or what == _E.DEFERRED else "",
        # What only fails for now may still arrive.
        permanent=closes or what != _E.BOUNCED,
        closes=closes,
    )


def _closes(event: AnymailTrackingEvent, what: str) -> bool:
    """Whether the address itself takes nothing more, as a delivery report by mail would say it."""
    if what == _E.COMPLAINED:
        return True
    if what == _E.REJECTED:
        return event.reject_reason in _CLOSED
    if what != _E.BOUNCED:
        return False
    named = _named(event.esp_event)
    if "soft" in named:
        return False
    if "hard" in named or "permanent" in named or event.reject_reason == RejectReason.INVALID:
        return True
    return _FOR_EVER.search(str(event.mta_response or "")) is not None


def _named(raw: Any) -> str:
    """The provider's own word for what happened: anymail's makes one of two of them."""
    if not isinstance(raw, Mapping):
        return ""
    inside = raw.get("event-data", raw)
    if not isinstance(inside, Mapping):
        return ""
    return " ".join(
        str(inside.get(key, "")) for key in ("Type", "type", "event", "severity")
    ).lower()


def _request(headers: Mapping[str, str], body: bytes, url: str = "") -> WSGIRequest:
    """The call as anymail's views take it."""
    parts = urlsplit(url or "http://localhost/")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": parts.path,
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "localhost",
        "SERVER_PORT": str(parts.port or 443),
        "wsgi.url_scheme": parts.scheme,
        "CONTENT_TYPE": headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }
    for name, value in headers.items():
        environ.setdefault(f"HTTP_{name.upper().replace('-', '_')}", value)
    return WSGIRequest(environ)
