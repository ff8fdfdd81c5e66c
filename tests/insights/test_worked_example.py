"""The worked example of the definitions, made by the real actions, and its seven numbers."""

from __future__ import annotations

from datetime import date

import pytest

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.models import Case
from centro.insights.facts import refresh_facts
from centro.insights.questions import Question, ask
from centro.insights.registry import measure
from centro.kernel.actor import SYSTEM, citizen
from tests import make
from tests.moments import Frozen


@pytest.fixture
def march(frozen: Frozen) -> Question:
    """Ten cases opened in March, all due in March but one; then April, when more happens."""
    frozen.to("2026-03-02 09:00")
    service = make.service(agency=make.agency(), working_days=5)
    long = make.service(agency=service.agency, working_days=30)
    boss = actor_of(make.user(Role.SUPERVISOR))

    def solve(case: Case, *, confirm: bool = True) -> None:
        actions.resolve_case(case=case, text="Se reparó.", by=SYSTEM)
        if confirm:
            actions.confirm_case(case=case, by=citizen())

    cases = [make.case(service=service) for _ in range(9)]
    make.case(service=long)  # active and not yet due
    frozen.to("2026-03-04 10:00")
    for case in cases[:5]:
        solve(case)
    actions.mark_duplicate(case=cases[7], of=cases[8], by=boss)
    frozen.to("2026-03-20 10:00")
    solve(cases[5])
    solve(cases[6], confirm=False)
    # What happens afterwards changes nothing of how it stood on 31 March.
    frozen.to("2026-04-02 10:00")
    actions.reopen_case(case=cases[0], text="Volvió a salir.", by=citizen())
    actions.confirm_case(case=cases[6], by=citizen())
    solve(cases[8])
    refresh_facts()
    return ask(date(2026, 3, 1), date(2026, 3, 31), as_of=date(2026, 3, 31))


def test_the_numbers_of_the_example(march: Question):
    effectiveness = measure("effectiveness", march).one
    assert (effectiveness["total"], effectiveness["closed"], effectiveness["active"]) == (10, 7, 3)
    assert (effectiveness["closed_pct"], effectiveness["active_pct"]) == (70.0, 30.0)
    within = measure("within-sla", march).one
    assert (within["timely"], within["closed"]) == (5, 6)
    assert within["within_pct"] == pytest.approx(83.333, abs=0.001)
    kept = measure("deadline-compliance", march).one
    assert (kept["timely"], kept["due"], kept["compliance_pct"]) == (5, 8, 62.5)
    assert measure("overdue", march).one == {"overdue": 1}
    assert measure("requested", march).one == {"total": 10}


def test_by_month_it_is_the_same(march: Question):
    assert measure("operational-effectiveness", march).rows == [
        {"month": "2026-03", "total": 10, "active_pct": 30.0, "closed_pct": 70.0}
    ]
    assert measure("closed-by-month", march).rows == [{"month": "2026-03", "closed": 7}]
    assert measure("overdue-by-month", march).rows == [{"month": "2026-03", "overdue": 1}]


def test_a_month_later_more_is_closed_and_one_came_back(march: Question):
    later = ask(march.first, march.last, as_of=date(2026, 4, 2))
    effectiveness = measure("effectiveness", later).one
    # Nine were closed by then, of which one was reopened that same day.
    assert (effectiveness["closed"], effectiveness["active"]) == (8, 2)
    april = ask(date(2026, 4, 1), date(2026, 4, 30), as_of=date(2026, 4, 2))
    rate = measure("reopening-rate", april).one
    assert (rate["closed"], rate["reopened"], rate["reopened_pct"]) == (2, 1, 50.0)


def test_the_citizens_word(march: Question):
    said = measure("satisfaction", march).one
    assert (said["asked"], said["answered"], said["satisfied"]) == (7, 7, 7)
    assert said["satisfied_pct"] == 100.0
