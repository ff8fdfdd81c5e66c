"""A Facebook page: Messenger's Send API, and the comments below its posts."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from tests.fakes.meta import SECRETS, Meta, refuse
from tests.fakes.provider import DAY, Asked, Event, Reply, Sent

PAGE = "113110311311311"
POST = f"{PAGE}_9001"


class Facebook(Meta):
    """`comments`: id → (author, when, whether it had its private reply).

    Whoever comments has another id there than in Messenger, and only the answer to a private reply
    tells which belong together.
    """

    kind = "facebook"
    states = ("delivered", "read")
    has_window = True

    def __init__(self) -> None:
        super().__init__()
        self.comments: dict[str, dict[str, Any]] = {}
        self.gone: set[str] = set()
        self.human_agent = False

    def account_data(self) -> dict[str, Any]:
        return {"address": PAGE, "options": {}, "secrets": SECRETS}

    # ---- Its webhooks ----

    def person(self, n: int = 1) -> str:
        return f"70000{n:010d}"

    def says(self, person: str, text: str, **more: Any) -> Event:
        return self.event(person, message={"mid": f"m_in{next(self.serial)}", "text": text, **more})

    def event(self, person: str, **what: Any) -> Event:
        self.wrote[person] = time.time()
        return {
            "sender": {"id": person},
            "recipient": {"id": PAGE},
            "timestamp": int(time.time() * 1000),
            **what,
        }

    def echo(self, person: str, text: str, **more: Any) -> Event:
        message = {"mid": f"m_echo{next(self.serial)}", "text": text, "is_echo": True, **more}
        return self.event(person, message=message) | {
            "sender": {"id": PAGE},
            "recipient": {"id": person},
        }

    def commenter(self, person: str) -> str:
        """What the feed calls a person of Messenger."""
        return f"10{person}"

    def comments_on(self, person: str, text: str, verb: str = "add", **more: Any) -> Event:
        """Somebody writes below a post of the page; `person` as Messenger knows them."""
        number = more.pop("comment_id", None) or f"9001_{next(self.serial)}"
        value = {
            "item": "comment",
            "verb": verb,
            "from": {"id": self.commenter(person), "name": "Ana Pérez"},
            "post_id": POST,
            "comment_id": number,
            "parent_id": POST,
            "created_time": int(time.time()),
            "message": text,
            **more,
        }
        self.comments.setdefault(number, {"at": time.time(), "by": person, "answered": False})
        return {"field": "feed", "value": value}

    def id_of(self, event: Event) -> str:
        if "value" in event:
            return str(event["value"]["comment_id"])
        return str(event["message"]["mid"])

    def tells(self, sent: Sent, state: str) -> Event:
        until = int(time.time() * 1000)
        if state == "delivered":
            delivery = {"mids": [sent.id], "watermark": until}
            return {**self._about(sent.to), "delivery": delivery}
        return {**self._about(sent.to), "read": {"watermark": until}}

    def _about(self, person: str) -> Event:
        return {"sender": {"id": person}, "recipient": {"id": PAGE}, "timestamp": 1}

    def changes(self, event: Event, text: str | None) -> Event:
        if "value" in event:
            value, verb = event["value"], "remove" if text is None else "edited"
            return self.comments_on(
                value["from"]["id"][2:], text or "", verb, comment_id=value["comment_id"]
            )
        mid, person = event["message"]["mid"], event["sender"]["id"]
        if text is None:
            return self.event(person, message={"mid": mid, "is_deleted": True})
        return self.event(person, message_edit={"mid": mid, "text": text, "num_edit": 1})

    def bodies(self, events: Sequence[Event]) -> list[bytes]:
        messaging = [event for event in events if "field" not in event]
        changes = [event for event in events if "field" in event]
        entry: dict[str, Any] = {"id": PAGE, "time": int(time.time() * 1000)}
        entry |= {"messaging": messaging} if messaging else {}
        entry |= {"changes": changes} if changes else {}
        return [json.dumps({"object": "page", "entry": [entry]}).encode()]

    # ---- Its API ----

    def too_many(self, seconds: int) -> Reply:
        error = {"message": "Calls to this api have exceeded the rate limit", "code": 613}
        return Reply(400, {"error": error})

    def refuses_for_good(self, person: str) -> None:
        self.gone.add(person)

    def answer(self, asked: Asked) -> Reply:
        if asked.path.startswith("/cdn/"):
            return Reply(200, self.files[asked.path.rpartition("/")[2]])
        self.require_token(asked)
        thing, _slash, edge = asked.path[1:].partition("/")
        if edge == "messages" and thing == PAGE:
            return self._message(asked.json)
        if edge != "comments":
            refuse(100, f"Unsupported post request {asked.path}")
        return self._comment(thing, asked.json)

    def _message(self, given: dict[str, Any]) -> Reply:
        recipient = given.get("recipient", {})
        if len(recipient) != 1 or not recipient.keys() <= {"id", "comment_id", "post_id"}:
            refuse(100, "one recipient")
        self.require_fields(given["message"], {"text"}, {"metadata"}, lambda why: refuse(100, why))
        text = given["message"]["text"]
        if not 1 <= len(text) <= 2000:
            refuse(100, f"a text of {len(text)} characters")
        if "id" not in recipient:
            (about,) = recipient.items()
            person = self._private_reply(given, *about)
        else:
            person = self._to_person(given, recipient["id"])
        sent = self.take(person, text)
        return Reply(200, {"recipient_id": person, "message_id": sent.id})

    def _private_reply(self, given: dict[str, Any], named: str, comment: str) -> str:
        if (named == "post_id") is not comment.startswith(f"{PAGE}_"):
            refuse(100, f"{comment} is no {named}")
        self.require_fields(given, {"recipient", "message"}, set(), lambda why: refuse(100, why))
        found = self.comments.get(comment)
        if found is None:
            refuse(100, "no such comment")
        if found["answered"]:
            refuse(10900, "Activity already replied to")
        if time.time() - found["at"] > 7 * DAY:
            refuse(10903, "the comment is too old for a private reply")
        found["answered"] = True
        return str(found["by"])

    def _to_person(self, given: dict[str, Any], person: str) -> str:
        self.require_fields(
            given, {"recipient", "message", "messaging_type"}, {"tag"}, lambda why: refuse(100, why)
        )
        if person in self.gone:
            refuse(551, "This person isn't available right now", subcode=1545041)
        if person not in self.wrote:
            refuse(100, "No matching user found", subcode=2018001)
        if given["messaging_type"] == "MESSAGE_TAG":
            if given.get("tag") != "HUMAN_AGENT" or not self.human_agent:
                refuse(100, "tag not allowed")
            within: float = 7 * DAY
        else:
            within = DAY
        if not self.wrote_lately(person, within):
            refuse(10, "This message is sent outside of allowed window", 403, subcode=2018278)
        return person

    def _comment(self, comment: str, given: dict[str, Any]) -> Reply:
        self.require_fields(given, {"message"}, set(), lambda why: refuse(100, why))
        if comment not in self.comments:
            refuse(100, "Object does not exist")
        sent = self.take(comment, given["message"], public=True)
        return Reply(200, {"id": sent.id})

    def new_id(self, _to: str) -> str:
        return f"m_out{next(self.serial)}"
