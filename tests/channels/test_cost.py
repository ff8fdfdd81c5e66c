"""What it costs to take in one message: counted, so that it does not grow unseen."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from centro.cases.actions.intake_events import take_in_event
from centro.channels.accounts import save_account
from centro.channels.models import Account, InboundMessage
from centro.channels.reading import store_raw
from centro.contacts.models import ConversationEntry
from centro.kernel.actor import SYSTEM


@pytest.fixture
def whatsapp() -> Account:
    account = Account(kind="whatsapp", slug="costo", label="WhatsApp", address="5073110311")
    secrets = {"token": "t", "app_secret": "s", "verify_token": "v"}
    save_account(account=account, options={"phone_number_id": "1"}, secrets=secrets, by=SYSTEM)
    return account


def words(n: int) -> bytes:
    message = {
        "from": "50761234567",
        "id": f"wamid.{n}",
        "timestamp": "1772460000",
        "type": "text",
        "text": {"body": f"No hay agua, mensaje {n}"},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "5073110311", "phone_number_id": "1"},
        "contacts": [{"profile": {"name": "Ana Pérez"}, "wa_id": "50761234567"}],
        "messages": [message],
    }
    entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def statements(account: Account, n: int) -> list[str]:
    """About data: transaction control is left out."""
    raw_id = store_raw(account=account, body=words(n), way="webhook")
    assert raw_id is not None
    with CaptureQueriesContext(connection) as captured:
        take_in_event(raw_id=raw_id)
    told = [query["sql"] for query in captured]
    return [sql for sql in told if not sql.startswith(("SAVEPOINT", "RELEASE"))]


def test_a_message_in_a_talk_that_goes_on_takes_at_most_17_statements(whatsapp):
    first, second = statements(whatsapp, 1), statements(whatsapp, 2)
    assert len(first) <= 22, "\n".join(first)
    assert len(second) <= 17, "\n".join(second)
    assert InboundMessage.objects.count() == ConversationEntry.objects.count() == 2
