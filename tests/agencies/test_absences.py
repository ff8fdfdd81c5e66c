"""Who says that somebody is away, and who may stand in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.absences import people_of, stand_ins, stand_ins_for
from centro.agencies.actions import end_absence, record_absence
from centro.agencies.models import Absence
from centro.agencies.scopes import actor_of
from centro.kernel.clock import today
from centro.kernel.errors import Invalid, NotAllowed
from tests import make

DAY = timedelta(days=1)


def away(user: User, delegate: User | None = None, by: User | None = None, **days: int) -> Absence:
    first, last = days.get("first", 0), days.get("last", 3)
    return record_absence(
        user=user,
        starts=today() + first * DAY,
        ends=today() + last * DAY,
        delegate=delegate,
        by=actor_of(by or user),
    )


def test_one_says_oneself_that_one_will_be_away():
    agency = make.agency()
    user, colleague = make.user(Role.LIAISON, agency), make.user(Role.OFFICIAL, agency)
    absence = away(user, colleague)
    assert (absence.made_by_id, absence.delegate) == (user.pk, colleague)
    assert stand_ins([user.pk, colleague.pk]) == {user.pk: colleague.pk}


def test_a_liaison_says_it_for_the_people_of_the_entity():
    agency = make.agency()
    liaison, official = make.user(Role.LIAISON, agency), make.user(Role.OFFICIAL, agency)
    assert away(official, by=liaison).made_by_id == liaison.pk


@pytest.mark.parametrize("role", [Role.LIAISON, Role.SUPERVISOR, Role.OFFICIAL])
def test_nobody_says_it_for_people_of_another_entity(role: Role):
    with pytest.raises(NotAllowed):
        away(make.user(Role.OFFICIAL), by=make.user(role))


def test_an_official_does_not_say_it_for_a_colleague():
    agency = make.agency()
    one, other = (make.user(Role.OFFICIAL, agency) for _ in "ab")
    with pytest.raises(NotAllowed):
        away(one, by=other)


def test_a_liaison_of_a_province_speaks_for_that_part_alone():
    agency, here, there = make.agency(), make.place(), make.place()
    liaison = make.user(Role.LIAISON, agency, province=here.province)
    near = make.user(Role.OFFICIAL, unit=make.unit(agency, province=here.province))
    make.user(Role.OFFICIAL, unit=make.unit(agency, province=there.province))
    make.user(Role.HEAD, agency)
    assert people_of(liaison) == [near]


def test_a_supervisor_says_it_for_the_centre_but_not_for_those_who_watch_over_it():
    supervisor, operator = make.user(Role.SUPERVISOR), make.user(Role.OPERATOR)
    for role in (Role.DENUNCIATIONS, Role.PRESIDENCY, Role.AUDITOR, Role.ADMINISTRATOR):
        make.user(role)
    assert people_of(supervisor) == [operator]


def test_nobody_names_themselves_for_somebody_else():
    agency = make.agency()
    liaison, executive = make.user(Role.LIAISON, agency), make.user(Role.EXECUTIVE, agency)
    with pytest.raises(NotAllowed):
        away(executive, liaison, by=liaison)


def test_who_stands_in_shares_the_entity_or_the_post():
    agency = make.agency()
    official, liaison = make.user(Role.OFFICIAL, agency), make.user(Role.LIAISON, agency)
    make.user(Role.OFFICIAL)
    supervisor, other = make.user(Role.SUPERVISOR), make.user(Role.SUPERVISOR)
    make.user(Role.OPERATOR)
    assert set(stand_ins_for([official])) == {official, liaison}
    assert set(stand_ins_for([supervisor])) == {supervisor, other}
    with pytest.raises(Invalid):
        away(official, other)


def test_nobody_stands_in_for_themselves():
    user = make.user(Role.LIAISON)
    with pytest.raises(Invalid):
        away(user, user)


@pytest.mark.parametrize(("first", "last"), [(2, 1), (-5, -1), (0, 367)])
def test_dates_that_cannot_be_are_refused(first: int, last: int):
    with pytest.raises(Invalid):
        away(make.user(Role.LIAISON), first=first, last=last)


def test_absences_of_one_person_do_not_overlap():
    user = make.user(Role.LIAISON)
    away(user, first=2, last=4)
    for first, last in ((0, 2), (4, 6), (3, 3), (0, 9)):
        with pytest.raises(Invalid, match="Ya hay"):
            away(user, first=first, last=last)
    away(user, first=5, last=6)


def test_who_comes_back_is_back_today_and_the_past_stays_on_record():
    user = make.user(Role.LIAISON)
    absence = Absence.objects.create(user=user, starts=today() - 2 * DAY, ends=today() + 5 * DAY)
    end_absence(absence=absence, by=actor_of(user))
    absence.refresh_from_db()
    assert absence.ends == today() - DAY
    assert stand_ins([user.pk]) == {}


@pytest.mark.parametrize("first", [0, 2])
def test_an_absence_that_has_not_begun_before_today_never_was(first: int):
    user = make.user(Role.LIAISON)
    end_absence(absence=away(user, first=first), by=actor_of(user))
    assert not Absence.objects.exists()


def test_nobody_ends_the_absence_of_a_stranger():
    absence = away(make.user(Role.LIAISON))
    with pytest.raises(NotAllowed):
        end_absence(absence=absence, by=actor_of(make.user(Role.LIAISON)))
