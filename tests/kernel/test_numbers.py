from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centro.kernel.errors import Invalid
from centro.kernel.numbers import access_code, number_for, parse_number, same_code, serial_of

SERIALS = st.integers(min_value=1, max_value=10**9)


@given(SERIALS)
def test_a_number_reads_back(serial: int):
    assert serial_of(parse_number(number_for(serial))) == serial


@given(SERIALS, st.data())
def test_every_wrong_digit_is_noticed(serial: int, data):
    digits = number_for(serial)[4:].replace("-", "")
    at = data.draw(st.integers(0, len(digits) - 1))
    wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != digits[at]]))
    with pytest.raises(Invalid):
        parse_number(f"311-{digits[:at]}{wrong}{digits[at + 1 :]}")


@given(SERIALS, st.data())
def test_every_swap_of_neighbours_is_noticed(serial: int, data):
    digits = number_for(serial)[4:].replace("-", "")
    at = data.draw(st.integers(0, len(digits) - 2))
    if digits[at] == digits[at + 1]:
        return
    swapped = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    with pytest.raises(Invalid):
        parse_number(f"311-{swapped}")


@pytest.mark.parametrize(
    "typed",
    [
        "311-00001234-{c}",
        "311 0000 1234 {c}",
        "31100001234{c}",
        "00001234{c}",
        "1234-{c}",
        " 1234{c} ",
    ],
)
def test_people_type_numbers_in_many_ways(typed: str):
    number = number_for(1234)
    assert parse_number(typed.format(c=number[-1])) == number


@pytest.mark.parametrize("typed", ["", "abc", "311-", "٣١١-00001234-5", "9" * 500, "-1", "1.5e3"])
def test_garbage_is_no_number(typed: str):
    with pytest.raises(Invalid):
        parse_number(typed)


def test_a_code_belongs_to_one_number_and_one_key():
    codes = {
        access_code(number_for(serial), key)
        for serial, key in itertools.product(range(1, 50), [b"a", b"b"])
    }
    assert len(codes) == 98


def test_a_code_read_over_the_telephone_still_fits():
    code = access_code(number_for(7), b"key")
    assert same_code(code.lower().replace("-", " "), code)
    assert same_code(code.replace("0", "O").replace("1", "I"), code)
    assert not same_code("", code)
    assert not same_code(code[:-1], code)
