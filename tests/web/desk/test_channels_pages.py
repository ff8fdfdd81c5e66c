"""Accounts, how each is, and the books of what came in."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from centro.accounts.roles import Role
from centro.channels.accounts import account_for
from centro.channels.books import balance
from centro.channels.channel import DeliveryError
from centro.channels.health import health_of
from centro.channels.models import Account, ChannelAlarm, OutboundMessage, RawEvent, Tally
from centro.channels.reading import store_raw
from centro.channels.registry import get_channel
from centro.channels.watching import begin_books, compare_account, watch_accounts
from centro.kernel.clock import now
from tests import make
from tests.channels.mails import bring, mail, mailbox, take_in


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(make.user(Role.ADMINISTRATOR, email="jefa@centro.example"))
    return client


GIVEN = {
    "label": "Correo del agua", "slug": "agua", "address": "agua@centro311.example",
    "active": "on", "silent_after": "60", "x_smtp_host": "mx.example", "x_smtp_password": "secreta",
}  # fmt: skip


def test_an_account_is_connected_and_its_password_is_never_shown_again(client):
    page = client.post("/mesa/canales/nueva/email/", GIVEN)
    assert page.status_code == 302
    account = Account.objects.get()
    assert account.secrets["smtp_password"] == "secreta"
    assert b"secreta" not in bytes(account.sealed or b"")
    assert "secreta" not in str(account.options)
    assert account_for("email") == account
    shown = client.get("/mesa/canales/cuenta/agua/").content.decode()
    assert "secreta" not in shown
    assert "/entrada/email/agua/" in shown
    client.post("/mesa/canales/cuenta/agua/", GIVEN | {"x_smtp_password": "", "label": "Agua"})
    account.refresh_from_db()
    assert (account.label, account.secrets["smtp_password"]) == ("Agua", "secreta")


@pytest.mark.parametrize(
    "wrong", [{"slug": "con espacio"}, {"label": ""}, {"silent_after": "-1"}, {"slug": "\x00"}]
)
def test_a_wrong_account_is_said_to_be_wrong(client, wrong):
    page = client.post("/mesa/canales/nueva/email/", GIVEN | wrong)
    assert page.status_code == 422
    assert not Account.objects.exists()


def _save(client: Client, kind: str = "email", **given: str) -> str:
    """The page after saving: empty when it was kept."""
    page = client.post(f"/mesa/canales/nueva/{kind}/", GIVEN | given)
    return "" if page.status_code == 302 else page.content.decode()


def test_what_goes_together_stands_together_and_the_way_taken_is_marked(client):
    page = client.get("/mesa/canales/nueva/email/").content.decode()
    for legend in ("La cuenta", "Cómo sale el correo", "Cómo llega el correo", "Otros datos"):
        assert legend in page
    assert page.index('value="imap"') < page.index("x_imap_host") < page.index('value="lmtp"')
    _save(client, way_out="esp", x_esp="mailgun", x_esp_key="clave", way_in="lmtp")
    shown = client.get("/mesa/canales/cuenta/agua/").content.decode()
    marked = re.findall(r'<input type="radio"[^>]*value="(\w+)"[^>]*checked', shown)
    assert marked == ["esp", "lmtp"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"way_out": "esp"}, "Hace falta para «Por un proveedor de envío»"),
        ({"way_out": "esp", "x_esp": "os.path", "x_esp_key": "k"}, "No conocemos ese proveedor"),
        ({"way_out": "smtp", "x_smtp_host": ""}, "Hace falta para «Por un servidor de correo"),
        ({"way_in": "imap", "x_imap_host": "mx.example"}, "Hace falta para «El centro lee"),
        ({"way_out": "smtp", "x_smtp_port": "25x"}, "Un puerto es un número"),
        ({"way_out": "smtp", "x_smtp_port": "70000"}, "Un puerto es un número"),
        ({"way_out": "paloma"}, "paloma"),
        ({"x_smtp_security": "rot13"}, "rot13"),
    ],
)
def test_what_the_chosen_way_lacks_is_said_beside_its_field(client, given, said):
    assert said in _save(client, **given)
    assert not Account.objects.exists()


def test_faults_of_a_way_that_is_not_taken_stop_nobody_and_are_not_kept(client):
    assert _save(client, way_out="site", x_esp="os.path", way_in="lmtp", x_imap_port="x") == ""
    account = Account.objects.get()
    assert (account.options["esp"], account.options["smtp_host"]) == ("", "")
    assert account.options["imap_port"] == "993"


def test_a_gateway_of_texts_is_chosen_and_asks_for_what_it_needs(client):
    texts = {"x_username": "cc311", "x_password": "secreta", "slug": "sms", "address": "311"}
    assert "Hace falta para «Kannel»" in _save(client, "sms", way_gateway="kannel", **texts)
    assert _save(client, "sms", way_gateway="twilio", **texts) == ""
    assert Account.objects.get().options["gateway"] == "twilio"


def test_an_entity_speaks_by_its_own_account(client):
    agency = make.agency()
    client.post("/mesa/canales/nueva/email/", GIVEN | {"agency": agency.pk})
    client.post(
        "/mesa/canales/nueva/email/", GIVEN | {"slug": "centro", "address": "311@c.example"}
    )
    own, ours = account_for("email", agency.pk), account_for("email")
    assert (own.slug, ours.slug) == ("agua", "centro")


def test_a_test_message_goes_by_the_account(client):
    account = mailbox()
    client.post(f"/mesa/canales/cuenta/{account.slug}/prueba/", {"address": "yo@centro.example"})
    message = OutboundMessage.objects.get()
    assert (message.account, message.name) == (account, "channel_test")


def test_the_page_says_how_each_account_is_with_as_many_statements_for_one_as_for_many(client):
    mailbox()
    with CaptureQueriesContext(connection) as few:
        client.get("/mesa/canales/")
    for n in range(10):
        account = mailbox(f"a{n}@centro311.example", slug=f"a{n}")
        bring(account, mail(f"Mensaje {n}"))
    with CaptureQueriesContext(connection) as many:
        page = client.get("/mesa/canales/")
    assert len(many) == len(few)
    assert "a9@centro311.example" in page.content.decode()


# ---- Alarms ----


def test_a_silent_account_raises_one_alarm_and_ends_it_when_it_speaks(client):
    account = mailbox()
    Account.objects.update(silent_after=30, created_at=now() - timedelta(hours=2))
    assert watch_accounts() == 1
    assert watch_accounts() == 0
    letter = OutboundMessage.objects.get(name="channel_alarm")
    assert letter.address == "jefa@centro.example"
    assert "No llega nada" in client.get("/mesa/canales/").content.decode()
    bring(account, mail())
    watch_accounts()
    assert ChannelAlarm.objects.get().ended_at is not None


def test_what_stands_still_fails_or_is_dead_raises_an_alarm():
    account = mailbox()
    old = now() - timedelta(hours=1)
    store_raw(account=account, body=mail(), way="lmtp")
    RawEvent.objects.update(received_at=old)
    take_in(store_raw(account=account, body=b"\x00", way="lmtp"))
    for n in range(6):
        OutboundMessage.objects.create(
            kind="email", account=account, address="a@b.example", name="x", body="x",
            status="failed" if n else "queued",
        )  # fmt: skip
    OutboundMessage.objects.update(created_at=old)
    watch_accounts()
    kinds = set(ChannelAlarm.objects.values_list("kind", flat=True))
    assert kinds == {"stuck_in", "dead", "stuck_out", "failing"}
    (health,) = health_of([account])
    assert (health.waiting_in, health.dead, health.failed, health.waiting_out) == (1, 1, 5, 1)


# ---- The books ----


def keep_books() -> int:
    return sum(compare_account(account_id=pk) for pk in begin_books())


def test_everything_that_came_is_in_the_books_and_nothing_is_open_on_a_good_day():
    account = mailbox()
    bring(account, mail("Uno"))
    bring(account, mail("Uno", To_Copy="x"))
    assert balance().outcomes == {"message": 1, "again": 1}
    assert balance().open == 0
    take_in(store_raw(account=account, body=b"\x00", way="lmtp"))
    assert balance().open == 1


def test_what_cannot_be_read_is_shown_with_its_reason_and_taken_in_again(client):
    account = mailbox()
    raw_id = store_raw(account=account, body=b"\x00", way="lmtp")
    take_in(raw_id)
    listed = client.get("/mesa/canales/llegadas/").content.decode()
    assert f"/mesa/canales/llegadas/{raw_id}/" in listed
    page = client.get(f"/mesa/canales/llegadas/{raw_id}/").content.decode()
    assert "headers" in page
    client.post(f"/mesa/canales/llegadas/{raw_id}/repetir/")
    assert RawEvent.objects.get().state == "waiting"


@pytest.mark.parametrize(
    "query", ["estado=x", "cuenta=%00", "despues=9999999999999999999999", "despues=a"]
)
def test_the_books_bear_any_question(client, query):
    assert client.get(f"/mesa/canales/llegadas/?{query}").status_code == 200


def test_what_a_provider_has_and_we_have_not_is_lost_at_the_second_look(monkeypatch):
    account = mailbox()
    bring(account, mail(Message_ID="<a@x.example>"))
    ids = frozenset(["<a@x.example>", "<b@x.example>"])
    # The provider's answer; the real one is asked in test_mail_servers.
    monkeypatch.setattr(type(get_channel("email")), "ids_since", lambda *_given: ids)
    assert keep_books() == 0
    assert keep_books() == 1
    tally = Tally.objects.latest("at")
    assert (tally.theirs, tally.missing, tally.lost) == (2, ["<b@x.example>"], 1)
    watch_accounts()
    assert ChannelAlarm.objects.get().kind == "lost"
    bring(account, mail("otro", Message_ID="<b@x.example>"))
    assert keep_books() == 0
    watch_accounts()
    assert ChannelAlarm.objects.get().ended_at is not None


def test_a_provider_that_does_not_answer_is_no_loss(monkeypatch):
    mailbox()

    def fail(*_given: object) -> None:
        raise DeliveryError("down")

    monkeypatch.setattr(type(get_channel("email")), "ids_since", fail)
    assert keep_books() == 0
    assert Tally.objects.get().error == "down"
