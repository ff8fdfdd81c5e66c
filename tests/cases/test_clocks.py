"""What happens to the clocks of a case. Each test is one sentence of docs/explanation/terms.md.

Offices are open from 8 to 16; the first Monday is 2 March 2026, in weeks without holidays.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from centro.accounts.roles import Role
from centro.cases import actions
from centro.cases.doctor import check_everything
from centro.cases.models import Case, ClockEvent, Escalation, SlaClock
from centro.catalog.calendars import version_in_force
from centro.catalog.models import BusinessCalendar
from centro.kernel.actor import SYSTEM, Actor, Kind, citizen
from centro.places.stamps import forget_copies
from tests import make
from tests.moments import Frozen, panama

pytestmark = pytest.mark.usefixtures("frozen")
SUPERVISOR = Actor(Kind.STAFF, None, "Supervisora", frozenset({Role.SUPERVISOR.value}))
HOUR, DAY = 3600, 8 * 3600  # of an office


def clock(case: Case, metric: str = "solution", **which: Any) -> SlaClock:
    which.setdefault("cycle", Case.objects.get(pk=case.pk).cycle)
    return SlaClock.objects.filter(case=case, metric=metric, **which).latest("stint")


def due(case: Case) -> datetime:
    """The date the case shows, which is that of its solution clock."""
    shown = Case.objects.get(pk=case.pk).due_at
    assert shown == clock(case).due_at
    return shown


def ask(case: Case, until: str) -> None:
    actions.ask_citizen(case=case, text="¿En qué calle?", until=panama(until), by=SYSTEM)


def hold(case: Case, until: str, reason: str = "weather") -> None:
    actions.hold_case(case=case, reason=reason, until=panama(until), by=SYSTEM)


def answer(case: Case) -> None:
    actions.add_information(case=case, text="Calle 50.", by=citizen())


def assign(case: Case) -> None:
    assert case.unit
    actions.assign_case(case=case, unit=case.unit, by=SYSTEM)


class TestOpening:
    def test_a_case_has_a_solution_a_first_response_and_a_stint(self):
        case = make.case()
        kept = {c.metric: c for c in case.clocks.all()}
        assert set(kept) == {"solution", "first_response", "stint"}
        assert due(case) == panama("2026-03-09 16:00")
        assert kept["solution"].target_seconds == 7 * HOUR + 5 * DAY
        assert kept["first_response"].due_at == panama("2026-03-04 16:00")
        assert kept["stint"].agency == case.agency

    def test_a_long_term_owes_the_citizen_an_interim_reply(self):
        case = make.case(service=make.service(working_days=20))
        assert clock(case, "interim").due_at == panama("2026-03-16 16:00")

    def test_the_citizens_clocks_run_from_the_word_and_the_entitys_from_the_writing(self):
        spoken = panama("2026-02-26 10:00")
        case = make.case(spoken_at=spoken)
        assert {clock(case, m).started_at for m in ("solution", "first_response")} == {spoken}
        assert clock(case, "stint").started_at == panama("2026-03-02 09:00")

    def test_time_in_triage_is_the_centres(self):
        assert clock(make.case(agency=None), "stint").agency is None

    def test_the_first_step_of_the_ladder_comes_at_its_share(self):
        kept = clock(make.case())
        # 75 % of 47 hours: 7 on Monday, 8 a day until Thursday, the rest on Friday
        assert (kept.next_rung, kept.next_at) == (1, panama("2026-03-06 12:15"))


class TestWaiting:
    @pytest.mark.parametrize(
        ("reason", "stops"),
        [
            ("citizen", True),
            ("weather", True),
            ("visit", False),
            ("materials", False),
            ("third_party", False),
        ],
    )
    def test_only_some_reasons_stop_the_clocks(self, reason: str, stops: bool):
        case = make.case()
        hold(case, "2026-03-04 09:00", reason)
        assert {c.state for c in case.clocks.all()} == {"paused" if stops else "running"}
        assert due(case) == panama("2026-03-11 16:00" if stops else "2026-03-09 16:00")

    def test_nothing_fires_while_a_clock_stands_still(self):
        case = make.case()
        hold(case, "2026-03-04 09:00")
        assert {c.next_at for c in case.clocks.all()} == {None}
        assert clock(case).next_rung == 1

    def test_an_answer_before_its_time_brings_the_date_forward(self, frozen: Frozen):
        case = make.case()
        ask(case, "2026-03-12 09:00")
        frozen.to("2026-03-03 09:00")
        answer(case)
        assert due(case) == panama("2026-03-10 16:00")
        assert clock(case).consumed_seconds == 0

    @pytest.mark.parametrize("reason", ["citizen", "weather"])
    def test_any_word_of_the_citizen_ends_a_wait_that_stops_the_clocks(self, reason: str):
        case = make.case()
        hold(case, "2026-03-12 09:00", reason)
        answer(case)
        case.refresh_from_db()
        assert (case.status, case.reason) == ("in_progress", "citizen_answered")
        assert clock(case).state == "running"

    def test_a_word_of_the_citizen_does_not_call_off_a_visit(self):
        case = make.case()
        hold(case, "2026-03-12 09:00", "visit")
        answer(case)
        case.refresh_from_db()
        assert (case.status, case.reason) == ("waiting", "visit")

    def test_the_word_of_another_person_resumes_nothing(self):
        case = make.case()
        ask(case, "2026-03-12 09:00")
        actions.add_report(case=case, text="Yo también.", by=SYSTEM)
        assert clock(case).state == "paused"

    def test_pauses_add_up(self, frozen: Frozen):
        case = make.case()
        ask(case, "2026-03-12 09:00")
        frozen.to("2026-03-03 09:00")
        answer(case)
        frozen.to("2026-03-03 11:00")
        hold(case, "2026-03-04 11:00")
        frozen.to("2026-03-04 11:00")
        actions.end_waits()
        assert clock(case).consumed_seconds == 2 * HOUR
        assert due(case) == panama("2026-03-11 16:00")

    def test_a_second_question_goes_on_with_the_pause(self, frozen: Frozen):
        case = make.case()
        ask(case, "2026-03-03 09:00")
        frozen.to("2026-03-02 12:00")
        ask(case, "2026-03-04 09:00")
        assert (clock(case).state, clock(case).consumed_seconds) == ("paused", 0)
        assert due(case) == panama("2026-03-11 16:00")

    def test_a_late_case_stays_as_late_as_it_was(self, frozen: Frozen):
        case = make.case()
        frozen.to("2026-03-11 09:00")
        hold(case, "2026-03-13 09:00")
        assert due(case) == panama("2026-03-09 16:00")
        frozen.to("2026-03-13 09:00")
        actions.end_waits()
        assert due(case) == panama("2026-03-09 16:00")
        # It had used 47 + 8 + 1 hours; half as much again as its target is reached later.
        assert clock(case).consumed_seconds == 7 * HOUR + 6 * DAY + HOUR

    def test_what_was_reached_while_the_clock_stood_still_comes_at_once(self, frozen: Frozen):
        case = make.case()
        frozen.to("2026-03-11 09:00")
        hold(case, "2026-03-13 09:00")
        frozen.to("2026-03-13 09:00")
        actions.end_waits()
        assert (clock(case).next_rung, clock(case).next_at) == (1, frozen.now)

    NOTICED: dict[str, Callable[[Case], object]] = {
        "the sweep": lambda case: actions.end_waits(),
        "the citizen": answer,
        "the official": lambda case: actions.resume_case(case=case, by=SYSTEM),
    }

    @pytest.mark.parametrize("who", NOTICED)
    def test_however_late_it_is_noticed_a_wait_ended_at_its_date(self, who: str, frozen: Frozen):
        case = make.case()
        ask(case, "2026-03-04 09:00")
        frozen.to("2026-03-05 13:00")
        self.NOTICED[who](case)
        assert clock(case).resumed_at == panama("2026-03-04 09:00")
        assert due(case) == panama("2026-03-11 16:00")
        assert clock(case).events.latest("id").at == panama("2026-03-04 09:00")

    def test_a_question_after_a_wait_that_had_ended_stops_the_clocks_anew(self, frozen: Frozen):
        case = make.case()
        ask(case, "2026-03-04 09:00")
        frozen.to("2026-03-05 09:00")
        ask(case, "2026-03-06 09:00")
        assert clock(case).consumed_seconds == DAY
        assert due(case) == panama("2026-03-12 16:00")

    @pytest.mark.parametrize("solved", [True, False])
    def test_an_end_after_a_wait_that_had_ended_counts_from_its_date(
        self, solved: bool, frozen: Frozen
    ):
        case = make.case()
        ask(case, "2026-03-04 09:00")
        frozen.to("2026-03-05 09:00")
        if solved:
            actions.resolve_case(case=case, text="Listo.", by=SYSTEM)
        else:
            actions.withdraw_case(case=case, by=citizen())
        assert clock(case).consumed_seconds == DAY
        assert due(case) == panama("2026-03-11 16:00")

    def test_a_date_that_was_promised_is_kept_wait_or_not(self, frozen: Frozen):
        case = make.case()
        actions.interim_reply(case=case, text="Vamos el jueves.", by=SYSTEM)
        promised = clock(case, "interim").due_at
        hold(case, "2026-03-20 09:00")
        assert (clock(case, "interim").state, clock(case, "interim").due_at) == (
            "running",
            promised,
        )
        assert check_everything() == []


class TestStopping:
    def test_a_solution_stops_every_clock_with_its_facts(self, frozen: Frozen):
        case = make.case(service=make.service(working_days=20))
        frozen.to("2026-03-05 09:00")
        actions.resolve_case(case=case, text="Listo.", by=SYSTEM)
        facts = {c.metric: (c.state, c.on_time, c.stopped_at) for c in case.clocks.all()}
        assert facts == {
            "solution": ("stopped", True, frozen.now),
            "first_response": ("stopped", False, frozen.now),
            "interim": ("stopped", True, frozen.now),
            "stint": ("stopped", True, frozen.now),
        }
        assert clock(case).consumed_seconds == 3 * DAY

    def test_the_moment_it_falls_due_is_in_time(self, frozen: Frozen):
        case, later = make.case(), make.case()
        frozen.to(case.due_at)
        actions.resolve_case(case=case, text="Listo.", by=SYSTEM)
        frozen.on(minutes=1)
        actions.resolve_case(case=later, text="Listo.", by=SYSTEM)
        assert (clock(case).on_time, clock(later).on_time) == (True, False)

    def test_a_solution_while_the_clock_stands_still_dates_from_then(self, frozen: Frozen):
        case = make.case()
        ask(case, "2026-03-12 09:00")
        frozen.to("2026-03-03 09:00")
        actions.resolve_case(case=case, text="Listo.", by=SYSTEM)
        assert due(case) == panama("2026-03-10 16:00")
        assert clock(case).on_time

    def test_what_answers_at_first_contact_is_a_solution(self):
        case = make.case(agency=None)
        actions.close_case(case=case, reason="first_contact", text="Es así.", by=SUPERVISOR)
        assert {c.state for c in case.clocks.all()} == {"stopped"}

    @pytest.mark.parametrize(
        ("reason", "answered"), [("spam", False), ("not_applicable", True), ("out_of_scope", True)]
    )
    def test_an_end_without_a_solution_measures_nothing_but_an_answer(
        self, reason: str, answered: bool
    ):
        case = make.case(agency=None)
        actions.close_case(case=case, reason=reason, text="No es.", by=SUPERVISOR)
        states = {c.metric: c.state for c in case.clocks.all()}
        assert states.pop("first_response") == ("stopped" if answered else "cancelled")
        assert set(states.values()) == {"cancelled"}

    def test_no_later_agreement_touches_what_was_measured(self, frozen: Frozen):
        case = make.case()
        frozen.to("2026-03-05 09:00")
        actions.resolve_case(case=case, text="Listo.", by=SYSTEM)
        before = list(SlaClock.objects.filter(case=case).values())
        close_on("2026-03-04")
        actions.reopen_case(case=case, text="No.", by=citizen())
        assert before == list(SlaClock.objects.filter(case=case, cycle=1).values())


FIRST_RESPONSE: dict[str, tuple[Callable[[Case], object], bool]] = {
    "a question": (lambda case: ask(case, "2026-03-04 09:00"), True),
    "an interim reply": (
        lambda case: actions.interim_reply(case=case, text="Vamos mañana.", by=SYSTEM),
        True,
    ),
    "a solution": (lambda case: actions.resolve_case(case=case, text="Listo.", by=SYSTEM), True),
    "a note": (lambda case: actions.add_note(case=case, text="Nota.", by=SYSTEM), False),
    "an assignment": (
        assign,
        False,
    ),
    "the start of the work": (lambda case: actions.start_case(case=case, by=SYSTEM), False),
    "an attempt": (
        lambda case: actions.record_attempt(case=case, text="No contesta.", by=SYSTEM),
        False,
    ),
    "the citizen's own words": (answer, False),
}


@pytest.mark.parametrize("deed", FIRST_RESPONSE)
def test_the_first_response_is_the_first_substantive_reply(deed: str, frozen: Frozen):
    case = make.case()
    frozen.on(hours=1)
    do, counts = FIRST_RESPONSE[deed]
    do(case)
    kept = clock(case, "first_response")
    assert kept.stopped_at == (frozen.now if counts else None)
    assert kept.on_time == (True if counts else None)


def test_a_reply_during_a_wait_stops_the_first_response_though_it_stands_still():
    case = make.case()
    hold(case, "2026-03-04 09:00")
    actions.interim_reply(case=case, text="Cuando escampe.", by=SYSTEM)
    assert clock(case, "first_response").on_time
    assert clock(case).state == "paused"


def _hand_over(case: Case) -> None:
    actions.propose_transfer(case=case, to=make.agency(), text="No es nuestro.", by=SYSTEM)
    actions.accept_transfer(case=case, by=SYSTEM)


def _to_triage_and_back(case: Case) -> None:
    actions.propose_transfer(case=case, to=make.agency(), text="No es nuestro.", by=SYSTEM)
    actions.refuse_transfer(case=case, text="Tampoco.", by=SYSTEM)
    actions.route_case(case=case, agency=make.agency(), by=SYSTEM)


TOUCHES_NOTHING: dict[str, Callable[[Case], object]] = {
    "a transfer": _hand_over,
    "a refused transfer": _to_triage_and_back,
    "an assignment": assign,
    "the start": lambda case: actions.start_case(case=case, by=SYSTEM),
    "a note": lambda case: actions.add_note(case=case, text="Nota.", by=SYSTEM),
    "more information": answer,
    "another report": lambda case: actions.add_report(case=case, text="Yo.", by=SYSTEM),
    "a visit": lambda case: hold(case, "2026-03-04 09:00", "visit"),
    "a seal": lambda case: actions.set_confidentiality(
        case=case, level="sealed", text="Es contra ellos.", by=SUPERVISOR
    ),
}


@pytest.mark.parametrize("deed", TOUCHES_NOTHING)
def test_nothing_of_this_touches_the_citizens_clocks(deed: str, frozen: Frozen):
    case = make.case()
    frozen.on(hours=5)
    mine = SlaClock.objects.of_the_citizen().filter(case=case).order_by("id")
    before = list(mine.values())
    TOUCHES_NOTHING[deed](case)
    assert list(mine.all().values()) == before
    assert not ClockEvent.objects.filter(clock__in=mine).exists()
    due(case)


class TestStints:
    def test_each_entity_is_measured_by_its_own_time(self, frozen: Frozen):
        case = make.case()
        first = case.agency
        frozen.to("2026-03-03 09:00")
        _hand_over(case)
        stints = list(case.clocks.filter(metric="stint").order_by("stint"))
        case.refresh_from_db()
        assert [(s.agency, s.state) for s in stints] == [
            (first, "stopped"),
            (case.agency, "running"),
        ]
        assert stints[0].consumed_seconds == DAY
        assert stints[1].due_at == panama("2026-03-10 16:00")

    def test_a_refusal_hands_the_time_to_the_centre(self):
        case = make.case()
        _to_triage_and_back(case)
        stints = case.clocks.filter(metric="stint").order_by("stint")
        assert [s.agency is None for s in stints] == [False, True, False]
        assert [s.state for s in stints] == ["stopped", "stopped", "running"]

    @pytest.mark.parametrize("accepted", [True, False])
    def test_a_case_that_waits_can_be_handed_over(self, accepted: bool, frozen: Frozen):
        case = make.case()
        actions.propose_transfer(case=case, to=make.agency(), text="No es nuestro.", by=SYSTEM)
        hold(case, "2026-03-20 09:00")
        frozen.to("2026-03-04 09:00")
        if accepted:
            actions.accept_transfer(case=case, by=SYSTEM)
        else:
            actions.expire_transfers()
        case.refresh_from_db()
        assert (case.status, case.reason) == (
            ("assigned", "transfer_accepted") if accepted else ("received", "transfer_expired")
        )
        assert {c.state for c in case.clocks.exclude(metric="stint", stint=1)} == {"running"}
        assert due(case) == panama("2026-03-11 16:00")


class TestReopening:
    def test_it_is_a_new_cycle_that_starts_one_step_higher(self, frozen: Frozen):
        case = make.case()
        actions.resolve_case(case=case, text="Listo.", by=SYSTEM)
        frozen.to("2026-03-16 09:00")
        actions.reopen_case(case=case, text="No.", by=citizen())
        kept = clock(case)
        assert (kept.cycle, kept.base_rung, kept.next_rung) == (2, 1, 2)
        assert due(case) == panama("2026-03-23 16:00")
        assert kept.next_at == panama("2026-03-20 12:15")
        assert clock(case, cycle=1).state == "stopped"
        assert [c.state for c in case.clocks.filter(metric="stint")] == ["stopped", "running"]

    def test_the_fifth_time_it_is_the_presidents_alone(self):
        case = make.case()
        for _time in range(5):
            actions.resolve_case(case=case, text="Listo.", by=SYSTEM)
            actions.reopen_case(case=case, text="No.", by=citizen())
        assert (clock(case).cycle, clock(case).base_rung, clock(case).next_rung) == (6, 4, 5)


class TestMerging:
    def test_a_duplicate_measures_nothing(self):
        case = make.case()
        actions.mark_duplicate(case=case, of=make.case(), by=SYSTEM)
        assert {c.state for c in case.clocks.all()} == {"cancelled"}

    def test_separated_again_the_citizens_time_ran_on(self, frozen: Frozen):
        case = make.case()
        before = due(case)
        frozen.to("2026-03-03 09:00")
        actions.mark_duplicate(case=case, of=make.case(), by=SYSTEM)
        frozen.to("2026-03-10 09:00")
        actions.unmerge_case(case=case, by=SUPERVISOR)
        assert due(case) == before
        assert (clock(case).state, clock(case).next_rung) == ("running", 1)
        assert clock(case).next_at < frozen.now
        stints = case.clocks.filter(metric="stint").order_by("stint")
        assert [s.state for s in stints] == ["cancelled", "running"]
        assert stints[1].started_at == frozen.now

    def test_steps_that_were_taken_are_not_taken_again(self, frozen: Frozen):
        case = make.case()
        kept = clock(case)
        Escalation.objects.create(
            case=case, cycle=1, rung=1, clock=kept, share=75, moment=frozen.now
        )
        actions.mark_duplicate(case=case, of=make.case(), by=SYSTEM)
        actions.unmerge_case(case=case, by=SUPERVISOR)
        assert (clock(case).next_rung, clock(case).next_at) == (2, case.due_at)

    def test_separated_again_it_follows_what_was_decreed_meanwhile(self, frozen: Frozen):
        case = make.case()
        frozen.to("2026-03-03 09:00")
        actions.mark_duplicate(case=case, of=make.case(), by=SYSTEM)
        close_on("2026-03-05")
        frozen.to("2026-03-04 09:00")
        actions.unmerge_case(case=case, by=SUPERVISOR)
        assert due(case) == panama("2026-03-10 16:00")
        frozen.to("2026-03-06 09:00")
        actions.resolve_case(case=case, text="Listo.", by=SYSTEM)
        assert clock(case).consumed_seconds == 3 * DAY  # Monday to Thursday, one of them decreed


def close_on(day: str, *places: str) -> None:
    """A decree: a new version of the calendar of offices comes into force at once."""
    old = version_in_force(BusinessCalendar.OFFICE)
    type(old).objects.filter(pk=old.pk).update(state="past")
    closure = {"day": day, "name": "Duelo nacional", "hours": [], "places": places}
    type(old).objects.create(
        calendar_id=old.calendar_id,
        number=old.number + 1,
        week=old.week,
        special=[*old.special, closure],
        state="in_force",
    )
    forget_copies()


class TestAnotherTerm:
    def reclassify(self, case: Case, days: int, **fields: Any) -> None:
        service = make.service(agency=case.agency, working_days=days)
        actions.reclassify_case(case=case, service=service, text="x", by=SUPERVISOR, **fields)

    def test_a_corrected_type_has_its_own_term_from_the_moment_the_citizen_spoke(
        self, frozen: Frozen
    ):
        case = make.case()
        frozen.to("2026-03-04 09:00")
        self.reclassify(case, 8)
        assert due(case) == panama("2026-03-12 16:00")
        assert clock(case).target_seconds == 7 * HOUR + 8 * DAY
        event = ClockEvent.objects.get(clock=clock(case), kind="retargeted")
        assert event.data["cause"] == "reclassified"
        assert event.data["before"]["term"] == [5, "working_days"]

    def test_a_shorter_term_may_have_been_over(self, frozen: Frozen):
        case = make.case()
        frozen.to("2026-03-06 09:00")
        self.reclassify(case, 2)
        assert due(case) == panama("2026-03-04 16:00")
        assert clock(case).next_at < frozen.now

    def test_pauses_are_kept(self, frozen: Frozen):
        case = make.case()
        ask(case, "2026-03-03 09:00")
        frozen.to("2026-03-04 09:00")
        actions.end_waits()
        self.reclassify(case, 8)
        assert due(case) == panama("2026-03-13 16:00")

    def test_a_clock_that_stands_still_gets_the_new_term_too(self, frozen: Frozen):
        case = make.case()
        frozen.to("2026-03-03 09:00")
        ask(case, "2026-03-05 09:00")
        self.reclassify(case, 8)
        assert (clock(case).state, clock(case).consumed_seconds) == ("paused", DAY)
        assert due(case) == panama("2026-03-16 16:00")

    def test_a_term_that_stays_the_same_leaves_no_trace(self):
        service = make.service()
        case = make.case(service=service)
        actions.reclassify_case(case=case, service=service, kind="request", text="x", by=SUPERVISOR)
        assert not ClockEvent.objects.exists()

    def test_a_longer_term_comes_to_owe_an_interim_reply_once(self):
        case = make.case()
        self.reclassify(case, 20)
        assert clock(case, "interim").due_at == panama("2026-03-16 16:00")
        self.reclassify(case, 25)
        assert case.clocks.filter(metric="interim").count() == 1

    def test_an_entity_that_loses_the_case_is_judged_by_the_term_it_had(self, frozen: Frozen):
        case = make.case()
        frozen.to("2026-03-06 09:00")
        other = make.service(working_days=1)
        actions.reclassify_case(case=case, service=other, text="x", by=SUPERVISOR)
        first, second = case.clocks.filter(metric="stint").order_by("stint")
        assert (first.on_time, first.term_amount) == (True, 5)
        assert (second.agency, second.due_at) == (other.agency, panama("2026-03-09 16:00"))
        assert due(case) == panama("2026-03-03 16:00")

    def test_a_place_brings_its_own_closures(self, frozen: Frozen):
        there = make.place()
        close_on("2026-03-05", there.province.code)
        service = make.service()
        case = make.case(service=service, place=make.place())
        assert due(case) == panama("2026-03-09 16:00")
        actions.reclassify_case(case=case, service=service, place=there, text="x", by=SUPERVISOR)
        assert due(case) == panama("2026-03-10 16:00")

    def test_a_promise_keeps_its_date_and_counts_on_the_closures_of_the_corrected_place(self):
        there = make.place()
        close_on("2026-03-03", there.province.code)
        service = make.service()
        case = make.case(service=service, place=make.place())
        actions.interim_reply(case=case, text="Vamos el lunes.", by=SYSTEM)
        promised = clock(case, "interim")
        actions.reclassify_case(case=case, service=service, place=there, text="x", by=SUPERVISOR)
        kept = clock(case, "interim")
        assert (kept.pk, kept.due_at) == (promised.pk, promised.due_at)
        assert kept.target_seconds == promised.target_seconds - DAY
        # Nothing was agreed anew.
        assert not ClockEvent.objects.filter(clock=kept, kind="retargeted").exists()
        assert check_everything() == []


def test_the_present_stands_still_in_these_tests(frozen: Frozen):
    assert make.case().opened_at == frozen.now
    assert frozen.on(days=1) - timedelta(days=1) == panama("2026-03-02 09:00")
