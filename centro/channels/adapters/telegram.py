"""Telegram by a bot: private talks with it. https://core.telegram.org/bots/api"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import PurePosixPath
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
    Sender,
)
from centro.channels.fitting import fit, require_sendable, utf16
from centro.channels.http import Answer, ask, download, in_seconds
from centro.channels.parsing import (
    Json,
    each,
    inner,
    listed,
    moment,
    needed,
    place_text,
    read_json,
    require_same,
    text_of,
)
from centro.files.documents import LARGEST

_ADDRESSES = re.compile(r"-?\d{1,20}")
_FILES = ("document", "audio", "voice", "video", "video_note", "animation", "sticker")


class Telegram(Channel):
    kind = "telegram"
    label = "Telegram"
    fields = (
        Field("username", gettext_lazy("Nombre del bot, sin arroba")),
        Field("token", gettext_lazy("Token del bot"), secret=True),
        Field("webhook_secret", gettext_lazy("Secreto del webhook"), secret=True),
    )
    longest = 4096

    # ---- In ----

    def verify(self, access: Access, call: Call) -> None:
        secret = access.secrets.get("webhook_secret", "")
        require_same(call.headers.get("x-telegram-bot-api-secret-token", ""), secret, secret)

    def key_of(self, call: Call) -> str:
        try:
            return str(int(json.loads(call.body)["update_id"]))
        except (ValueError, TypeError, KeyError, RecursionError):
            return ""  # its bytes name what cannot be read

    def parse(self, access: Access, headers: Mapping[str, str], body: bytes) -> list[Item]:
        return each([read_json(body)], _update)

    def fetch(self, access: Access, ref: str) -> Download:
        told = _ask(access, "getFile", {"file_id": ref})
        found = inner(told, "result")
        if int(found.get("file_size") or 0) > LARGEST:
            raise DeliveryError("too large a file", permanent=True)
        path = needed(found, "file_path")
        address = f"{settings.TELEGRAM_URL}/file/bot{_token(access)}/{quote(path)}"
        got = download(address, hosts=(urlsplit(settings.TELEGRAM_URL).netloc,), most=LARGEST)
        return Download(got.data, got.media_type, PurePosixPath(path).name)

    def private_link(self, access: Access) -> str:
        return f"https://t.me/{quote(access.options.get('username', ''), safe='')}"

    # ---- Out ----

    def send(self, access: Access, message: Outgoing) -> str:
        require_sendable(message, _ADDRESSES)
        payload: dict[str, object] = {
            "chat_id": message.address,
            "text": fit(message, self.longest, utf16),
            "link_preview_options": {"is_disabled": True},
        }
        chat, _colon, number = message.in_reply_to.partition(":")
        if chat == message.address and number.isdecimal():
            # The message may be gone by now; the answer must still arrive.
            payload["reply_parameters"] = {
                "message_id": int(number),
                "allow_sending_without_reply": True,
            }
        sent = inner(_ask(access, "sendMessage", payload), "result")
        if not sent.get("message_id"):
            raise DeliveryError("an answer without the id of the message")
        return f"{message.address}:{sent['message_id']}"


# ---- What comes ----


def _update(update: Json) -> list[Item]:
    if "message" in update:
        return [_message(inner(update, "message"))]
    if "edited_message" in update:
        message = inner(update, "edited_message")
        return [Change(_id(message), _text(message)[0], moment(message.get("edit_date")))]
    if "callback_query" in update:
        return [_pressed(inner(update, "callback_query"))]
    if "my_chat_member" in update:
        now = text_of(inner(inner(update, "my_chat_member"), "new_chat_member"), "status")
        blocked = now in {"kicked", "left"}
        return [Rejected(_("La persona bloqueó al bot.") if blocked else _("Abrió el bot."))]
    what = next((name for name in update if name != "update_id"), "?")
    return [Rejected(_("Aviso «%(what)s».") % {"what": what})]


def _id(message: Json) -> str:
    """Telegram numbers the messages of each talk anew."""
    return f"{needed(inner(message, 'chat'), 'id')}:{needed(message, 'message_id')}"


def _message(message: Json) -> Item:
    chat = inner(message, "chat")
    if text_of(chat, "type") != "private":
        return Rejected(_("No es una conversación privada con el bot."))
    sender = inner(message, "from")
    text, lat, lon = _text(message)
    answered = inner(message, "reply_to_message")
    return Incoming(
        id=_id(message),
        sender=_sender(sender, needed(chat, "id")),
        text=text,
        sent_at=moment(message.get("date")),
        references=(f"{needed(chat, 'id')}:{needed(answered, 'message_id')}",) if answered else (),
        parts=_parts(message),
        nature="automatic" if sender.get("is_bot") else "",
        why=_("Lo envió otro bot.") if sender.get("is_bot") else "",
        lat=lat,
        lon=lon,
    )


def _sender(sender: Json, chat: str) -> Sender:
    names = text_of(sender, "first_name"), text_of(sender, "last_name")
    return Sender(chat, name=" ".join(filter(None, names)), handle=text_of(sender, "username"))


def _pressed(query: Json) -> Item:
    """A button under a message of ours: its text, as an answer to that message."""
    message = inner(query, "message")
    chat = needed(inner(message, "chat"), "id")
    return Incoming(
        id=f"callback:{needed(query, 'id')}",
        sender=_sender(inner(query, "from"), chat),
        text=text_of(query, "data"),
        references=(_id(message),),
    )


def _text(message: Json) -> tuple[str, float | None, float | None]:
    place = inner(message, "location")
    if place:
        venue = inner(message, "venue")
        names = text_of(venue, "title"), text_of(venue, "address")
        return place_text(place.get("latitude"), place.get("longitude"), *names)
    contact = inner(message, "contact")
    if contact:
        named = [text_of(contact, name) for name in ("first_name", "last_name", "phone_number")]
        return _("Contacto: %(who)s") % {"who": " ".join(filter(None, named))}, None, None
    text = text_of(message, "text") or text_of(message, "caption")
    if not text and not _parts(message):
        text = _("Envió algo que no podemos mostrar.")
    return text, None, None


def _parts(message: Json) -> tuple[Part, ...]:
    sizes = listed(message, "photo")
    if sizes:
        # The same photo in several sizes, the largest last.
        return (Part(media_type="image/jpeg", ref=needed(sizes[-1], "file_id")),)
    found = next((inner(message, name) for name in _FILES if inner(message, name)), {})
    if not found:
        return ()
    name, media_type = text_of(found, "file_name"), text_of(found, "mime_type")
    return (Part(name=name, media_type=media_type, ref=needed(found, "file_id")),)


# ---- What leaves ----


def _token(access: Access) -> str:
    return quote(access.secrets.get("token", ""), safe=":")


def _ask(access: Access, method: str, payload: Mapping[str, object]) -> Mapping[str, object]:
    url = f"{settings.TELEGRAM_URL}/bot{_token(access)}/{method}"
    answer = ask("POST", url, json=payload, wait=_wait)
    if answer.ok and answer.data.get("ok") is True:
        return answer.data
    said = text_of(answer.data, "description") or f"refused ({answer.status})"
    # 401 and 404: the token is wrong, and somebody will repair it.
    raise DeliveryError(said, permanent=answer.status in {400, 403})


def _wait(answer: Answer) -> timedelta | None:
    return in_seconds(inner(answer.data, "parameters").get("retry_after"))


CHANNEL = Telegram()
