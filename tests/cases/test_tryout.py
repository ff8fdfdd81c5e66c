"""A plan tried on past cases: what it says is what then happens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from centro.cases.models import Case
from centro.cases.routing import find_route
from centro.cases.tryout import try_rules
from centro.catalog.models import RoutingPlan
from centro.catalog.routing import Rules, live_rules, rules_of
from centro.kernel.clock import now
from tests import make


def tried(plan: RoutingPlan, **fields):
    return try_rules(rules_of(plan), live_rules(), **fields)


def test_only_what_would_have_gone_elsewhere_is_counted_by_from_and_to():
    here = make.place()
    service, other = make.service(), make.service()
    moved = [make.case(service=service, place=here) for _ in range(4)]
    make.case(service=service)
    make.case(service=other, place=here)
    plan = make.draft_plan(rule := make.rule(service=service, place=here.province))
    found = tried(plan)
    assert (found.cases, found.moved) == (6, 4)
    (change,) = found.changes
    assert (change.before.agency, change.after.agency) == (service.agency, rule.agency)
    assert change.cases == 4
    assert set(change.examples) <= {case.pk for case in moved}


def test_another_office_of_the_same_entity_is_elsewhere_too():
    service = make.service()
    make.case(service=service)
    usual, special = service.agency.units.get(), make.unit(service.agency)
    plan = make.draft_plan(make.rule(service=service, agency=service.agency, unit=special))
    (change,) = tried(plan).changes
    assert (change.before.unit, change.after.unit) == (usual, special)


def test_a_plan_that_says_the_same_changes_nothing():
    service = make.service()
    make.case(service=service)
    plan = make.draft_plan(make.rule(service=service, agency=service.agency))
    found = tried(plan)
    assert (found.moved, found.changes) == (0, [])
    assert found.uses[rules_of(plan).rules[0].pk].decided == 1


def test_what_the_try_out_says_is_what_happens_once_the_plan_is_live():
    places = [make.place() for _ in range(3)]
    services = [make.service(category=name) for name in ("Agua", "Luz", "Calles")]
    services.append(make.service(agency=None))
    cases = [make.case(service=s, place=p) for s in services for p in (*places, None)]
    rules = [
        make.rule(category="Agua", place=places[0].district),
        make.rule(service=services[3], place=places[1]),
        make.rule(service=services[0]),
        make.rule(kind="idea"),
    ]
    before = {case.pk: (case.agency, case.unit) for case in cases}
    plan = make.draft_plan(*rules)
    said = {
        (change.before.agency, change.after.agency): change.cases for change in tried(plan).changes
    }
    RoutingPlan.objects.filter(pk=plan.pk).delete()
    make.live_plan(*rules)
    again = [make.case(service=case.service, place=case.place) for case in cases]
    happened: dict[tuple[object, object], int] = {}
    for case, new in zip(cases, again, strict=True):
        if (new.agency, new.unit) != before[case.pk]:
            way = (before[case.pk][0], new.agency)
            happened[way] = happened.get(way, 0) + 1
    assert said == happened
    assert len(happened) == 3


def test_a_rule_behind_another_shows_which_one_takes_its_cases():
    service = make.service(category="Calles")
    place = make.place()
    for where in (place, place, None):
        make.case(service=service, place=where)
    plan = make.draft_plan(
        make.rule(name="lugar", place=place),
        make.rule(name="calles", category="Calles"),
        make.rule(name="nunca", service=service),
        make.rule(name="ideas", kind="idea"),
    )
    uses = {
        rule.name: use
        for rule, use in zip(rules_of(plan).rules, tried(plan).uses.values(), strict=True)
    }
    assert [uses[n].decided for n in ("lugar", "calles", "nunca", "ideas")] == [2, 1, 0, 0]
    assert uses["calles"].caught == {"lugar": 2}
    assert uses["nunca"].caught == {"lugar": 2, "calles": 1}
    assert (uses["nunca"].behind, uses["ideas"].behind) == ("calles", "")
    assert {use.pk for use in tried(plan).idle} == {uses["nunca"].pk, uses["ideas"].pk}


def test_a_corrected_kind_counts_as_what_it_is():
    case = make.case()
    Case.objects.filter(pk=case.pk).update(kind="request")
    make.case()
    assert tried(make.draft_plan(make.rule(kind="request"))).moved == 1


@pytest.mark.parametrize("sealed", [True, False])
def test_sealed_cases_are_nobody_s_to_count(sealed: bool):
    make.case(confidentiality="sealed" if sealed else "reserved")
    assert tried(make.draft_plan(make.rule(kind="complaint"))).cases == (0 if sealed else 1)


def test_only_the_newest_cases_are_asked():
    service = make.service()
    old = make.case(service=service)
    Case.objects.filter(pk=old.pk).update(opened_at=now() - timedelta(days=100))
    newer = [make.case(service=service) for _ in range(3)]
    plan = make.draft_plan(make.rule(service=service))
    assert tried(plan).cases == 3
    found = tried(plan, most=2)
    assert (found.cases, found.changes[0].examples) == (2, [newer[-1].pk])
    assert tried(plan, since=timedelta(days=200)).cases == 4


def test_the_number_of_statements_does_not_grow_with_cases_and_rules():
    def ask(plan: RoutingPlan) -> int:
        rules = rules_of(plan)
        find_route(make.service(), None)  # warm
        with CaptureQueriesContext(connection) as captured:
            try_rules(rules, Rules())
        return len(captured)

    make.case()
    few = make.draft_plan(make.rule(kind="idea"))
    first = ask(few)
    few.delete()
    for _ in range(5):
        make.case(place=make.place())
    many = make.draft_plan(*(make.rule(service=make.service()) for _ in range(10)))
    assert ask(many) <= first + 1  # the places of those that have one
