"""Answers as people write them: days, numbers, one of several, a yes, and not knowing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centro.cases.plain_answers import day_in, is_unknown, number_in, one_of, plain_yes_or_no

# A Monday.
TODAY = date(2026, 3, 2)
CHOICES = ["Sólo a mi casa", "A mi calle", "A todo el sector", "No sé"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("hoy", (2026, 3, 2)), ("AYER", (2026, 3, 1)), ("antes de ayer", (2026, 2, 28)), ("antier", (2026, 2, 28)),
        ("hace 3 dias", (2026, 2, 27)), ("hace una semana", (2026, 2, 23)), ("2 days ago", (2026, 2, 28)),
        ("el lunes", (2026, 3, 2)), ("el lunes pasado", (2026, 2, 23)), ("viernes en la noche", (2026, 2, 27)),
        ("24/11", (2025, 11, 24)), ("24-11-25", (2025, 11, 24)), ("24.11.2025", (2025, 11, 24)), ("1/3", (2026, 3, 1)),
        ("11/24/2025", (2025, 11, 24)), ("2025-11-24", (2025, 11, 24)), ("24 de noviembre", (2025, 11, 24)),
        ("24 nov 2024", (2024, 11, 24)), ("November 24th, 2024", (2024, 11, 24)), ("29/2", (2024, 2, 29)),
        ("desde hace dos semanas", (2026, 2, 16)), ("yesterday", (2026, 3, 1)), ("last friday", (2026, 2, 27)),
    ],
)  # fmt: skip
def test_a_day_is_read_as_it_is_written(text, day):
    assert day_in(text, TODAY) == date(*day)


@pytest.mark.parametrize(
    "text", ["", "no sé", "31/2/2026", "hace tiempo", "99/99", "lunes o martes", "😀", "5"]
)
def test_what_names_no_day_is_no_day(text):
    assert day_in(text, TODAY) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", "12"), ("unas 20 personas", "20"), ("1,200", "1200"), ("1.200", "1200"), ("B/. 1,200.50", "1200.50"),
        ("12,5", "12.5"), ("tres", "3"), ("somos cinco", "5"), ("veinte.", "20"), ("uno", "1"), ("0", "0"),
        ("four people", "4"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_it_is_written(text, number):
    assert number_in(text) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["", "muchas", "2 o 3", "1e9", "9" * 40, "1,2,3", "una cosa rara pasa", "-", "12/3"]
)
def test_what_is_not_one_number_is_none(text):
    assert number_in(text) is None


@pytest.mark.parametrize(
    ("text", "chosen"),
    [("1", 0), (" 3. ", 2), ("mi calle", 1), ("solo a mi casa", 0), ("todo el sector", 2), ("0", None),
     ("5", None), ("", None), ("a mi", None), ("mi casa y mi calle", None)],
)  # fmt: skip
def test_a_choice_is_named_by_its_figure_or_its_words(text, chosen):
    assert one_of(text, CHOICES) == chosen


@pytest.mark.parametrize(
    "text", ["no sé", "No se.", "ns", "ni idea", "no me acuerdo", "I don't know", "idk", "¿no sé?"]
)
def test_who_does_not_know_says_so_in_many_ways(text):
    assert is_unknown(text)
    assert plain_yes_or_no(text) is None


@pytest.mark.parametrize("text", ["no", "no sé leer", "no hay", "sí", "", "nos"])
def test_other_words_are_not_taken_for_it(text):
    assert not is_unknown(text)


@given(st.text(max_size=200))
def test_nothing_that_can_be_written_breaks_the_reading(text):
    assert day_in(text, TODAY) is None or isinstance(day_in(text, TODAY), date)
    number = number_in(text)
    assert number is None or (number >= 0 and abs(number.adjusted()) <= 12)
    chosen = one_of(text, CHOICES)
    assert chosen is None or 0 <= chosen < len(CHOICES)
    assert plain_yes_or_no(text) in {True, False, None}
