"""An account of each gateway, and a telephone that writes to it through the real door."""

from __future__ import annotations

from base64 import b64encode
from itertools import count
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from centro.cases.actions.intake_events import NotTakenInError, take_in_event
from centro.channels.accounts import save_account
from centro.channels.models import Account, OutboundMessage, RawEvent
from centro.kernel.actor import SYSTEM

TOKEN = "clave-de-la-pasarela_1"
AUTH_TOKEN = "12345"
SID = "AC00000000000000000000000000000001"
ANA = "+50760001234"
_n = count(1)


def account(gateway: str = "kannel", **fields: Any) -> Account:
    """An account of texts, kept by the real action."""
    options = {"gateway": gateway, "username": "cc311" if gateway == "kannel" else SID}
    options |= fields.pop("options", {})
    secrets = {"password": "secreto" if gateway == "kannel" else AUTH_TOKEN, "token": TOKEN}
    base = {"slug": gateway, "label": f"SMS {gateway}", "address": "311" if gateway == "kannel" else "+15005550006"}  # fmt: skip
    made = Account(kind="sms", **base | fields)
    return save_account(account=made, options=options, secrets=secrets, by=SYSTEM)


def basic(token: str = TOKEN, user: str = "kannel") -> str:
    return "Basic " + b64encode(f"{user}:{token}".encode()).decode()


def kannel_query(text: str, sender: str = ANA, **fields: str) -> str:
    """What Kannel asks for a text in its own alphabet, as docs/how-to/connect-sms.md sets it up."""
    given = {
        "from": sender, "to": "311", "text": text, "charset": "UTF-8", "coding": "0",
        "at": "1795708494", "id": f"71a55d77-33a0-461a-a642-{next(_n):012d}", "udh": "", "smsc": "F",
    }  # fmt: skip
    return urlencode(given | fields)


def call(query: str, slug: str = "kannel", **headers: str) -> Any:
    """Kannel's GET at our door; `authorization` overrides the right one, empty for none."""
    given = {"authorization": basic(), **headers}
    given = {name: value for name, value in given.items() if value}
    return Client().get(f"/entrada/sms/{slug}/?{query}", headers=given)


def take_in_all() -> None:
    """What the worker does with what waits."""
    for raw in RawEvent.objects.filter(state="waiting").order_by("pk"):
        try:
            take_in_event(raw_id=raw.pk)
        except NotTakenInError:
            continue


class Telephone:
    """Somebody who writes to 311 and reads what comes back."""

    def __init__(self, number: str = ANA) -> None:
        self.number = number
        self.read_up_to = 0

    def write(self, text: str, **fields: str) -> list[OutboundMessage]:
        """Send a text, let the centre work, and give what it answered."""
        assert call(kannel_query(text, self.number, **fields)).status_code == 200
        take_in_all()
        return self.read()

    def read(self) -> list[OutboundMessage]:
        new = OutboundMessage.objects.filter(address=self.number, pk__gt=self.read_up_to)
        found = list(new.order_by("pk"))
        self.read_up_to = found[-1].pk if found else self.read_up_to
        return found

    def ask(self, text: str) -> str:
        """The one answer to a text, as it is read."""
        (answer,) = self.write(text)
        return answer.body_as_sent.strip()
