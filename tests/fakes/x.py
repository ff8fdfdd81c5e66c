"""X: the Account Activity API and the endpoints of API v2 that we use."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Sequence
from typing import Any, NoReturn
from urllib.parse import quote, unquote

from tests.fakes.provider import Asked, Event, Provider, RefusedError, Reply, Sent

US, HANDLE = "3110311", "Centro311"
SECRETS = {
    "consumer_key": "consumer-of-x", "consumer_secret": "c&s secret", "token": "token-of-x", "token_secret": "t/s",
}  # fmt: skip


def refuse(status: int, why: str) -> NoReturn:
    body = {"title": "Refused", "detail": why, "type": "about:blank", "status": status}
    raise RefusedError(status, body, why)


class X(Provider):
    """`posts`: those that exist, with their author. `closed`: who takes no messages of ours."""

    kind = "x"
    setting = "X_URL"
    states = ("read",)
    edits = False

    def __init__(self) -> None:
        super().__init__()
        self.posts: dict[str, str] = {}
        self.closed: set[str] = set()
        self.nonces: set[str] = set()

    def account_data(self) -> dict[str, Any]:
        return {"address": US, "options": {}, "secrets": SECRETS}

    # ---- Its webhooks ----

    def person(self, n: int = 1) -> str:
        return f"88{n:08d}"

    def user(self, person: str) -> dict[str, Any]:
        return {"id_str": person, "name": "Ana Pérez", "screen_name": f"ana{person}"}

    def says(self, person: str, text: str, **more: Any) -> Event:
        self.wrote[person] = time.time()
        data = {"text": text.replace("&", "&amp;").replace("<", "&lt;"), **more}
        message = {
            "target": {"recipient_id": US},
            "sender_id": person,
            "message_data": data,
        }
        return {
            "type": "message_create",
            "id": str(1_000_000 + next(self.serial)),
            "created_timestamp": str(int(time.time() * 1000)),
            "message_create": message,
        }

    def posts_about(self, person: str, text: str, **more: Any) -> Event:
        """Somebody mentions us for everybody to read."""
        number = str(2_000_000 + next(self.serial))
        self.posts[number] = person
        return {
            "id_str": number,
            "user": self.user(person),
            "text": text,
            "timestamp_ms": str(int(time.time() * 1000)),
            "entities": {"user_mentions": [{"id_str": US, "screen_name": HANDLE}]},
            **more,
        }

    def id_of(self, event: Event) -> str:
        return str(event.get("id") or event["id_str"])

    def tells(self, sent: Sent, state: str) -> Event:
        return {
            "created_timestamp": str(int(time.time() * 1000)),
            "sender_id": sent.to,
            "target": {"recipient_id": US},
            "last_read_event_id": sent.id,
        }

    def changes(self, event: Event, text: str | None) -> Event:
        assert text is None, "a post of X is deleted, not edited"
        status = {"id": event["id_str"], "user_id": event["user"]["id_str"]}
        return {"status": status, "timestamp_ms": str(int(time.time() * 1000))}

    def bodies(self, events: Sequence[Event]) -> list[bytes]:
        body: dict[str, Any] = {"for_user_id": US, "users": {}}
        for event in events:
            body.setdefault(_list_of(event), []).append(event)
            if "message_create" in event:
                person = event["message_create"]["sender_id"]
                body["users"][person] = self.user(person)
        return [json.dumps(body).encode()]

    def sign(self, body: bytes) -> dict[str, str]:
        digest = hmac.new(SECRETS["consumer_secret"].encode(), body, hashlib.sha256).digest()
        return {"x-twitter-webhooks-signature": "sha256=" + base64.b64encode(digest).decode()}

    # ---- Its API ----

    def too_many(self, seconds: int) -> Reply:
        reset = str(int(time.time()) + seconds)
        return Reply(429, {"title": "Too Many Requests"}, {"x-rate-limit-reset": reset})

    def refuses_for_good(self, person: str) -> None:
        self.closed.add(person)

    def answer(self, asked: Asked) -> Reply:
        self._require_signature(asked)
        if asked.method == "GET":
            return Reply(200, self.files[asked.path.rpartition("/")[2]])
        talk = re.fullmatch(r"/2/dm_conversations/with/(\d+)/messages", asked.path)
        if talk:
            return self._direct(talk[1], asked.json)
        if asked.path == "/2/tweets":
            return self._post(asked.json)
        refuse(404, f"no such endpoint {asked.path}")

    def _direct(self, person: str, given: dict[str, Any]) -> Reply:
        self.require_fields(given, {"text"}, {"attachments"}, lambda why: refuse(400, why))
        if person in self.closed:
            refuse(403, "You do not have permission to DM this participant.")
        if not 1 <= len(given["text"]) <= 10_000:
            refuse(400, f"a text of {len(given['text'])} characters")
        sent = self.take(person, given["text"])
        data = {"dm_conversation_id": f"{US}-{person}", "dm_event_id": sent.id}
        return Reply(201, {"data": data})

    def _post(self, given: dict[str, Any]) -> Reply:
        self.require_fields(given, {"text", "reply"}, set(), lambda why: refuse(400, why))
        answered = given["reply"]["in_reply_to_tweet_id"]
        if answered not in self.posts:
            refuse(403, "You attempted to reply to a Tweet that is deleted or not visible to you.")
        if self.posts[answered] in self.closed:
            refuse(403, "Reply to this conversation is not allowed.")
        if _weight(given["text"]) > 280:
            refuse(400, f"a text of weight {_weight(given['text'])}")
        if any(sent.public and sent.text == given["text"] for sent in self.sent):
            refuse(403, "You are not allowed to create a Tweet with duplicate content.")
        sent = self.take(answered, given["text"], public=True)
        return Reply(201, {"data": {"id": sent.id, "text": sent.text}})

    def new_id(self, _to: str) -> str:
        return str(3_000_000 + next(self.serial))

    def _require_signature(self, asked: Asked) -> None:
        """OAuth 1.0a, computed here on its own."""
        header = asked.headers.get("authorization", "")
        if not header.startswith("OAuth "):
            refuse(401, "no signature")
        pairs = re.findall(r'(\w+)="([^"]*)"', header)
        given = {name: unquote(value) for name, value in pairs}
        claimed = given.pop("oauth_signature", "")
        if (
            given.get("oauth_nonce") in self.nonces
            or abs(int(given.get("oauth_timestamp", "0")) - time.time()) > 300
        ):
            refuse(401, "a call that was made before")
        self.nonces.add(given["oauth_nonce"])
        if given["oauth_consumer_key"] != "consumer-of-x" or given["oauth_token"] != "token-of-x":
            refuse(401, "unknown keys")
        every = {**given, **asked.query}
        text = "&".join(f"{_pc(k)}={_pc(every[k])}" for k in sorted(every))
        base = "&".join([asked.method, _pc(self.url + asked.path), _pc(text)])
        key = f"{_pc(SECRETS['consumer_secret'])}&{_pc(SECRETS['token_secret'])}".encode()
        right = base64.b64encode(hmac.digest(key, base.encode(), "sha1")).decode()
        if claimed != right:
            refuse(401, "wrong signature")


def _pc(text: str) -> str:
    return quote(text, safe="")


def _list_of(event: Event) -> str:
    if "message_create" in event:
        return "direct_message_events"
    if "last_read_event_id" in event:
        return "direct_message_mark_read_events"
    return "tweet_delete_events" if "status" in event else "tweet_create_events"


def _weight(text: str) -> int:
    """By the rules of twitter-text: two for each character beyond the light ranges, 23 a link."""
    rest = re.sub(r"https?://\S+", "x" * 23, text)
    heavy = re.findall(r"[^\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]", rest)
    return len(rest) + len(heavy)
