"""What nobody may say where everybody reads."""

from __future__ import annotations

import pytest

from centro.channels.actions import send_message, send_words
from centro.channels.inviting import INVITATIONS
from centro.channels.models import Identity, OutboundMessage
from centro.channels.public import require_public
from centro.channels.texts import render_message
from centro.kernel.errors import Refused
from centro.people.models import Person
from tests.fakes.x import _weight


@pytest.mark.parametrize(
    "text",
    [
        "Su caso 311-00000018-4 va bien", "Caso 311 00000018 4", "clave K7QF-2M9X", "8-123-4567",
        "PE-12-345", "E-8-12345", "escriba a ana@correo.example", "llame al 6123-4567",
        "llame al +507 6123 4567", "61234567", "al 236-4567", "https://x/seguimiento/311-00000018-4/",
        "Hola Ana", "Hola ANÁ", "La señora Pérez", "", "   ", "\x00",
    ],
)  # fmt: skip
def test_a_public_text_that_tells_of_a_person_is_refused(text):
    person = Person.objects.create(name="Ana Pérez")
    identity = Identity.objects.create(kind="x", external_id="1", name="Anita", person=person)
    with pytest.raises(Refused):
        require_public(text, identity)
    with pytest.raises(Refused):
        send_words(kind="x", account=None, identity=identity, address="1", body=text, public=True)
    assert OutboundMessage.objects.count() == 0


@pytest.mark.parametrize(
    "text",
    [
        "Gracias por avisar: la cuadrilla llega hoy a las 14:30.",
        "Llame al 3-1-1 o al 311, las 24 horas.",
        "El corte dura hasta 2026-03-02 y afecta 1,500 casas del sector 12.",
        "Escríbanos por mensaje privado: https://m.me/113110311311311",
    ],
)
def test_a_public_text_about_the_matter_itself_may_be_said(text):
    assert require_public(f" {text} ") == text


@pytest.mark.parametrize("name", INVITATIONS)
@pytest.mark.parametrize("language", ["es", "en"])
def test_every_invitation_may_be_said_in_public_and_fits_everywhere(name, language):
    link = "https://x.com/messages/compose?recipient_id=1234567890123456789"
    _subject, body, _html = render_message(name, language, {"link": link})
    assert require_public(body.replace(link, ""))
    assert link in body
    assert _weight(body.strip()) <= 280


def test_a_letter_to_one_person_cannot_be_sent_in_public():
    with pytest.raises(Refused):
        send_message(kind="x", address="1", name="case_opened", public=True)
