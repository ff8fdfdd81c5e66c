"""Telegram's Bot API."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any, NoReturn

from tests.fakes.provider import Asked, Event, Provider, RefusedError, Reply

TOKEN, SECRET = "123456:AAtoken-of_the-bot", "webhook-secret"


def refuse(status: int, why: str) -> NoReturn:
    body = {"ok": False, "error_code": status, "description": why}
    raise RefusedError(status, body, why)


class Telegram(Provider):
    kind = "telegram"
    setting = "TELEGRAM_URL"
    batches = False
    signs_bytes = False

    def __init__(self) -> None:
        super().__init__()
        self.blocked: set[str] = set()
        self.messages: set[tuple[str, int]] = set()

    def account_data(self) -> dict[str, Any]:
        return {
            "address": "123456",
            "options": {"username": "Centro311Bot"},
            "secrets": {"token": TOKEN, "webhook_secret": SECRET},
        }

    # ---- Its webhooks ----

    def person(self, n: int = 1) -> str:
        return str(900_000 + n)

    def says(self, person: str, text: str, **more: Any) -> Event:
        return {"message": self.message(person, text=text, **more)}

    def message(self, person: str, **content: Any) -> dict[str, Any]:
        self.wrote[person] = time.time()
        number = next(self.serial)
        self.messages.add((person, number))
        sender = {"id": int(person), "is_bot": False, "first_name": "Ana", "username": "anap"}
        chat = {"id": int(person), "type": "private"}
        return {
            "message_id": number,
            "from": sender,
            "chat": chat,
            "date": int(time.time()),
            **content,
        }

    def id_of(self, event: Event) -> str:
        message = event["message"]
        return f"{message['chat']['id']}:{message['message_id']}"

    def changes(self, event: Event, text: str | None) -> Event:
        assert text is not None, "Telegram tells a bot of no deletions"
        return {
            "edited_message": event["message"] | {"text": text, "edit_date": int(time.time()) + 1}
        }

    def bodies(self, events: Sequence[Event]) -> list[bytes]:
        return [json.dumps({"update_id": next(self.serial), **event}).encode() for event in events]

    def sign(self, body: bytes) -> dict[str, str]:
        return {"X-Telegram-Bot-Api-Secret-Token": SECRET}

    # ---- Its API ----

    def too_many(self, seconds: int) -> Reply:
        told = {"ok": False, "error_code": 429, "description": "Too Many Requests"}
        return Reply(429, told | {"parameters": {"retry_after": seconds}})

    def refuses_for_good(self, person: str) -> None:
        self.blocked.add(person)

    def answer(self, asked: Asked) -> Reply:
        start, file = f"/bot{TOKEN}/", f"/file/bot{TOKEN}/"
        if asked.path.startswith(file):
            return Reply(200, self.files[asked.path.removeprefix(file)])
        if not asked.path.startswith(start):
            refuse(401, "Unauthorized")
        match asked.path.removeprefix(start):
            case "sendMessage":
                return self._send(asked.json)
            case "getFile":
                return self._file(asked.json["file_id"])
        refuse(404, "Not Found")

    def _file(self, name: str) -> Reply:
        if name not in self.files:
            refuse(400, "Bad Request: invalid file_id")
        found = {"file_id": name, "file_path": name, "file_size": len(self.files[name])}
        return Reply(200, {"ok": True, "result": found})

    def _send(self, given: dict[str, Any]) -> Reply:
        self.require_fields(
            given,
            {"chat_id", "text"},
            {"reply_parameters", "link_preview_options"},
            lambda why: refuse(400, f"Bad Request: {why}"),
        )
        chat = str(given["chat_id"])
        if chat not in self.wrote:
            refuse(400, "Bad Request: chat not found")
        if chat in self.blocked:
            refuse(403, "Forbidden: bot was blocked by the user")
        if not given["text"].strip():
            refuse(400, "Bad Request: message text is empty")
        if len(given["text"].encode("utf-16-le")) // 2 > 4096:
            refuse(400, "Bad Request: message is too long")
        answered = given.get("reply_parameters")
        strict = answered and not answered.get("allow_sending_without_reply")
        if strict and (chat, answered["message_id"]) not in self.messages:
            refuse(400, "Bad Request: message to be replied not found")
        sent = self.take(chat, given["text"])
        number = int(sent.id.partition(":")[2])
        self.messages.add((chat, number))
        return Reply(200, {"ok": True, "result": {"message_id": number, "chat": {"id": int(chat)}}})

    def new_id(self, to: str) -> str:
        return f"{to}:{next(self.serial)}"
