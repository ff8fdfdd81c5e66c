"""X: posts that mention us, and direct messages, by the Account Activity API and API v2.

https://docs.x.com/x-api/account-activity and https://docs.x.com/x-api
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from html import unescape
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
    Report,
    Sender,
)
from centro.channels.fitting import fit, require_sendable
from centro.channels.http import Answer, ask, download, until_epoch
from centro.channels.oauth import Keys, authorization
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

_LONGEST_POST, _LINK = 280, 23
_URL = re.compile(r"https?://\S+")
_ADDRESSES = re.compile(r"\d{1,20}")
# Characters that count for one; all others count for two.
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
_MILLIS = 1000
_OPEN_HOSTS = ("pbs.twimg.com", "video.twimg.com")
# Pictures of direct messages, shown to the account alone.
_CLOSED_HOST = "ton.twitter.com"


class X(Channel):
    kind = "x"
    label = "X"
    fields = (
        Field("consumer_key", gettext_lazy("Clave de la aplicación"), secret=True),
        Field("consumer_secret", gettext_lazy("Secreto de la aplicación"), secret=True),
        Field("token", gettext_lazy("Token de la cuenta"), secret=True),
        Field("token_secret", gettext_lazy("Secreto del token"), secret=True),
        Field(
            "invite",
            gettext_lazy("Invitar en público a escribir en privado (1: sí)"),
            required=False,
        ),
    )
    longest = 10_000
    reports = True
    challenge_type = "application/json"

    # ---- In ----

    def challenge(self, access: Access, call: Call) -> str | None:
        token = call.query.get("crc_token")
        if not token:
            return None
        return json.dumps({"response_token": _signature(access, token.encode())})

    def verify(self, access: Access, call: Call) -> None:
        given = call.headers.get("x-twitter-webhooks-signature", "")
        secret = access.secrets.get("consumer_secret", "")
        require_same(given, _signature(access, call.body), secret)

    def parse(self, access: Access, headers: Mapping[str, str], body: bytes) -> list[Item]:
        data = read_json(body)
        us = needed(data, "for_user_id")
        if us != access.address:
            return [Rejected(_("Es de otra cuenta: %(id)s.") % {"id": us})]
        users = inner(data, "users")
        others = [
            name for name, what in data.items() if isinstance(what, list) and name not in _READ
        ]
        return [
            *each(listed(data, "tweet_create_events"), lambda post: [_post(us, post)]),
            *each(listed(data, "tweet_delete_events"), lambda gone: [_deleted(gone)]),
            *each(listed(data, "direct_message_events"), lambda one: [_direct(us, users, one)]),
            *each(listed(data, "direct_message_mark_read_events"), lambda seen: [_seen(seen)]),
            *(Rejected(_("Aviso «%(what)s».") % {"what": name}) for name in others),
        ]

    def fetch(self, access: Access, ref: str) -> Download:
        ours = urlsplit(settings.X_URL).netloc
        closed = urlsplit(ref).netloc in {_CLOSED_HOST, ours}
        signed = {"Authorization": authorization("GET", ref, _keys(access))} if closed else {}
        hosts = (_CLOSED_HOST, ours) if closed else _OPEN_HOSTS
        return download(ref, hosts=hosts, most=LARGEST, headers=signed)

    def private_link(self, access: Access) -> str:
        return f"https://x.com/messages/compose?recipient_id={quote(access.address, safe='')}"

    # ---- Out ----

    def send(self, access: Access, message: Outgoing) -> str:
        require_sendable(message, _ADDRESSES)
        if message.public:
            reply = {"in_reply_to_tweet_id": message.in_reply_to}
            text = fit(message, _LONGEST_POST, weight)
            sent = _ask(access, "/2/tweets", {"text": text, "reply": reply})
            return _id_in(sent, "id")
        path = f"/2/dm_conversations/with/{quote(message.address, safe='')}/messages"
        sent = _ask(access, path, {"text": fit(message, self.longest)})
        return _id_in(sent, "dm_event_id")


_READ = frozenset(
    {
        "tweet_create_events",
        "tweet_delete_events",
        "direct_message_events",
        "direct_message_mark_read_events",
    }
)


def _signature(access: Access, data: bytes) -> str:
    secret = access.secrets.get("consumer_secret", "").encode()
    digest = hmac.new(secret, data, sha256).digest()
    return "sha256=" + base64.b64encode(digest).decode()


# ---- What comes ----


def _author(user: Json) -> Sender:
    identity = text_of(user, "id_str") or needed(user, "id")
    return Sender(identity, name=text_of(user, "name"), handle=text_of(user, "screen_name"))


def _post(us: str, post: Json) -> Item:
    """A post of somebody who speaks to us, for everybody to read."""
    author, identity = _author(inner(post, "user")), needed(post, "id_str")
    answered = text_of(post, "in_reply_to_status_id_str")
    if "retweeted_status" in post:
        return Rejected(_("Solo repite otra publicación."))
    own = author.id == us
    to = text_of(post, "in_reply_to_user_id_str")
    if own and (not to or to == us):
        return Rejected(_("Es una publicación nuestra."))
    whole = inner(post, "extended_tweet") or post
    if not own and to != us and us not in _mentioned(whole):
        return Rejected(_("No se dirige a nosotros."))
    text = unescape(text_of(whole, "full_text") or text_of(whole, "text"))
    place = listed(inner(post, "coordinates"), "coordinates")
    lat = lon = None
    if len(place) == 2:  # as GeoJSON: longitude first
        said, lat, lon = place_text(place[1], place[0])
        text = f"{text}\n{said}"
    return Incoming(
        id=identity,
        # Of an answer that we gave: whom it answers.
        sender=Sender(to) if own else author,
        text=text,
        sent_at=moment(post.get("timestamp_ms"), _MILLIS),
        public=True,
        thread=answered or identity,
        references=(answered,) if answered else (),
        origin=f"https://x.com/i/status/{identity}",
        parts=_media(whole),
        nature="own" if own else "",
        why=_("Lo escribió nuestra cuenta.") if own else "",
        lat=lat,
        lon=lon,
    )


def _mentioned(post: Json) -> set[str]:
    mentions = listed(inner(post, "entities"), "user_mentions")
    return {text_of(each_one, "id_str") for each_one in mentions}


def _media(post: Json) -> tuple[Part, ...]:
    """Photos; of a video only what stands for it."""
    media = listed(inner(post, "extended_entities") or inner(post, "entities"), "media")
    return tuple(Part(ref=needed(each_one, "media_url_https")) for each_one in media)


def _deleted(gone: Json) -> Item:
    identity = needed(inner(gone, "status"), "id")
    return Change(identity, None, moment(gone.get("timestamp_ms"), _MILLIS))


def _direct(us: str, users: Json, event: Json) -> Item:
    if text_of(event, "type") != "message_create":
        return Rejected(_("Aviso «%(what)s».") % {"what": text_of(event, "type")})
    message = inner(event, "message_create")
    sender = needed(message, "sender_id")
    own = sender == us
    person = needed(inner(message, "target"), "recipient_id") if own else sender
    said = inner(message, "message_data")
    user = inner(users, person)
    media = inner(inner(said, "attachment"), "media")
    return Incoming(
        id=needed(event, "id"),
        sender=Sender(person, name=text_of(user, "name"), handle=text_of(user, "screen_name")),
        text=unescape(text_of(said, "text")),
        sent_at=moment(event.get("created_timestamp"), _MILLIS),
        parts=(Part(ref=needed(media, "media_url_https")),) if media else (),
        nature="own" if own else "",
        why=_("Lo escribió nuestra cuenta.") if own else "",
    )


def _seen(seen: Json) -> Item:
    at = moment(seen.get("created_timestamp"), _MILLIS)
    return Report(id="", status="read", at=at, recipient=needed(seen, "sender_id"))


# ---- What leaves ----


def weight(text: str) -> int:
    """How long X takes a post for: addresses count 23, emoji and far scripts two a character."""
    links = len(_URL.findall(text))
    rest = _URL.sub("", text)
    return links * _LINK + sum(1 if _is_light(ord(c)) else 2 for c in rest)


def _is_light(point: int) -> bool:
    return any(first <= point <= last for first, last in _LIGHT)


def _keys(access: Access) -> Keys:
    names = ("consumer_key", "consumer_secret", "token", "token_secret")
    return Keys(*(access.secrets.get(name, "") for name in names))


def _ask(access: Access, path: str, payload: Mapping[str, object]) -> Json:
    url = f"{settings.X_URL}{path}"
    signed = {"Authorization": authorization("POST", url, _keys(access))}
    answer = ask("POST", url, headers=signed, json=payload, wait=_wait)
    if answer.ok:
        return inner(answer.data, "data")
    said = text_of(answer.data, "detail") or text_of(answer.data, "title")
    # 401: somebody will renew the keys. 403: not to this person, or not this text.
    raise DeliveryError(f"{answer.status}: {said}", permanent=answer.status != 401)


def _wait(answer: Answer) -> timedelta | None:
    return until_epoch(answer.headers.get("x-rate-limit-reset"))


def _id_in(sent: Json, name: str) -> str:
    """The id of what was sent. Raises DeliveryError where the answer has none."""
    if not text_of(sent, name):
        raise DeliveryError("an answer without the id of the message")
    return text_of(sent, name)


CHANNEL = X()
