"""A Facebook page: what people write to it by Messenger, and the comments below its posts.

https://developers.facebook.com/documentation/business-messaging/messenger-platform and
https://developers.facebook.com/docs/graph-api/webhooks/reference/page
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centro.channels import meta
from centro.channels.channel import (
    COMMENTER,
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
    Taken,
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

_FILES = frozenset({"image", "video", "audio", "file"})
_HOSTS = (".fbcdn.net", ".fbsbx.com")
_COMMENT = re.compile(r"\d+_\d+")
_ADDRESSES = re.compile(rf"({COMMENTER})?\d{{1,30}}")
_LONGEST_COMMENT = 8000
_MILLIS = 1000
# Our own word comes back to us as an echo; by this mark we know it.
_MARK = "centro:"
_TOO_MANY = frozenset({4, 17, 32, 613, 80001, 80006})
# Faults over there, and what somebody will repair: a token, a permission.
_CURABLE = frozenset({1, 2, 10, 190, 368, 1200, *range(200, 300)})
# Outside the time in which we may write; a person who cannot be written to.
_PRIVATE_REPLY = {
    10900: gettext_lazy("Facebook deja responder en privado una sola vez a cada comentario, y ya se hizo."),
    10903: gettext_lazy("El comentario tiene más de siete días: Facebook ya no deja responderle en privado."),
}  # fmt: skip
_FINAL = frozenset({2018278, 2018001, 2018108, 1545041, 2018065})


class Facebook(Channel):
    kind = "facebook"
    label = "Facebook"
    fields = (
        Field("token", gettext_lazy("Token de acceso de la página"), secret=True),
        Field("app_secret", gettext_lazy("Clave secreta de la aplicación"), secret=True),
        Field("verify_token", gettext_lazy("Token de verificación del webhook"), secret=True),
        Field(
            "human_agent",
            gettext_lazy("Meta aprobó responder hasta 7 días después (1: sí)"),
            required=False,
        ),
        Field(
            "invite",
            gettext_lazy("Invitar en público a escribir en privado (1: sí)"),
            required=False,
        ),
    )
    longest = 2000
    window = timedelta(hours=24)
    reports = True

    # ---- In ----

    def challenge(self, access: Access, call: Call) -> str | None:
        return meta.challenge(access, call)

    def verify(self, access: Access, call: Call) -> None:
        meta.verify(access, call)

    def parse(self, access: Access, headers: Mapping[str, str], body: bytes) -> list[Item]:
        data = read_json(body)
        if data.get("object") != "page":
            raise Unreadable("not of a page")
        return each(listed(data, "entry"), lambda entry: _entry(access, entry))

    def fetch(self, access: Access, ref: str) -> Download:
        return download(ref, hosts=(*_HOSTS, urlsplit(settings.META_URL).netloc), most=LARGEST)

    def private_link(self, access: Access) -> str:
        return f"https://m.me/{quote(access.address, safe='')}"

    # ---- Out ----

    def writes_late(self, access: Access, *, reference: str, in_reply_to: str) -> bool:
        by_tag = access.options.get("human_agent") == "1"
        return by_tag or _COMMENT.fullmatch(in_reply_to) is not None

    def send(self, access: Access, message: Outgoing) -> Taken:
        require_sendable(message, _ADDRESSES)
        if message.public:
            text = {"message": fit(message, _LONGEST_COMMENT)}
            return Taken(
                text_of(_post(access, (message.in_reply_to, "comments"), text, "id"), "id")
            )
        payload = {
            **_whom(access, message),
            "message": {"text": fit(message, self.longest), "metadata": f"{_MARK}{message.key}"},
        }
        taken = _post(access, (access.address, "messages"), payload, "message_id")
        return Taken(text_of(taken, "message_id"), recipient=text_of(taken, "recipient_id"))


# ---- What comes ----


def _entry(access: Access, entry: Json) -> list[Item]:
    page = text_of(entry, "id")
    if page != access.address:
        return [Rejected(_("Es de otra página: %(id)s.") % {"id": page})]
    return [
        *each(listed(entry, "messaging"), _event),
        *each(listed(entry, "changes"), lambda change: _change(page, change)),
        *each(listed(entry, "standby"), _standby),
    ]


def _standby(_event_of_another: Json) -> list[Item]:
    return [Rejected(_("Lo atiende otra aplicación de la página."))]


def _event(event: Json) -> list[Item]:
    """One thing that happened in a talk by Messenger."""
    person, at = text_of(inner(event, "sender"), "id"), moment(event.get("timestamp"), _MILLIS)
    if "message" in event:
        return [_message(event, inner(event, "message"))]
    if "message_edit" in event:
        edit = inner(event, "message_edit")
        return [Change(needed(edit, "mid"), text_of(edit, "text"), at)]
    if "delivery" in event:
        return _delivered(person, inner(event, "delivery"))
    if "read" in event:
        until = moment(inner(event, "read").get("watermark"), _MILLIS)
        return [Report(id="", status="read", at=until, recipient=person)]
    if "postback" in event:
        pressed = inner(event, "postback")
        identity = text_of(pressed, "mid") or f"postback:{person}:{needed(event, 'timestamp')}"
        text = text_of(pressed, "title") or text_of(pressed, "payload")
        return [Incoming(id=identity, sender=Sender(person), text=text, sent_at=at)]
    if "reaction" in event:
        return [_reaction(event, person)]
    what = next((k for k in event if k not in {"sender", "recipient", "timestamp"}), "?")
    return [Rejected(_("Aviso «%(what)s».") % {"what": what})]


def _delivered(person: str, delivery: Json) -> list[Item]:
    """Some messages by name, and all that were sent before a moment."""
    until = moment(delivery.get("watermark"), _MILLIS)
    named: list[Item] = [
        Report(id=str(mid), status="delivered", at=until) for mid in listed(delivery, "mids")
    ]
    return [*named, Report(id="", status="delivered", at=until, recipient=person)]


def _reaction(event: Json, person: str) -> Item:
    reaction = inner(event, "reaction")
    if text_of(reaction, "action") != "react":
        return Rejected(_("Retiró una reacción."))
    return Incoming(
        id=f"reaction:{person}:{needed(event, 'timestamp')}",
        sender=Sender(person),
        text=text_of(reaction, "emoji") or text_of(reaction, "reaction"),
        sent_at=moment(event.get("timestamp"), _MILLIS),
        references=(text_of(reaction, "mid"),),
        nature="automatic",
        why=_("Es una reacción a un mensaje."),
    )


def _message(event: Json, message: Json) -> Item:
    echo = message.get("is_echo") is True
    if echo and text_of(message, "metadata").startswith(_MARK):
        return Rejected(_("Eco de un mensaje nuestro."))
    if message.get("is_deleted") is True:
        return Change(needed(message, "mid"), None, moment(event.get("timestamp"), _MILLIS))
    texts, parts = [text_of(message, "text")], []
    degrees: tuple[float | None, float | None] = (None, None)
    for attachment in listed(message, "attachments"):
        said, part, found = _attachment(attachment)
        texts.append(said)
        parts += [part] if part else []
        degrees = found if found != (None, None) else degrees
    answered = text_of(inner(message, "reply_to"), "mid")
    return Incoming(
        id=needed(message, "mid"),
        # Of what the page itself wrote: the person to whom.
        sender=Sender(needed(inner(event, "recipient" if echo else "sender"), "id")),
        text="\n".join(filter(None, texts)),
        sent_at=moment(event.get("timestamp"), _MILLIS),
        references=(answered,) if answered else (),
        parts=parts,
        nature="own" if echo else "",
        why=_("Se escribió desde la página de Facebook.") if echo else "",
        lat=degrees[0],
        lon=degrees[1],
    )


def _attachment(
    attachment: Json,
) -> tuple[str, Part | None, tuple[float | None, float | None]]:
    """What an attachment says, the file it names, and the place it shows."""
    kind, payload = text_of(attachment, "type"), inner(attachment, "payload")
    if kind in _FILES:
        return "", Part(ref=needed(payload, "url")), (None, None)
    if kind == "location":
        found = inner(payload, "coordinates")
        text, lat, lon = place_text(found.get("lat"), found.get("long"))
        return text, None, (lat, lon)
    # A shared link: its address is whatever its author wrote, and is not fetched.
    title = text_of(attachment, "title") or text_of(payload, "title")
    return " ".join(filter(None, [title, text_of(payload, "url")])), None, (None, None)


def _change(page: str, change: Json) -> list[Item]:
    """What happened below the posts of the page, for everybody to read."""
    value = inner(change, "value")
    item, verb = text_of(value, "item"), text_of(value, "verb")
    if text_of(change, "field") != "feed" or item not in {"comment", "post", "status"}:
        what = f"{text_of(change, 'field')} {item}".strip()
        return [Rejected(_("Aviso «%(what)s».") % {"what": what})]
    identity = needed(value, "comment_id" if item == "comment" else "post_id")
    at = moment(value.get("created_time"))
    if verb == "remove":
        return [Change(identity, None, at)]
    if verb in {"edit", "edited"}:
        return [Change(identity, text_of(value, "message"), at)]
    own = text_of(inner(value, "from"), "id") == page
    if verb != "add" or (own and item != "comment"):
        return [Rejected(_("Aviso «%(what)s».") % {"what": f"{item} {verb}"})]
    return [_comment(value, identity, own=own)]


def _comment(value: Json, identity: str, *, own: bool) -> Item:
    author = inner(value, "from")
    post, parent = text_of(value, "post_id"), text_of(value, "parent_id")
    photo = text_of(value, "photo")
    # What a feed calls a person is not what Messenger calls them (see `_whom`).
    named = needed(author, "id") if own else f"{COMMENTER}{needed(author, 'id')}"
    return Incoming(
        id=identity,
        sender=Sender(named, name=text_of(author, "name")),
        text=text_of(value, "message"),
        sent_at=moment(value.get("created_time")),
        public=True,
        thread=post or identity,
        references=(parent,) if parent and parent != post else (),
        origin=text_of(inner(value, "post"), "permalink_url") or text_of(value, "permalink_url"),
        parts=(Part(ref=photo),) if photo else (),
        nature="own" if own else "",
        why=_("Lo escribió nuestra página.") if own else "",
    )


# ---- What leaves ----


def _whom(access: Access, message: Outgoing) -> dict[str, object]:
    """Whom a private message is for, and by which right it is sent."""
    recipient = {"id": message.address}
    known = not message.address.startswith(COMMENTER)
    if known and message.window_open:
        return {"recipient": recipient, "messaging_type": "RESPONSE"}
    if _COMMENT.fullmatch(message.in_reply_to):
        # A private reply to a comment or post: once, within seven days; Meta counts, and its
        # answer says by which id the person can be written to from then on.
        post = message.in_reply_to.startswith(f"{access.address}_")
        return {"recipient": {"post_id" if post else "comment_id": message.in_reply_to}}
    if not known:
        raise DeliveryError(
            _("Sólo comentó en público: Facebook deja escribirle en respuesta a un comentario."),
            permanent=True,
        )
    # The tag is for what a person at the desk wrote, never for letters of ours.
    if access.options.get("human_agent") == "1" and message.name == "written":
        return {"recipient": recipient, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    raise DeliveryError(_("La persona no ha escrito en 24 horas."), permanent=True)


def _post(access: Access, path: tuple[str, ...], payload: Mapping[str, object], named: str) -> Json:
    answer = meta.graph(access, "POST", path, payload)
    if not answer.ok:
        raise _refused(answer)
    if not text_of(answer.data, named):
        raise DeliveryError("an answer without the id of the message")
    return answer.data


def _refused(answer: Answer) -> DeliveryError:
    code = meta.error_of(answer).get("code")
    if code in _PRIVATE_REPLY:
        return DeliveryError(str(_PRIVATE_REPLY[code]), permanent=True)
    return meta.refusal(answer, too_many=_TOO_MANY, curable=_CURABLE, final=_FINAL)


CHANNEL = Facebook()
