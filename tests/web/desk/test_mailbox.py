"""What was sent, and what of it the staff may read."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from centro.accounts.roles import Role
from centro.channels.models import OutboundMessage
from centro.web.desk.masking import hide_address, hide_keys
from tests import make

MAILBOX = reverse("desk:mailbox")


def as_(role: Role) -> Client:
    client = Client()
    client.force_login(make.user(role))
    return client


def letter(message: OutboundMessage) -> str:
    return reverse("desk:mailbox_letter", kwargs={"pk": message.pk})


def test_codes_links_and_addresses_are_hidden():
    text = "Caso 311-00001234-5, clave K7QF-2M9X: https://x.pa/seguimiento/3/?k=secreto#y fin"
    hidden = hide_keys(text)
    assert "K7QF" not in hidden
    assert "secreto" not in hidden
    assert "311-00001234-5" in hidden
    assert hide_address("rosa@correo.example") == "r••••@correo.example"
    assert hide_address("+50766123456") == "••••3456"


def test_the_staff_reads_no_code_and_no_address():
    case = make.case(reporter=make.reporter(email="rosa@correo.example"))
    message = OutboundMessage.objects.get()
    assert case.code in message.body_as_sent
    client = as_(Role.SUPERVISOR)
    for page in (client.get(MAILBOX), client.get(letter(message))):
        text = page.content.decode()
        assert case.number in text
        assert case.code not in text
        assert "rosa@correo.example" not in text


def test_in_a_demonstration_it_is_the_citizen_s_mailbox(settings):
    settings.DEMONSTRATION = True
    case = make.case(reporter=make.reporter(email="rosa@correo.example"))
    message = OutboundMessage.objects.get()
    text = as_(Role.SUPERVISOR).get(letter(message)).content.decode()
    assert case.code in text
    assert "rosa@correo.example" in text


def test_messages_about_confidential_cases_are_not_read_by_the_staff():
    case = make.case(confidentiality="reserved", reporter=make.reporter())
    message = OutboundMessage.objects.get()
    text = as_(Role.SUPERVISOR).get(letter(message)).content.decode()
    assert "Mensaje protegido" in text
    assert case.service.name not in text
    assert message.subject not in text


def test_the_administrator_sees_the_envelope_only():
    case = make.case(reporter=make.reporter())
    message = OutboundMessage.objects.get()
    text = as_(Role.ADMINISTRATOR).get(letter(message)).content.decode()
    assert case.service.name not in text
    assert message.get_status_display() in text


def test_the_list_is_narrowed_paged_and_cheap(django_assert_max_num_queries):
    case = make.case(reporter=make.reporter())
    for n in range(55):
        OutboundMessage.objects.create(
            kind="email", address="a@b.example", name="case_opened", subject=f"Asunto {n}",
            body="", reference=case.number, status="failed" if n == 3 else "queued",
        )  # fmt: skip
    client = as_(Role.SUPERVISOR)
    with django_assert_max_num_queries(6):
        page = client.get(MAILBOX).content.decode()
    assert page.count("data-row-link") == 50
    assert "Siguientes" in page or "Anteriores" in page
    assert client.get(MAILBOX, {"estado": "failed"}).content.decode().count("data-row-link") == 1
    short = case.number.removeprefix("311-").lstrip("0")
    assert client.get(MAILBOX, {"caso": short}).content.decode().count("data-row-link") == 50
    assert client.get(MAILBOX, {"caso": "otra"}).content.decode().count("data-row-link") == 0
    assert client.get(reverse("desk:mailbox_letter", kwargs={"pk": 0})).status_code == 404
