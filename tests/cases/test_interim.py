"""The duty of interim replies: a dated explanation while the solution takes its time, and what follows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.counts import folder_counts
from centro.cases.doctor import check_everything
from centro.cases.models import Case, SlaClock
from centro.cases.queries import InboxFilter, inbox
from centro.catalog.models import Holiday
from centro.channels.models import OutboundMessage
from centro.contacts.models import CallBack
from centro.kernel.actor import SYSTEM, citizen
from centro.kernel.errors import Invalid, Refused
from tests import make
from tests.moments import Frozen, panama


@pytest.fixture(autouse=True)
def _healthy():
    yield
    actions.escalate_due()  # what time did meanwhile
    assert check_everything() == []


@pytest.fixture(autouse=True)
def _monday(frozen: Frozen) -> Frozen:
    """Monday 2 March 2026, 9 o'clock."""
    return frozen


def long_case(**fields: Any) -> Any:
    """A case with a month to solve: an interim reply is owed after ten working days."""
    return make.case(service=make.service(working_days=20), **fields)


def interims(case: Case) -> list[SlaClock]:
    return list(SlaClock.objects.filter(case=case, metric="interim").order_by("id"))


def reply(case: Any, day: str | None = None, text: str = "Esperamos el tubo.") -> Any:
    promised = date.fromisoformat(day) if day else None
    return actions.interim_reply(case=case, text=text, promised_for=promised, by=SYSTEM)


def test_a_reply_in_time_is_given_and_the_next_is_owed_by_the_promised_day(frozen):
    case = long_case()
    assert [c.due_at for c in interims(case)] == [panama("2026-03-16 16:00")]
    frozen.to("2026-03-12 10:00")
    reply(case, "2026-03-20")
    given, owed = interims(case)
    assert (given.state, given.on_time, given.stopped_at) == ("stopped", True, frozen.now)
    assert (owed.state, owed.due_at, owed.next_at) == ("running", *[panama("2026-03-20 16:00")] * 2)
    assert owed.is_promise
    frozen.to("2026-03-23 09:00")
    reply(case, "2026-03-27")
    assert [c.on_time for c in interims(case)] == [True, False, None]


def test_the_solution_ends_what_was_promised(frozen):
    case = reply(long_case(), "2026-03-10")
    frozen.to("2026-03-09 10:00")
    actions.resolve_case(case=case, text="Se cambió.", by=SYSTEM)
    assert [(c.state, c.on_time) for c in interims(case)] == [("stopped", True), ("stopped", True)]


def test_a_case_that_owes_none_keeps_what_it_promises_all_the_same():
    case = make.case(service=make.service(working_days=3))
    assert interims(case) == []
    reply(case, "2026-03-04")
    assert [c.due_at for c in interims(case)] == [panama("2026-03-04 16:00")]


def test_without_a_date_the_agreement_proposes_one(frozen):
    assert actions.usual_promise(long_case()) == date(2026, 3, 16)
    short = make.case(service=make.service(working_days=3))
    assert actions.usual_promise(short) == date(2026, 3, 5), "the solution itself comes before"
    frozen.to("2026-03-05 17:00")
    assert actions.usual_promise(short) == date(2026, 3, 19), (
        "ten working days, now that it is late"
    )
    reply(short)
    assert interims(short)[-1].due_at == panama("2026-03-19 16:00")


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2026-03-01", "va de hoy"),
        ("2026-04-02", "va de hoy"),
        ("2026-03-08", "tiempo hábil"),  # a Sunday
        ("2026-03-19", "tiempo hábil"),  # a holiday
    ],
)
def test_only_a_working_day_near_enough_may_be_promised(day: str, why: str):
    Holiday.objects.create(day="2026-03-19", name="Feriado", kind="national")
    case = long_case()
    with pytest.raises(Invalid, match=why):
        reply(case, day)
    assert len(interims(case)) == 1


def test_today_can_be_promised_while_it_lasts(frozen):
    case = long_case()
    reply(case, "2026-03-02")
    frozen.to("2026-03-02 16:30")
    with pytest.raises(Invalid, match="tiempo hábil"):
        reply(case, "2026-03-02")


@pytest.mark.slow
def test_the_proposed_day_can_always_be_promised(frozen):
    case = long_case()
    for n in range(60):
        frozen.to(panama("2026-03-02 09:00") + timedelta(hours=19 * n))
        reply(case)


def test_a_promised_date_is_kept_whatever_the_case_waits_for(frozen):
    case = reply(long_case(), "2026-03-10")
    actions.hold_case(case=case, reason="weather", until=panama("2026-03-20 16:00"), by=SYSTEM)
    assert (interims(case)[-1].state, interims(case)[-1].due_at) == (
        "running",
        panama("2026-03-10 16:00"),
    )
    reply(case, "2026-03-13")
    assert interims(case)[-1].due_at == panama("2026-03-13 16:00")
    actions.add_information(case=case, text="Ya no llueve.", by=citizen())
    assert interims(case)[-1].due_at == panama("2026-03-13 16:00")


def test_a_promised_date_is_kept_by_a_case_that_was_merged_and_separated_again(frozen):
    case = make.case()
    actions.interim_reply(case=case, text="Vamos.", by=SYSTEM)
    promised = case.clocks.get(metric="interim", state="running").due_at
    frozen.on(minutes=1)
    actions.mark_duplicate(case=case, of=make.case(), by=SYSTEM)
    actions.unmerge_case(case=case, by=SYSTEM)
    clock = case.clocks.get(metric="interim", state="running")
    assert (clock.due_at, clock.consumed_seconds) == (promised, 60)
    assert check_everything() == []


def test_another_agreement_does_not_move_a_promised_date():
    case = reply(long_case(), "2026-03-10")
    other = make.service(agency=case.agency, working_days=40)
    actions.reclassify_case(case=case, service=other, text="Es otra cosa.", by=SYSTEM)
    owed = interims(case)[-1]
    assert (owed.due_at, owed.is_promise) == (panama("2026-03-10 16:00"), True)


def test_a_reopened_case_owes_anew_from_its_own_beginning(frozen):
    case = reply(long_case(), "2026-03-10")
    actions.resolve_case(case=case, text="Se cambió.", by=SYSTEM)
    actions.reopen_case(case=case, text="Sigue igual.", by=citizen())
    owed = interims(case)[-1]
    assert (owed.cycle, owed.is_promise, owed.due_at) == (2, False, panama("2026-03-16 16:00"))


def test_nothing_is_owed_once_it_is_solved():
    case = actions.resolve_case(case=long_case(), text="Listo.", by=SYSTEM)
    with pytest.raises(Refused):
        reply(case, "2026-03-10")


def test_the_letter_and_the_timeline_say_the_date():
    case = reply(long_case(reporter=make.reporter()), "2026-03-10")
    letter = OutboundMessage.objects.get(name="interim_reply")
    assert "martes 10 de marzo de 2026" in letter.body.lower()
    assert case.timeline.get(kind="interim_reply").sentence.endswith(
        "Habrá noticias a más tardar: 10 Mar 2026, 4:00 p.m."
    )


def test_whoever_left_only_a_telephone_is_told_the_date_too():
    reply(long_case(reporter=make.reporter(email="", phone="212-3456")), "2026-03-10")
    call = CallBack.objects.get()
    assert call.reason == "inform"
    assert call.text.startswith("Esperamos el tubo.")
    assert "10 Mar 2026" in call.text


def test_the_folder_holds_what_is_owed_soon_or_late(frozen):
    case = long_case()
    other = long_case()
    liaison = make.user(Role.LIAISON, case.agency)

    def owed() -> list[Case]:
        return inbox(InboxFilter(folder="interim"), liaison).cases

    assert owed() == []
    frozen.to("2026-03-13 17:00")
    assert owed() == [case], f"three days before its date; never {other}, of another entity"
    frozen.to("2026-03-24 09:00")
    assert folder_counts(liaison, ["interim"]) == {"interim": 1}
    actions.interim_reply(
        case=case, text="Va.", promised_for=date(2026, 4, 6), by=actor_of(liaison)
    )
    assert owed() == []
