"""A talk at the chat of the site, both sides in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from centro.accounts.roles import Role
from centro.channels.delivery import deliver_message
from centro.channels.models import OutboundMessage
from tests import make
from tests.e2e.axe import assert_accessible
from tests.e2e.test_operator import seat

if TYPE_CHECKING:
    from tests.browser import Visitors

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_the_desk_answers_appears_where_the_person_wrote(visitors: Visitors):
    person = visitors(viewport={"width": 360, "height": 740})
    person.goto("/chat/")
    person.get_by_label("Su mensaje").fill("En Betania no hay agua. ¿Cuándo vuelve?")
    person.get_by_role("button", name="Enviar").click()
    said = person.get_by_role("log")
    expect(said).to_contain_text("Recibimos su mensaje")
    assert_accessible(person)
    desk = seat(visitors, make.user(Role.OPERATOR))
    desk.goto("/mesa/conversaciones/")
    desk.keyboard.press("j")
    desk.keyboard.press("Enter")
    expect(desk.locator("#sugerencias h2")).to_be_visible()
    desk.keyboard.press("r")
    desk.keyboard.type("Hoy a las siete.")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#charla")).to_contain_text("Hoy a las siete.")
    deliver_message(message_id=OutboundMessage.objects.get().pk)
    expect(said).to_contain_text("Hoy a las siete.", timeout=15_000)
    person.reload()
    expect(said).to_contain_text("Hoy a las siete.")
    assert OutboundMessage.objects.get().status == "read"
    assert_accessible(person)
