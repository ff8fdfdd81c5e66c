"""What the public sees while more people write than can be answered."""

from __future__ import annotations

import pytest
from django.test import Client

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.catalog.models import Question
from centro.contacts.surging import begin_surge, end_surge
from centro.places.stamps import forget_copies
from tests import make
from tests.web.test_public_intake import begin, go

NOTICE = "Hay inundaciones: responderemos con demora."


@pytest.fixture
def supervisor():
    return make.user(Role.SUPERVISOR)


def surge(user) -> None:
    begin_surge(notice=NOTICE, user=user, by=actor_of(user))


def steps(client: Client, *, required: bool) -> list[str]:
    """The pages of a report with one question."""
    service = make.service()
    Question.objects.create(
        service_type=service, key="q", label="¿Cuánta?", kind="text", required=required
    )
    forget_copies()
    token = begin(client, service=service.code)
    seen: list[str] = []
    address = go(client, token, "tema", service=service.code)["Location"]
    while "revisar" not in address and len(seen) < 9:
        slug = address.rstrip("/").rpartition("/")[2]
        seen.append(slug)
        address = go(client, token, slug, language="es", anonymous="on", **{"q-q": "Poca"})["Location"]  # fmt: skip
    return seen


def test_the_forms_and_the_first_page_show_the_notice_and_only_then(client, supervisor):
    for address in ("/", "/reportar/"):
        assert NOTICE not in client.get(address).content.decode()
    surge(supervisor)
    for address in ("/", "/reportar/"):
        assert NOTICE in client.get(address).content.decode()
    end_surge(user=supervisor, by=actor_of(supervisor))
    assert NOTICE not in client.get("/").content.decode()


def test_a_notice_is_text_and_nothing_else(client, supervisor):
    begin_surge(notice="<script>x()</script>", user=supervisor, by=actor_of(supervisor))
    assert "<script>x()" not in client.get("/").content.decode()


def test_in_a_surge_only_what_is_needed_is_asked(client, supervisor):
    assert steps(client, required=False) == ["detalles", "fotos", "contacto"]
    surge(supervisor)
    assert steps(client, required=False) == ["contacto"]
    assert steps(client, required=True) == ["detalles", "contacto"]
