"""What cannot wait, and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from centro.catalog.models import Priority, ServiceType
from centro.catalog.understanding.urgency import Urgency, alarms_in, urgency_of


def _urgency(text: str) -> Urgency:
    return urgency_of(alarms_in(text))


@pytest.mark.parametrize(
    "text",
    [
        "hay un cable en el suelo echando chispas",
        "Huele a gas en el edificio",
        "se está quemando la casa del vecino",
        "mi marido me pega",
        "el muro se va a caer encima de la escuela",
        "el río se metió a las casas",
        "hay dos heridos en la calle",
        "TREMENDO INCENDIO",
    ],
)
def test_danger_is_danger_and_gives_its_words(text):
    alarms = alarms_in(text)
    assert alarms[0].level == Urgency.DANGER
    assert alarms[0].words


@pytest.mark.parametrize(
    "text",
    [
        "sin agua y tengo un bebé de dos meses",
        "el centro de salud no tiene luz",
        "manjol sin tapa en la acera",
        "es urgente por favor",
    ],
)
def test_who_is_helpless_makes_it_urgent(text):
    assert _urgency(text) == Urgency.URGENT


@pytest.mark.parametrize(
    "text",
    [
        "un hueco en la calle",
        "no hay heridos",
        "quiero renovar la licencia",
        "gracias a Dios nadie herido",
        "",
    ],
)
def test_what_can_wait_is_not_called_urgent(text):
    assert _urgency(text) == Urgency.NORMAL


def test_an_urgent_type_is_a_reason_of_its_own():
    [alarm] = alarms_in("el semáforo de la esquina", ServiceType(priority=Priority.URGENT))
    assert alarm.level == Urgency.URGENT


@examples(deadline=None)
@given(st.text(max_size=500))
def test_any_text_is_answered(text):
    assert urgency_of(alarms_in(text)) in Urgency


def test_a_hostile_text_ends_soon():
    assert alarms_in("cable " * 50_000) == []
