"""One person, whatever the way in: by mail, WhatsApp, SMS and Facebook to one conversation, one case.

The mail server is a real Dovecot, the letters leave to a real SMTP server, the SMS go through a real
Kannel; WhatsApp and Facebook are the strict providers of this repository.
"""

from __future__ import annotations

import re
import smtplib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.db import connections
from playwright.sync_api import expect
from procrastinate.contrib.django import app

from centro.accounts.roles import Role
from centro.cases.models import Case, CaseConversation
from centro.channels.models import Account, OutboundMessage
from centro.contacts.models import Conversation
from centro.ops.listening.boxes import watch_box
from tests import make
from tests.channels.mail_server import Server, mail_server
from tests.channels.mails import mail, picture
from tests.channels.networks import Network, network
from tests.channels.sms_world import account as sms_account
from tests.e2e.axe import assert_accessible
from tests.e2e.test_operator import seat
from tests.fakes.facebook import Facebook
from tests.fakes.kannel import TOKEN
from tests.fakes.provider import Asked, Reply
from tests.fakes.real_kannel import RealKannel, real_kannel
from tests.fakes.whatsapp import NUMBER_ID, WhatsApp
from tests.servers import Dovecot, dovecot

if TYPE_CHECKING:
    from tests.browser import Visitors

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_queue")]
ANA, PHONE, BOX = "ana@correo.example", "50760001234", "buzon"
TALK = re.compile(r"/mesa/conversaciones/(\d+)/")


def work() -> None:
    """Carry out every job that is due, as a worker does: beside the browser, which keeps a loop in
    this thread."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            _run_worker()
        except BaseException as error:  # told in the thread of the test
            failed.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


def _run_worker() -> None:
    with app.replace_connector(app.connector.get_worker_connector()) as worker:  # type: ignore[attr-defined]  # a DjangoConnector
        worker.run_worker(
            queues=["inbound", "outbound"],
            wait=False,
            install_signal_handlers=False,
            listen_notify=False,
        )


@pytest.fixture
def letters() -> Iterator[Server]:
    with mail_server() as server:
        yield server


@pytest.fixture
def box(letters: Server) -> Iterator[tuple[Dovecot, Account]]:
    """A mailbox of the centre at a real server; its letters leave by another."""
    with dovecot() as server:
        account = Account(
            kind="email", slug="correo", label="Correo", address=f"{BOX}@centro311.example",
            options={
                "imap_host": "127.0.0.1", "imap_port": str(server.imap), "imap_security": "none",
                "imap_user": BOX, "smtp_host": "127.0.0.1", "smtp_port": str(letters.port),
                "smtp_security": "none",
            },
        )  # fmt: skip
        account.seal_secrets({"imap_password": "secreto"})
        account.save()
        yield server, account


@pytest.fixture
def kannel(live_server: Any, settings: Any) -> Iterator[RealKannel]:
    site = urlsplit(live_server.url)
    get_url = (
        f"http://kannel:{TOKEN}@{site.netloc}/entrada/sms/kannel/"
        "?from=%q&to=%P&text=%a&charset=%C&coding=%c&at=%T&id=%I&udh=%u"
    )
    with real_kannel(get_url, "cc311", "secreto") as running:
        sms_account(options={"url": running.sendsms})
        yield running


class Graph(WhatsApp):
    """Meta's one address, behind which WhatsApp and the page both live."""

    def __init__(self) -> None:
        super().__init__()
        self.page = Facebook()

    def answer(self, asked: Asked) -> Reply:
        ours = asked.path.startswith(f"/{NUMBER_ID}") or asked.path.rpartition("/")[2] in self.files
        return super().answer(asked) if ours else self.page.answer(asked)


@pytest.fixture
def whatsapp(settings: Any) -> Iterator[Network]:
    with network(Graph(), settings) as running:
        yield running


@pytest.fixture
def facebook(whatsapp: Network, settings: Any) -> Network:
    return Network(whatsapp.fake.page, settings)


def test_one_person_one_conversation_one_case(
    visitors: Visitors,
    box: tuple[Dovecot, Account],
    letters: Server,
    kannel: RealKannel,
    whatsapp: Network,
    facebook: Network,
):
    make.service(name="Falta de agua", keywords=["no hay agua"])
    operator = make.user(Role.OPERATOR, first_name="Rosa", last_name="Vega")

    # Ana writes a mail. The desk makes it a case.
    server, account = box
    with smtplib.LMTP("127.0.0.1", server.lmtp) as client:
        words = "No hay agua en Burunga desde ayer. Mi teléfono es 6000-1234."
        client.sendmail(ANA, [BOX], mail(words, sender=f"Ana Núñez <{ANA}>"))
    watch_box(account.pk, threading.Event(), once=True)
    work()
    page = seat(visitors, operator)
    page.goto("/mesa/conversaciones/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#charla")).to_contain_text("No hay agua en Burunga")
    page.keyboard.press("c")
    expect(page).to_have_url(re.compile(r"/mesa/atender/"))
    page.locator("[name=phone]").fill("6000-1234")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(TALK)
    case = Case.objects.get()
    talk = Conversation.objects.get()

    # The answer leaves as a mail, from the address that knows its case again.
    work()
    (letter,) = [each for each in letters.letters if case.number in str(each["Subject"])]
    assert letter["To"] == ANA
    assert f"{BOX}+m" in str(letter["Reply-To"])

    # A photo by WhatsApp, from the telephone that the case knows.
    whatsapp.fake.files["pozo"] = picture()
    photo = {"id": "pozo", "mime_type": "image/jpeg", "caption": f"Caso {case.number}"}
    whatsapp.hook(whatsapp.fake.call(whatsapp.fake.message(PHONE, "image", photo)))
    work()
    assert case.photos.count() == 1

    # The desk answers; it leaves by WhatsApp, where Ana wrote last, and is read there.
    page.goto(f"/mesa/conversaciones/{talk.pk}/")
    page.keyboard.press("r")
    page.get_by_label("Respuesta", exact=True).fill("Gracias por la foto. Vamos hoy.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#charla")).to_contain_text("Vamos hoy.")
    work()
    told = whatsapp.fake.sent[-1]
    assert (told.to, told.text) == (PHONE, "Gracias por la foto. Vamos hoy.")
    whatsapp.hook(whatsapp.fake.call(whatsapp.fake.tells(told, "read")))
    work()

    # A question by SMS.
    kannel.write(f"+{PHONE}", "text", f"ESTADO {case.number}")

    def answered() -> bool:
        work()
        return any(case.number in sms.text for sms in kannel.received())

    kannel.wait_for(answered, "the state of the case at the telephone")

    # A comment on Facebook: what it says of itself proves nothing, so the desk decides.
    said = f"¡Seguimos sin agua! Caso {case.number}"
    facebook.hook(facebook.fake.call(facebook.fake.comments_on(facebook.fake.person(), said)))
    work()
    assert case.timeline.filter(kind="information_added").count() == 1
    comment = Conversation.objects.exclude(pk=talk.pk).get(channel="facebook")
    page.goto(f"/mesa/conversaciones/{comment.pk}/")
    hints = page.locator("#sugerencias")
    hints.get_by_role("button", name=f"Unir {case.number}").click()
    expect(page.get_by_role("status").first).to_contain_text(case.number)
    page.locator("#sugerencias").get_by_role("button", name="Sí, es Ana Núñez").click()
    expect(page.locator("body")).to_contain_text("Anotado: es Ana Núñez")
    page.goto(f"/mesa/conversaciones/{talk.pk}/unir/")
    page.get_by_role("button", name="Unir a ésta").first.click()
    expect(page).to_have_url(TALK)

    # One person, one conversation, one case; every word in its order, by whichever way it came.
    page.goto(f"/mesa/conversaciones/{talk.pk}/")
    charla = page.locator("#charla")
    for word in ("No hay agua en Burunga", f"ESTADO {case.number}", "Seguimos sin agua"):
        expect(charla).to_contain_text(word)
    expect(charla).to_contain_text("Leído")
    assert_accessible(page)
    assert Case.objects.count() == 1
    assert {link.conversation.merged_into or link.conversation for link in CaseConversation.objects.all()} == {talk}  # fmt: skip
    people = {i.person_id for i in [c.identity for c in Conversation.objects.all()] if i}
    assert people <= {case.person_id}
    assert not OutboundMessage.objects.filter(status="failed").exists()
