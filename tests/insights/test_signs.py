"""Rises are seen, and chance alone seldom looks like one."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from centro.insights.facts import refresh_facts
from centro.insights.questions import ask
from centro.insights.registry import measure
from centro.insights.signs import WEEKS, rise_of
from tests import make
from tests.moments import Frozen


@pytest.mark.parametrize("mean", [0.5, 1, 3, 10, 40])
def test_chance_alone_looks_like_a_rise_in_less_than_one_week_of_a_hundred(mean: float):
    luck = np.random.default_rng(311)
    weeks = luck.poisson(mean, (20_000, WEEKS + 1)).tolist()
    false_alarms = sum(rise_of(week[0], week[1:]) is not None for week in weeks)
    assert false_alarms / len(weeks) < 0.01


@pytest.mark.parametrize(("mean", "times"), [(1, 8), (3, 4), (10, 3), (40, 2)])
def test_a_real_rise_is_mostly_seen(mean: float, times: float):
    luck = np.random.default_rng(311)
    before = luck.poisson(mean, (2_000, WEEKS)).tolist()
    weeks = luck.poisson(mean * times, 2_000).tolist()
    seen = sum(rise_of(now, then) is not None for now, then in zip(weeks, before, strict=True))
    assert seen / len(weeks) > 0.8


def test_few_cases_are_no_sign_whatever_came_before():
    assert rise_of(4, [0] * WEEKS) is None
    rise = rise_of(5, [0] * WEEKS)
    assert rise is not None
    assert (rise.count, rise.expected) == (5, 0)


def test_water_fails_in_a_district(frozen: Frozen):
    frozen.to("2026-02-20 09:00")
    where, water = make.place(), make.service()
    for day in ("2026-01-12", "2026-02-03"):
        frozen.to(f"{day} 09:00")
        make.case(service=water, place=where)
    frozen.to("2026-02-20 09:00")
    for _ in range(7):
        make.case(service=water, place=where)
    make.case(place=where)
    refresh_facts()
    asked = ask(date(2026, 1, 1), date(2026, 2, 28))
    (sign,) = measure("early-signs", asked).rows
    assert sign == {
        "service_id": water.pk,
        "place": where.district.full_name,
        "total": 7,
        "expected": 0.25,
    }


def test_what_keeps_breaking_is_named(frozen: Frozen):
    pipe, where = make.service(), make.place()
    for month in (1, 2, 3):
        frozen.to(f"2026-{month:02}-10 09:00")
        for _ in range(2):
            make.case(service=pipe, place=where)
    refresh_facts()
    (again,) = measure("recurrent", ask(date(2026, 1, 1), date(2026, 3, 31))).rows
    assert (again["service_id"], again["total"], again["months"]) == (pipe.pk, 6, 3)
    assert where.name in again["place"]
