"""An account of each gateway, and a telephone that writes to it through the real door."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.test import Client

from centro.channels.accounts import save_account
from centro.channels.models import Account, OutboundMessage
from centro.kernel.actor import SYSTEM
from tests.channels.networks import take_in
from tests.fakes.kannel import PASSWORD, TOKEN, USERNAME, Kannel, basic
from tests.fakes.twilio import AUTH_TOKEN, NUMBER, SID

ANA = "+50760001234"
_gateway = Kannel()


def account(gateway: str = "kannel", **fields: Any) -> Account:
    """An account of texts, kept by the real action."""
    options = {"gateway": gateway, "username": USERNAME if gateway == "kannel" else SID}
    options |= fields.pop("options", {})
    secrets = {"password": PASSWORD if gateway == "kannel" else AUTH_TOKEN, "token": TOKEN}
    base = {"slug": gateway, "label": f"SMS {gateway}", "address": "311" if gateway == "kannel" else NUMBER}  # fmt: skip
    made = Account(kind="sms", **base | fields)
    return save_account(account=made, options=options, secrets=secrets, by=SYSTEM)


def kannel_query(text: str, sender: str = ANA, **fields: str) -> str:
    """What Kannel asks for a text in its own alphabet."""
    return urlencode(_gateway.says(sender, text, **fields))


def call(query: str, slug: str = "kannel", **headers: str) -> Any:
    """Kannel's GET at our door; `authorization` overrides the right one, empty for none."""
    given = {"authorization": basic(), **headers}
    given = {name: value for name, value in given.items() if value}
    return Client().get(f"/entrada/sms/{slug}/?{query}", headers=given)


class Telephone:
    """Somebody who writes to 311 and reads what comes back."""

    def __init__(self, number: str = ANA) -> None:
        self.number = number
        self.read_up_to = 0

    def write(self, text: str, **fields: str) -> list[OutboundMessage]:
        """Send a text, let the centre work, and give what it answered."""
        assert call(kannel_query(text, self.number, **fields)).status_code == 200
        take_in()
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
