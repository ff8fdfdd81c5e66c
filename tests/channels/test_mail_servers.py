"""Mail that real servers hand over (LMTP) and keep for us (IMAP): each once, none lost."""

from __future__ import annotations

import asyncio
import smtplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from django.db import connection

from centro.channels.adapters.email import CHANNEL, LARGEST_MAIL
from centro.channels.models import Account, InboundMessage, Mailbox, RawEvent
from centro.kernel.clock import now
from centro.ops.listening import boxes
from centro.ops.listening.boxes import watch_box
from centro.ops.listening.lmtp import serve_lmtp
from tests.channels.mails import mail, mailbox, picture, take_in
from tests.ports import free_port
from tests.servers import Dovecot, dovecot

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
BOX = "311@centro311.example"


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot() as running:
        yield running


@contextmanager
def lmtp_server() -> Iterator[int]:
    """Our own end of a mail server's way, in a thread with a loop of its own: a browser of another
    test may keep one in this thread."""
    port, loop = free_port(), asyncio.new_event_loop()
    running = threading.Event()
    ended = asyncio.Event()

    async def serve() -> None:
        server = await serve_lmtp("127.0.0.1", port)
        running.set()
        await ended.wait()
        server.close()

    def run() -> None:
        loop.run_until_complete(serve())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert running.wait(20)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(20)


def hand_over(port: int, *bodies: bytes, to: str = BOX) -> None:
    with smtplib.LMTP("127.0.0.1", port) as client:
        for body in bodies:
            client.sendmail("ana@correo.example", [to], body)


def read(account: Account) -> None:
    """What the listener does with a mailbox until nothing is new."""
    watch_box(account.pk, threading.Event(), once=True)


def watched(server: Dovecot, user: str) -> Account:
    account = mailbox(
        f"{user}@centro311.example", slug=user, imap_host="127.0.0.1", imap_port=str(server.imap),
        imap_security="none", imap_user=user,
    )  # fmt: skip
    account.seal_secrets({"imap_password": "secreto"})
    account.save()
    return account


def take_all() -> list[str]:
    for raw in RawEvent.objects.filter(state="waiting"):
        take_in(raw.pk)
    return sorted(InboundMessage.objects.values_list("body", flat=True))


# ---- LMTP ----


def test_a_mail_is_kept_before_it_is_acknowledged():
    mailbox(BOX)
    with lmtp_server() as port:
        hand_over(port, mail("Uno"), mail("Dos", subject="b"))
        assert RawEvent.objects.count() == 2
        hand_over(port, mail("Uno"))
    assert RawEvent.objects.count() == 2
    assert take_all() == ["Dos", "Uno"]


def test_a_signed_address_is_the_account_behind_its_plus():
    account = mailbox(BOX)
    with lmtp_server() as port:
        hand_over(port, mail(), to="311+m5.abcdefgh@centro311.example")
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            hand_over(port, mail(), to="otro@centro311.example")
    raw = RawEvent.objects.get()
    assert raw.account == account
    assert raw.headers["envelope-to"].startswith("311+m5")


def test_a_mail_of_thirty_megabytes_is_refused_to_the_server_that_brings_it():
    mailbox(BOX)
    big = mail(files={"video.bin": ("application/octet-stream", b"x" * (30 << 20))})
    assert len(big) > LARGEST_MAIL
    with lmtp_server() as port, pytest.raises(smtplib.SMTPException) as said:
        hand_over(port, big)
    assert "552" in str(said.value)
    assert not RawEvent.objects.exists()


def test_a_line_longer_than_the_rules_allow_is_kept():
    mailbox(BOX)
    body = b"From: ana@correo.example\r\nMessage-ID: <larga@x.example>\r\n\r\n" + b"agua " * 4000
    with lmtp_server() as port:
        hand_over(port, body)
    assert take_all() == [("agua " * 4000).strip()]


def test_a_mail_that_breaks_off_is_not_kept_and_not_acknowledged():
    mailbox(BOX)
    with lmtp_server() as port:
        client = smtplib.LMTP("127.0.0.1", port)
        client.ehlo()
        client.mail("ana@correo.example")
        client.rcpt(BOX)
        client.putcmd("data")
        client.getreply()
        client.send(b"From: ana@correo.example\r\n\r\nNo hay ag")
        assert client.sock is not None
        client.sock.close()
        with suppress(smtplib.SMTPException, OSError):
            client.quit()
    assert not RawEvent.objects.exists()


# ---- IMAP ----


def test_a_mailbox_is_read_once_and_goes_on_where_it_was(server):
    account = watched(server, "uno")
    hand_over(server.lmtp, mail("Uno"), mail("Dos", subject="b"), to="uno")
    read(account)
    assert take_all() == ["Dos", "Uno"]
    hand_over(server.lmtp, mail("Tres", subject="c"), to="uno")
    read(account)
    read(account)
    assert take_all() == ["Dos", "Tres", "Uno"]
    assert RawEvent.objects.count() == 3


def test_a_mailbox_that_numbers_its_mails_anew_doubles_and_loses_nothing(server):
    account = watched(server, "dos")
    hand_over(server.lmtp, mail("Uno"), mail("Dos", subject="b"), to="dos")
    read(account)
    before = Mailbox.objects.get(account=account).validity
    server.renumber("dos")
    hand_over(server.lmtp, mail("Tres", subject="c"), to="dos")
    read(account)
    assert Mailbox.objects.get(account=account).validity != before
    assert take_all() == ["Dos", "Tres", "Uno"]


def test_a_mail_that_is_too_large_is_a_dead_letter_with_its_reason(server):
    account = watched(server, "tres")
    hand_over(
        server.lmtp,
        mail("Grande", files={"v.bin": ("application/octet-stream", b"x" * (30 << 20))}),
        mail("Chica", subject="b"),
        to="tres",
    )
    read(account)
    dead = RawEvent.objects.get(state="dead")
    assert "MB" in dead.error
    assert b"ana@correo.example" in bytes(dead.body or b"")
    assert take_all() == ["Chica"]


def test_the_server_says_what_it_has_for_us(server):
    account = watched(server, "cuatro")
    hand_over(server.lmtp, mail(Message_ID="<a@x.example>"), mail("b", Message_ID="<b@x.example>"), to="cuatro")  # fmt: skip
    said = CHANNEL.ids_since(account.access, now() - timedelta(hours=2))
    assert set(said or ()) == {"<a@x.example>", "<b@x.example>"}


def test_while_it_idles_a_new_mail_is_kept_and_a_wrong_password_is_no_end(server, monkeypatch):
    monkeypatch.setattr(boxes, "_IDLE", 2)
    account = watched(server, "cinco")
    stopping = threading.Event()

    def watch() -> None:
        watch_box(account.pk, stopping)
        connection.close()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        hand_over(
            server.lmtp, mail("Con foto", files={"a.jpg": ("image/jpeg", picture())}), to="cinco"
        )
        for _turn in range(100):
            if RawEvent.objects.filter(account=account).exists():
                break
            stopping.wait(0.1)
    finally:
        stopping.set()
        thread.join(20)
    assert RawEvent.objects.filter(account=account).count() == 1
    account.seal_secrets({"imap_password": "otra"})
    account.save()
    read(account)
    assert RawEvent.objects.filter(account=account).count() == 1
