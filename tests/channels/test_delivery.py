"""Handing messages to a real mail server that says yes, no, later, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, transaction

from centro.channels import delivery
from centro.channels.channel import Access, Channel, DeliveryError, Outgoing
from centro.channels.delivery import deliver_message
from centro.channels.models import OutboundMessage
from centro.channels.registry import all_channels, get_channel
from centro.kernel.numbers import access_code
from tests.channels.mail_server import Server, mail_server
from tests.channels.test_sending import NUMBER, send


@pytest.fixture(scope="module")
def _running() -> Iterator[Server]:
    with mail_server() as server:
        yield server


@pytest.fixture
def server(_running: Server, settings: Any) -> Server:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", _running.port
    _running.answers, _running.letters, _running.raw = {}, [], []
    return _running


def deliver(message: OutboundMessage) -> OutboundMessage:
    """One run of the job; a failure worth a retry is swallowed here and seen in the row."""
    try:
        deliver_message(message_id=message.pk)
    except DeliveryError:
        assert OutboundMessage.objects.get(pk=message.pk).status == "queued"
    message.refresh_from_db()
    return message


def test_a_letter_arrives_whole(server, settings):
    message = deliver(send())
    assert (message.status, message.error) == ("sent", "")
    assert message.sent_at is not None
    (letter,) = server.letters
    assert letter["To"] == "ana@correo.example"
    assert letter["From"] == settings.DEFAULT_FROM_EMAIL
    assert letter["Subject"] == f"Recibimos su caso {NUMBER}"
    assert letter["Message-ID"] == message.external_id == f"<centro-{message.pk}@centro311.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert html is not None
    code = access_code(NUMBER, settings.ACCESS_KEY)
    assert code in plain.get_content()
    assert code in html.get_content()
    assert "Cámara" not in plain.get_content()


def test_lines_are_as_short_as_the_standard_asks(server):
    deliver(send("interim_reply", text="ñ" * 5000))
    assert max(map(len, server.raw[0].split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("RCPT", "550 5.1.1 no such user"),
        ("DATA", "554 5.7.1 looks like spam"),
        ("DATA", "552 too large"),
    ],
)
def test_no_for_ever_is_not_tried_again(server, step, answer):
    server.answers = {step: [answer]}
    message = deliver(send())
    assert message.status == "failed"
    assert answer[:3] in message.error
    assert message.sent_at is None
    deliver(message)
    assert (message.status, message.attempts.count(), server.letters) == ("failed", 1, [])


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("RCPT", "451 greylisted, come back"),
        ("RCPT", "421 too busy"),
        ("DATA", "452 disk full"),
        ("DATA", "hang up"),
        ("MAIL", "451 not now"),
        # Somebody changed our password or sender: no message may be lost for it.
        ("MAIL", "530 authentication required"),
        ("MAIL", "550 sender rejected"),
    ],
)
def test_not_now_is_tried_again(server, step, answer):
    server.answers = {step: [answer]}
    message = deliver(send())
    assert message.status == "queued"
    assert message.error
    assert message.attempts.get().succeeded is False
    deliver(message)
    assert (message.status, message.error, len(server.letters)) == ("sent", "", 1)
    assert [a.succeeded for a in message.attempts.order_by("pk")] == [False, True]


def test_a_server_that_is_down_is_tried_again(settings):
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    message = deliver(send())
    assert message.status == "queued"
    assert "refused" in message.error.lower()


def test_the_last_attempt_decides(settings):
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    message = send()
    for _ in range(len(delivery.WAITS)):
        assert deliver(message).status == "queued"
    assert deliver(message).status == "failed"


def test_what_was_sent_is_not_sent_again(server):
    message = deliver(send())
    deliver(message)
    assert len(server.letters) == 1


def test_what_is_gone_is_left_alone(server):
    deliver_message(message_id=999_999_999)
    assert server.letters == []


def test_a_crash_after_the_server_s_yes_sends_the_same_letter_again(server, monkeypatch):
    """At least once: the reader's program shows one letter, for both have one Message-ID."""
    message = send()

    def die(*_args: object, **_fields: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(OutboundMessage, "save", die)
        deliver_message(message_id=message.pk)
    message.refresh_from_db()
    assert message.status == "queued"
    deliver(message)
    first, second = server.letters
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize(
    "address",
    [
        "ana@correo.example\nBcc: todos@correo.example",
        "ana@correo.example, luis@correo.example",
        "<ana@correo.example>",
        "Ana <ana@correo.example>",
        "ana",
        "",
        "ana@",
        "@",
        "ana@correo.example\x00",
    ],
)
def test_what_is_no_address_goes_nowhere(server, address):
    outgoing = Outgoing(key=1, address=address, subject="x", body="x", html="")
    with pytest.raises(DeliveryError) as caught:
        get_channel("email").send(Access(None), outgoing)
    assert caught.value.permanent
    assert server.letters == []


def test_a_subject_cannot_become_a_header(server):
    subject = "Hola\r\nBcc: todos@correo.example\r\n\r\ncuerpo"
    get_channel("email").send(Access(None), Outgoing(1, "ana@correo.example", subject, "x", ""))
    assert server.letters[0]["Bcc"] is None
    assert server.letters[0]["Subject"] == "Hola Bcc: todos@correo.example cuerpo"


def test_a_dot_alone_on_a_line_does_not_end_a_letter(server):
    get_channel("email").send(
        Access(None), Outgoing(1, "ana@correo.example", "x", "antes\n.\ndespués", "")
    )
    assert "después" in server.letters[0].get_content()


def test_without_a_server_the_mailbox_keeps_it(settings):
    settings.EMAIL_HOST = ""
    message = deliver(send())
    assert (message.status, message.external_id) == ("sent", "mailbox")


def test_a_fault_of_an_adapter_counts_as_an_attempt(monkeypatch, caplog):
    def break_down(_self: Channel, _access: Access, _message: Outgoing) -> str:
        raise ZeroDivisionError("oops\x00")

    monkeypatch.setattr(type(get_channel("email")), "send", break_down)
    message = deliver(send())
    assert (message.status, message.error) == ("queued", "ZeroDivisionError: oops")
    assert message.attempts.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_send_one_message_twice(server):
    message = send()
    held, done = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            OutboundMessage.objects.select_for_update().get(pk=message.pk)
            held.set()
            done.wait(10)
        connection.close()

    other = Thread(target=hold)
    other.start()
    held.wait(10)
    deliver(message)
    assert (message.status, message.attempts.count()) == ("queued", 0)
    done.set()
    other.join()
    assert deliver(message).status == "sent"


class TestEveryChannel:
    """The contract that each adapter keeps."""

    @pytest.fixture(params=sorted(all_channels()))
    def channel(self, request: pytest.FixtureRequest) -> Channel:
        return get_channel(request.param)

    def test_it_has_a_kind_and_a_name(self, channel):
        assert channel.kind
        assert str(channel.label)

    def test_nonsense_is_refused_for_ever(self, channel, settings):
        settings.EMAIL_HOST = "127.0.0.1"
        with pytest.raises(DeliveryError) as caught:
            channel.send(Access(None), Outgoing(1, "\x00", "", "", ""))
        assert caught.value.permanent
