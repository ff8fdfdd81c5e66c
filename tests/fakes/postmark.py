"""A mailbox whose letters leave by a strict Postmark, and whose mails come as a mail server brings
them.

Written after https://postmarkapp.com/developer/api/email-api and …/developer/webhooks.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import localtime
from json import dumps
from typing import Any, NoReturn
from uuid import UUID

from centro.ops.listening.lmtp import keep_mail
from tests.fakes.provider import Asked, Event, HookCall, Provider, RefusedError, Reply, Sent

BOX = "311@centro311.example"
TOKEN = "3a8f1b52-0000-4000-8000-server-token"
HOOK = "postmark:clave-del-aviso"
_ALLOWED = {
    "Cc", "Bcc", "Tag", "HtmlBody", "ReplyTo", "Metadata", "Headers", "TrackOpens", "TrackLinks",
    "Attachments", "MessageStream",
}  # fmt: skip


def refuse(status: int, code: int, why: str) -> NoReturn:
    raise RefusedError(status, {"ErrorCode": code, "Message": why}, why)


class Postmark(Provider):
    """`inactive`: whom it writes to no more, since a letter came back for good."""

    kind = "email"
    address_option = "esp_url"
    batches = edits = signs_bytes = proves_itself = in_json = cuts = one_talk = False
    states = ("delivered",)
    tells_failures = True

    def __init__(self) -> None:
        super().__init__()
        self.inactive: set[str] = set()

    def account_data(self) -> dict[str, Any]:
        return {
            "address": BOX,
            "options": {"esp": "postmark", "esp_url": self.url},
            "secrets": {"esp_key": TOKEN, "esp_hook": HOOK},
        }

    # ---- Mails that come ----

    def person(self, n: int = 1) -> str:
        return f"ana{n}@correo.example"

    def says(self, person: str, text: str, **more: Any) -> Event:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = f"Ana Núñez <{person}>", BOX, "Sin agua"
        mail["Message-ID"] = f"<{next(self.serial)}@correo.example>"
        mail["Date"] = localtime()
        # No program of mail can write half a letter.
        mail.set_content(text.encode("utf-8", "replace").decode(), cte="base64")
        return {"from": person, "mail": mail, **more}

    def id_of(self, event: Event) -> str:
        return str(event["mail"]["Message-ID"])

    def bodies(self, events: Sequence[Event]) -> list[bytes]:
        """A mail each; whoever brings one again writes another trace above it."""
        return [
            b"Received: by mx%d.example\n" % next(self.serial) + event["mail"].as_bytes()
            if "mail" in event
            else dumps(event).encode()
            for event in events
        ]

    def sign(self, body: bytes) -> dict[str, str]:
        """A mail proves nothing; what Postmark tells comes with a user and a password."""
        if body.startswith(b"Received: "):
            return {}
        return {"Authorization": "Basic " + b64encode(HOOK.encode()).decode()}

    def cut(self, body: bytes) -> bytes:
        return body[:9]

    def knock(self, path: str, call: HookCall) -> int:
        if call.headers or not call.body.startswith(b"Received: "):
            return super().knock(path, call)
        try:
            keep_mail(sender="<>", to=BOX, body=call.body)
        except LookupError:
            return 404
        return 200

    # ---- What it tells ----

    def tells(self, sent: Sent, state: str) -> Event:
        if state == "delivered":
            return self.about(sent, "Delivery", Recipient=sent.to, DeliveredAt="2026-11-26T14:00:00Z", Details="250 OK")  # fmt: skip
        return self.bounces(sent, "HardBounce", "smtp;550 5.1.1 no such user")

    def bounces(self, sent: Sent, kind: str, said: str) -> Event:
        return self.about(
            sent, "SpamComplaint" if kind == "SpamComplaint" else "Bounce", Email=sent.to, Type=kind,
            TypeCode=1, ID=next(self.serial), BouncedAt="2026-11-26T14:00:00Z", Details=said,
            Description="The server was unable to deliver your message.", Inactive=True,
        )  # fmt: skip

    def about(self, sent: Sent, record: str, **more: Any) -> Event:
        return {
            "RecordType": record, "MessageID": sent.id, "ServerID": 23, "MessageStream": "outbound",
            "Tag": "", "Metadata": {}, **more,
        }  # fmt: skip

    # ---- Its API ----

    def too_many(self, seconds: int) -> Reply:
        return Reply(
            429, {"ErrorCode": 429, "Message": "Rate limit"}, {"Retry-After": str(seconds)}
        )

    def refuses_for_good(self, person: str) -> None:
        self.inactive.add(person)

    def new_id(self, _to: str) -> str:
        return str(UUID(int=next(self.serial) + (4 << 76) + (8 << 60)))

    def answer(self, asked: Asked) -> Reply:
        if asked.headers.get("x-postmark-server-token") != TOKEN:
            refuse(401, 10, "The Server Token you provided in the X-Postmark-Server-Token request header was invalid.")  # fmt: skip
        if (asked.method, asked.path) != ("POST", "/email"):
            refuse(404, 0, f"no such place: {asked.path}")
        given = asked.json
        wrong = lambda why: refuse(422, 403, why)  # noqa: E731 given to a rule
        self.require_fields(given, {"From", "To", "Subject", "TextBody"}, _ALLOWED, wrong)
        if BOX not in given["From"]:
            refuse(422, 400, "The 'From' address you supplied is not a Sender Signature.")
        if given["To"].count("@") != 1:
            refuse(422, 300, "Invalid 'To' address.")
        if given["To"] in self.inactive:
            refuse(422, 406, f"You tried to send to recipient(s) that have been marked as inactive. Found inactive addresses: {given['To']}. Inactive recipients are ones that have generated a hard bounce, a spam complaint, or a manual suppression.")  # fmt: skip
        sent = self.take(given["To"], given["TextBody"])
        taken = {"To": sent.to, "SubmittedAt": "2026-11-26T14:00:00Z", "MessageID": sent.id}
        return Reply(200, {**taken, "ErrorCode": 0, "Message": "OK"})
