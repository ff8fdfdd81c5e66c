from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from centro.accounts.roles import Role
from centro.cases import actions
from centro.cases.queries import PAGE, InboxFilter, inbox, nearby_cases, search_cases
from centro.kernel.actor import SYSTEM
from tests import make


def test_pages_of_the_inbox_follow_each_other_without_gap_or_repetition():
    service = make.service()
    made = [make.case(service=service).pk for _ in range(PAGE + 3)]
    user = make.user(Role.LIAISON, service.agency)
    first = inbox(InboxFilter(), user)
    second = inbox(InboxFilter(after=first.next_after), user)
    assert [c.pk for c in [*first.cases, *second.cases]] == sorted(made, reverse=True)
    assert second.next_after is None


def test_a_page_of_the_inbox_is_one_statement_besides_the_scope():
    service = make.service()
    for _ in range(5):
        make.case(service=service)
    user = make.user(Role.LIAISON, service.agency)
    with CaptureQueriesContext(connection) as captured:
        for case in inbox(InboxFilter(), user).cases:
            assert all(map(str, (case.service, case.agency, case.unit)))
    assert len(captured) == 2


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("active", {"new", "mine", "waiting", "resolved", "proposed"}),
        ("unassigned", {"new", "waiting", "proposed"}),
        ("mine", {"mine"}),
        ("waiting", {"waiting"}),
        ("resolved", {"resolved"}),
        ("all", {"new", "mine", "waiting", "resolved", "proposed", "closed"}),
    ],
)
def test_each_folder_holds_what_its_name_says(folder, expected):
    from datetime import timedelta

    from django.utils import timezone

    service = make.service()
    cases = {
        n: make.case(service=service)
        for n in ("new", "mine", "waiting", "resolved", "proposed", "closed")
    }
    user = make.user(Role.OFFICIAL, unit=cases["mine"].unit)
    actions.assign_case(case=cases["mine"], unit=cases["mine"].unit, official=user, by=SYSTEM)
    until = timezone.now() + timedelta(days=1)
    actions.hold_case(case=cases["waiting"], reason="materials", until=until, by=SYSTEM)
    actions.resolve_case(case=cases["resolved"], text="Listo.", by=SYSTEM)
    actions.withdraw_case(case=cases["closed"], by=SYSTEM)
    actions.propose_transfer(case=cases["proposed"], to=make.agency(), text="x", by=SYSTEM)
    numbers = {case.number: name for name, case in cases.items()}
    found = inbox(InboxFilter(folder=folder), user).cases
    assert {numbers[case.number] for case in found} == expected


@pytest.mark.parametrize(
    "words",
    [
        "inundación",
        "inundacion",
        "INUNDACIONES",
        "inund",
        "tubería rota",
        "rota tuberia",
        "medidor 77451",
    ],
)
def test_text_is_found_whatever_its_accents_and_endings(words: str):
    case = make.case(description="Hay una inundación por una tubería rota, medidor 77451")
    make.case(description="Otra cosa")
    assert search_cases(words, make.user(Role.SUPERVISOR)) == [case]


def test_a_case_is_found_by_number_telephone_cedula_and_name():
    reporter = make.reporter(name="Ángela Núñez", phone="6600-0001", cedula="8-888-8888")
    case = make.case(reporter=reporter)
    make.case(reporter=make.reporter())
    user = make.user(Role.OPERATOR)
    for text in (case.number, "6600 0001", "8-888-8888", "angela nuñez", reporter.email):
        assert search_cases(text, user) == [case], text


def test_the_reporter_of_a_reserved_case_leads_nobody_to_it():
    case = make.case(confidentiality="reserved", reporter=make.reporter(phone="6600-0001"))
    assert search_cases("6600-0001", make.user(Role.LIAISON, case.agency)) == []
    assert search_cases("6600-0001", make.user(Role.OPERATOR)) == [case]


def test_search_stays_in_scope():
    make.case(description="Bache enorme")
    assert search_cases("bache", make.user(Role.LIAISON)) == []
    make.case(description="Bache sellado", confidentiality="sealed")
    assert len(search_cases("bache", make.user(Role.SUPERVISOR))) == 1


@pytest.mark.parametrize(
    "text", ["", " ", "'", "' | '", "a:*b & !", "\\", "%", "\x00", "((", "😀", "x" * 5000, "de la"]
)
def test_garbage_is_searched_without_harm(text: str):
    search_cases(text, make.user(Role.SUPERVISOR))


def test_open_cases_of_the_same_type_nearby_are_offered():
    service, place = make.service(), make.place()
    near = make.case(service=service, place=place)
    by_point = make.case(service=service, lat=8.98, lon=-79.52)
    make.case(service=service)
    user = make.user(Role.OPERATOR)
    assert nearby_cases(service=service, place=place, user=user) == [near]
    found = nearby_cases(service=service, place=None, lat=8.981, lon=-79.521, user=user)
    assert found == [by_point]
    assert nearby_cases(service=service, place=None, user=user) == []
