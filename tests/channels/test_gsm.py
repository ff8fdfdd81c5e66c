"""What a text costs on a telephone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centro.channels.gateways.gateway import phone_of
from centro.channels.gateways.gsm import cut_to, fits_gsm, parts_of


@pytest.mark.parametrize("text", ["¿Qué pasó? ¡Año! ü à ñ Ñ É", "precio: 5 € [ok] {x}"])
def test_letters_of_the_small_alphabet(text):
    assert fits_gsm(text.replace("ó", "o"))


@pytest.mark.parametrize(
    "text", ["vía", "acción", "según", "Á", "😀", "مرحبا", "ç", "“", "\t", "\x00"]
)
def test_letters_that_need_the_large_one(text):
    assert not fits_gsm(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3),
        ("€" * 80, 1), ("€" * 81, 2), ("€" * 152, 2), ("€" * 153, 3),
        ("í" * 70, 1), ("í" * 71, 2), ("í" * 134, 2), ("í" * 135, 3),
        ("😀" * 35, 1), ("😀" * 36, 2), ("😀" * 66, 2), ("😀" * 67, 3),
    ],
)  # fmt: skip
def test_parts(text, parts):
    """The sizes of 3GPP TS 23.038: 160 or 70 alone, 153 or 67 each; an emoji is two units, and a
    letter that is escaped two, and neither lies over an edge."""
    assert parts_of(text) == parts


@given(st.text(max_size=700), st.integers(1, 5))
def test_what_is_cut_fits_and_begins_as_it_was(text, most):
    cut = cut_to(text, most)
    assert parts_of(cut) <= most
    assert cut == text or (cut.endswith("...") and text.startswith(cut[:-3]))


@pytest.mark.parametrize(
    "written",
    [
        "+50760001234", "50760001234", "0050760001234", "60001234", "6000-1234", "6000 1234",
        "+507 6000-1234", "(507) 6000.1234", " +507-6000-1234 ", "507 60001234", "٦٠٠٠١٢٣٤",
    ],
)  # fmt: skip
def test_a_number_in_every_form_is_one_number(written):
    assert phone_of(written) == "+50760001234"


@pytest.mark.parametrize(("written", "number"), [("573001234567", "+573001234567"), ("+12025550123", "+12025550123"), ("001 202 555 0123", "+12025550123")])  # fmt: skip
def test_numbers_of_elsewhere(written, number):
    assert phone_of(written) == number


@pytest.mark.parametrize("written", ["", "311", "22555", "TIGO", "Mi Banco", "+", "6000123", "+507" + "9" * 40, "60001234; DROP"])  # fmt: skip
def test_what_nobody_can_be_answered_at_is_no_number(written):
    assert phone_of(written) == ""
