"""Who is told at each rung: by post, by agreement, in triage, sealed, and when somebody is away."""

from __future__ import annotations

from collections import Counter

import pytest

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.actions import escalate_due
from centro.cases.doctor import check_everything
from centro.cases.models import Escalation, Notice, SlaClock
from centro.catalog.models import RungHolder
from tests import make
from tests.cases.ladder_world import MOMENTS, Entity, away, rungs, told
from tests.moments import Frozen


@pytest.fixture(autouse=True)
def _healthy():
    """Whatever a test does, every promise of the domain still holds after it."""
    yield
    assert check_everything() == []


@pytest.fixture
def entity(frozen: Frozen) -> Entity:
    frozen.to("2026-03-02 10:00")
    return Entity()


def test_a_case_in_nobody_s_hands_goes_up_at_once_and_says_so(entity: Entity, frozen: Frozen):
    case = make.case(agency=entity.agency)
    frozen.to(MOMENTS[1])
    escalate_due()
    record = Escalation.objects.get(case=case)
    assert (record.rung, record.nobody) == (1, True)
    (notice,) = Notice.objects.filter(case=case, escalation=record)
    assert (notice.user, notice.kind) == (entity.liaison, "warning")
    assert (notice.data["nobody_at"], notice.data["rung"]) == (1, 2)
    assert case.timeline.get(kind="escalated_past").data["rung"] == 1
    # The liaison's own rung still comes at its own moment, once.
    frozen.to(MOMENTS[2])
    escalate_due()
    assert rungs(case) == [1, 2]
    assert told(case) == [(entity.liaison, "warning"), (entity.liaison, "rung")]


def test_an_entity_without_anybody_leaves_it_to_the_president(frozen: Frozen):
    president = make.user(Role.PRESIDENCY)
    case = make.case()
    frozen.to(MOMENTS[1])
    escalate_due()
    assert told(case) == [(president, "warning")]
    assert Escalation.objects.get(case=case).nobody


def test_where_nobody_is_left_at_all_the_directors_of_the_centre_hear_of_it(frozen: Frozen):
    director = make.user(Role.DIRECTOR)
    case = make.case()
    frozen.to(MOMENTS[1])
    escalate_due()
    assert told(case) == [(director, "warning")]


def test_a_case_in_triage_climbs_through_the_centre(entity: Entity, frozen: Frozen):
    supervisor, director = make.user(Role.SUPERVISOR), make.user(Role.DIRECTOR)
    case = make.case(service=make.service(agency=None))
    frozen.to(MOMENTS[5])
    escalate_due()
    people = [user for user, _kind in told(case)]
    assert people == [supervisor, supervisor, director, director, entity.president]
    assert set(Escalation.objects.filter(case=case).values_list("agency", flat=True)) == {None}


def test_a_post_for_another_part_of_the_country_is_not_asked(entity: Entity, frozen: Frozen):
    here, there = make.place(), make.place()
    mine = make.user(Role.LIAISON, entity.agency, province=here.province)
    make.user(Role.LIAISON, entity.agency, province=there.province)
    make.user(Role.LIAISON, entity.agency, unit=make.unit(entity.agency))
    case = entity.case(place=here)
    frozen.to(MOMENTS[2])
    escalate_due()
    assert {u for u, kind in told(case, "rung")} == {entity.liaison, mine}


def test_whom_the_agreement_names_is_told_instead_of_whoever_holds_the_post(
    entity: Entity, frozen: Frozen
):
    case = entity.case()
    named = make.user(Role.OFFICIAL, unit=entity.unit)
    clocked = SlaClock.objects.get(case=case, metric="solution")
    RungHolder.objects.create(version=clocked.policy, rung=3, user=named)
    frozen.to(MOMENTS[3])
    escalate_due()
    assert [user for user, _kind in told(case)] == [entity.official, entity.liaison, named]


def test_whom_the_agreement_names_is_not_asked_once_the_case_is_another_entity_s(
    entity: Entity, frozen: Frozen
):
    stranger = make.user(Role.EXECUTIVE)
    case = entity.case()
    clocked = SlaClock.objects.get(case=case, metric="solution")
    RungHolder.objects.create(version=clocked.policy, rung=3, user=stranger)
    frozen.to(MOMENTS[3])
    escalate_due()
    assert [user for user, _kind in told(case)] == entity.ladder[:3]


def test_a_delegate_is_told_instead_of_who_is_away(entity: Entity, frozen: Frozen):
    delegate = make.user(Role.OFFICIAL, unit=entity.unit)
    away(entity.liaison, delegate)
    case = entity.case()
    frozen.to(MOMENTS[2])
    escalate_due()
    (notice,) = Notice.objects.filter(case=case, kind="rung")
    assert (notice.user, notice.instead_of) == (delegate, entity.liaison)


def test_who_is_away_without_a_delegate_is_left_out(entity: Entity, frozen: Frozen):
    away(entity.executive)
    other = make.user(Role.EXECUTIVE, entity.agency)
    case = entity.case()
    frozen.to(MOMENTS[3])
    escalate_due()
    assert told(case)[-1][0] == other
    assert not Escalation.objects.filter(case=case, nobody=True).exists()


def test_where_everybody_is_away_the_rung_counts_as_empty(entity: Entity, frozen: Frozen):
    away(entity.executive)
    case = entity.case()
    frozen.to(MOMENTS[3])
    escalate_due()
    assert Escalation.objects.get(case=case, rung=3).nobody
    assert told(case)[-1] == (entity.head, "rung")


def test_a_delegate_who_is_away_too_hands_on_to_their_own(entity: Entity, frozen: Frozen):
    first, second = (
        make.user(Role.LIAISON, entity.agency, unit=make.unit(entity.agency)) for _ in "ab"
    )
    away(entity.liaison, first)
    away(first, second)
    case = entity.case()
    frozen.to(MOMENTS[2])
    escalate_due()
    assert [user for user, _kind in told(case, "rung")] == [second]


def test_two_who_stand_in_for_each_other_are_nobody(entity: Entity, frozen: Frozen):
    other = make.user(Role.OFFICIAL, unit=entity.unit)
    away(entity.official, other)
    away(other, entity.official)
    case = entity.case()
    frozen.to(MOMENTS[1])
    escalate_due()
    assert Escalation.objects.get(case=case).nobody


def test_a_delegate_who_has_left_the_entity_no_longer_stands_in(entity: Entity, frozen: Frozen):
    gone = make.user(Role.LIAISON)
    away(entity.liaison, gone)
    case = entity.case()
    frozen.to(MOMENTS[2])
    escalate_due()
    assert gone not in [user for user, _kind in told(case)]


def test_a_sealed_case_never_climbs_through_the_accused_entity(entity: Entity, frozen: Frozen):
    officer, helper = make.user(Role.DENUNCIATIONS), make.user(Role.SUPERVISOR)
    case = entity.case(confidentiality="sealed")
    actions.grant_access(case=case, user=helper, by=actor_of(officer))
    frozen.to(MOMENTS[5])
    escalate_due()
    assert rungs(case) == [1, 2, 3, 4, 5]
    people = Counter(user for user, _kind in told(case))
    assert people == {officer: 4, helper: 4, entity.president: 1}
    assert not Notice.objects.filter(case=case, kind__in=["stint", "response"]).exclude(
        user__in=[officer, helper]
    )


def test_standing_in_for_somebody_opens_no_sealed_case(entity: Entity, frozen: Frozen):
    officer, helper = make.user(Role.DENUNCIATIONS), make.user(Role.SUPERVISOR)
    other = make.user(Role.SUPERVISOR)
    case = entity.case(confidentiality="sealed")
    actions.grant_access(case=case, user=helper, by=actor_of(officer))
    away(helper, other)
    frozen.to(MOMENTS[1])
    escalate_due()
    assert told(case) == [(officer, "warning")]
