"""What a user's posts let them see and do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Absence, Assignment
from centro.agencies.scopes import actor_of, candidates_for, liaisons_of, scope_of
from centro.cases.models import Case
from centro.kernel.actor import Kind
from centro.kernel.clock import today
from tests import make

DAY = timedelta(days=1)


def also(user: User, role: Role, **fields) -> None:
    Assignment.objects.create(user=user, role=role, **{"starts": today(), **fields})


def test_without_a_post_there_is_no_scope():
    scope = scope_of(make.user(None))
    assert [*scope.roles, *scope.units, *scope.all_agencies, *scope.posts] == []
    assert not scope.has(*Role)


@pytest.mark.parametrize(
    ("starts", "ends", "counts"),
    [
        (0, None, True),
        (0, 0, True),
        (-5, 0, True),
        (-5, -1, False),
        (1, None, False),
        (1, 9, False),
    ],
)
def test_a_post_counts_from_its_first_to_its_last_day(starts, ends, counts):
    last = None if ends is None else today() + ends * DAY
    user = make.user(Role.SUPERVISOR, starts=today() + starts * DAY, ends=last)
    assert scope_of(user).has(Role.SUPERVISOR) is counts


def test_roles_of_two_entities_stay_apart():
    one, other = make.agency(), make.agency()
    user = make.user(Role.LIAISON, of=one)
    also(user, Role.HEAD, agency=other)
    scope = scope_of(user)
    assert scope.agencies_for(Role.LIAISON) == {one.pk}
    assert scope.agencies_for(Role.HEAD) == {other.pk}
    assert scope.agencies_for(Role.LIAISON, Role.HEAD) == scope.all_agencies == {one.pk, other.pk}
    assert scope.agencies_for(Role.OFFICIAL) == set()


def test_an_inactive_user_has_no_posts():
    assert not scope_of(make.user(Role.SUPERVISOR, is_active=False)).roles


def test_a_scope_is_read_once_for_a_request(django_assert_num_queries):
    user = User.objects.get(pk=make.user(Role.SUPERVISOR).pk)
    with django_assert_num_queries(1):
        scope_of(user)
        assert scope_of(user).roles
        actor_of(user)


def test_a_province_and_a_unit_limit_a_post():
    province = make.place(level="province")
    unit = make.unit(make.agency(), province=province)
    user = make.user(Role.OFFICIAL, unit=unit, province=province)
    (post,) = scope_of(user).posts
    assert (post.unit_id, post.province_id, post.agency_id) == (
        unit.pk,
        province.pk,
        unit.agency_id,
    )
    assert scope_of(user).units == {unit.pk}


@pytest.mark.parametrize("role", list(Role))
def test_people_of_entities_act_for_them_others_for_the_centre(role):
    of_agency = {Role.LIAISON, Role.EXECUTIVE, Role.OFFICIAL, Role.HEAD}
    actor = actor_of(make.user(role))
    assert actor.kind == (Kind.AGENCY if role in of_agency else Kind.STAFF)
    assert actor.roles == {role}


def test_who_serves_both_acts_for_the_centre():
    user = make.user(Role.LIAISON)
    also(user, Role.SUPERVISOR)
    assert actor_of(user).kind == Kind.STAFF


def test_candidates_are_the_present_officials_of_the_unit():
    agency = make.agency()
    unit, other = make.unit(agency), make.unit(agency)
    here = make.user(Role.OFFICIAL, of=agency, unit=unit, first_name="Berta")
    make.user(Role.OFFICIAL, of=agency, unit=other)
    make.user(Role.OFFICIAL, of=agency, unit=unit, ends=today() - DAY, starts=today() - 9 * DAY)
    make.user(Role.OFFICIAL, of=agency, unit=unit, is_active=False)
    make.user(Role.LIAISON, of=agency)
    first = make.user(Role.OFFICIAL, of=agency, unit=unit, first_name="Alba")
    assert candidates_for(agency, unit) == [first, here]
    assert len(candidates_for(agency, None)) == 3


def test_liaisons_are_those_of_the_entity_today():
    agency = make.agency()
    liaison = make.user(Role.LIAISON, of=agency)
    also(liaison, Role.LIAISON, agency=agency)
    make.user(Role.LIAISON)
    make.user(Role.LIAISON, of=agency, starts=today() + DAY)
    assert liaisons_of(agency) == [liaison]


def away(user: User, delegate: User | None, first: int = 0, last: int = 3) -> None:
    starts, ends = today() + first * DAY, today() + last * DAY
    Absence.objects.create(user=user, delegate=delegate, starts=starts, ends=ends)


def test_a_delegate_holds_the_posts_of_the_colleague_who_is_away():
    agency = make.agency()
    liaison, official = make.user(Role.LIAISON, agency), make.user(Role.OFFICIAL, agency)
    away(liaison, official)
    assert scope_of(official).roles == {Role.OFFICIAL, Role.LIAISON}
    assert scope_of(liaison).roles == {Role.LIAISON}


@pytest.mark.parametrize(("first", "last"), [(1, 3), (-3, -1)])
def test_a_post_is_lent_only_while_its_holder_is_away(first: int, last: int):
    agency = make.agency()
    liaison, official = make.user(Role.LIAISON, agency), make.user(Role.OFFICIAL, agency)
    away(liaison, official, first, last)
    assert scope_of(official).roles == {Role.OFFICIAL}


def test_what_is_lent_is_not_lent_on():
    agency = make.agency()
    first, second, third = (make.user(r, agency) for r in (Role.HEAD, Role.LIAISON, Role.OFFICIAL))
    away(first, second)
    away(second, third)
    assert scope_of(third).roles == {Role.OFFICIAL, Role.LIAISON}


def test_a_delegate_of_another_entity_gets_nothing():
    liaison, stranger = make.user(Role.LIAISON), make.user(Role.OFFICIAL)
    away(liaison, stranger)
    assert scope_of(stranger).roles == {Role.OFFICIAL}


def test_posts_of_the_centre_are_not_lent():
    supervisor, operator = make.user(Role.SUPERVISOR), make.user(Role.OPERATOR)
    away(supervisor, operator)
    assert scope_of(operator).roles == {Role.OPERATOR}


def test_a_delegate_sees_the_cases_in_the_hands_of_who_is_away():
    case = make.case()
    official, other = (make.user(Role.OFFICIAL, case.agency) for _ in range(2))
    Case.objects.filter(pk=case.pk).update(official=official)
    assert not Case.objects.visible_to(other).exists()
    away(official, User.objects.get(pk=other.pk))
    assert Case.objects.visible_to(User.objects.get(pk=other.pk)).get() == case


@pytest.mark.parametrize(
    "broken",
    [
        {"role": Role.LIAISON},
        {"role": Role.OFFICIAL},
        {"role": Role.SUPERVISOR, "agency": True},
        {"role": Role.SUPERVISOR, "ends": today() - DAY},
    ],
)
def test_the_database_refuses_impossible_posts(broken):
    user = make.user(None)
    if broken.get("agency"):
        broken = {**broken, "agency": make.agency()}
    with pytest.raises(IntegrityError), transaction.atomic():
        also(user, **broken)
