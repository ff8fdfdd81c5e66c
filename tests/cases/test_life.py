from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.doctor import check_everything
from centro.cases.models import Case
from centro.cases.timeline import Audience
from centro.channels.models import OutboundMessage
from centro.contacts.models import CallBack
from centro.kernel.actor import SYSTEM, citizen
from centro.kernel.errors import Invalid, NotAllowed, Refused
from tests import make


@pytest.fixture(autouse=True)
def _healthy():
    """Whatever a test does to cases, every promise of the domain still holds after it."""
    yield
    assert check_everything() == []


def by(role: Role, of=None):
    return actor_of(make.user(role, of))


def backdate(case: Case, **moments) -> None:
    Case.objects.filter(pk=case.pk).update(**moments)


def solved(**fields) -> Case:
    case = make.case(**fields)
    return actions.resolve_case(case=case, text="Se reparó.", by=by(Role.LIAISON, case.agency))


def test_from_the_first_word_to_a_satisfied_citizen():
    case = make.case(reporter=make.reporter())
    official = make.user(Role.OFFICIAL, unit=case.unit)
    liaison = by(Role.LIAISON, case.agency)
    actions.assign_case(case=case, unit=case.unit, official=official, by=liaison)
    actions.start_case(case=case, by=actor_of(official))
    actions.resolve_case(case=case, text="Se tapó el hueco.", by=actor_of(official))
    case = actions.confirm_case(case=case, by=citizen())
    assert (case.status, case.reason, case.satisfied) == ("closed", "satisfied", True)
    kinds = list(case.timeline.order_by("id").values_list("kind", flat=True))
    assert kinds == ["opened", "assigned", "started", "resolved", "confirmed"]
    names = OutboundMessage.objects.order_by("id").values_list("name", flat=True)
    assert list(names) == ["case_opened", "case_resolved"]


def test_no_means_another_official_and_a_new_term():
    case = make.case(reporter=make.reporter())
    first_unit = case.unit
    first, second = (make.user(Role.OFFICIAL, unit=case.unit) for _ in range(2))
    liaison = by(Role.LIAISON, case.agency)
    actions.assign_case(case=case, unit=case.unit, official=first, by=liaison)
    actions.resolve_case(case=case, text="Listo.", by=actor_of(first))
    case = actions.reopen_case(case=case, text="Sigue igual.", by=citizen())
    assert (case.status, case.reason, case.cycle) == ("in_progress", "reopened", 2)
    assert (case.official, case.last_official) == (second, first)
    assert (case.resolved_at, case.solution, case.satisfied) == (None, "", None)
    assert case.timeline.get(kind="reopened").data["before"]["solution"] == "Listo."
    with pytest.raises(Invalid, match="elija a otro"):
        actions.assign_case(case=case, unit=first_unit, official=first, by=liaison)


def test_a_closed_case_comes_back_within_thirty_days_only():
    case = actions.confirm_case(case=solved(), by=citizen())
    long_ago = timezone.now() - timedelta(days=31)
    backdate(case, spoken_at=long_ago, opened_at=long_ago, resolved_at=long_ago, closed_at=long_ago)
    with pytest.raises(Refused, match="30"):
        actions.reopen_case(case=case, text="Volvió.", by=citizen())
    backdate(case, closed_at=timezone.now() - timedelta(days=29))
    assert actions.reopen_case(case=case, text="Volvió.", by=citizen()).status == "in_progress"


def test_an_entity_does_not_reopen():
    case = solved()
    with pytest.raises(NotAllowed):
        actions.reopen_case(case=case, text="x", by=by(Role.LIAISON, case.agency))


def test_silence_closes_and_says_so():
    case = solved(reporter=make.reporter())
    assert actions.close_unanswered() == 0
    backdate(case, answer_by=timezone.now() - timedelta(minutes=1))
    assert actions.close_unanswered() == 1
    case.refresh_from_db()
    assert (case.status, case.reason, case.satisfied) == ("closed", "no_answer", None)
    assert actions.close_unanswered() == 0


def test_who_left_only_a_telephone_is_rung_before_silence_counts():
    case = solved(reporter=make.reporter(email="", phone="212-3456"))
    call = CallBack.objects.get(reference=case.number)
    assert (call.reason, call.state) == ("confirm", "waiting")
    backdate(case, answer_by=timezone.now() - timedelta(minutes=1))
    assert actions.close_unanswered() == 0


def test_a_question_makes_the_case_wait_and_the_answer_ends_it():
    case = make.case(reporter=make.reporter())
    until = timezone.now() + timedelta(days=3)
    liaison = by(Role.LIAISON, case.agency)
    case = actions.ask_citizen(case=case, text="¿En qué calle?", until=until, by=liaison)
    assert (case.status, case.reason) == ("waiting", "citizen")
    case = actions.add_information(case=case, text="Calle 50.", by=citizen())
    assert (case.status, case.reason, case.waiting_until) == (
        "in_progress",
        "citizen_answered",
        None,
    )


def test_a_wait_ends_by_itself():
    case = make.case()
    until = timezone.now() + timedelta(days=1)
    actions.hold_case(case=case, reason="materials", until=until, by=SYSTEM)
    assert actions.end_waits() == 0
    backdate(case, waiting_until=timezone.now() - timedelta(minutes=1))
    assert actions.end_waits() == 1
    case.refresh_from_db()
    assert (case.status, case.reason) == ("in_progress", "wait_ended")


@pytest.mark.parametrize(
    ("reason", "days"), [("nonsense", 1), ("materials", -1), ("materials", 400), ("working", 1)]
)
def test_a_wait_needs_a_reason_and_an_end(reason: str, days: int):
    until = timezone.now() + timedelta(days=days)
    with pytest.raises(Invalid):
        actions.hold_case(case=make.case(), reason=reason, until=until, by=SYSTEM)


def test_more_information_does_not_move_the_term():
    case = make.case()
    due = case.due_at
    actions.add_information(case=case, text="Y hay otro.", by=citizen())
    case.refresh_from_db()
    assert (case.status, case.due_at) == ("assigned", due)


def test_unreachable_needs_three_attempts():
    case = make.case(reporter=make.reporter())
    liaison = by(Role.LIAISON, case.agency)
    until = timezone.now() + timedelta(days=3)
    actions.ask_citizen(case=case, text="¿Dónde?", until=until, by=liaison)
    for _ in range(3):
        with pytest.raises(Refused):
            actions.close_case(case=case, reason="unreachable", text="No contesta.", by=liaison)
        actions.record_attempt(case=case, text="Llamada sin respuesta.", by=liaison)
    case = actions.close_case(case=case, reason="unreachable", text="No contesta.", by=liaison)
    assert case.reason == "unreachable"


def test_the_citizen_may_withdraw():
    case = actions.withdraw_case(case=make.case(reporter=make.reporter()), by=citizen())
    assert (case.status, case.reason) == ("closed", "withdrawn")


def test_a_case_cannot_be_given_to_people_of_another_entity():
    case = make.case()
    with pytest.raises(Invalid):
        actions.assign_case(case=case, unit=make.unit(), by=SYSTEM)
    with pytest.raises(Invalid):
        actions.assign_case(case=case, unit=case.unit, official=make.user(Role.OFFICIAL), by=SYSTEM)


@pytest.mark.parametrize("deed", ["started", "waiting", "solved", "withdrawn"])
def test_triage_routes_what_no_entity_has_and_nothing_else(deed: str):
    case = make.case(reporter=make.reporter())
    if deed == "withdrawn":
        case = actions.withdraw_case(case=case, by=citizen())
    else:
        case = actions.start_case(case=case, by=SYSTEM)
    if deed == "waiting":
        until = timezone.now() + timedelta(days=3)
        case = actions.hold_case(case=case, reason="weather", until=until, by=SYSTEM)
    if deed == "solved":
        case = actions.resolve_case(case=case, text="Listo.", by=SYSTEM)
    before = (case.status, case.reason, case.agency)
    with pytest.raises(Refused, match="Derivado"):
        actions.route_case(case=case, agency=make.agency(), by=by(Role.SUPERVISOR))
    case.refresh_from_db()
    assert (case.status, case.reason, case.agency) == before


def test_a_correction_keeps_its_reason_and_cannot_hand_the_case_over():
    case = make.case()
    other = make.service(working_days=30, kind="request")
    liaison = by(Role.LIAISON, case.agency)
    with pytest.raises(NotAllowed, match="traslado"):
        actions.reclassify_case(case=case, service=other, text="Es otra cosa.", by=liaison)
    same = make.service(agency=case.agency, working_days=30, kind="request")
    before = case.due_at
    case = actions.reclassify_case(case=case, service=same, text="Es una solicitud.", by=liaison)
    assert (case.service, case.kind) == (same, "request")
    assert case.due_at > before
    assert case.timeline.get(kind="reclassified").text == "Es una solicitud."


def test_a_correction_by_the_centre_moves_the_case_to_its_entity():
    case = make.case()
    other = make.service()
    case = actions.reclassify_case(
        case=case, service=other, text="Es de otra entidad.", by=by(Role.SUPERVISOR)
    )
    assert (case.agency, case.status) == (other.agency, "assigned")


def test_a_correction_never_lays_a_reporter_open():
    case = make.case(confidentiality="reserved")
    service = make.service(agency=case.agency)
    case = actions.reclassify_case(case=case, service=service, text="x", by=by(Role.SUPERVISOR))
    assert case.confidentiality == "reserved"


def test_triage_gives_a_case_to_an_entity():
    agency = make.agency()
    case = actions.route_case(case=make.case(agency=None), agency=agency, by=by(Role.OPERATOR))
    assert (case.agency, case.status, case.unit) == (agency, "assigned", agency.units.get())


class TestTransfers:
    def propose(self, case: Any, to=None) -> Any:
        to = to or make.agency()
        actions.propose_transfer(
            case=case, to=to, text="No es nuestro.", by=by(Role.LIAISON, case.agency)
        )
        case.refresh_from_db()
        return case

    def test_until_the_other_accepts_the_sender_owns_the_case(self):
        case = self.propose(make.case())
        sender, receiver = case.agency, case.proposed_agency
        assert case.status == "assigned"
        case = actions.accept_transfer(case=case, by=by(Role.LIAISON, receiver))
        assert (case.agency, case.proposed_agency, case.unit.agency) == (receiver, None, receiver)
        assert case.agency != sender

    def test_the_term_does_not_restart(self):
        case = self.propose(make.case())
        due = case.due_at
        assert actions.accept_transfer(case=case, by=SYSTEM).due_at == due

    @pytest.mark.parametrize("started", [False, True])
    def test_a_refusal_sends_it_to_triage_with_both_reasons(self, started: bool):
        case = make.case()
        if started:
            actions.start_case(case=case, by=SYSTEM)
        case = self.propose(case)
        case = actions.refuse_transfer(case=case, text="Tampoco.", by=SYSTEM)
        assert (case.status, case.reason, case.agency) == ("received", "transfer_refused", None)
        texts = case.timeline.filter(kind__startswith="transfer_").order_by("id")
        assert [entry.text for entry in texts] == ["No es nuestro.", "Tampoco."]

    def test_silence_for_one_working_day_sends_it_to_triage(self):
        case = self.propose(make.case())
        assert actions.expire_transfers() == 0
        case.transfers.update(answer_by=timezone.now() - timedelta(minutes=1))
        assert actions.expire_transfers() == 1
        case.refresh_from_db()
        assert (case.status, case.reason) == ("received", "transfer_expired")
        assert actions.expire_transfers() == 0

    def test_only_one_proposal_waits_at_a_time(self):
        case = self.propose(make.case())
        with pytest.raises(Refused, match="esperando"):
            actions.propose_transfer(case=case, to=make.agency(), text="x", by=SYSTEM)

    def test_solving_it_after_all_cancels_the_proposal(self):
        case = self.propose(make.case())
        case = actions.resolve_case(case=case, text="Lo hicimos.", by=SYSTEM)
        assert case.proposed_agency is None
        assert case.transfers.get().decision == "cancelled"

    def test_an_entity_does_not_transfer_to_itself_or_to_a_closed_one(self):
        case = make.case()
        for to in (case.agency, make.agency(active=False)):
            with pytest.raises(Invalid):
                actions.propose_transfer(case=case, to=to, text="x", by=SYSTEM)

    def test_there_is_nothing_to_accept_twice(self):
        case = self.propose(make.case())
        actions.accept_transfer(case=case, by=SYSTEM)
        with pytest.raises(Refused):
            actions.accept_transfer(case=case, by=SYSTEM)


class TestDuplicates:
    def test_one_case_stands_for_another(self):
        one, two = make.case(), make.case(reporter=make.reporter())
        two = actions.mark_duplicate(case=two, of=one, by=SYSTEM)
        assert (two.status, two.reason, two.duplicate_of) == ("duplicate", "duplicate", one)

    def test_chains_do_not_form(self):
        one, two, three = make.case(), make.case(), make.case()
        actions.mark_duplicate(case=three, of=two, by=SYSTEM)
        actions.mark_duplicate(case=two, of=one, by=SYSTEM)
        three.refresh_from_db()
        assert three.duplicate_of == one
        with pytest.raises(Refused):
            actions.mark_duplicate(case=one, of=three, by=SYSTEM)

    def test_a_case_is_not_its_own_duplicate(self):
        case = make.case()
        with pytest.raises(Invalid):
            actions.mark_duplicate(case=case, of=case, by=SYSTEM)

    def test_a_supervisor_separates_them(self):
        one, two = make.case(), make.case()
        actions.mark_duplicate(case=two, of=one, by=SYSTEM)
        two = actions.unmerge_case(case=two, by=by(Role.SUPERVISOR))
        assert (two.status, two.duplicate_of, two.closed_at) == ("assigned", None, None)


def test_another_report_of_the_same_answers_no_question_and_shows_nobodys_words():
    case = make.case(reporter=make.reporter())
    until = timezone.now() + timedelta(days=3)
    actions.ask_citizen(case=case, text="¿Dónde?", until=until, by=by(Role.LIAISON, case.agency))
    case = actions.add_report(case=case, text="Soy Luis y también lo vi.", by=by(Role.OPERATOR))
    assert case.status == "waiting"
    public = case.timeline.readable_by(Audience.PUBLIC)
    assert "reported_again" in {entry.kind for entry in public}
    assert not any("Luis" in entry.text for entry in public)
