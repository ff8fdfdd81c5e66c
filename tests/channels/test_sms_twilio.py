"""Twilio's rules against a strict Twilio on loopback."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from centro.cases.actions.intake_events import fetch_files
from centro.channels.accounts import account_for
from centro.channels.actions import send_words
from centro.channels.channel import (
    Access,
    Call,
    DeliveryError,
    Forged,
    Incoming,
    Report,
    Unreadable,
)
from centro.channels.gateways.twilio import Twilio as Gateway
from centro.channels.models import Account, Attachment, InboundMessage, OutboundMessage, RawEvent
from centro.channels.registry import get_channel
from tests.channels.networks import deliver as attempt
from tests.channels.networks import network, take_in
from tests.channels.sms_world import ANA, account
from tests.fakes.kannel import basic
from tests.fakes.provider import HookCall, Reply, running
from tests.fakes.twilio import AUTH_TOKEN, NUMBER, SID, Twilio, signature

PAYLOADS = Path(__file__).parent / "payloads" / "sms"
DOOR = "http://127.0.0.1:8311/entrada/sms/sms/"
ACCESS = Access(1, "twilio", NUMBER, {"username": SID}, {"password": AUTH_TOKEN})


@pytest.fixture
def provider(settings: Any) -> Iterator[Twilio]:
    with network(Twilio(), settings) as net:
        yield net.fake


def knock(
    callback: HookCall, body: bytes | None = None, headers: dict[str, str] | None = None
) -> Any:
    """A call of the provider at our door; what it is or says may be spoiled on the way."""
    given = {"Content-Type": Twilio.content_type, **callback.headers, **(headers or {})}
    given = {name: value for name, value in given.items() if value}
    kind = given.pop("Content-Type")
    data = callback.body if body is None else body
    return Client().post("/entrada/sms/sms/", data=data, content_type=kind, headers=given)


def write(to: str = ANA, body: str = "Hola") -> OutboundMessage:
    return send_words(kind="sms", account=account_for("sms"), identity=None, address=to, body=body)


def own_access() -> Access:
    made = account_for("sms")
    assert made is not None
    return made.access


def deliver(message: OutboundMessage) -> tuple[OutboundMessage, DeliveryError | None]:
    return message, attempt(message)


class TestSignature:
    def test_the_example_of_the_documentation(self):
        """https://www.twilio.com/docs/usage/security#validating-requests, worked by hand there."""
        form = {
            "CallSid": "CA1234567890ABCDE", "Caller": "+12349013030", "Digits": "1234",
            "From": "+12349013030", "To": "+18005551212",
        }  # fmt: skip
        url = "https://mycompany.com/myapp.php?foo=1&bar=2"
        assert signature("12345", url, form) == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="
        body = "&".join(f"{k}={v.replace('+', '%2B')}" for k, v in reversed(form.items()))
        Gateway().verify(ACCESS, self.call(url, body.encode(), "0/KCTR6DLpKmkAf8muzZqo1nDgQ="))

    @staticmethod
    def call(
        url: str, body: bytes, sign: str, kind: str = "application/x-www-form-urlencoded"
    ) -> Call:
        headers = {"x-twilio-signature": sign, "content-type": kind}
        return Call("POST", url, headers, body, dict(parse_qsl(urlsplit(url).query)))

    @pytest.mark.parametrize("port", ["", ":443"])
    def test_the_port_that_goes_without_saying_may_be_said(self, port):
        sign = signature(AUTH_TOKEN, f"https://311.example{port}/x/?a=1", {"Body": "ñ"})
        Gateway().verify(ACCESS, self.call("https://311.example/x/?a=1", b"Body=%C3%B1", sign))

    def test_a_body_that_is_no_form_is_named_by_its_hash(self):
        body = b'{"a": 1}'
        url = f"https://311.example/x/?bodySHA256={hashlib.sha256(body).hexdigest()}"
        sign = signature(AUTH_TOKEN, url)
        Gateway().verify(ACCESS, self.call(url, body, sign, "application/json"))
        with pytest.raises(Forged):
            Gateway().verify(ACCESS, self.call(url, b'{"a": 2}', sign, "application/json"))
        bare = "https://311.example/x/"
        with pytest.raises(Forged):
            bad = self.call(bare, body, signature(AUTH_TOKEN, bare), "application/json")
            Gateway().verify(ACCESS, bad)

    @given(st.binary(max_size=200), st.text(max_size=40))
    def test_nothing_else_gets_in(self, body, sign):
        for kind in ("application/x-www-form-urlencoded", "application/json", ""):
            with pytest.raises(Forged):
                Gateway().verify(ACCESS, self.call(DOOR, body, sign, kind))


class TestTheDoor:
    def test_a_message_comes_in(self, provider):
        answer = knock(provider.incoming("Hueco en Vía España 😭", ANA))
        assert answer.status_code == 200
        assert answer["Content-Type"] == "text/xml"
        assert b"<Response/>" in answer.content
        take_in()
        message = InboundMessage.objects.get()
        assert message.body == "Hueco en Vía España 😭"
        assert (message.identity.kind, message.identity.phone) == ("sms", ANA)
        assert OutboundMessage.objects.get().address == ANA

    def test_a_spoiled_call_is_forged(self, provider):
        good = provider.incoming("Hola", ANA)
        spoiled = [
            knock(good, headers={"X-Twilio-Signature": ""}),
            knock(good, headers={"X-Twilio-Signature": signature("otra", DOOR, {})}),
            knock(good, good.body.replace(b"Hola", b"Adios")),
            knock(good, good.body[:-20]),
            knock(good, good.body + b"&Body=mas"),
            knock(good, b""),
            knock(good, headers={"Content-Type": "application/json"}),
            Client().get("/entrada/sms/sms/?Body=x&From=60001234&MessageSid=SM1"),
        ]
        assert {answer.status_code for answer in spoiled} == {401}
        assert not RawEvent.objects.exists()
        assert knock(good).status_code == 200

    def test_what_was_signed_for_another_door_is_forged(self, provider):
        call = provider.incoming("Hola", ANA)
        sign = signature(AUTH_TOKEN, DOOR + "?x=1", dict(parse_qsl(call.body.decode(), True)))
        assert knock(call, headers={"X-Twilio-Signature": sign}).status_code == 401

    def test_kannels_password_opens_nothing_here(self, provider):
        answer = Client().get(
            "/entrada/sms/sms/?from=60001234&id=1&text=x", headers={"authorization": basic()}
        )
        assert answer.status_code == 401

    def test_retries_and_replays_are_one_message(self, provider):
        callback = provider.incoming("Hola", ANA)
        for token in ("", "retry-1", "retry-2"):
            assert knock(callback, headers={"I-Twilio-Idempotency-Token": token}).status_code == 200
        take_in()
        assert InboundMessage.objects.count() == 1
        assert OutboundMessage.objects.count() == 1

    def test_captured_payloads(self):
        (message,) = Gateway().parse(ACCESS, {}, (PAYLOADS / "twilio-message.form").read_bytes())
        assert isinstance(message, Incoming)
        assert (message.text, message.sender.phone) == ("Hueco en Vía España 😭", ANA)
        assert [part.media_type for part in message.parts] == ["image/jpeg"]
        (status,) = Gateway().parse(ACCESS, {}, (PAYLOADS / "twilio-status.form").read_bytes())
        assert isinstance(status, Report)
        assert (status.status, status.permanent) == ("failed", True)
        assert "30003" in status.error

    @given(st.binary(max_size=300))
    def test_no_signed_bytes_break_it(self, body):
        for form in (body, b"MessageSid=SM1&MessageStatus=" + body, b"MessageSid=SM1&From=1&NumMedia=" + body):  # fmt: skip
            try:
                Gateway().parse(ACCESS, {}, form)
            except (Unreadable, ValueError):
                continue


class TestSending:
    def test_it_leaves_by_rest_and_its_report_comes_back(self, provider):
        message, fault = deliver(write(body="Vía libre"))
        assert fault is None
        (sent,) = provider.messages
        assert (sent["to"], sent["from"], sent["body"]) == (ANA, NUMBER, "Vía libre")
        assert (message.status, message.external_id) == ("sent", sent["sid"])
        assert sent["callback"] == DOOR
        for callback in provider.reports(sent["sid"], "queued", "sent", "delivered"):
            assert knock(callback).status_code == 200
        take_in()
        message.refresh_from_db()
        assert message.status == "delivered"
        assert message.delivered_at is not None

    def test_undelivered_stays_so(self, provider):
        message, _fault = deliver(write())
        for callback in provider.reports(
            message.external_id, "undelivered", "sent", "delivered", code="30003"
        ):
            knock(callback)
            take_in()
        message.refresh_from_db()
        assert message.status == "failed"
        assert "30003" in message.error

    @pytest.mark.parametrize("where", ["stopped", "landlines"])
    def test_a_number_that_takes_nothing_is_given_up(self, provider, where):
        getattr(provider, where).add(ANA)
        message, fault = deliver(write())
        assert (message.status, fault) == ("failed", None)
        assert len(provider.asked) == 1

    def test_a_wrong_number_is_given_up(self, provider):
        assert deliver(write("+99"))[0].status == "failed"

    def test_a_wrong_password_loses_nothing(self, provider):
        provider.token = "otro"
        message, fault = deliver(write())
        assert message.status == "queued"
        assert "20003" in str(fault)
        assert AUTH_TOKEN not in str(fault)

    def test_a_text_too_long_for_it_is_cut(self, provider):
        message, _fault = deliver(write(body="€" * 5000))
        assert message.status == "sent"
        assert len(provider.messages[0]["body"]) <= 1600

    def test_a_service_of_theirs_may_be_the_sender(self, provider):
        account("twilio", slug="servicio", address="MG" + "0" * 32)
        message = send_words(
            kind="sms", account=Account.objects.get(slug="servicio"), identity=None, address=ANA,
            body="Hola",
        )  # fmt: skip
        assert deliver(message)[0].status == "sent"
        assert provider.messages[0]["from"].startswith("MG")


class TestFiles:
    @staticmethod
    def photo() -> bytes:
        buffer = io.BytesIO()
        Image.new("RGB", (64, 48), "red").save(buffer, "JPEG")
        return buffer.getvalue()

    def receive(self, provider: Twilio, url: str) -> Attachment:
        more = {"NumMedia": "1", "MediaUrl0": url, "MediaContentType0": "image/jpeg"}
        assert knock(provider.incoming("Mire la foto", ANA, **more)).status_code == 200
        take_in()
        message = InboundMessage.objects.get()
        fetch_files(message_id=message.pk)
        return Attachment.objects.get()

    def test_a_photo_is_fetched_with_our_password(self, provider):
        provider.media["ME1"] = ("image/jpeg", self.photo())
        url = f"{provider.url}/2010-04-01/Accounts/{SID}/Messages/MM1/Media/ME1"
        attachment = self.receive(provider, url)
        assert attachment.state == "kept"
        assert attachment.file is not None
        assert attachment.file.width == 64

    def test_our_password_goes_to_nobody_else(self, provider):
        other = Twilio()
        with running(other) as elsewhere:
            other.media["ME1"] = ("image/jpeg", self.photo())
            url = f"{elsewhere.url}/2010-04-01/Accounts/{SID}/Messages/MM1/Media/ME1"
            assert self.receive(provider, url).state == "refused"
            assert elsewhere.asked == []

    @pytest.mark.parametrize("trick", ["@evil.example/x", ".evil.example/x", ""])
    def test_an_address_that_only_begins_alike_is_not_asked(self, provider, trick):
        assert self.receive(provider, provider.url + trick).state == "refused"
        assert provider.asked == []

    def test_what_is_gone_is_given_up(self, provider):
        url = f"{provider.url}/2010-04-01/Accounts/{SID}/Messages/MM1/Media/ME9"
        assert self.receive(provider, url).state == "refused"


class TestTheBooks:
    def test_it_names_everything_that_it_brought(self, provider):
        since = datetime(2026, 3, 1, tzinfo=UTC)
        for n in range(7):
            provider.incoming(f"mensaje {n}", ANA)
        for n, message in enumerate(provider.messages):
            at = since + timedelta(hours=n - 1)
            message["date_sent"] = format_datetime(at)
        deliver(write())
        named = get_channel("sms").ids_since(own_access(), since)
        assert named == frozenset(m["sid"] for m in provider.messages[1:7])

    def test_an_outage_is_said(self, provider):
        provider.faults = [Reply(503)]
        with pytest.raises(DeliveryError):
            get_channel("sms").ids_since(own_access(), datetime.now(UTC))
