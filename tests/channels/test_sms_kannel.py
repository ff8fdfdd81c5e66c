"""Kannel: what it asks for, what it is asked, and who pretends to be it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from centro.cases.actions.intake_events import take_in_event
from centro.channels.accounts import account_for
from centro.channels.actions import send_words
from centro.channels.channel import Access, Incoming, Item, Rejected, Report, Unreadable
from centro.channels.delivery import deliver_message
from centro.channels.filtering import FLOOD
from centro.channels.gateways.kannel import Kannel as Gateway
from centro.channels.models import (
    Account,
    Identity,
    InboundItem,
    InboundMessage,
    OutboundMessage,
    RawEvent,
)
from centro.contacts.models import Conversation
from tests.channels.networks import network, take_in
from tests.channels.sms_world import ANA, account, call, kannel_query
from tests.fakes.kannel import TOKEN, Kannel, basic
from tests.fakes.provider import Reply

PAYLOADS = Path(__file__).parent / "payloads" / "sms"


def captured(name: str) -> str:
    return (PAYLOADS / f"kannel-{name}.query").read_text()


def parsed(query: str | bytes) -> list[Item]:
    body = query if isinstance(query, bytes) else query.encode()
    return Gateway().parse(Access(1), {}, body)


class TestWhatItBrings:
    def test_a_text(self):
        (item,) = parsed(captured("text"))
        assert isinstance(item, Incoming)
        assert item.text == "HUECO en Vía España ya"
        assert item.id == "71a55d77-33a0-461a-a642-8853d64bb56c"
        assert (item.sender.id, item.sender.phone) == (ANA, ANA)
        assert item.sent_at == datetime(2026, 11, 26, 15, 54, 54, tzinfo=UTC)

    def test_a_text_in_the_large_alphabet_comes_as_raw_utf_16(self):
        (item,) = parsed(captured("ucs2"))
        assert isinstance(item, Incoming)
        assert item.text == "áñ😀مرح"

    def test_one_that_kannel_recoded_is_read_by_the_charset_it_names(self):
        query = "from=60001234&text=ma%F1ana&charset=ISO-8859-1&coding=2&id=x&udh="
        (item,) = parsed(query)
        assert isinstance(item, Incoming)
        assert item.text == "mañana"

    def test_data_is_no_text(self):
        (item,) = parsed(captured("data"))
        assert isinstance(item, Rejected)

    def test_a_part_that_came_alone_is_marked(self):
        (item,) = parsed(captured("udh"))
        assert isinstance(item, Incoming)
        assert item.text == "[2/3] y el resto"

    @pytest.mark.parametrize("sender", ["22555", "TIGO", "Banco 507"])
    def test_a_sender_that_is_no_telephone_is_kept_as_a_program(self, sender):
        (item,) = parsed(kannel_query("Gane un premio", sender))
        assert isinstance(item, Incoming)
        assert (item.sender.id, item.sender.phone, item.nature) == (sender, "", "automatic")

    @pytest.mark.parametrize(
        ("dlr", "status"),
        [("1", "delivered"), ("2", "failed"), ("4", "sent"), ("8", "sent"), ("16", "failed")],
    )
    def test_a_report(self, dlr, status):
        (item,) = parsed(f"dlr={dlr}&key=centro-77&at=1795708497&said=NACK%2F11%2FInvalid")
        assert isinstance(item, Report)
        assert (item.id, item.status) == ("centro-77", status)
        assert ("Invalid" in item.error) is (status == "failed")

    def test_captured_reports(self):
        found = [parsed(captured(f"dlr-{n}"))[0] for n in (8, 1)]
        assert [(r.id, r.status) for r in found if isinstance(r, Report)] == [
            ("centro-77", "sent"),
            ("centro-77", "delivered"),
        ]

    @pytest.mark.parametrize(
        "query",
        ["", "x", "text=hola", "from=&id=1&text=x", "from=6&text=x", "dlr=3&key=centro-1", "dlr=1",
         "dlr=1&key=77", "dlr=1&key=centro-77%27", "%", "&&&=", "dlr=1&key=centro-" + "9" * 30],
    )  # fmt: skip
    def test_what_it_never_sends_is_unreadable(self, query):
        with pytest.raises(Unreadable):
            parsed(query)

    @given(st.binary(max_size=300))
    def test_no_bytes_break_it(self, body):
        for query in (body, b"from=60001234&id=1&text=" + body, b"dlr=1&key=" + body):
            try:
                parsed(query)
            except Unreadable:
                continue

    @pytest.mark.parametrize("cut", range(0, 160, 7))
    def test_a_call_that_broke_off_is_read_or_refused(self, cut):
        try:
            parsed(captured("ucs2")[:cut])
        except Unreadable:
            return


class TestTheDoor:
    @pytest.fixture(autouse=True)
    def _account(self) -> None:
        account()

    @pytest.mark.parametrize(
        "authorization",
        ["", "Basic", "Basic ", "Basic !!!", "Bearer x", basic("otra"), basic(TOKEN, "root"),
         basic(""), basic(TOKEN[:-1]), basic(TOKEN + "x")],
    )  # fmt: skip
    def test_without_the_right_password_it_is_forged(self, authorization):
        answer = call(captured("text"), authorization=authorization)
        assert (answer.status_code, answer.content) == (401, b"forged")
        assert not RawEvent.objects.exists()

    def test_it_is_answered_with_nothing_for_that_would_go_to_the_sender(self):
        answer = call(captured("text"))
        assert (answer.status_code, answer.content) == (200, b"")

    def test_the_same_id_in_another_call_is_one_message_too(self):
        call(captured("text"))
        call(captured("text") + "&again=1")
        take_in()
        assert InboundMessage.objects.count() == 1
        assert {item.outcome for item in InboundItem.objects.all()} == {"message", "again"}

    def test_the_same_person_is_one_identity_however_the_number_is_written(self):
        for sender in ("+50760001234", "60001234", "0050760001234", "507 6000-1234"):
            call(kannel_query("hola", sender))
        take_in()
        assert Identity.objects.count() == 1
        assert Conversation.objects.count() == 1

    def test_data_is_in_the_books(self):
        call(captured("data"))
        take_in()
        assert InboundItem.objects.get().outcome == "rejected"


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_ten_thousand_texts_of_one_sender_are_kept_and_the_last_costs_what_the_first_did():
    """All are acknowledged and kept. The first hundred and the last are taken in one by one; those
    between are put where that leaves them."""
    account()
    for n in range(10_000):
        assert call(kannel_query(f"mensaje {n}")).status_code == 200
    raws = list(RawEvent.objects.order_by("pk"))
    assert len(raws) == 10_000
    for raw in raws[:100]:
        take_in_event(raw_id=raw.pk)
    assert InboundMessage.objects.filter(nature="flood").count() == 100 - FLOOD
    first = _statements(raws[100])
    identity = Identity.objects.get()
    InboundMessage.objects.bulk_create(
        InboundMessage(
            account=raw.account, external_id=f"between-{raw.pk}", identity=identity,
            nature="flood", body="mensaje", received_at=raw.received_at,
        )
        for raw in raws[101:9_900]
    )  # fmt: skip
    last = [_statements(raw) for raw in raws[9_900:]]
    assert max(last) <= first
    assert InboundMessage.objects.exclude(nature="flood").count() == FLOOD
    assert OutboundMessage.objects.count() < 25
    assert Conversation.objects.count() == 1


def _statements(raw: RawEvent) -> int:
    with CaptureQueriesContext(connection) as captured:
        take_in_event(raw_id=raw.pk)
    raw.refresh_from_db()
    assert raw.state == "done"
    return len(captured)


class TestSending:
    @pytest.fixture
    def kannel(self, settings: Any) -> Iterator[Kannel]:
        with network(Kannel(), settings) as net:
            yield net.fake

    def send(self, text: str, **fields: Any) -> OutboundMessage:
        message = send_words(
            kind="sms", account=account_for("sms"), identity=None, address=fields.get("to", ANA),
            body=text,
        )  # fmt: skip
        try:
            deliver_message(message_id=message.pk)
        except Exception as error:  # what the job would meet and try again
            message.error = str(error)
        message.refresh_from_db()
        return message

    def test_a_plain_text_takes_the_small_alphabet(self, kannel, settings):
        message = self.send("¿Qué pasa, señor?")
        assert (message.status, message.external_id) == ("sent", f"centro-{message.pk}")
        (asked,) = kannel.taken
        assert asked["coding"] == "0"
        assert asked["text"] == "¿Qué pasa, señor?"
        assert (asked["from"], asked["to"], asked["dlr-mask"]) == ("311", ANA, "31")

    @pytest.mark.parametrize("text", ["Vía España", "مرحبا 😀"])
    def test_another_takes_the_large_one(self, kannel, text):
        self.send(text)
        assert (kannel.taken[0]["coding"], kannel.taken[0]["text"]) == ("2", text)

    def test_reports_come_to_our_door_with_the_password(self, kannel, settings):
        message = self.send("hola")
        url = urlsplit(kannel.taken[0]["dlr-url"])
        site = urlsplit(settings.SITE_URL)
        assert (url.hostname, url.port) == (site.hostname, site.port)
        assert url.path == "/entrada/sms/sms/"
        assert parse_qs(url.query)["key"] == [message.external_id]
        query = url.query.replace("%d", "1").replace("%T", "1795708497").replace("%A", "")
        assert call(query, slug="sms").status_code == 200
        take_in()
        message.refresh_from_db()
        assert message.status == "delivered"

    def test_what_is_too_long_is_cut_where_it_shows(self, kannel):
        message = self.send("í" * 5000)
        assert message.status == "sent"
        sent = kannel.taken[0]["text"]
        assert sent.endswith("...")
        assert len(sent) == 670

    @pytest.mark.parametrize(
        ("answer", "status"),
        [
            ((202, "0: Accepted for delivery"), "sent"),
            ((202, "3: Queued for later delivery"), "sent"),
            ((403, "Authorization failed for sendsms"), "queued"),
            ((503, "Temporal failure, try again later."), "queued"),
            ((403, "Not routable. Do not try again."), "failed"),
            ((400, "Number(s) has/have been denied by white- and/or black-lists."), "failed"),
            ((400, "Empty receiver number not allowed, rejected"), "failed"),
            ((500, "<html>"), "queued"),
            ((200, ""), "queued"),
            ((302, "0: elsewhere"), "queued"),
        ],
    )
    def test_what_it_answers(self, kannel, answer, status):
        kannel.faults = [Reply(answer[0], answer[1].encode())]
        assert self.send("hola").status == status

    def test_a_wrong_password_is_repaired_by_somebody(self, kannel):
        kannel.password = "otra"
        assert self.send("hola").status == "queued"

    @pytest.mark.parametrize("token", ["", "con espacio y %d", "corta", "a:b@evil.example/"])
    def test_a_password_that_kannel_could_not_call_with_is_said(self, kannel, token):
        made = Account.objects.get()
        made.seal_secrets({"password": "secreto", "token": token})
        made.save()
        message = self.send("hola")
        assert message.status == "queued"
        assert kannel.asked == []

    def test_an_account_without_an_address_waits_for_it(self):
        account(slug="nueva", address="313")
        assert self.send("hola").status == "queued"
