"""Who in a unit gets a case: by load, by turn, never who is away, never two at once."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Absence, Agency, Unit
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.distribution import foresee_official
from centro.cases.doctor import check_everything
from centro.cases.models import Case
from centro.cases.routing import find_route
from centro.catalog.models import ServiceType
from centro.kernel.actor import SYSTEM, citizen
from centro.kernel.clock import today
from tests import make
from tests.cases.test_opening import data_statements

DAY = timedelta(days=1)


@pytest.fixture
def service() -> ServiceType:
    return make.service()


@pytest.fixture
def unit(service: ServiceType) -> Unit:
    return service.agency.units.get()


def official(unit: Unit, **fields: Any) -> User:
    return make.user(Role.OFFICIAL, unit=unit, **fields)


def opened(service: ServiceType, **fields: Any) -> User | None:
    """Who gets a new case."""
    return make.case(service=service, **fields).official


def solve(*cases: Case) -> None:
    for case in cases:
        actions.resolve_case(case=case, text="Listo", by=SYSTEM)
        actions.confirm_case(case=case, by=citizen())


def test_the_official_with_the_fewest_active_cases_gets_the_next(service, unit):
    busy, idle = official(unit), official(unit)
    for _ in range(3):
        case = make.case(service=service)
        actions.assign_case(case=case, unit=unit, official=busy, by=SYSTEM)
    assert [opened(service) for _ in range(3)] == [idle] * 3
    case = make.case(service=service)
    assert (case.status, case.reason) == ("assigned", "routed")


def test_closed_cases_are_no_load(service, unit):
    one, other = official(unit), official(unit)
    done = [make.case(service=service) for _ in range(4)]
    assert {case.official for case in done} == {one, other}
    solve(*(case for case in done if case.official == one))
    assert opened(service) == one


def test_among_equals_it_is_the_turn_of_who_was_given_a_case_longest_ago(service, unit):
    team = [official(unit) for _ in range(3)]
    got = []
    for _ in range(6):
        case = make.case(service=service)
        got.append(case.official)
        solve(case)  # everybody is at nought again: the load says nothing
    assert got == team * 2


def test_a_case_given_by_hand_counts_as_a_turn(service, unit):
    first, second = official(unit), official(unit)
    case = make.case(service=service)
    assert case.official == first
    actions.assign_case(case=case, unit=unit, official=second, by=SYSTEM)
    solve(case)
    assert opened(service) == first


def test_who_is_away_today_gets_nothing(service, unit):
    away, back, here = official(unit), official(unit), official(unit)
    Absence.objects.create(user=away, starts=today() - DAY, ends=today())
    Absence.objects.create(user=back, starts=today() - 9 * DAY, ends=today() - DAY)
    Absence.objects.create(user=here, starts=today() + DAY, ends=today() + 9 * DAY)
    assert {opened(service) for _ in range(4)} == {back, here}


def test_only_the_present_officials_of_the_unit_are_asked(service, unit):
    official(make.unit(service.agency))
    official(unit, is_active=False)
    official(unit, starts=today() - 9 * DAY, ends=today() - DAY)
    official(unit, starts=today() + DAY)
    make.user(Role.LIAISON, service.agency)
    assert opened(service) is None


def test_a_post_for_another_province_gets_nothing_from_here(service, unit):
    here, there = make.place(), make.place()
    official(unit, province=there.province)
    mine = official(unit, province=here.province)
    assert opened(service, place=here) == mine
    assert opened(service) is None


def test_without_anybody_the_liaison_distributes(service):
    case = make.case(service=service)
    assert (case.status, case.official) == ("assigned", None)
    last = case.timeline.get(kind="opened").data["route"][-1]
    assert last["code"] == "nobody"


def test_where_the_liaison_distributes_nobody_is_chosen_and_nothing_asked():
    agency = make.agency(distribution="liaison")
    service = make.service(agency=agency)
    official(agency.units.get())
    with CaptureQueriesContext(connection) as captured:
        case = actions.open_case(
            matter=actions.Matter(service=service, description="Hueco"), channel="web", by=citizen()
        )
    assert case.official_id is None
    assert not [sql for sql in data_statements(captured) if "given_at" in sql]
    assert case.timeline.get(kind="opened").data["route"][-1]["code"] == "liaison"


def test_an_entity_may_change_how_it_distributes(service, unit):
    official(unit)
    Agency.objects.filter(pk=service.agency_id).update(distribution="liaison")
    make.unit()  # whoever changes an entity renews the copies
    assert opened(service) is None


@pytest.mark.parametrize("against_handler", [False, True])
def test_a_sealed_case_comes_into_nobody_s_hands(against_handler: bool):
    agency = make.agency()
    official(agency.units.get())
    fields = {"kind": "denunciation"} if against_handler else {"confidentiality": "sealed"}
    service = make.service(agency=agency, **fields)
    case = make.case(service=service, against_handler=against_handler)
    assert (case.agency, case.unit, case.official) == (agency, None, None)
    steps = [step["code"] for step in case.timeline.get(kind="opened").data["route"]]
    assert steps == ["service", "sealed"]


def test_triage_and_an_accepted_transfer_hand_it_over_in_the_same_way(service):
    agency = make.agency()
    unit = agency.units.get()
    one, other = official(unit), official(unit)
    routed = actions.route_case(case=make.case(agency=None), agency=agency, by=SYSTEM)
    assert routed.official == one
    case = make.case(service=service)
    actions.propose_transfer(case=case, to=agency, text="Es suyo", by=SYSTEM)
    case = actions.accept_transfer(case=case, by=SYSTEM)
    assert case.official == other
    steps = [step["code"] for step in case.timeline.get(kind="transfer_accepted").data["route"]]
    assert steps == ["accepted", "only", "load"]


def test_a_separated_case_is_in_the_hands_that_had_it_or_in_those_of_another_entity(service, unit):
    mine = official(unit)
    one, two = make.case(service=service), make.case(service=service)
    actions.mark_duplicate(case=two, of=one, by=SYSTEM)
    assert actions.unmerge_case(case=two, by=SYSTEM).official == mine
    other = make.agency()
    theirs = official(other.units.get())
    actions.mark_duplicate(case=two, of=one, by=SYSTEM)
    case = actions.unmerge_case(case=two, agency=other, by=SYSTEM)
    assert (case.agency, case.official) == (other, theirs)


def test_who_did_not_satisfy_the_citizen_does_not_get_it_again(service, unit):
    first, second = official(unit), official(unit)
    case = make.case(service=service)
    Case.objects.filter(pk=case.pk).update(last_official=first, official=None)
    elsewhere, back = make.agency(), service.agency
    actions.propose_transfer(case=case, to=elsewhere, text="x", by=SYSTEM)
    actions.accept_transfer(case=case, by=SYSTEM)
    actions.propose_transfer(case=case, to=back, text="x", by=SYSTEM)
    assert actions.accept_transfer(case=case, by=SYSTEM).official == second


def test_the_question_costs_one_statement_however_many_there_are(service, unit):
    for _ in range(12):
        official(unit)
    make.case(service=service)
    with CaptureQueriesContext(connection) as captured:
        make.case(service=service, reporter=make.reporter())
    asked = [sql for sql in data_statements(captured) if "agencies_assignment" in sql]
    assert len(asked) == 1


def test_to_ask_who_would_get_it_gives_nobody_a_turn(service, unit):
    first = official(unit)
    official(unit)
    imagined = Case(service=service)
    for _ in range(3):
        foreseen = foresee_official(imagined, find_route(service, None))
        assert foreseen.official_id == first.pk
    assert opened(service) == first


def test_a_replayed_form_takes_one_turn(service, unit):
    from uuid import uuid4

    first, second = official(unit), official(unit)
    token = uuid4()
    for _ in range(3):
        assert make.case(service=service, intake_token=token).official == first
    assert opened(service) == second


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("people", [1, 2])
def test_two_cases_opened_at_once_go_to_two_people_and_nobody_waits(people: int):
    service = make.service()
    team = [official(service.agency.units.get()) for _ in range(people)]
    found: list[User | None] = []

    def another() -> None:
        try:
            found.append(opened(service))
        finally:
            connection.close()

    with transaction.atomic():
        found.append(opened(service))
        # The first is not committed yet, and its official's turn is being taken.
        other = Thread(target=another)
        other.start()
        other.join(30)
        assert not other.is_alive()
    assert set(found) == set(team)
    assert check_everything() == []


def test_a_reopening_by_hand_and_by_turn_use_one_order(service, unit):
    by = actor_of(make.user(Role.LIAISON, service.agency))
    first, second = official(unit), official(unit)
    cases = [make.case(service=service) for _ in range(4)]
    assert [case.official for case in cases] == [first, second, first, second]
    actions.assign_case(case=cases[1], unit=unit, official=first, by=by)
    assert opened(service) == second
