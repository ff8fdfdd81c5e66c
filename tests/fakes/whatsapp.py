"""WhatsApp's Cloud API, as Meta describes it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from typing import Any

from tests.fakes.meta import SECRETS, Meta, refuse
from tests.fakes.provider import Asked, Event, Reply, Sent

NUMBER_ID, NUMBER, BUSINESS = "106540352242922", "5073110311", "102290129340398"


class WhatsApp(Meta):
    """`templates`: name and language → how many blanks. `blocked`: who cannot be written to."""

    kind = "whatsapp"
    states = ("sent", "delivered", "read")
    tells_failures = True
    has_window = True

    def __init__(self) -> None:
        super().__init__()
        self.templates = {
            ("caso_novedad", "es"): 2, ("case_news", "en_US"): 2, ("respuesta", "es"): 2,
            ("escribanos", "es"): 0,
        }  # fmt: skip
        self.blocked: set[str] = set()
        self.known: set[str] = set()

    def account_data(self) -> dict[str, Any]:
        options = {
            "phone_number_id": NUMBER_ID,
            "template_es": "caso_novedad:es",
            "template_en": "case_news:en_US",
        }
        return {"address": NUMBER, "options": options, "secrets": SECRETS}

    # ---- Its webhooks ----

    def person(self, n: int = 1) -> str:
        return f"5076{n:07d}"

    def says(self, person: str, text: str, **more: Any) -> Event:
        return self.message(person, "text", {"body": text}, **more)

    def message(self, person: str, kind: str, content: Any, **more: Any) -> Event:
        """A message of any kind; a person with letters in the id hides their telephone."""
        self.wrote[person] = time.time()
        hidden = not person.isdecimal()
        message = {
            "id": f"wamid.in{next(self.serial)}",
            "timestamp": str(int(time.time())),
            "type": kind,
            kind: content,
            **({"from_user_id": person} if hidden else {"from": person}),
            **more,
        }
        self.known.add(message["id"])
        contact = {
            "profile": {"name": "Ana Pérez"},
            **({"user_id": person} if hidden else {"wa_id": person}),
        }
        return {"messages": [message], "contacts": [contact]}

    def id_of(self, event: Event) -> str:
        return str(event["messages"][0]["id"])

    def tells(self, sent: Sent, state: str, **more: Any) -> Event:
        status = {
            "id": sent.id,
            "status": state,
            "timestamp": str(int(time.time())),
            "recipient_id": sent.to,
            **more,
        }
        if state == "failed" and "errors" not in more:
            status["errors"] = [{"code": 131026, "title": "Message undeliverable"}]
        return {"statuses": [status]}

    def changes(self, event: Event, text: str | None) -> Event:
        first = event["messages"][0]
        about: dict[str, Any] = {"original_message_id": first["id"]}
        if text is not None:
            about["message"] = {"type": "text", "text": {"body": text}}
        kind = "revoke" if text is None else "edit"
        return self.message(first["from"], kind, about)

    def value(self, event: Event) -> dict[str, Any]:
        metadata = {"display_phone_number": NUMBER, "phone_number_id": NUMBER_ID}
        return {"messaging_product": "whatsapp", "metadata": metadata, **event}

    def bodies(self, events: Sequence[Event]) -> list[bytes]:
        changes = [{"field": "messages", "value": self.value(event)} for event in events]
        entries = [{"id": BUSINESS, "changes": changes}]
        return [json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode()]

    # ---- Its API ----

    def refuses_for_good(self, person: str) -> None:
        self.blocked.add(person)

    def answer(self, asked: Asked) -> Reply:
        self.require_token(asked)
        if asked.method == "GET":
            return self._media(asked)
        if asked.path != f"/{NUMBER_ID}/messages":
            refuse(100, f"Unsupported post request {asked.path}")
        return self._send(asked.json)

    def _media(self, asked: Asked) -> Reply:
        name = asked.path.rpartition("/")[2]
        if name not in self.files:
            refuse(100, "Unsupported get request", 404)
        if asked.path.startswith("/media/"):
            return Reply(200, self.files[name], {"Content-Type": "image/jpeg"})
        told = {
            "messaging_product": "whatsapp",
            "url": f"{self.url}/media/{name}",
            "mime_type": "image/jpeg",
            "file_size": len(self.files[name]),
            "id": name,
        }
        return Reply(200, told)

    def _send(self, given: dict[str, Any]) -> Reply:
        kind = given.get("type")
        if kind not in {"text", "template"}:
            refuse(100, f"type {kind}")
        whom = {"recipient"} if "recipient" in given else {"to"}
        self.require_fields(
            given,
            {"messaging_product", "recipient_type", "type", kind} | whom,
            {"context"},
            lambda why: refuse(100, why),
        )
        to = given.get("to") or given["recipient"]
        if "to" in given and not re.fullmatch(r"\d{8,15}", to):
            refuse(131009, "to is not a telephone")
        if "recipient" in given and not re.fullmatch(r"[A-Z]{2}\.\w{1,128}", to):
            refuse(131009, "recipient is not a user id")
        if to in self.blocked:
            refuse(131026, "Message undeliverable")
        if "context" in given and given["context"]["message_id"] not in self.known:
            refuse(131009, "unknown message in context")
        template = ""
        if kind == "text":
            text = self._text(given["text"], to)
        else:
            template, text = self._template(given["template"])
        sent = self.take(to, text, template=template)
        self.known.add(sent.id)
        contacts = [{"input": to, "wa_id": to}]
        taken = [{"id": sent.id}]
        return Reply(
            200, {"messaging_product": "whatsapp", "contacts": contacts, "messages": taken}
        )

    def _text(self, given: dict[str, Any], to: str) -> str:
        self.require_fields(given, {"body"}, {"preview_url"}, lambda why: refuse(100, why))
        if not 1 <= len(given["body"]) <= 4096:
            refuse(100, f"a text of {len(given['body'])} characters")
        if not self.wrote_lately(to):
            refuse(131047, "Re-engagement message")
        return str(given["body"])

    def _template(self, given: dict[str, Any]) -> tuple[str, str]:
        key = given["name"], given["language"]["code"]
        if key not in self.templates:
            refuse(132001, f"no template {key}", 404)
        bodies = [each for each in given["components"] if each["type"] == "body"]
        values = [each["text"] for body in bodies for each in body["parameters"]]
        if bodies and not values:
            refuse(132018, "a body without parameters")
        if sum(map(len, values)) > 1024:
            refuse(132005, "the text of a template is too long")
        if len(values) != self.templates[key]:
            refuse(132000, f"{len(values)} values for {self.templates[key]} blanks")
        if any(not value or "\n" in value or "    " in value for value in values):
            refuse(132012, "a value that a blank cannot take")
        return key[0], " ".join(values)
