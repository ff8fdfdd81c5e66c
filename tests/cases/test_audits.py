"""Audits of closures: what chance draws, who may judge, and what a verdict leads to."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centro.accounts.roles import Role
from centro.agencies.models import Assignment
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.audits import audit_queue, findings, national_score, scores, wilson
from centro.cases.doctor import check_everything
from centro.cases.models import ClosureAudit, Notice
from centro.kernel.actor import SYSTEM, citizen
from centro.kernel.clock import today
from centro.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from tests import make
from tests.moments import Frozen


@pytest.fixture(autouse=True)
def _healthy():
    yield
    assert check_everything() == []


@pytest.fixture(autouse=True)
def _monday(frozen: Frozen) -> Frozen:
    return frozen


def closed(**fields: Any) -> Any:
    """A case that its citizen found solved, now."""
    case = make.case(**fields)
    by = actor_of(make.user(Role.LIAISON, case.agency)) if not case.is_sealed else SYSTEM
    actions.resolve_case(case=case, text="Se tapó el hueco.", by=by)
    return actions.confirm_case(case=case, by=citizen())


def drawn() -> list[int]:
    return list(ClosureAudit.objects.order_by("pk").values_list("case_id", flat=True))


def audit_of(case: Any, frozen: Frozen) -> ClosureAudit:
    """The audit of a closed case, drawn the day after."""
    frozen.on(days=1)
    actions.draw_audits()
    return ClosureAudit.objects.get(case=case)


def analyst() -> Any:
    return make.user(Role.QUALITY)


# ---- Drawing ----


def test_of_each_entity_with_a_solution_yesterday_at_least_one_is_drawn(frozen):
    one, other = make.service(), make.service()
    cases = [closed(service=service) for service in (one, one, one, other)]
    assert actions.draw_audits() == 0
    frozen.on(days=1)
    assert actions.draw_audits() == 2
    agencies = Counter(ClosureAudit.objects.values_list("agency", flat=True))
    assert agencies == {one.agency_id: 1, other.agency_id: 1}
    assert set(drawn()) <= {case.pk for case in cases}


def test_the_share_and_the_most_of_a_day_are_settings(frozen, settings):
    service = make.service()
    for _ in range(12):
        closed(service=service)
    frozen.on(days=1)
    for share, most, expected in ((50, 10, 6), (100, 4, 4), (0, 10, 0)):
        settings.AUDIT_SHARE, settings.AUDIT_MOST = share, most
        assert actions.draw_audits() == expected
        ClosureAudit.objects.all().delete()


def test_whoever_draws_again_draws_the_same_and_the_secret_decides(frozen, settings):
    service = make.service()
    for _ in range(12):
        closed(service=service)
    frozen.on(days=1)
    settings.AUDIT_SHARE = 30
    actions.draw_audits()
    first = drawn()
    assert actions.draw_audits() == 0
    ClosureAudit.objects.all().delete()
    actions.draw_audits()
    assert drawn() == first
    ClosureAudit.objects.all().delete()
    settings.SECRET_KEY = "another secret of the same length"
    actions.draw_audits()
    assert drawn() != first


def test_days_without_a_worker_are_caught_up(frozen):
    early = closed()
    frozen.on(days=1)
    late = closed()
    frozen.on(days=3)
    assert actions.draw_audits() == 2
    assert set(drawn()) == {early.pk, late.pk}
    frozen.on(days=30)
    assert actions.draw_audits() == 0


def test_a_closure_is_drawn_once_in_each_of_its_cycles(frozen):
    case = closed()
    audit_of(case, frozen)
    case = actions.reopen_case(case=case, text="Volvió.", by=citizen())
    actions.resolve_case(case=case, text="Otra vez.", by=SYSTEM)
    actions.confirm_case(case=case, by=citizen())
    frozen.on(days=1)
    assert actions.draw_audits() == 1
    assert list(ClosureAudit.objects.order_by("cycle").values_list("cycle", flat=True)) == [1, 2]


def test_silence_after_a_solution_is_a_closure_to_look_at_too(frozen):
    case = actions.resolve_case(case=make.case(), text="Se hizo.", by=SYSTEM)
    frozen.on(days=15)
    assert actions.close_unanswered() == 1
    assert audit_of(case, frozen).real is None


def test_what_has_no_solution_is_sealed_or_came_back_is_not_drawn(frozen):
    actions.withdraw_case(case=make.case(), by=citizen())
    triage = actor_of(make.user(Role.OPERATOR))
    actions.close_case(case=make.case(agency=None), reason="spam", text="Publicidad", by=triage)
    closed(confidentiality="sealed")
    actions.reopen_case(case=closed(), text="Volvió.", by=citizen())
    actions.resolve_case(case=make.case(), text="Por confirmar.", by=SYSTEM)
    frozen.on(days=1)
    assert actions.draw_audits() == 0


def test_a_case_that_is_sealed_later_is_looked_at_by_nobody(frozen):
    case = closed()
    audit = audit_of(case, frozen)
    case = actions.reopen_case(case=case, text="Es contra ellos.", by=citizen())
    by = actor_of(make.user(Role.SUPERVISOR))
    actions.set_confidentiality(case=case, level="sealed", text="Es contra ellos.", by=by)
    assert not ClosureAudit.objects.exists()
    with pytest.raises(NotFound):
        ClosureAudit.objects.reach(audit.pk, analyst())


# ---- Judging ----


def test_an_analyst_says_that_a_solution_was_real(frozen):
    case = closed()
    who = analyst()
    audit = actions.judge_closure(audit=audit_of(case, frozen), real=True, by=actor_of(who))
    assert (audit.real, audit.why, audit.done_by, audit.done_at) == (True, "", who, frozen.now)
    assert case.timeline.get(kind="audited_real").data["of_cycle"] == 1
    assert not Notice.objects.filter(kind="audit").exists()


def test_a_no_says_why_and_is_told_to_the_liaisons_of_the_entity(frozen):
    case = closed()
    liaison = make.user(Role.LIAISON, case.agency)
    audit, by = audit_of(case, frozen), actor_of(analyst())
    for why, text in (("", "Sigue."), ("nonsense", "Sigue."), ("not_done", " ")):
        with pytest.raises(Invalid):
            actions.judge_closure(audit=audit, real=False, why=why, text=text, by=by)
    actions.judge_closure(audit=audit, real=False, why="not_done", text="El hueco sigue.", by=by)
    told = Notice.objects.filter(kind="audit").values_list("user", "case")
    assert (liaison.pk, case.pk) in told
    assert case.timeline.get(kind="audited_not_real").text == "El hueco sigue."
    case.refresh_from_db()
    assert case.status == "closed", "to reopen it is a supervisor's decision"
    again = actions.reopen_case(
        case=case, text="Según la revisión.", by=actor_of(make.user(Role.SUPERVISOR))
    )
    assert again.cycle == 2


def test_what_could_not_be_found_out_blames_nobody(frozen):
    case = closed()
    make.user(Role.LIAISON, case.agency)
    actions.judge_closure(
        audit=audit_of(case, frozen), real=False, why="not_reached", text="Sin fotos.",
        by=actor_of(analyst()),
    )  # fmt: skip
    assert not Notice.objects.filter(kind="audit").exists()
    score = national_score()
    assert (score.n, score.unclear, score.percent) == (0, 1, None)


def test_nobody_judges_twice(frozen):
    audit, by = audit_of(closed(), frozen), actor_of(analyst())
    actions.judge_closure(audit=audit, real=True, by=by)
    with pytest.raises(Refused, match="ya revisó"):
        actions.judge_closure(audit=audit, real=True, by=by)


@pytest.mark.slow
@pytest.mark.parametrize("role", [role for role in Role if role != Role.QUALITY])
def test_only_quality_analysts_judge(role, frozen):
    case = closed()
    user = make.user(role, case.agency if role in make.AGENCY_ROLES else None)
    with pytest.raises(NotAllowed):
        actions.judge_closure(audit=audit_of(case, frozen), real=True, by=actor_of(user))


def test_an_analyst_who_also_serves_in_the_entity_neither_sees_nor_judges_its_closures(frozen):
    case, other = closed(), closed()
    judge = analyst()
    Assignment.objects.create(
        user=judge, role=Role.OFFICIAL, agency=case.agency, unit=case.unit, starts=today()
    )
    audit = audit_of(case, frozen)
    assert [a.case for a in audit_queue(judge)] == [other]
    with pytest.raises(NotFound):
        ClosureAudit.objects.reach(audit.pk, judge)
    with pytest.raises(NotAllowed, match="entidad en la que trabaja"):
        actions.judge_closure(audit=audit, real=True, by=actor_of(judge))


# ---- Scores ----


def test_the_interval_of_wilson_against_published_values():
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    for yes, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)):  # fmt: skip
        assert wilson(yes, n) == pytest.approx((low, high), abs=5e-5)


@given(n=st.integers(1, 5000), data=st.data())
def test_an_interval_holds_its_share_and_lies_between_none_and_all(n, data):
    yes = data.draw(st.integers(0, n))
    low, high = wilson(yes, n)
    assert 0 <= low <= yes / n + 1e-12
    assert yes / n - 1e-12 <= high <= 1
    assert low < high


def test_the_score_of_an_entity_beside_that_of_the_country(frozen, settings):
    settings.AUDIT_SHARE = 100
    good, bad = make.service(), make.service()
    assert good.agency_id is not None
    for service in (good, good, bad, bad):
        closed(service=service)
    frozen.on(days=1)
    actions.draw_audits()
    by = actor_of(analyst())
    for audit in ClosureAudit.objects.filter(agency=good.agency):
        actions.judge_closure(audit=audit, real=True, by=by)
    for audit in ClosureAudit.objects.filter(agency=bad.agency):
        actions.judge_closure(audit=audit, real=False, why="not_done", text="No está.", by=by)
    assert [(s.agency, s.percent, s.n) for s in scores()] == [
        (bad.agency, 0, 2),
        (good.agency, 100, 2),
    ]
    assert scores([good.agency_id])[0].interval == (34, 100)
    assert (national_score().percent, national_score().n) == (50, 4)
    frozen.on(days=91)
    assert national_score().n == 0
    assert [s.n for s in scores([good.agency_id])] == [0]


def test_findings_are_those_of_cases_in_sight(frozen):
    case = closed()
    actions.judge_closure(
        audit=audit_of(case, frozen), real=False, why="partly", text="A medias.",
        by=actor_of(analyst()),
    )  # fmt: skip
    mine, stranger = make.user(Role.LIAISON, case.agency), make.user(Role.LIAISON)
    assert [f.audit.case for f in findings(mine)] == [case]
    assert findings(stranger) == []
    found = findings(mine)[0]
    assert (found.still_closed, found.may_reopen) == (True, True)
