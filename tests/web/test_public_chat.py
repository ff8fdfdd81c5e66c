"""The chat of the site, and the form that an entity shows on its own."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.actions import Matter
from centro.cases.actions.from_talk import open_case_from_conversation
from centro.cases.models import Case
from centro.channels.accounts import own_account
from centro.channels.actions import send_words
from centro.channels.delivery import deliver_message
from centro.channels.models import Account, Identity, InboundMessage, OutboundMessage, RawEvent
from centro.contacts.models import Conversation
from centro.kernel.actor import SYSTEM
from tests import make


def photo() -> SimpleUploadedFile:
    out = BytesIO()
    Image.new("RGB", (80, 60), "red").save(out, "JPEG")
    return SimpleUploadedFile("pozo.jpg", out.getvalue(), "image/jpeg")


def say(client: Client, text: str, **fields: Any) -> Any:
    return client.post("/chat/", {"id": str(uuid4()), "text": text, **fields})


def answer(text: str) -> OutboundMessage:
    """What an operator answers to whoever wrote last."""
    identity = Identity.objects.get(kind="chat")
    message = send_words(
        kind="chat", account=own_account("chat"), identity=identity,
        address=identity.external_id, body=text,
    )  # fmt: skip
    deliver_message(message_id=message.pk)
    message.refresh_from_db()
    return message


# ---- The chat ----


def test_what_is_said_is_a_conversation_and_is_answered_on_the_page():
    client = Client()
    assert say(client, "No hay agua en Burunga", name="Ana").status_code == 302
    talk = Conversation.objects.get()
    assert (talk.channel, talk.state, talk.identity.name) == ("chat", "waiting", "Ana")
    sent = answer("Ya lo sabemos: vuelve a las seis.")
    page = client.get("/chat/").content.decode()
    assert page.index("No hay agua") < page.index("vuelve a las seis")
    sent.refresh_from_db()
    assert sent.status == "read"


def test_a_photo_goes_along():
    client = Client()
    say(client, "Mire", photos=photo())
    attachment = InboundMessage.objects.get().attachments.get()
    assert (attachment.state, attachment.file.is_photo) == ("kept", True)
    assert "1 foto" in client.get("/chat/").content.decode()


def test_a_word_sent_twice_is_one_word():
    client = Client()
    word = {"id": str(uuid4()), "text": "Hola"}
    client.post("/chat/", word)
    client.post("/chat/", word)
    assert InboundMessage.objects.count() == 1


def test_the_page_looks_again_for_nothing_when_nothing_is_new(django_assert_max_num_queries):
    client = Client()
    say(client, "Hola")
    mark = client.get("/chat/").context["mark"]
    with django_assert_max_num_queries(4):
        assert client.get("/chat/lineas/", {"visto": mark}).status_code == 204
    answer("Buen día")
    again = client.get("/chat/lineas/", {"visto": mark})
    assert "Buen día" in again.content.decode()


def test_nobody_reads_another_talk_and_leaving_forgets_it_here():
    ana, luis = Client(), Client()
    say(ana, "Secreto de Ana")
    say(luis, "Hola, soy Luis")
    assert "Secreto" not in luis.get("/chat/").content.decode()
    ana.post("/chat/salir/")
    assert "Secreto" not in ana.get("/chat/").content.decode()
    assert InboundMessage.objects.count() == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": ""}, {"text": "x" * 4000}, {"id": "no"}, {"website": "http://spam.example"},
        {"photos": SimpleUploadedFile("a.jpg", b"no es foto", "image/jpeg")},
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_said(wrong: dict[str, Any]):
    page = Client().post("/chat/", {"id": str(uuid4()), "text": "Hola", **wrong})
    assert page.status_code == 422
    assert not RawEvent.objects.exists()


def test_markup_and_odd_letters_are_shown_as_written():
    client = Client()
    say(client, "<script>alert(1)</script> 😀 مرحبا")
    page = client.get("/chat/").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page
    assert "مرحبا" in page


def test_a_flood_of_one_session_is_slowed_down():
    client = Client()
    statuses = [say(client, f"Mensaje {n}").status_code for n in range(62)]
    # The first made the session that the others are counted by.
    assert statuses.count(302) == 61
    assert statuses[-1] == 429


def test_a_talk_becomes_a_case_and_its_number_is_told_on_the_page():
    client = Client()
    say(client, "Hay un hueco en la calle", name="Ana")
    operator = make.user(Role.OPERATOR)
    case, new = open_case_from_conversation(
        conversation=Conversation.objects.get(),
        matter=Matter(service=make.service(), description="Hay un hueco en la calle"),
        seen=0,
        user=operator,
        by=actor_of(operator),
    )
    assert new
    page = client.get("/chat/").content.decode()
    assert case.number in page
    assert case.code in page
    actions.resolve_case(case=case, text="Se tapó el hueco.", by=SYSTEM)
    assert "Se tapó el hueco." in client.get("/chat/").content.decode()


# ---- The form on another site ----


@pytest.fixture
def agency() -> Any:
    return make.agency(acronym="AGUA", name="Instituto del Agua")


@pytest.fixture
def account(agency) -> Account:
    options = {"origins": "https://agua.example https://www.agua.example"}
    return Account.objects.create(
        kind="embed", slug="agua", label="Agua", agency=agency, options=options
    )


def asked(client: Client, **fields: Any) -> dict[str, Any]:
    token = client.get("/incrustar/agua/").context["token"]
    return {"token": token, "description": "No hay agua desde ayer", **fields}


def test_the_form_of_an_entity_opens_a_case_without_a_cookie(agency, account):
    service = make.service(agency=agency)
    other = make.service()
    client = Client(enforce_csrf_checks=True)
    page = client.get("/incrustar/agua/")
    text = page.content.decode()
    assert service.name in text
    assert other.name not in text
    assert not client.cookies
    sent = Client(enforce_csrf_checks=True).post(
        "/incrustar/agua/", asked(client, service=service.code, phone="6600-0001", photos=photo())
    )
    case = Case.objects.get()
    assert case.number in sent.content.decode()
    assert case.code in sent.content.decode()
    assert (case.channel, case.photos.count()) == ("web", 1)


def test_only_the_sites_named_may_show_it(account):
    page = Client().get("/incrustar/agua/")
    policy = page["Content-Security-Policy"]
    assert "frame-ancestors https://agua.example https://www.agua.example" in policy
    assert "X-Frame-Options" not in page
    assert "X-Frame-Options" in Client().get("/")


def test_the_form_sent_twice_is_one_case(agency, account):
    service = make.service(agency=agency)
    client = Client()
    data = asked(client, service=service.code)
    first = client.post("/incrustar/agua/", data)
    second = client.post("/incrustar/agua/", data)
    assert Case.objects.count() == 1
    assert Case.objects.get().number in first.content.decode()
    assert Case.objects.get().number in second.content.decode()


@pytest.mark.parametrize("token", ["", "forjado", "a:b:c", "\x00"])
def test_a_form_that_we_did_not_give_opens_nothing(agency, account, token: str):
    service = make.service(agency=agency)
    data = asked(Client(), service=service.code) | {"token": token}
    assert Client().post("/incrustar/agua/", data).status_code == 422
    assert not Case.objects.exists()


def test_the_token_of_one_form_is_none_of_another(agency, account):
    Account.objects.create(kind="embed", slug="otra", label="Otra", options={"origins": "x"})
    service = make.service(agency=agency)
    data = asked(Client(), service=service.code)
    assert Client().post("/incrustar/otra/", data).status_code == 422


def test_a_form_that_is_no_more_is_not_found(account):
    Account.objects.update(active=False)
    assert Client().get("/incrustar/agua/").status_code == 404
    assert Client().get("/incrustar/nada/").status_code == 404
