"""A real Kannel, a real web server, a real worker: a telephone opens a case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from procrastinate.contrib.django import app

from centro.cases.models import Case
from centro.channels.accounts import account_for
from centro.channels.actions import send_words
from centro.channels.delivery import deliver_message
from centro.channels.models import InboundMessage, OutboundMessage
from tests import make
from tests.channels.sms_world import ANA, account
from tests.fakes.kannel import TOKEN
from tests.fakes.real_kannel import RealKannel, Sms, real_kannel, utf16

pytestmark = [
    pytest.mark.slow,
    pytest.mark.at_once,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_queue"),
]


def work() -> None:
    """Carry out every job that is due, as a worker process does."""
    with app.replace_connector(app.connector.get_worker_connector()) as worker:  # type: ignore[attr-defined]  # a DjangoConnector
        worker.run_worker(
            queues=["inbound", "outbound"],
            wait=False,
            install_signal_handlers=False,
            listen_notify=False,
        )


@pytest.fixture
def kannel(live_server: Any, settings: Any) -> Iterator[RealKannel]:
    settings.SITE_URL = live_server.url
    site = urlsplit(live_server.url)
    get_url = (
        f"http://kannel:{TOKEN}@{site.netloc}/entrada/sms/kannel/"
        "?from=%q&to=%P&text=%a&charset=%C&coding=%c&at=%T&id=%I&udh=%u"
    )
    with real_kannel(get_url, "cc311", "secreto") as running:
        account(options={"url": running.sendsms})
        yield running


def answer(kannel: RealKannel) -> Sms:
    """What reaches the telephone next."""
    before = len(kannel.received())

    def came() -> bool:
        work()
        return len(kannel.received()) > before

    kannel.wait_for(came, "an answer at the telephone")
    return kannel.received()[-1]


def test_a_telephone_opens_a_case_and_learns_its_number(kannel):
    make.service(name="Falta de agua en la vía", keywords=["no hay agua"], requires_place=True)
    make.place("Tocumen")

    kannel.write(ANA, "ucs2", utf16("No hay agua en la región 😭"))
    asked = answer(kannel)
    # One text of telephones rather than two of the wider alphabet.
    assert (asked.sender, asked.receiver, asked.kind) == ("311", ANA, "text")
    # Kannel's own centre for tests reads plain texts by the line: the rest it does not show.
    assert asked.text in (sent := OutboundMessage.objects.get().body)
    assert "1 Falta de agua en la via" in sent
    kannel.write(ANA, "text", "1")
    assert "corregimiento" in answer(kannel).text
    kannel.write(ANA, "text", "Tocumen")
    assert "Tocumen" in answer(kannel).text
    kannel.write(ANA, "text", "SI")
    told = answer(kannel)
    case = Case.objects.get()
    assert case.description == "No hay agua en la región 😭"
    assert case.number in told.text
    assert case.code in told.text
    assert told.kind == "text"

    def delivered() -> bool:
        work()
        return not OutboundMessage.objects.exclude(status="delivered").exists()

    kannel.wait_for(delivered, "the reports of delivery")
    assert OutboundMessage.objects.count() == 4


def test_a_long_text_comes_and_goes_whole(kannel):
    words = "Desde hace una semana " + "no sale ni una gota de la pluma y " * 12 + "fin."
    halves = [words[at : at + 150] for at in range(0, len(words), 150)]
    total = f"{len(halves):02x}"
    for n, half in enumerate(halves, start=1):
        kannel.write(ANA, "udh-text", f"%05%00%03%07%{total}%{n:02x} {half}")

    def came() -> bool:
        work()
        return InboundMessage.objects.exists()

    kannel.wait_for(came, "the long text")
    assert InboundMessage.objects.get().body == words

    long = "Vía España: " + "acción según lo acordado, " * 20
    message = send_words(
        kind="sms", account=account_for("sms"), identity=None, address=ANA, body=long
    )
    work()
    kannel.wait_for(
        lambda: any(s.text == long.strip() for s in kannel.received()), "the long answer"
    )
    (arrived,) = [sms for sms in kannel.received() if sms.text == long.strip()]
    assert arrived.parts == 8

    def told() -> bool:
        work()
        return OutboundMessage.objects.get(pk=message.pk).status == "delivered"

    kannel.wait_for(told, "its report")


def test_what_is_said_while_kannel_is_half_down_comes_once_it_is_back(kannel):
    kannel.end_last_box()  # smsbox: nobody asks us, and nobody takes what we send
    kannel.write(ANA, "text", "Hola")
    message = send_words(
        kind="sms", account=account_for("sms"), identity=None, address=ANA, body="Le escribimos."
    )
    work()
    message.refresh_from_db()
    assert message.status == "queued"
    assert message.attempts.count() == 1
    kannel.start_box("smsbox")

    def came() -> bool:
        work()
        return InboundMessage.objects.exists()

    kannel.wait_for(came, "the text that waited")
    deliver_message(message_id=message.pk)
    kannel.wait_for(
        lambda: any(sms.text == "Le escribimos." for sms in kannel.received()), "what waited here"
    )
    assert InboundMessage.objects.count() == 1
