"""How much work a report is: fields touched, and seconds by the keystroke-level model.

The operators are those of Card, Moran and Newell (*The Psychology of Human-Computer Interaction*,
1983): a key 0.28 s for who does not type for a living, pointing 1.1 s, pressing 0.2 s, moving the hand
to the other device 0.4 s, and 1.35 s to think before each unit of action. Waiting for a page is
taken as 1 s. docs/explanation/design.md tells what was counted; these tests walk the path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from centro.accounts.roles import Role
from centro.cases.models import Case
from centro.catalog.models import Question, ServiceType
from tests import make
from tests.repo import ROOT

KEY, POINT, PRESS, HOME, THINK, WAIT = 0.28, 1.1, 0.2, 0.4, 1.35, 1.0
WORDS = "Hay un tubo roto frente a la escuela y se bota el agua desde el lunes."
PHONE = "6123-4567"


@dataclass
class Hand:
    """What somebody does, counted."""

    fields: int = 0
    pages: int = 0
    seconds: float = 0.0
    done: list[str] = field(default_factory=list)

    def type(self, name: str, text: str) -> str:
        """Go to a box by pointing, and type."""
        self._count(name, THINK + POINT + PRESS + HOME + KEY * len(text))
        return text

    def type_by_key(self, name: str, text: str, keys: int = 1) -> str:
        """Go to a box with a key, and type."""
        self._count(name, THINK + KEY * (keys + len(text)))
        return text

    def choose(self, name: str) -> None:
        self._count(name, THINK + HOME + POINT + PRESS)

    def choose_by_key(self, name: str, keys: int) -> None:
        self._count(name, THINK + KEY * keys)

    def send(self) -> None:
        """Press the button at the end of a page, and wait for the next."""
        self.pages += 1
        self.seconds += THINK + HOME + POINT + PRESS + WAIT

    def _count(self, name: str, seconds: float) -> None:
        self.fields += 1
        self.seconds += seconds
        self.done.append(name)


@pytest.fixture
def leak() -> ServiceType:
    service = make.service(name="Tubo roto", requires_place=True, keywords=["tubo roto"])
    Question.objects.create(
        service_type=service,
        key="cuanta",
        label="¿Cuánta agua se bota?",
        kind="choice",
        choices=["Poca", "Mucha"],
        required=True,
    )
    return service


def page(response: Any) -> Any:
    return BeautifulSoup(response.content, "html.parser")


def test_a_complaint_is_at_most_twelve_fields_and_two_minutes(client, leak: ServiceType):
    """With a place, a question and a telephone: the longest of the ordinary ones."""
    place: Any = make.place("Bella Vista", lat=8.98, lon=-79.52)
    hand = Hand()
    token = page(client.get("/reportar/")).select_one("[name=token]")["value"]

    def step(slug: str, **fields: str) -> None:
        hand.send()
        path = f"/reportar/{token}/{slug}/" if slug else "/reportar/"
        answer = client.post(path, fields)
        assert answer.status_code == 302, page(answer).select_one(".errors")

    words = hand.type("what happened", WORDS)
    step("", token=token, description=words)
    hand.choose("topic")
    step("tema", service=leak.code)
    hand.type("place, six letters of it", place.name[:6])
    hand.choose("the place proposed")
    step(
        "donde",
        province=place.province.code,
        district=place.district.code,
        corregimiento=place.code,
    )
    hand.choose("the question")
    step("detalles", **{"q-cuanta": "Mucha"})
    step("fotos")
    step("contacto", phone=hand.type("telephone", PHONE), language="es")
    step("revisar")
    assert Case.objects.get(intake_token=token).place == place
    assert hand.fields == 6 <= 12, hand.done
    assert hand.pages == 7
    assert hand.seconds <= 120
    assert round(hand.seconds) == told("citizen"), "docs/explanation/design.md says otherwise"


def test_an_operator_touches_as_little(leak: ServiceType):
    """The same matter told by telephone, by somebody who called before. Talking is not counted."""
    place = make.place("Bella Vista")
    before = make.case(reporter=make.reporter(email="", phone=PHONE))
    client, hand = Client(), Hand()
    client.force_login(make.user(Role.OPERATOR))
    screen = client.post("/mesa/atender/", {"channel": "phone"})["Location"]
    hand.seconds += THINK + KEY + WAIT  # the key that begins
    sent = {
        "channel": "phone",
        "language": "es",
        "description": hand.type_by_key("what happened", WORDS, keys=0),
        "service": leak.code,
        "place": place.code,
        "person": str(before.person_id),
        "q-cuanta": "Mucha",
    }
    hand.choose_by_key("topic", keys=2)
    hand.choose_by_key("the question", keys=2)
    hand.type_by_key("place, five letters of it", place.name[:5])
    hand.choose_by_key("the place proposed", keys=2)
    hand.type_by_key("telephone", PHONE.replace("-", ""))
    hand.choose_by_key("the person proposed", keys=2)
    hand.seconds += THINK + 2 * KEY + WAIT  # Ctrl+Enter
    answer = client.post(screen, sent)
    assert answer.status_code == 302, page(answer).select_one(".errors")
    case = Case.objects.latest("pk")
    assert (case.place, case.person) == (place, before.person)
    assert hand.fields == 7, hand.done
    assert round(hand.seconds) == told("operator"), "docs/explanation/design.md says otherwise"


def told(who: str) -> int:
    """The seconds that the document states."""
    text = (ROOT / "docs" / "explanation" / "design.md").read_text()
    found = re.search(rf"\| {who} \|.*\| (\d+) s \|", text)
    assert found, who
    return int(found[1])
