"""The rule of the lights, as a table."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centro.insights.strategy.lights import Aim, Light, as_read, judge

MET, NEAR, COURSE, MISSED, NONE = (
    Light.MET,
    Light.NEAR,
    Light.ON_COURSE,
    Light.MISSED,
    Light.UNMEASURED,
)
# measured, target, better, tolerance, start, share of the year that has passed → light
TABLE: list[tuple[str | None, str, str, int, str | None, str | None, Light]] = [
    # The year is over: the target, the margin, or neither.
    ("90", "90", "higher", 5, None, None, MET),
    ("95", "90", "higher", 5, None, None, MET),
    ("89.9", "90", "higher", 5, None, None, NEAR),
    ("85.5", "90", "higher", 5, None, None, NEAR),
    ("85.4", "90", "higher", 5, None, None, MISSED),
    ("89.9", "90", "higher", 0, None, None, MISSED),
    ("60", "60", "lower", 10, None, None, MET),
    ("31", "60", "lower", 10, None, None, MET),
    ("66", "60", "lower", 10, None, None, NEAR),
    ("67", "60", "lower", 10, None, None, MISSED),
    (None, "90", "higher", 5, None, None, NONE),
    (None, "90", "higher", 5, "50", "0.5", NONE),
    # A target of nought has no margin.
    ("0", "0", "lower", 10, None, None, MET),
    ("1", "0", "lower", 10, None, None, MISSED),
    ("0", "0", "higher", 10, None, None, MET),
    # The running year: on the line from the year before to the target.
    ("70", "80", "higher", 5, "60", "0.5", COURSE),
    ("69.9", "80", "higher", 5, "60", "0.5", MISSED),
    ("76", "80", "higher", 5, "60", "0.1", NEAR),  # near goes before on course
    ("80", "80", "higher", 5, "60", "0.1", MET),
    ("100", "60", "lower", 10, "140", "0.5", COURSE),
    ("101", "60", "lower", 10, "140", "0.5", MISSED),
    # What accumulates begins at nought.
    ("5", "10", "higher", 5, "0", "0.5", COURSE),
    ("4", "10", "higher", 5, "0", "0.5", MISSED),
    ("0", "10", "higher", 5, "0", "0", COURSE),
    # Without a year before there is no line, and after the year's end neither.
    ("70", "80", "higher", 5, None, "0.5", MISSED),
    ("70", "80", "higher", 5, "60", None, MISSED),
    ("70", "80", "higher", 5, "60", "1", MISSED),
    # Who began the year beyond the target and fell back is not on course.
    ("70", "80", "higher", 5, "90", "0.9", MISSED),
    ("90", "60", "lower", 5, "40", "0.1", MISSED),
]


def number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@pytest.mark.parametrize(
    ("measured", "target", "better", "tolerance", "start", "passed", "light"), TABLE
)
def test_the_rule(
    measured: str | None,
    target: str,
    better: str,
    tolerance: int,
    start: str | None,
    passed: str | None,
    light: Light,
):
    aim = Aim(Decimal(target), better == "higher", tolerance, number(start))
    assert judge(number(measured), aim, number(passed)) is light


NUMBERS = st.decimals(0, 10_000, places=1, allow_nan=False, allow_infinity=False)
SHARES = st.decimals(0, 1, places=2)
ORDER = [Light.MISSED, Light.ON_COURSE, Light.NEAR, Light.MET]


@given(a=NUMBERS, b=NUMBERS, target=NUMBERS, start=NUMBERS, passed=SHARES, up=st.booleans())
def test_a_better_number_never_has_a_worse_light(
    a: Decimal, b: Decimal, target: Decimal, start: Decimal, passed: Decimal, up: bool
):
    aim = Aim(target, up, 10, start)
    worse, better = sorted((a, b), reverse=not up)
    rank = [ORDER.index(judge(one, aim, passed)) for one in (worse, better)]
    assert rank == sorted(rank)


@pytest.mark.parametrize(
    ("value", "unit", "read"),
    [
        (89.96, "percent", "90.0"), (89.94, "percent", "89.9"), (60.4, "seconds", "60"),
        (2.25, "hours", "2.3"), (7, "count", "7"), (0.125, "per_thousand", "0.13"),
    ],
)  # fmt: skip
def test_a_number_is_judged_as_it_is_read(value: float, unit: str, read: str):
    assert str(as_read(value, unit)) == read


def test_every_light_has_a_word_an_icon_and_a_meaning_of_its_own():
    assert len({str(light.word) for light in Light}) == len(Light)
    assert len({light.icon for light in Light}) == len(Light)
    assert all(str(light.meaning) for light in Light)
