"""A "no" reopens one rung higher, with another official, and the people of that rung know at once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Absence, Agency
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.doctor import check_everything
from centro.cases.models import Case, Notice, SlaClock
from centro.cases.officials import refused_officials
from centro.kernel.actor import SYSTEM, citizen
from centro.kernel.errors import Invalid
from tests import make
from tests.moments import Frozen


@pytest.fixture(autouse=True)
def _healthy():
    yield
    assert check_everything() == []


@pytest.fixture(autouse=True)
def _monday(frozen: Frozen) -> Frozen:
    return frozen


def in_hands_of(official: User, **fields: Any) -> Any:
    """A case of the official's unit, in their hands."""
    unit = official.assignments.get().unit
    assert unit is not None
    case = make.case(service=make.service(agency=unit.agency), **fields)
    return actions.assign_case(case=case, unit=unit, official=official, by=SYSTEM)


def officials(n: int, agency: Agency | None = None) -> list[User]:
    unit = (agency or make.agency()).units.get()
    return [make.user(Role.OFFICIAL, unit=unit) for _ in range(n)]


def no(case: Any) -> Case:
    """It is solved by whoever has it, and the citizen does not agree."""
    by = actor_of(case.official) if case.official else SYSTEM
    actions.resolve_case(case=case, text="Listo.", by=by)
    return actions.reopen_case(case=case, text="Sigue igual.", by=citizen())


def give(case: Any, official: User) -> Case:
    by = actor_of(make.user(Role.LIAISON, case.agency))
    return actions.assign_case(case=case, unit=case.unit, official=official, by=by)


def test_another_official_takes_it_the_one_with_the_fewest_cases():
    first, busy, free = officials(3)
    for _ in range(2):
        in_hands_of(busy)
    in_hands_of(free)
    case = no(in_hands_of(first))
    assert case.official == free


def test_nobody_whose_solution_was_refused_in_any_cycle_gets_it_again():
    first, second, third = officials(3)
    case = no(in_hands_of(first))
    seen: list[User | None] = [first]
    for _ in range(2):
        assert case.official not in seen
        seen.append(case.official)
        case = no(case)
    assert case.official is None, "nobody is left: the liaison finds somebody elsewhere"
    assert refused_officials(case) == {first.pk, second.pk, third.pk}
    for official in (first, second, third):
        with pytest.raises(Invalid, match="elija a otro"):
            give(case, official)
    newcomer = make.user(Role.OFFICIAL, unit=case.unit)
    assert give(case, newcomer).official == newcomer


def test_whoever_said_that_it_was_solved_is_out_too():
    first, helper = officials(2)
    case = in_hands_of(first)
    actions.resolve_case(case=case, text="Yo lo vi hecho.", by=actor_of(helper))
    case = actions.reopen_case(case=case, text="No está.", by=citizen())
    assert case.official is None
    with pytest.raises(Invalid, match="elija a otro"):
        give(case, helper)


def test_whoever_is_away_is_passed_over():
    first, away, present = officials(3)
    Absence.objects.create(user=away, starts=date(2026, 3, 1), ends=date(2026, 3, 31))
    assert no(in_hands_of(first)).official == present


def test_where_the_liaison_distributes_the_liaison_chooses():
    agency = make.agency(distribution="liaison")
    first, _other = officials(2, agency)
    assert no(in_hands_of(first)).official is None


def test_the_people_of_the_rung_where_the_new_cycle_begins_are_told_at_once():
    first, *_others = officials(5)
    case = in_hands_of(first)
    people = [make.user(role, case.agency) for role in (Role.LIAISON, Role.EXECUTIVE, Role.HEAD)]
    people.append(make.user(Role.PRESIDENCY))
    for user in [*people, people[-1]]:
        before = set(Notice.objects.values_list("pk", flat=True))
        case = no(case)
        new = Notice.objects.exclude(pk__in=before).filter(kind="reopened")
        assert [notice.user for notice in new] == [user], f"cycle {case.cycle}"
        assert new[0].data["cycle"] == case.cycle


def test_each_cycle_has_its_own_term_and_begins_higher(frozen):
    first, _second = officials(2)
    case = in_hands_of(first)
    due = case.due_at
    frozen.on(days=2)
    case = no(case)
    clock = SlaClock.objects.get(case=case, metric="solution", cycle=2)
    assert (clock.base_rung, clock.next_rung, clock.started_at) == (1, 2, frozen.now)
    assert case.due_at > due
    assert case.opened_at < frozen.now - timedelta(days=1), "the whole time stays in sight"
