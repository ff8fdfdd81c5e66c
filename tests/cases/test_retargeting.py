"""A calendar or an agreement changes: which dates move, which do not, and by how much.

Offices are open from 8 to 16; it is Monday 2 March 2026, 9 o'clock, in weeks without holidays.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.actions import retargeting
from centro.cases.actions.changes import change_of
from centro.cases.doctor import check_everything
from centro.cases.models import Case, ClockEvent, Escalation, Retargeting, SlaClock
from centro.cases.previews import preview_change
from centro.catalog.actions.agreements import refuse_agreement, version_with
from centro.catalog.actions.calendars import change_week, drop_exception
from centro.catalog.agreements import policy_for
from centro.catalog.calendars import version_in_force
from centro.catalog.models import BusinessCalendar
from centro.channels.models import OutboundMessage
from centro.kernel.actor import SYSTEM
from centro.kernel.calendar import Hours, Term, Unit
from centro.kernel.errors import NotAllowed, Refused
from tests import make
from tests.cases.deciding import agree, closure, decree, draft, enforce, finish, propose, terms
from tests.moments import Frozen, panama

pytestmark = pytest.mark.usefixtures("frozen")
TUESDAY, FRIDAY = "2026-03-03", "2026-03-06"
DUE, DAY_AFTER = panama("2026-03-09 16:00"), panama("2026-03-10 16:00")


def due(case: Any) -> datetime:
    """The date the case shows, which is that of its solution clock."""
    shown = Case.objects.get(pk=case.pk)
    assert shown.due_at == clock(shown).due_at
    return shown.due_at


def clock(case: Any, metric: str = "solution") -> SlaClock:
    return SlaClock.objects.filter(case=case, metric=metric).latest("pk")


def moves_of(case: Any) -> list[ClockEvent]:
    return list(ClockEvent.objects.filter(clock__case=case, kind="retargeted"))


class TestACalendar:
    def test_a_closure_decreed_for_tomorrow_moves_a_deadline_by_a_day(self):
        case = make.case()
        assert due(case) == DUE
        work = decree(closure(TUESDAY))
        assert due(case) == DAY_AFTER
        assert (work.cases, work.moved) == (1, 3)  # with the first response and the stint
        assert check_everything() == []

    def test_each_clock_that_moved_says_from_where_and_why(self):
        case = make.case()
        work = decree(closure(TUESDAY))
        event = ClockEvent.objects.get(clock=clock(case))
        assert event.due_at == DAY_AFTER
        assert datetime.fromisoformat(event.data["before"]["due"]) == DUE
        assert (event.data["cause"], event.data["retargeting"]) == ("calendar", work.pk)
        assert clock(case).calendar == work.calendar

    def test_the_citizen_reads_it_and_gets_no_mail_for_it(self):
        case = make.case(reporter=make.reporter())
        before = OutboundMessage.objects.count()
        decree(closure(TUESDAY))
        (entry,) = case.timeline.filter(kind="due_moved")
        assert "era el 9 mar 2026 y ahora es el 10 mar 2026. Cambiaron los días hábiles." in (
            entry.sentence.lower().replace("cambiaron", "Cambiaron")
        )
        assert OutboundMessage.objects.count() == before

    def test_a_closure_after_the_deadline_moves_no_date(self):
        case = make.case()
        work = decree(closure("2026-03-11"))
        assert due(case) == DUE
        assert moves_of(case) == []
        assert (work.cases, work.moved) == (0, 0)
        # It counts on the new version all the same: a later rung may meet the closure.
        assert clock(case).calendar == work.calendar

    def test_a_rung_beyond_the_deadline_waits_for_the_closed_day(self):
        case = make.case()
        Escalation.objects.create(
            case=case, cycle=1, rung=2, clock=clock(case), share=100, moment=DUE
        )
        decree(closure("2026-03-11"))
        assert (clock(case).next_rung, clock(case).next_at) == (3, panama("2026-03-13 15:30"))

    def test_a_rung_that_was_reached_stays_reached(self, frozen: Frozen):
        case = make.case()
        frozen.to("2026-03-06 10:00")  # past the warning, before the deadline
        Escalation.objects.create(
            case=case, cycle=1, rung=1, clock=clock(case), share=75, moment=frozen.now
        )
        decree(closure("2026-03-09"))
        assert (due(case), clock(case).next_rung) == (DAY_AFTER, 2)
        assert clock(case).next_at == DAY_AFTER

    def test_a_local_closure_moves_only_that_district(self):
        here, there = make.place(), make.place()
        inside, outside = make.case(place=here), make.case(place=there)
        nowhere = make.case()
        work = decree(closure(TUESDAY, here.district))
        assert (due(inside), due(outside), due(nowhere)) == (DAY_AFTER, DUE, DUE)
        assert (work.total, work.seen) == (3, 3)
        assert clock(outside).calendar != work.calendar  # nothing there differs

    def test_a_closure_of_a_province_is_one_of_its_districts_too(self):
        here = make.place()
        case = make.case(place=here)
        decree(closure(TUESDAY, here.province))
        assert due(case) == DAY_AFTER

    def test_the_narrower_place_has_the_last_word(self):
        here = make.place()
        case = make.case(place=here)
        open_here = closure(TUESDAY, here.district, hours=(Hours(480, 960),))
        decree(open_here, closure(TUESDAY, here.province))
        assert due(case) == DUE

    def test_a_service_that_never_closes_does_not_move(self):
        case = make.case(service=make.service(around_the_clock=True, working_days=5))
        before = due(case)
        assert decree(closure(TUESDAY)).total == 0
        assert due(case) == before

    def test_a_half_day_at_the_end_moves_the_hour_and_tells_nobody(self):
        case = make.case()
        decree(closure("2026-03-09", hours=(Hours(480, 720),)))
        assert due(case) == panama("2026-03-09 12:00")
        assert not case.timeline.filter(kind="due_moved").exists()
        assert len(moves_of(case)) == 2  # the solution and the stint

    def test_a_closure_taken_back_brings_the_date_back(self):
        case = make.case()
        decree(closure(TUESDAY))
        back = draft()
        day = back.special[-1]["day"]
        drop_exception(draft=back, day=datetime.fromisoformat(day).date(), places=[], by=SYSTEM)
        back.refresh_from_db()
        enforce(back)
        assert due(case) == DUE

    def test_other_hours_move_terms_in_hours(self):
        service = make.service()
        agree(service, solution=Term(12, Unit.WORKING_HOURS), response=Term(2, Unit.WORKING_HOURS))
        case = make.case(service=service)
        assert due(case) == panama("2026-03-03 13:00")
        longer = ((Hours(480, 720), Hours(780, 1080)),) * 5 + ((),) * 2
        enforce(change_week(draft=draft(), week=longer, by=SYSTEM))
        assert due(case) == panama("2026-03-03 12:00")

    def test_a_case_that_waits_moves_too_and_its_pause_stays(self, frozen: Frozen):
        case = make.case()
        frozen.to("2026-03-03 09:00")
        until = panama("2026-03-05 16:00")
        actions.ask_citizen(case=case, text="¿Dónde?", until=until, by=SYSTEM)
        expected = due(case)
        decree(closure(FRIDAY))
        assert due(case) > expected
        paused = clock(case)
        assert (paused.state, paused.next_at) == ("paused", None)
        actions.add_information(case=case, text="Aquí", by=SYSTEM)
        assert due(case) == DAY_AFTER

    def test_what_is_solved_keeps_its_facts(self):
        case = make.case()
        actions.resolve_case(case=case, text="Listo", by=SYSTEM)
        facts = SlaClock.objects.filter(case=case).values_list("due_at", "on_time", "calendar")
        before = list(facts)
        assert decree(closure(TUESDAY)).total == 0
        assert list(facts) == before

    def test_what_is_opened_afterwards_counts_on_it_at_once(self):
        work = actions.enforce_calendar(
            draft=draft(closure(TUESDAY)), note="Decreto", by=SYSTEM
        )  # nothing has been moved yet
        case = make.case()
        assert due(case) == DAY_AFTER
        assert clock(case).calendar == work.calendar

    def test_a_clock_begun_on_an_old_copy_is_found_in_the_end(self, frozen: Frozen):
        old = version_in_force(BusinessCalendar.OFFICE)
        work = decree(closure(TUESDAY))
        assert work.state == "checking"
        late = make.case()
        SlaClock.objects.filter(case=late).update(calendar=old, due_at=DUE)
        Case.objects.filter(pk=late.pk).update(due_at=DUE)
        assert finish(work).state == "checking"  # not yet: another may still begin
        frozen.now += retargeting.SETTLED_AFTER
        assert finish(work).state == "done"
        assert due(late) == DAY_AFTER

    def test_a_second_decree_takes_along_what_the_first_had_not_reached(self, monkeypatch):
        monkeypatch.setattr(retargeting, "BATCH", 2)
        monkeypatch.setattr(retargeting, "BATCHES", 1)
        cases = [make.case() for _ in range(3)]
        first = decree(closure(TUESDAY))
        assert [due(case) for case in cases] == [DAY_AFTER, DUE, DUE]
        monkeypatch.setattr(retargeting, "BATCHES", 10)
        second = decree(closure("2026-03-04"))
        first.refresh_from_db()
        assert (first.state, second.state) == ("replaced", "checking")
        assert {due(case) for case in cases} == {panama("2026-03-11 16:00")}


class TestTheWork:
    def test_what_was_killed_between_two_batches_goes_on_where_it_was(self, monkeypatch):
        monkeypatch.setattr(retargeting, "BATCH", 2)
        monkeypatch.setattr(retargeting, "BATCHES", 1)
        cases = [make.case() for _ in range(4)]
        work = decree(closure(TUESDAY))
        assert (work.state, work.seen, work.total, work.share) == ("moving", 3, 12, 25)
        for _ in range(5):
            work = finish(work)
        assert (work.state, work.seen, work.moved, work.cases) == ("checking", 12, 12, 4)
        assert {due(case) for case in cases} == {DAY_AFTER}
        assert all(len(moves_of(case)) == 3 for case in cases)

    def test_what_stands_still_is_queued_again(self, frozen: Frozen):
        work = actions.enforce_calendar(draft=draft(closure(TUESDAY)), note="x", by=SYSTEM)
        assert actions.restart_retargetings() == 0
        frozen.on(minutes=6)
        assert actions.restart_retargetings() == 1
        assert actions.restart_retargetings() == 0
        work.refresh_from_db()
        assert work.state == "moving"

    def test_a_batch_takes_as_many_statements_for_many_cases_as_for_one(self):
        counts = []
        for n in (1, 12):
            for _ in range(n):
                make.case()
            work = actions.enforce_calendar(
                draft=draft(closure(TUESDAY if n == 1 else "2026-03-04")), note="x", by=SYSTEM
            )
            with CaptureQueriesContext(connection) as sent:
                actions.move_clocks(retargeting_id=work.pk)
            counts.append(len(sent))
        assert counts[0] == counts[1]

    def test_doing_it_twice_changes_nothing_more(self):
        case = make.case()
        work = decree(closure(TUESDAY))
        finish(work)
        assert due(case) == DAY_AFTER
        assert len(moves_of(case)) == 3


class TestAnAgreement:
    def test_other_terms_move_the_cases_under_way_of_that_service_alone(self):
        case, other = make.case(), make.case()
        work = agree(case.service, days=3)
        assert (due(case), due(other)) == (panama("2026-03-05 16:00"), DUE)
        assert clock(case).policy == work.policy
        entry = case.timeline.get(kind="due_moved")
        assert "Cambió el plazo acordado" in entry.sentence
        assert check_everything() == []

    def test_terms_of_a_district_are_for_the_cases_there(self):
        here, there = make.place(), make.place()
        service = make.service()
        inside, outside = (make.case(service=service, place=place) for place in (here, there))
        agree(service, days=8, place=here.district)
        assert (due(inside), due(outside)) == (panama("2026-03-12 16:00"), DUE)
        agree(service, days=2)  # of the whole country: the district keeps its own
        assert (due(inside), due(outside)) == (
            panama("2026-03-12 16:00"),
            panama("2026-03-04 16:00"),
        )

    def test_terms_for_a_priority_are_for_those_cases(self):
        service = make.service()
        plain = make.case(service=service)
        urgent = make.case(service=service)
        Case.objects.filter(pk=urgent.pk).update(priority="urgent")
        agree(service, days=1, priority="urgent")
        assert (due(plain), due(urgent)) == (DUE, panama("2026-03-03 16:00"))

    def test_calendar_days_are_counted_round_the_clock(self):
        case = make.case()
        agree(case.service, solution=Term(6, Unit.CALENDAR_DAYS))
        assert due(case) == panama("2026-03-09 00:00")
        decree(closure(TUESDAY))
        assert due(case) == panama("2026-03-09 00:00")

    def test_other_shares_move_the_next_rung_and_no_date(self):
        case = make.case()
        agree(case.service, days=5, shares=(50, 100, 150, 200, 300))
        assert due(case) == DUE
        assert clock(case).next_at == panama("2026-03-05 08:30")
        assert moves_of(case) == []

    def test_a_longer_term_owes_the_citizen_an_interim_reply(self):
        case = make.case()
        agree(case.service, days=20)
        assert clock(case, "interim").due_at == panama("2026-03-16 16:00")
        agree(case.service, days=25)
        assert SlaClock.objects.filter(case=case, metric="interim").count() == 1

    def test_a_case_that_waits_is_owed_no_interim_reply(self):
        case = make.case()
        until = panama("2026-03-05 16:00")
        actions.ask_citizen(case=case, text="¿Dónde?", until=until, by=SYSTEM)
        agree(case.service, days=20)
        longer = make.service(agency=case.agency, working_days=25)
        actions.reclassify_case(case=case, service=longer, text="Es otra cosa", by=SYSTEM)
        assert not SlaClock.objects.filter(case=case, metric="interim").exists()
        assert check_everything() == []

    def test_a_date_that_was_promised_stays_what_it_is(self):
        case = make.case()
        actions.interim_reply(case=case, text="Vamos el jueves.", by=SYSTEM)
        promised = clock(case, "interim").due_at
        agree(case.service, days=20)
        decree(closure(TUESDAY))
        kept = clock(case, "interim")
        assert (kept.due_at, kept.is_promise) == (promised, True)
        assert not ClockEvent.objects.filter(clock=kept, kind="retargeted").exists()
        assert check_everything() == []

    def test_a_refused_proposal_moves_nothing(self):
        case = make.case()
        executive = actor_of(make.user(Role.EXECUTIVE, case.agency))
        refuse_agreement(version=propose(case.service), words="No hay gente", by=executive)
        assert due(case) == DUE
        assert policy_for(case.service, None, "medium").solution_amount == 5
        assert not Retargeting.objects.exists()

    def test_nobody_approves_their_own_proposal(self):
        director = actor_of(make.user(Role.DIRECTOR))
        service = make.service()
        proposed = propose(service)
        proposed.made_by_id = director.id
        proposed.save()
        with pytest.raises(NotAllowed, match="otra persona"):
            actions.enforce_agreement(version=proposed, words="", by=director)
        other = actor_of(make.user(Role.DIRECTOR))
        actions.enforce_agreement(version=proposed, words="", by=other)

    def test_what_was_decided_is_not_decided_again(self):
        proposed = propose(make.service())
        by = actor_of(make.user(Role.DIRECTOR))
        actions.enforce_agreement(version=proposed, words="", by=by)
        for decide in (actions.enforce_agreement, refuse_agreement):
            with pytest.raises(Refused, match="ya se decidió"):
                decide(version=proposed, words="x", by=by)


class TestThePreview:
    def test_it_says_what_then_happens(self):
        here = make.place()
        cases = [make.case(place=here if n % 2 else None) for n in range(5)]
        waiting = make.case(place=here)
        actions.ask_citizen(case=waiting, text="¿?", until=panama("2026-03-04 16:00"), by=SYSTEM)
        make.case(service=make.service(around_the_clock=True))
        made = draft(closure(TUESDAY, here.district), closure("2026-03-09"))
        expected = preview_change(change_of(made))
        promised = {shift.case: shift.after for shift in expected.examples}
        work = enforce(made)
        assert (expected.cases, expected.clocks) == (work.cases, work.moved)
        assert {case.pk: due(case) for case in [*cases, waiting]} == promised

    def test_it_changes_nothing(self):
        case = make.case()
        preview_change(change_of(draft(closure(TUESDAY))))
        assert due(case) == DUE
        assert clock(case).calendar == version_in_force(BusinessCalendar.OFFICE)

    def test_terms_that_are_only_thought_of_can_be_previewed(self):
        case = make.case()
        policy = policy_for(case.service, None, "medium").policy
        thought = version_with(policy, terms(case.service, days=1))
        (shift,) = preview_change(change_of(thought)).examples
        assert (shift.number, shift.after) == (case.number, panama("2026-03-03 16:00"))

    def test_the_largest_shifts_come_first_and_each_entity_has_its_sum(self):
        far, near = make.place(), make.place()
        small = make.case(place=near)
        large = make.case(place=far)
        made = draft(closure(TUESDAY), closure("2026-03-09", far.district, until="2026-03-11"))
        found = preview_change(change_of(made))
        assert [shift.number for shift in found.examples] == [large.number, small.number]
        assert [of.agency for of in found.agencies] == [large.agency_id, small.agency_id]
        assert (found.cases, found.later, found.sooner) == (2, 2, 0)

    def test_it_says_which_would_be_late_at_once(self, frozen: Frozen):
        case = make.case()
        frozen.to("2026-03-05 09:00")
        policy = policy_for(case.service, None, "medium").policy
        found = preview_change(change_of(version_with(policy, terms(case.service, days=2))))
        assert (found.made_late, found.made_timely) == (1, 0)

    def test_sealed_cases_are_counted_nowhere(self):
        sealed = make.case(confidentiality="sealed")
        made = draft(closure(TUESDAY))
        found = preview_change(change_of(made))
        assert (found.cases, found.clocks, found.examples) == (0, 0, [])
        assert enforce(made).cases == 0
        assert due(sealed) == DAY_AFTER

    def test_examples_are_of_ones_own_entity(self):
        mine, other = make.case(), make.case()
        made = draft(closure(TUESDAY))
        found = preview_change(change_of(made), agencies=frozenset({mine.agency_id}))
        assert [shift.number for shift in found.examples] == [mine.number]
        assert found.cases == 2
        assert other.agency_id in {of.agency for of in found.agencies}

    def test_a_case_whose_clocks_come_in_several_batches_is_counted_once(self, monkeypatch):
        monkeypatch.setattr("centro.cases.previews._BATCH", 2)
        cases = [make.case() for _ in range(3)]
        found = preview_change(change_of(draft(closure(TUESDAY))))
        assert (found.cases, found.clocks) == (3, 9)
        assert {shift.number for shift in found.examples} == {case.number for case in cases}
