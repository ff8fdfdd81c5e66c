"""A doctor that never finds anything proves nothing: each promise is broken on purpose."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.doctor import PROMISES, check_everything
from centro.cases.models import Case
from centro.kernel.actor import SYSTEM
from centro.kernel.clock import now
from tests import make

BREAK = {
    "every case has its opening on the timeline, once": "DELETE FROM cases_timelineentry WHERE case_id = {id}",
    "a closed case says when and why, and its timeline too": "UPDATE cases_case SET status='closed', reason='withdrawn', closed_at=now() WHERE id={id}",
    "a closed case with a confirmed solution has a solution": "UPDATE cases_case SET status='closed', reason='no_answer', closed_at=now() WHERE id={id}",
    "satisfaction is yes only where the citizen said so": "UPDATE cases_case SET satisfied=true WHERE id={id}",
    "time runs forward: spoken, opened, resolved, closed": "UPDATE cases_case SET due_at=spoken_at WHERE id={id}",
    "only a resolved or closed case carries a solution moment": "UPDATE cases_case SET resolved_at=now() + interval '1 second' WHERE id={id}",
    "a case in an entity's hands is in a unit of that entity": "UPDATE cases_case SET unit_id=(SELECT max(id) FROM agencies_unit) WHERE id={id}",
    "a case in triage belongs to no entity": "UPDATE cases_case SET status='received', reason='triage' WHERE id={id}",
    "a proposed transfer and its case agree": "UPDATE cases_case SET proposed_agency_id=(SELECT max(id) FROM agencies_agency) WHERE id={id}",
    "a decided transfer says when": "UPDATE cases_transfer SET decided_at=now()",
    "a duplicate points at a case that is not a duplicate": "UPDATE cases_case SET status='duplicate', reason='duplicate', closed_at=now(), duplicate_of_id=(SELECT min(id) FROM cases_case WHERE status='duplicate') WHERE id={id}",
    "the province is the place's": "UPDATE cases_case SET place_id=(SELECT max(id) FROM places_place) WHERE id={id}",
    "a sealed case is in no unit's or official's hands": "UPDATE cases_case SET confidentiality='sealed' WHERE id={id}",
    "a case is never more open than its type asks": "UPDATE catalog_servicetype SET confidentiality='sealed'",
    "each cycle after the first begins with a reopening": "UPDATE cases_case SET cycle=2 WHERE id={id}",
    "a grant is for a sealed case or was given while it was one": "INSERT INTO cases_grant (case_id, user_id, granted_by_id, granted_at) SELECT {id}, min(id), min(id), now() FROM accounts_user",
    "a sealed case is part of no event": "UPDATE cases_case SET confidentiality='sealed', unit_id=NULL, incident_id=(SELECT max(id) FROM cases_incident) WHERE id={id}",
    "a case of an event says so on its timeline": "UPDATE cases_case SET incident_id=(SELECT max(id) FROM cases_incident) WHERE id={id}",
    "a dissolved event has no cases": "UPDATE cases_incident SET state='dissolved', ended_at=now()",
    "only what goes on is announced": "UPDATE cases_incident SET announced=true",
    "a sealed case is in no instruction": "UPDATE cases_case SET confidentiality='sealed', unit_id=NULL WHERE id=(SELECT max(case_id) FROM cases_instruction_cases)",
    "a solved event solves its cases (is the worker running?)": "UPDATE cases_incident SET state='solved', ended_at=now() - interval '2 hours'",
    "each cycle of a case has its solution clock": "UPDATE cases_slaclock SET cycle=2 WHERE case_id={id}",
    "the solution clock goes until there is a solution, and then stands with its facts": "UPDATE cases_slaclock SET state='cancelled', resumed_at=NULL, next_at=NULL, next_rung=NULL WHERE case_id={id}",
    "the case shows the date of its solution clock": "UPDATE cases_case SET due_at=due_at + interval '1 second' WHERE id={id}",
    "a clock is paused exactly while its case waits for what stops clocks": "UPDATE cases_slaclock SET state='paused', resumed_at=NULL, next_at=NULL WHERE case_id={id}",
    "no clock goes on after the end of its case or of its cycle": "UPDATE cases_slaclock SET cycle=2 WHERE case_id={id} AND metric='first_response'",
    "whoever has an unsolved case is measured by a stint": "UPDATE cases_slaclock SET agency_id=NULL WHERE case_id={id}",
    "a stopped clock was in time exactly when it stopped by its date": "UPDATE cases_slaclock SET state='stopped', resumed_at=NULL, next_at=NULL, stopped_at=now(), on_time=(now() > due_at) WHERE case_id={id} AND metric='first_response'",
    "a clock that is paused says until when": "UPDATE cases_clockevent SET data='{{}}'",
    "a solution clock under way awaits the rung above the last": "UPDATE cases_slaclock SET next_rung=2 WHERE case_id={id} AND metric='solution'",
    "the rungs of a cycle are reached one after another": "INSERT INTO cases_escalation (case_id, cycle, rung, clock_id, share, moment, fired_at, nobody, promise) SELECT case_id, 1, 3, id, 150, now(), now(), false, '' FROM cases_slaclock WHERE case_id={id} AND metric='solution'",
    # found in words, not by a promise
    "every rung that is reached is recorded (is the worker running?)": "UPDATE cases_slaclock SET next_at=now() - interval '2 hours' WHERE case_id={id}",
    "a clock's date is what its calendar counts": "UPDATE cases_slaclock SET target_seconds=target_seconds + 1 WHERE case_id={id}",
    "the reason fits the status": "UPDATE cases_case SET reason='spam' WHERE id={id}",
    "the timeline kind is registered": "UPDATE cases_timelineentry SET kind='nonsense' WHERE case_id={id}",
}


def test_every_promise_has_a_way_to_be_broken():
    assert {p.rule for p in PROMISES} <= set(BREAK)


@pytest.mark.slow
@pytest.mark.parametrize("rule", sorted(BREAK))
def test_the_doctor_finds_a_broken_promise(rule: str):
    make.place()
    make.user()
    other, twin = make.case(), make.case()
    actions.mark_duplicate(case=twin, of=other, by=SYSTEM)
    proposed = make.case()
    actions.propose_transfer(case=proposed, to=make.agency(), text="x", by=SYSTEM)
    instructed = make.case()
    actions.instruct_agency(
        agency=instructed.agency,
        cases=[instructed],
        text="Resuelvan.",
        days=3,
        by=actor_of(make.user(Role.PRESIDENCY)),
    )
    make.incident(cases=[make.case(place=make.place())])
    held = make.case()
    until = now() + timedelta(days=3)
    actions.hold_case(case=held, reason="weather", until=until, by=SYSTEM)
    case = make.case()
    make.unit()
    assert check_everything() == []
    with connection.cursor() as cursor:
        cursor.execute(BREAK[rule].format(id=case.pk))
    assert rule in {fault.rule for fault in check_everything()}


def test_the_database_itself_refuses_the_worst():
    from django.db import IntegrityError

    case = make.case()
    with pytest.raises(IntegrityError):
        Case.objects.filter(pk=case.pk).update(status="closed")
