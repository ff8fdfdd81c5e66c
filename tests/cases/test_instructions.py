"""What reached the President: few matters in order, one instruction each, and what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localtime
from hypothesis import given
from hypothesis import strategies as st

from centro.accounts.roles import Role
from centro.agencies.models import Absence
from centro.agencies.scopes import actor_of
from centro.cases import actions, presidency
from centro.cases.bundles import HARM, Bundle, Topmost, bundled
from centro.cases.doctor import Fault, check_everything
from centro.cases.models import Case, Escalation, Instruction, Notice, TimelineEntry
from centro.cases.rules import NotNow
from centro.kernel.actor import SYSTEM, citizen
from centro.kernel.clock import now, today
from centro.kernel.errors import Invalid, NotAllowed
from tests import make


@pytest.fixture
def president() -> Any:
    return actor_of(make.user(Role.PRESIDENCY))


@pytest.fixture
def street() -> Any:
    return {"service": make.service(requires_place=True), "place": make.place("Betania")}


def instruct(cases: list[Any], by: Any, **fields: Any) -> Instruction:
    given: dict[str, Any] = {"agency": cases[0].agency, "text": "Resuelvan.", "days": 3}
    return actions.instruct_agency(cases=cases, by=by, **given | fields)


# ---- Bundles, without a database ----

MOMENT = now()


def topmost(case: int, **fields: Any) -> Topmost:
    late = fields.pop("late", 10)
    base: dict[str, Any] = {
        "confidentiality": "open", "priority": "medium",
        "spoken_at": MOMENT - timedelta(days=late + 5), "due_at": MOMENT - timedelta(days=late),
        "service": 1, "service_name": "Agua", "service_name_en": "Water",
        "agency": 1, "agency_acronym": "IDAAN", "agency_name": "Acueductos",
        "place": 11, "place_name": "Betania", "district": 10, "district_name": "Panamá",
        "province_name": "Provincia de Panamá",
        "incident": None, "incident_title": None, "also_affected": None,
    }  # fmt: skip
    return Topmost(case=case, **base | fields)


def test_cases_of_a_kind_in_a_district_are_one_matter():
    (one,) = bundled([topmost(1), topmost(2, place=12), topmost(3)], MOMENT)
    assert one.ids == [1, 2, 3]
    assert one.where == "Panamá, Provincia de Panamá"
    (alone,) = bundled([topmost(1), topmost(3)], MOMENT)
    assert alone.where == "Betania, Panamá"


@pytest.mark.parametrize("other", [{"service": 2}, {"district": 20}, {"agency": 2}, {"late": 60}])
def test_another_kind_district_entity_or_month_is_another_matter(other: dict[str, Any]):
    assert len(bundled([topmost(1), topmost(2, **other)], MOMENT)) == 2


def test_cases_of_an_event_are_one_matter_whatever_else_differs():
    event = {"incident": 5, "incident_title": "Tubo roto", "also_affected": 40}
    (one,) = bundled(
        [topmost(1, **event), topmost(2, **event, service=2, district=20, late=60)], MOMENT
    )
    assert one.people == 42
    assert one.key == "e5-1"


def test_weight_is_age_by_people_by_harm():
    (one,) = bundled([topmost(1, late=10), topmost(2, late=4, priority="urgent")], MOMENT)
    assert (one.days, one.people, one.weight) == (10, 2, 10 * 2 * 8)


def test_what_fell_due_today_weighs_as_a_day():
    (one,) = bundled([topmost(1, late=0)], MOMENT)
    assert one.days == 1


def test_equals_are_sorted_by_what_fell_due_first():
    found = bundled(
        [topmost(2, late=5, service=2), topmost(1, late=10, priority="low", service=1)], MOMENT
    )
    assert [one.weight for one in found] == [10, 10]
    assert [one.ids for one in found] == [[1], [2]]


@given(
    st.lists(
        st.tuples(
            st.integers(1, 3), st.integers(1, 3), st.sampled_from([None, 7]), st.integers(0, 40),
            st.sampled_from(sorted(HARM)),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_bundling_loses_no_case_doubles_none_and_sorts_by_weight(drawn):
    cases = [
        topmost(n, service=service, district=district, incident=event, late=late, priority=harm)
        for n, (service, district, event, late, harm) in enumerate(drawn)
    ]
    found = bundled(cases, MOMENT)
    assert sorted(pk for one in found for pk in one.ids) == list(range(len(cases)))
    assert [one.weight for one in found] == sorted((b.weight for b in found), reverse=True)
    assert len({one.key for one in found}) == len(found)
    assert found == bundled(reversed(cases), MOMENT)


# ---- What is on the page ----


def shown() -> list[Bundle]:
    return [card.bundle for card in presidency.board().cards]


def test_only_what_reached_the_top_and_is_unsolved_is_shown(street):
    make.case(**street)
    top, solved, closed = (make.at_the_top(**street) for _ in range(3))
    for case in (solved, closed):
        actions.resolve_case(case=case, text="Listo", by=SYSTEM)
    actions.confirm_case(case=closed, by=citizen())
    (one,) = shown()
    assert one.ids == [top.pk]
    assert one.days == 30


def test_a_reopened_case_is_not_at_the_top_of_its_new_cycle(street):
    case = make.at_the_top(**street)
    actions.resolve_case(case=case, text="Listo", by=SYSTEM)
    actions.reopen_case(case=case, text="No", by=citizen())
    assert shown() == []


def test_a_sealed_case_is_only_counted():
    case = make.at_the_top(confidentiality="sealed")
    board = presidency.board()
    assert (board.cards, board.sealed, board.more) == ([], 1, 0)
    assert presidency.find_card(f"c{case.pk}") is None


def test_a_day_shows_so_many_and_says_how_many_more(settings):
    settings.PRESIDENT_BUNDLES = 2
    for _ in range(5):
        make.at_the_top()
    board = presidency.board()
    assert (len(board.cards), board.more) == (2, 3)
    assert len(presidency.board(beyond=True).cards) == 4


def test_what_was_instructed_today_is_of_todays_number(settings, president):
    settings.PRESIDENT_BUNDLES = 2
    cases = [make.at_the_top(days=days) for days in (50, 40, 30)]
    instruct([cases[0]], president)
    board = presidency.board()
    assert board.given_today == 1
    assert [card.bundle.ids for card in board.cards] == [[cases[1].pk]]
    assert board.more == 1


def test_the_card_says_what_the_entity_promised(street):
    case = make.at_the_top(**street)
    by = make.user(Role.HEAD, case.agency)
    Escalation.objects.filter(case=case, rung=4).update(
        acknowledged_by=by, acknowledged_at=now(), promise="Va una cuadrilla", promised_for=now()
    )
    (card,) = presidency.board().cards
    assert card.promise.promise == "Va una cuadrilla"


def test_the_page_costs_five_statements_however_much_there_is(president):
    for _ in range(3):
        instruct([make.at_the_top()], president)
        make.at_the_top()
    with CaptureQueriesContext(connection) as captured:
        board = presidency.board()
    assert len(board.cards) == 3
    assert len(captured) == 5


# ---- Instructing ----


def faults_of_instructions() -> list[Fault]:
    """What the doctor says of instructions: the clocks of these cases were set back by hand."""
    return [fault for fault in check_everything() if "instruction" in fault.rule]


def test_an_instruction_reaches_the_head_and_the_executives_and_every_case(street, president):
    cases = [make.at_the_top(**street) for _ in range(2)]
    leaders = {make.user(role, cases[0].agency) for role in (Role.HEAD, Role.EXECUTIVE)}
    make.user(Role.LIAISON, cases[0].agency)
    make.user(Role.HEAD)
    made = instruct(cases, president)
    assert set(made.cases.all()) == set(cases)
    assert (made.service, made.place) == (street["service"], street["place"])
    notices = Notice.objects.filter(kind="instruction")
    assert {notice.user for notice in notices} == leaders
    assert all(notice.urgent and notice.data["instruction"] == made.pk for notice in notices)
    entries = TimelineEntry.objects.filter(kind="instructed")
    assert {entry.case_id for entry in entries} == {case.pk for case in cases}
    assert cases[0].agency.acronym in entries[0].sentence
    assert faults_of_instructions() == []


def test_who_answers_for_an_absent_head_is_told_instead(president):
    case = make.at_the_top()
    head, deputy = make.user(Role.HEAD, case.agency), make.user(Role.LIAISON, case.agency)
    Absence.objects.create(user=head, delegate=deputy, starts=today(), ends=today())
    instruct([case], president)
    (notice,) = Notice.objects.filter(kind="instruction")
    assert (notice.user, notice.instead_of) == (deputy, head)


def test_its_day_is_the_end_of_working_days_of_the_office(president):
    made = instruct([make.at_the_top()], president, days=3)
    due = localtime(made.due_at)
    assert (due.hour, due.minute) == (16, 0)
    assert made.due_at - made.given_at > timedelta(days=2)
    assert due.weekday() < 5


def test_two_taps_are_one_instruction(president):
    case = make.at_the_top()
    instruct([case], president)
    with pytest.raises(NotNow):
        instruct([case], president)
    assert Instruction.objects.count() == 1


def test_an_instruction_covers_what_the_entity_still_has_to_solve(street, president):
    mine, solved = (make.at_the_top(**street) for _ in range(2))
    elsewhere = make.at_the_top()
    actions.resolve_case(case=solved, text="Listo", by=SYSTEM)
    made = instruct([mine, solved, elsewhere], president)
    assert list(made.cases.all()) == [mine]


def test_only_the_presidency_instructs(street):
    case = make.at_the_top(**street)
    for role in (Role.DIRECTOR, Role.SUPERVISOR, Role.HEAD):
        with pytest.raises(NotAllowed):
            instruct([case], actor_of(make.user(role)))
    made = instruct([case], actor_of(make.user(Role.PRESIDENCY)))
    with pytest.raises(NotAllowed):
        actions.withdraw_instruction(instruction=made, by=actor_of(make.user(Role.DIRECTOR)))


@pytest.mark.parametrize(("text", "days"), [(" ", 3), ("Ya", 0), ("Ya", 31)])
def test_an_instruction_needs_words_and_a_term_that_can_be(president, text: str, days: int):
    with pytest.raises(Invalid):
        instruct([make.at_the_top()], president, text=text, days=days)


def test_a_sealed_case_is_in_no_instruction(president):
    case = make.at_the_top(confidentiality="sealed")
    with pytest.raises(NotNow):
        instruct([case], president)


def test_a_case_that_becomes_sealed_leaves_its_instruction(president):
    case = make.at_the_top()
    made = instruct([case], president)
    actions.set_confidentiality(
        case=case, level="sealed", text="Es contra ellos", by=actor_of(make.user())
    )
    assert made.cases.count() == 0
    assert faults_of_instructions() == []


# ---- What came of it ----


def test_an_instructed_matter_rests_until_its_day_and_comes_back_with_it(president):
    case = make.at_the_top()
    made = instruct([case], president)
    assert shown() == []
    Instruction.objects.update(
        due_at=now() - timedelta(hours=1), given_at=now() - timedelta(days=4)
    )
    (card,) = presidency.board().cards
    assert card.before == made
    (followed,) = presidency.board().last
    assert followed.late


def test_the_entity_answers_once(president):
    case = make.at_the_top()
    head = actor_of(make.user(Role.HEAD, case.agency))
    made = instruct([case], president)
    answered = actions.answer_instruction(instruction=made, text="Hecho.", by=head)
    assert (answered.state, answered.answer, answered.answered_by_id) == (
        "answered", "Hecho.", head.id,
    )  # fmt: skip
    assert not answered.was_late
    assert TimelineEntry.objects.get(kind="instruction_answered").text == "Hecho."
    with pytest.raises(NotNow, match="respondida"):
        actions.answer_instruction(instruction=made, text="Otra vez", by=head)


def test_a_withdrawn_instruction_lets_the_matter_come_back(president):
    case = make.at_the_top()
    made = instruct([case], president)
    actions.withdraw_instruction(instruction=made, by=president)
    (card,) = presidency.board().cards
    assert card.before is None
    assert TimelineEntry.objects.get(kind="instruction_withdrawn").sentence
    instruct([case], president)


def test_the_last_instructions_say_how_many_of_their_cases_are_solved(street, president):
    cases = [make.at_the_top(**street) for _ in range(3)]
    instruct(cases, president)
    actions.resolve_case(case=cases[0], text="Listo", by=SYSTEM)
    (followed,) = presidency.board().last
    assert (followed.solved, followed.cases) == (1, 3)
    assert presidency.follow(list(Instruction.objects.all())) == [followed]


def test_who_sees_and_who_answers_an_instruction(president):
    case = make.at_the_top()
    instruct([case], president)
    agency = case.agency
    for user, sees, answers in (
        (make.user(Role.PRESIDENCY), True, False),
        (make.user(Role.DIRECTOR), True, False),
        (make.user(Role.HEAD, agency), True, True),
        (make.user(Role.EXECUTIVE, agency), True, True),
        (make.user(Role.LIAISON, agency), True, False),
        (make.user(Role.OFFICIAL, unit=make.unit(agency)), False, False),
        (make.user(Role.HEAD), False, False),
        (make.user(Role.OPERATOR), False, False),
    ):
        assert Instruction.objects.visible_to(user).exists() is sees, user
        assert Instruction.objects.answerable_by(user).exists() is answers, user


def test_cases_of_a_card_are_listed_oldest_first(street):
    old, new = make.at_the_top(**street, days=33), make.at_the_top(**street, days=31)
    card: Any = presidency.find_card(f"c{old.pk}")
    assert presidency.cases_of(card) == [old, new]
    assert Case.objects.count() == 2
