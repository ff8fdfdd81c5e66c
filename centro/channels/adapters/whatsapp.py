"""WhatsApp by Meta's Cloud API: one telephone number of the centre, or of an entity.

https://developers.facebook.com/documentation/business-messaging/whatsapp
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centro.channels import meta
from centro.channels.channel import (
    Access,
    Call,
    Change,
    Channel,
    DeliveryError,
    Download,
    Field,
    Incoming,
    Item,
    Outgoing,
    Part,
    Rejected,
    Report,
    Sender,
    Unreadable,
)
from centro.channels.fitting import fit, require_sendable
from centro.channels.http import Answer, download
from centro.channels.parsing import (
    Json,
    each,
    inner,
    listed,
    moment,
    needed,
    place_text,
    read_json,
    text_of,
)
from centro.files.documents import LARGEST

_MEDIA = frozenset({"image", "audio", "voice", "document", "video", "sticker"})
_STATUSES: Mapping[str, Literal["sent", "delivered", "read", "failed"]] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
}
_MEDIA_HOSTS = (".fbsbx.com", ".fbcdn.net", ".whatsapp.net")
_TOO_MANY = frozenset({4, 80007, 130429, 131048, 131056})
# What another attempt may cure: faults over there, and what somebody will repair (a token that
# has expired, a permission, a template that waits for approval).
_CURABLE = frozenset(
    {0, 1, 2, 3, 10, 190, 368, 131000, 131005, 131016, 131031, 131042, 131057, 132001, 132007}
    | {132015, 133004, 133005, 133010, 133016}
    | set(range(200, 300))
)
# A telephone, or the id by which Meta names a person to us alone.
_ADDRESSES = re.compile(r"\+?\d{8,15}|[A-Z]{2}(\.ENT)?\.\w{1,128}")
_WINDOW_CLOSED = 131047
# The body of a template holds 1024 letters with its blanks filled.
_LONGEST_BLANK = 700


class WhatsApp(Channel):
    kind = "whatsapp"
    label = "WhatsApp"
    fields = (
        Field("phone_number_id", gettext_lazy("Identificador del número en Meta")),
        Field("token", gettext_lazy("Token de acceso permanente"), secret=True),
        Field("app_secret", gettext_lazy("Clave secreta de la aplicación"), secret=True),
        Field("verify_token", gettext_lazy("Token de verificación del webhook"), secret=True),
        Field(
            "template_es",
            gettext_lazy("Plantilla fuera de las 24 horas (nombre:idioma)"),
            required=False,
        ),
        Field(
            "template_en",
            gettext_lazy("Plantilla en inglés (nombre:idioma)"),
            required=False,
        ),
        Field(
            "general_es",
            gettext_lazy("Plantilla general, sin caso (nombre:idioma:texto,sitio)"),
            required=False,
        ),
        Field(
            "general_en",
            gettext_lazy("Plantilla general en inglés (nombre:idioma:texto,sitio)"),
            required=False,
        ),
    )
    longest = 4096
    window = timedelta(hours=24)
    reports = True
    largest = 3 * 1024 * 1024

    # ---- In ----

    def challenge(self, access: Access, call: Call) -> str | None:
        return meta.challenge(access, call)

    def verify(self, access: Access, call: Call) -> None:
        meta.verify(access, call)

    def parse(self, access: Access, headers: Mapping[str, str], body: bytes) -> list[Item]:
        data = read_json(body)
        if data.get("object") != "whatsapp_business_account":
            raise Unreadable("not of WhatsApp")
        return each(listed(data, "entry"), lambda entry: _entry(access, entry))

    def fetch(self, access: Access, ref: str) -> Download:
        told = meta.graph(access, "GET", (ref,))
        if not told.ok:
            raise _refused(told)
        if int(told.data.get("file_size") or 0) > LARGEST:
            raise DeliveryError("too large a file", permanent=True)
        hosts = (*_MEDIA_HOSTS, urlsplit(settings.META_URL).netloc)
        address = text_of(told.data, "url")
        got = download(address, hosts=hosts, most=LARGEST, headers=meta.bearer(access))
        return Download(got.data, text_of(told.data, "mime_type") or got.media_type)

    # ---- Out ----

    def writes_late(self, access: Access, *, reference: str, in_reply_to: str) -> bool:
        return bool(
            access.options.get("general_es") or (reference and access.options.get("template_es"))
        )

    def send(self, access: Access, message: Outgoing) -> str:
        require_sendable(message, _ADDRESSES)
        if not message.window_open:
            return _post(access, _template(access, message))
        try:
            return _post(access, _words(message))
        except _WindowClosed:
            # Its clock says so, and its clock counts.
            return _post(access, _template(access, message))


class _WindowClosed(DeliveryError):
    """The person has not written in the last 24 hours."""


# ---- What comes ----


def _entry(access: Access, entry: Json) -> list[Item]:
    return each(listed(entry, "changes"), lambda change: _change(access, change))


def _change(access: Access, change: Json) -> list[Item]:
    value, field = inner(change, "value"), text_of(change, "field")
    number = text_of(inner(value, "metadata"), "phone_number_id")
    if number and number != access.options.get("phone_number_id"):
        return [Rejected(_("Es de otro número: %(id)s.") % {"id": number})]
    if field == "smb_message_echoes":
        return each(listed(value, "message_echoes"), _echo)
    if field != "messages":
        return [Rejected(_("Aviso «%(what)s».") % {"what": field})]
    contacts = listed(value, "contacts")
    faults: list[Item] = [Rejected(meta.error_text(error)) for error in listed(value, "errors")]
    return [
        *each(listed(value, "messages"), lambda message: _message(contacts, message)),
        *each(listed(value, "statuses"), _status),
        *faults,
    ]


def _status(status: Json) -> list[Item]:
    said = text_of(status, "status")
    if said not in _STATUSES:
        return [Rejected(_("Estado «%(what)s».") % {"what": said})]
    errors = listed(status, "errors")
    return [
        Report(
            id=needed(status, "id"),
            status=_STATUSES[said],
            at=moment(status.get("timestamp")),
            error="; ".join(map(meta.error_text, errors)),
        )
    ]


def _sender(contacts: list[Any], message: Json) -> Sender:
    """By telephone where WhatsApp shows it, by the id that Meta gives for us where it does not."""
    phone, user = text_of(message, "from"), text_of(message, "from_user_id")
    contact: Json = next(
        (
            each_one
            for each_one in contacts
            if text_of(each_one, "wa_id") == phone != ""
            or text_of(each_one, "user_id") == user != ""
        ),
        contacts[0] if len(contacts) == 1 else {},
    )
    user = user or text_of(contact, "user_id")
    profile = inner(contact, "profile")
    return Sender(
        id=phone or text_of(contact, "wa_id") or user,
        name=text_of(profile, "name"),
        handle=text_of(profile, "username"),
        phone=f"+{phone}" if phone.isdecimal() else "",
    )


def _message(contacts: list[Any], message: Json) -> list[Item]:
    kind, at = text_of(message, "type"), moment(message.get("timestamp"))
    content = inner(message, kind)
    if kind == "revoke":
        return [Change(needed(content, "original_message_id"), None, at)]
    if kind == "edit":
        new = inner(content, "message")
        return [Change(needed(content, "original_message_id"), _text(new), at)]
    if kind == "reaction" and not content.get("emoji"):
        return [Rejected(_("Retiró una reacción."))]
    answered = text_of(inner(message, "context"), "id") or text_of(content, "message_id")
    nature, why = _NATURES.get(kind, ("", ""))
    lat = lon = None
    if kind == "location":
        names = text_of(content, "name"), text_of(content, "address")
        text, lat, lon = place_text(content.get("latitude"), content.get("longitude"), *names)
    else:
        text = _text(message)
    return [
        Incoming(
            id=needed(message, "id"),
            sender=_sender(contacts, message),
            text=text,
            sent_at=at,
            references=(answered,) if answered else (),
            parts=_parts(kind, content),
            nature=nature,
            why=str(why),
            lat=lat,
            lon=lon,
        )
    ]


# What no person wrote to us: shown beside the talk, it moves nothing.
_NATURES = {
    "reaction": ("automatic", gettext_lazy("Es una reacción a un mensaje.")),
    "system": ("automatic", gettext_lazy("Es un aviso de WhatsApp.")),
}


def _text(message: Json) -> str:
    """What a message says, whatever it is made of."""
    kind = text_of(message, "type")
    content = inner(message, kind)
    match kind:
        case "text" | "system":
            return text_of(content, "body")
        case "button":
            return text_of(content, "text") or text_of(content, "payload")
        case "interactive":
            reply = inner(content, text_of(content, "type"))
            return text_of(reply, "title") or text_of(reply, "body")
        case "reaction":
            return text_of(content, "emoji")
        case "contacts":
            return "\n".join(map(_contact, listed(message, "contacts")))
        case "order":
            return text_of(content, "text") or _("Envió un pedido.")
    if kind in _MEDIA:
        return text_of(content, "caption")
    return _("Envió algo que WhatsApp no nos entrega (%(what)s).") % {"what": kind or "?"}


def _contact(contact: Json) -> str:
    name = text_of(inner(contact, "name"), "formatted_name")
    phones = [text_of(phone, "phone") for phone in listed(contact, "phones")]
    return _("Contacto: %(who)s") % {"who": " ".join(filter(None, [name, *phones]))}


def _parts(kind: str, content: Json) -> tuple[Part, ...]:
    if kind not in _MEDIA:
        return ()
    part = Part(
        name=text_of(content, "filename"),
        media_type=text_of(content, "mime_type").partition(";")[0],
        ref=needed(content, "id"),
    )
    return (part,)


def _echo(message: Json) -> list[Item]:
    """What somebody of ours wrote on the telephone itself."""
    sender = Sender(id=needed(message, "to"))
    why = _("Se escribió desde la aplicación de WhatsApp.")
    return [
        Incoming(
            id=needed(message, "id"),
            sender=sender,
            text=_text(message),
            sent_at=moment(message.get("timestamp")),
            nature="own",
            why=why,
        )
    ]


# ---- What leaves ----


def _to(address: str) -> dict[str, object]:
    """A telephone, or the id by which Meta names a person without showing it."""
    digits = address.removeprefix("+")
    whom = {"to": digits} if digits.isdecimal() else {"recipient": address}
    return {"messaging_product": "whatsapp", "recipient_type": "individual", **whom}


def _words(message: Outgoing) -> dict[str, object]:
    text = {"preview_url": False, "body": fit(message, WhatsApp.longest)}
    context = {"message_id": message.in_reply_to}
    about = {"context": context} if message.in_reply_to else {}
    return {**_to(message.address), **about, "type": "text", "text": text}


def _template(access: Access, message: Outgoing) -> dict[str, object]:
    """A text that Meta has approved: with the number of the case and where to read the rest, or
    with what the account's general template declares."""
    name, language, values = _approved(access, message)
    parameters = [{"type": "text", "text": text} for text in values]
    body = [{"type": "body", "parameters": parameters}] if parameters else []
    template = {"name": name, "language": {"code": language}, "components": body}
    return {**_to(message.address), "type": "template", "template": template}


def _approved(access: Access, message: Outgoing) -> tuple[str, str, list[str]]:
    """Name and language of the template to use, and what fills its blanks."""
    wanted = _option(access, "template", message) if message.reference else ""
    if wanted:
        name, _colon, language = wanted.partition(":")
        link = f"{settings.SITE_URL}/seguimiento/{message.reference}/"
        return name, language or message.language, [message.reference, link]
    wanted = _option(access, "general", message)
    if not wanted:
        raise DeliveryError(
            _("La persona no ha escrito en 24 horas y no hay plantilla para este mensaje."),
            permanent=True,
        )
    name, language, declared, *_more = [*wanted.split(":"), "", ""]
    blanks = [blank.strip() for blank in declared.split(",") if blank.strip()]
    known = {"texto": _one_line(message.body), "sitio": settings.SITE_URL}
    if not set(blanks) <= known.keys():
        # Somebody will repair the account: nothing is given up until then.
        raise DeliveryError(f"a general template with a blank that we cannot fill: {declared}")
    return name, language or message.language, [known[blank] for blank in blanks]


def _option(access: Access, what: str, message: Outgoing) -> str:
    return access.options.get(f"{what}_{message.language}") or access.options.get(f"{what}_es", "")


def _one_line(text: str) -> str:
    """A text as a blank takes it: without line ends, and short enough for the whole to fit."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_BLANK else line[: _LONGEST_BLANK - 1].rstrip() + "…"


def _post(access: Access, payload: Mapping[str, object]) -> str:
    number = access.options.get("phone_number_id", "")
    answer = meta.graph(access, "POST", (number, "messages"), payload)
    if not answer.ok:
        raise _refused(answer)
    sent = listed(answer.data, "messages")
    if not sent or not text_of(sent[0], "id"):
        raise DeliveryError("an answer without the id of the message")
    return text_of(sent[0], "id")


def _refused(answer: Answer) -> DeliveryError:
    error = meta.error_of(answer)
    if error.get("code") == _WINDOW_CLOSED:
        return _WindowClosed(meta.error_text(error), permanent=True)
    return meta.refusal(answer, too_many=_TOO_MANY, curable=_CURABLE)


CHANNEL = WhatsApp()
