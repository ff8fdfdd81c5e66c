"""What a whole short message asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centro.cases.commands import Command, Word, choice_in, read_command, speaks_of_danger
from centro.kernel.numbers import number_for

NUMBER = number_for(42)
DIGITS = NUMBER.replace("-", "")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("AYUDA", Word.HELP), ("help!", Word.HELP), ("Baja", Word.STOP), ("STOP", Word.STOP),
        ("stop stop", Word.STOP), ("alta", Word.START), ("Nuevo.", Word.NEW), ("cancelar", Word.CANCEL),
        ("Estado", Word.STATE), ("estado de mi caso", Word.STATE), ("SI", Word.YES), ("Sí, gracias", Word.YES),
        ("s", Word.YES), ("n", Word.NO), ("NO", Word.NO), ("no, sigue igual", Word.NO),
    ],
)  # fmt: skip
def test_words(text, word):
    assert read_command(text) == Command(word)


@pytest.mark.parametrize(
    "text",
    [
        NUMBER, DIGITS, NUMBER.replace("-", " "), f"ESTADO {NUMBER}", f"estado: {DIGITS}.",
        f"Estado del caso {NUMBER}", f"status {NUMBER}", DIGITS.removeprefix("311"),
    ],
)  # fmt: skip
def test_a_number_in_every_form_asks_for_its_state(text):
    assert read_command(text) == Command(Word.STATE, NUMBER, numbered=True)


@pytest.mark.parametrize(
    "code", ["K7QF-2M9X", "k7qf 2m9x", "K7QF2M9X", "clave K7QF-2M9X", ", K7QF-2M9X"]
)
def test_the_code_may_stand_behind_it(code):
    command = read_command(f"ESTADO {NUMBER} {code}")
    assert command is not None
    assert command.number == NUMBER
    assert command.code[-4:].upper() == "2M9X"


def test_a_wrong_digit_is_a_question_all_the_same():
    wrong = NUMBER[:-1] + str((int(NUMBER[-1]) + 1) % 10)
    assert read_command(f"ESTADO {wrong}") == Command(Word.STATE, "", numbered=True)
    assert read_command(wrong) == Command(Word.STATE, "", numbered=True)


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "😀", "مرحبا", "no hay agua si no pago" * 9, "ayuda, no hay agua en mi casa",
        "Hay que dar de baja el poste", "El estado de la calle es malo", "6000-1234", "50760001234",
        "1", "12", "nuevo hueco en la calle", "Necesito una cita el 12 de marzo",
        f"Sobre el {NUMBER}: sigue igual",
    ],
)  # fmt: skip
def test_what_somebody_tells_is_no_command(text):
    found = read_command(text)
    assert found is None or found.word == Word.NO


@pytest.mark.parametrize(("text", "chosen"), [("1", 1), (" 2.", 2), ("0", 0), ("(3)", 3), ("4", None), ("12", None), ("uno", None), ("", None), ("1 2", None), ("-1", 1)])  # fmt: skip
def test_a_choice(text, chosen):
    assert choice_in(text, 3) == chosen


@pytest.mark.parametrize("text", ["Hay un INCENDIO", "auxilio!!", "se están ahogando", "hay heridos", "there is a fire"])  # fmt: skip
def test_danger_is_heard(text):
    assert speaks_of_danger(text)


@pytest.mark.parametrize("text", ["no hay agua", "hay un hueco", "quiero un paz y salvo"])
def test_what_can_wait_is_no_danger(text):
    assert not speaks_of_danger(text)


@given(st.text(max_size=400))
def test_nothing_that_anybody_writes_breaks_it(text):
    read_command(text)
    choice_in(text, 5)
    speaks_of_danger(text)
