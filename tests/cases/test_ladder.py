"""The ladder: what fires when, once each, and who is told."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.actions import escalate_due
from centro.cases.doctor import check_everything
from centro.cases.models import Case, Escalation, Notice, SlaClock
from centro.cases.timeline import Audience
from centro.kernel.actor import SYSTEM, citizen
from centro.kernel.clock import now
from tests import make
from tests.cases.ladder_world import MOMENTS, Entity, rungs, told
from tests.cases.test_opening import data_statements
from tests.moments import Frozen, panama


@pytest.fixture(autouse=True)
def _healthy():
    """Whatever a test does, every promise of the domain still holds after it."""
    yield
    assert check_everything() == []


@pytest.fixture
def entity(frozen: Frozen) -> Entity:
    frozen.to("2026-03-02 10:00")
    return Entity()


def test_an_ignored_case_climbs_rung_by_rung_to_the_president(entity: Entity, frozen: Frozen):
    case = entity.case()
    for rung, moment in MOMENTS.items():
        frozen.to(moment - timedelta(seconds=1))
        escalate_due()
        assert rungs(case) == list(range(1, rung))
        frozen.to(moment)
        escalate_due()
        assert rungs(case) == list(range(1, rung + 1))
    found = Escalation.objects.filter(case=case).order_by("rung")
    assert {e.rung: e.moment for e in found} == MOMENTS
    assert [e.share for e in found] == [75, 100, 150, 200, 300]
    assert {e.agency for e in found} == {entity.agency}
    assert told(case) == [(entity.official, "warning"), *((u, "rung") for u in entity.ladder[1:])]
    frozen.on(days=100)
    assert escalate_due() == 0


def test_a_sweep_that_comes_again_finds_nothing_new(entity: Entity, frozen: Frozen):
    entity.case()
    frozen.to(MOMENTS[2])
    assert escalate_due() > 0
    before = Notice.objects.count()
    assert escalate_due() == 0
    assert Notice.objects.count() == before


def test_after_a_long_silence_every_rung_comes_with_its_own_moment(entity: Entity, frozen: Frozen):
    case = entity.case()
    frozen.to(MOMENTS[4] + timedelta(hours=1))
    escalate_due()
    found = Escalation.objects.filter(case=case).order_by("rung")
    assert {e.rung: e.moment for e in found} == {r: m for r, m in MOMENTS.items() if r < 5}
    assert {e.fired_at for e in found} == {frozen.now}
    assert [user for user, _kind in told(case)] == entity.ladder[:4]
    assert SlaClock.objects.get(case=case, metric="solution").next_at == MOMENTS[5]


def test_what_waits_for_the_citizen_climbs_only_when_it_runs_again(entity: Entity, frozen: Frozen):
    case = entity.case()
    actions.start_case(case=case, by=actor_of(entity.official))
    by = actor_of(entity.official)
    actions.ask_citizen(case=case, text="¿Dónde?", until=panama("2026-03-20 16:00"), by=by)
    frozen.to(MOMENTS[3])
    escalate_due()
    assert rungs(case) == []
    actions.add_information(case=case, text="Aquí.", by=citizen())
    # 34.5 of 46 hours after the resumption on Thursday at 15:00: 1 + 8 × 4 + 1.5 h.
    frozen.to(panama("2026-03-19 09:29"))
    escalate_due()
    assert rungs(case) == []
    frozen.to(panama("2026-03-19 09:30"))
    escalate_due()
    assert rungs(case) == [1]


def resolve(case: Case) -> None:
    actions.resolve_case(case=case, text="Listo.", by=SYSTEM)


def withdraw(case: Case) -> None:
    actions.withdraw_case(case=case, by=citizen())


def merge(case: Case) -> None:
    of = make.case(service=case.service)
    actions.mark_duplicate(case=case, of=of, by=SYSTEM)
    actions.resolve_case(case=of, text="Listo.", by=SYSTEM)


@pytest.mark.parametrize("end", [resolve, withdraw, merge])
def test_what_has_ended_fires_nothing(end: Any, entity: Entity, frozen: Frozen):
    case = entity.case()
    frozen.to(MOMENTS[1])
    escalate_due()
    end(case)
    frozen.to(MOMENTS[5])
    escalate_due()
    assert rungs(case) == [1]


def test_the_public_hears_of_it_from_the_executive_up(entity: Entity, frozen: Frozen):
    case = entity.case()
    frozen.to(MOMENTS[5])
    escalate_due()
    said = [e.sentence for e in case.timeline.readable_by(Audience.PUBLIC)]
    assert said[1:] == [
        "El caso subió al enlace ejecutivo de la entidad.",
        "El caso subió a la máxima autoridad de la entidad.",
        "El caso subió a la Presidencia.",
    ]
    inside = [e.sentence for e in case.timeline.readable_by(Audience.AGENCY)]
    assert "El caso subió al funcionario responsable: pasó el 75 % de su plazo." in inside


def test_the_first_response_the_interim_reply_and_the_stint_warn_once_and_never_climb(
    entity: Entity, frozen: Frozen
):
    service = make.service(agency=entity.agency, working_days=20)
    case = entity.case(service=service)
    frozen.to(case.due_at)
    escalate_due()
    assert Counter(Notice.objects.filter(case=case).values_list("kind", flat=True)) == {
        "response": 1, "interim": 1, "stint": 1, "warning": 1, "rung": 1,
    }  # fmt: skip
    assert told(case, "response", "interim") == [
        (entity.official, "response"),
        (entity.official, "interim"),
    ]
    assert told(case, "stint") == [(entity.liaison, "stint")]
    assert rungs(case) == [1, 2]


def test_who_answers_in_time_gets_no_warning(entity: Entity, frozen: Frozen):
    case = entity.case()
    frozen.on(hours=1)
    by = actor_of(entity.official)
    later = date(2026, 3, 13)
    actions.interim_reply(case=case, text="Vamos en camino.", promised_for=later, by=by)
    frozen.to(MOMENTS[2])
    escalate_due()
    assert told(case, "response", "interim") == []
    frozen.to("2026-03-13 16:00")
    escalate_due()
    assert told(case, "interim") == [(entity.official, "interim")], "what was promised is followed"
    assert told(case, "response") == []


def test_a_transfer_begins_nothing_anew_and_tells_the_receiver(entity: Entity, frozen: Frozen):
    case = entity.case()
    frozen.to(MOMENTS[2])
    escalate_due()
    receiver = Entity()
    actions.propose_transfer(case=case, to=receiver.agency, text="Es suyo.", by=SYSTEM)
    actions.accept_transfer(case=case, by=SYSTEM)
    (notice,) = Notice.objects.filter(case=case, kind="passed_on")
    assert notice.user == receiver.liaison
    assert notice.data["rungs"] == [1, 2]
    frozen.to(MOMENTS[3])
    escalate_due()
    assert rungs(case) == [1, 2, 3]
    assert told(case)[-1] == (receiver.executive, "rung")


def test_triage_passes_on_the_rungs_too(entity: Entity, frozen: Frozen):
    make.user(Role.SUPERVISOR)
    case = make.case(service=make.service(agency=None))
    frozen.to(MOMENTS[1])
    escalate_due()
    actions.route_case(case=case, agency=entity.agency, by=SYSTEM)
    assert told(case, "passed_on") == [(entity.liaison, "passed_on")]


def test_a_transfer_before_any_rung_tells_nobody(entity: Entity, frozen: Frozen):
    case = entity.case()
    actions.propose_transfer(case=case, to=Entity().agency, text="Es suyo.", by=SYSTEM)
    actions.accept_transfer(case=case, by=SYSTEM)
    assert not Notice.objects.filter(case=case).exists()


def test_a_reopened_case_starts_one_rung_higher(entity: Entity, frozen: Frozen):
    case = entity.case()
    frozen.to(MOMENTS[1])
    escalate_due()
    actions.resolve_case(case=case, text="Listo.", by=SYSTEM)
    frozen.to("2026-03-09 10:00")
    actions.reopen_case(case=case, text="No.", by=citizen())
    frozen.to(panama("2026-04-20 10:00"))
    escalate_due()
    assert (rungs(case, 1), rungs(case, 2)) == ([1], [2, 3, 4, 5])
    again = Escalation.objects.filter(case=case, cycle=2).order_by("rung")
    assert [e.share for e in again] == [75, 100, 150, 200]


def test_a_corrected_type_with_a_shorter_term_brings_what_it_has_passed(
    entity: Entity, frozen: Frozen
):
    case = entity.case(service=make.service(agency=entity.agency, working_days=20))
    frozen.to(MOMENTS[3])
    escalate_due()
    assert rungs(case) == []
    shorter = make.service(agency=entity.agency, working_days=5)
    actions.reclassify_case(case=case, service=shorter, text="Era otro.", by=SYSTEM)
    escalate_due()
    found = Escalation.objects.filter(case=case).order_by("rung")
    assert {e.rung: e.moment for e in found} == {r: m for r, m in MOMENTS.items() if r < 4}


def test_an_urgent_matter_makes_urgent_notices(entity: Entity, frozen: Frozen):
    calm = entity.case()
    urgent = entity.case(service=make.service(agency=entity.agency, priority="urgent"))
    always = entity.case(service=make.service(agency=entity.agency, around_the_clock=True))
    frozen.to(MOMENTS[2])
    escalate_due()
    marked = {c: set(c.notices.values_list("urgent", flat=True)) for c in (calm, urgent, always)}
    assert marked == {calm: {False}, urgent: {True}, always: {True}}


def test_a_sweep_takes_no_more_than_it_is_told(entity: Entity, frozen: Frozen):
    service = make.service(agency=entity.agency)
    for _ in range(3):
        entity.case(service=service)
    SlaClock.objects.exclude(metric="solution").update(next_at=None)
    frozen.to(MOMENTS[1])
    assert [escalate_due(limit=2), escalate_due(limit=2), escalate_due()] == [2, 1, 0]


@pytest.mark.slow
@pytest.mark.parametrize("cases", [3, 30])
def test_a_batch_takes_as_many_statements_for_three_cases_as_for_thirty(
    cases: int, entity: Entity, frozen: Frozen
):
    service = make.service(agency=entity.agency)
    for _ in range(cases):
        entity.case(service=service)
    frozen.to(MOMENTS[5])
    with CaptureQueriesContext(connection) as captured:
        escalate_due()
    assert Escalation.objects.count() == 5 * cases
    # The batch: due clocks, agreements, posts, absences, rungs, notices, timeline, clocks; then a
    # look that finds nothing more.
    assert len(data_statements(captured)) <= 9
    assert now() == frozen.now
