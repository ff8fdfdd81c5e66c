"""Plans of routing: drafted, changed by one or two editors, published, drafted again."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from centro.accounts.roles import Role
from centro.agencies.models import Agency, Unit
from centro.agencies.scopes import actor_of
from centro.cases.doctor import check_everything
from centro.catalog.actions import routing as actions
from centro.catalog.actions.routing import EDITORS, RuleData, Stale
from centro.catalog.models import RoutingPlan, RoutingRule
from centro.catalog.routing import Rules, fingerprint, in_order, live_rules, rules_of
from centro.kernel.actor import Actor
from centro.kernel.errors import Invalid, NotAllowed, NotFound
from centro.places.stamps import stamp_of
from tests import make
from tests.cases.test_concurrency import at_once


@pytest.fixture
def by() -> Actor:
    return actor_of(make.user(Role.SUPERVISOR))


def seen(plan: RoutingPlan) -> str:
    return fingerprint(in_order(plan))


def names(plan: RoutingPlan) -> list[str]:
    rules = in_order(plan)
    assert [rule.position for rule in rules] == list(range(1, len(rules) + 1))
    return [rule.name for rule in rules]


def draft(*called: str) -> RoutingPlan:
    return make.draft_plan(*(make.rule(name=name, kind="idea") for name in called))


def rule_of(plan: RoutingPlan, name: str) -> RoutingRule:
    return plan.rules.get(name=name)


def publish(plan: RoutingPlan, by: Actor, **fields: str) -> RoutingPlan:
    note, shown = fields.get("note", "x"), fields.get("seen", seen(plan))
    return actions.publish_routing(plan=plan, note=note, seen=shown, by=by)


# ---- Drafts ----


def test_a_draft_is_a_copy_of_the_live_plan_and_changes_nothing_yet(by):
    live = make.live_plan(make.rule(name="a", kind="idea"), make.rule(name="b", kind="request"))
    made = actions.draft_plan(by=by)
    assert (made.state, made.made_by_id, names(made)) == ("draft", by.id, ["a", "b"])
    actions.remove_rule(rule=rule_of(made, "a"), seen=seen(made), by=by)
    assert names(live) == ["a", "b"]
    assert [rule.name for rule in live_rules().rules] == ["a", "b"]


def test_the_first_draft_of_a_country_is_empty(by):
    assert names(actions.draft_plan(by=by)) == []
    assert live_rules() == Rules()


def test_a_past_plan_can_be_drafted_again(by):
    past = make.live_plan(make.rule(name="old", kind="idea"))
    make.live_plan(make.rule(name="new", kind="idea"))
    made = actions.draft_plan(of=past, by=by)
    assert names(made) == ["old"]
    assert names(publish(made, by)) == ["old"]


def test_there_is_one_draft_at_a_time(by):
    draft("a")
    with pytest.raises(Stale, match="Ya hay un borrador"):
        actions.draft_plan(by=by)


def test_a_draft_that_is_thrown_away_leaves_the_live_plan(by):
    live = make.live_plan(make.rule(kind="idea"))
    made = actions.draft_plan(by=by)
    actions.discard_plan(plan=made, seen=seen(made), by=by)
    assert list(RoutingPlan.objects.all()) == [live]


@pytest.mark.parametrize(
    ("moved", "to", "order"),
    [
        ("a", 2, "bacd"),
        ("d", 1, "dabc"),
        ("b", 4, "acdb"),
        ("c", 3, "abcd"),
        ("a", 99, "bcda"),
        ("d", 0, "dabc"),
    ],
)
def test_rules_are_moved(by, moved: str, to: int, order: str):
    plan = draft(*"abcd")
    actions.move_rule(rule=rule_of(plan, moved), to=to, seen=seen(plan), by=by)
    assert names(plan) == list(order)


def test_a_removed_rule_leaves_no_gap(by):
    plan = draft(*"abc")
    actions.remove_rule(rule=rule_of(plan, "b"), seen=seen(plan), by=by)
    assert names(plan) == ["a", "c"]


def test_a_changed_rule_keeps_its_place(by):
    plan = draft(*"abc")
    data = make.rule(name="  otra ", category="Calles")
    rule = actions.change_rule(rule=rule_of(plan, "b"), data=data, seen=seen(plan), by=by)
    assert names(plan) == ["a", "otra", "c"]
    assert (rule.category, rule.kind, rule.agency) == ("Calles", "", data.agency)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": "  "}, "nombre"),
        ({"kind": ""}, "al menos una condición"),
        ({"kind": "nonsense"}, "no existe"),
        ({"agency": "closed"}, "ya no recibe casos"),
        ({"unit": "of another"}, "no es de"),
        ({"service": True, "category": "Otra"}, "otra categoría"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(by, fields: dict[str, Any], why: str):
    plan = draft()
    if "agency" in fields:
        fields = {"agency": make.agency(active=False)}
    if "unit" in fields:
        fields = {"unit": make.unit()}
    if "service" in fields:
        fields = {**fields, "service": make.service(category="Calles")}
    data = make.rule(**{"kind": "idea", **fields})
    with pytest.raises(Invalid, match=why):
        actions.add_rule(plan=plan, data=data, seen=seen(plan), by=by)


def test_a_rule_of_another_plan_cannot_be_changed_through_this_one(by):
    live = make.live_plan(make.rule(name="a", kind="idea"))
    with pytest.raises(Stale):
        actions.remove_rule(rule=rule_of(live, "a"), seen=seen(live), by=by)


def test_a_rule_that_is_gone_is_said_to_be_gone(by):
    plan = draft("a", "b")
    rule = rule_of(plan, "a")
    actions.remove_rule(rule=rule_of(plan, "a"), seen=seen(plan), by=by)
    with pytest.raises(NotFound):
        actions.move_rule(rule=rule, to=2, seen=seen(plan), by=by)


# ---- Two editors ----


def test_of_two_editors_the_second_is_told(by):
    plan = draft(*"ab")
    shown = seen(plan)  # to both of them
    other = actor_of(make.user(Role.DIRECTOR))
    actions.move_rule(rule=rule_of(plan, "b"), to=1, seen=shown, by=other)
    for change in (
        lambda: actions.move_rule(rule=rule_of(plan, "b"), to=1, seen=shown, by=by),
        lambda: actions.remove_rule(rule=rule_of(plan, "a"), seen=shown, by=by),
        lambda: actions.add_rule(plan=plan, data=make.rule(kind="idea"), seen=shown, by=by),
        lambda: publish(plan, by, seen=shown),
        lambda: actions.discard_plan(plan=plan, seen=shown, by=by),
    ):
        with pytest.raises(Stale, match="Otra persona cambió"):
            change()
    assert names(plan) == ["b", "a"]


@pytest.mark.django_db(transaction=True)
def test_two_who_publish_at_once_publish_once():
    plan = draft("a")
    shown = seen(plan)
    editors = [actor_of(make.user(Role.SUPERVISOR)) for _ in range(2)]
    results = at_once(*(lambda by=by: publish(plan, by, seen=shown) for by in editors))
    assert sum(isinstance(result, Stale) for result in results) == 1
    assert RoutingPlan.objects.filter(state="live").count() == 1
    assert check_everything() == []


@pytest.mark.django_db(transaction=True)
def test_two_who_begin_at_once_begin_one_draft():
    make.live_plan(make.rule(kind="idea"))
    editors = [actor_of(make.user(Role.SUPERVISOR)) for _ in range(2)]
    results = at_once(*(lambda by=by: actions.draft_plan(by=by) for by in editors))
    assert sum(isinstance(result, Stale) for result in results) == 1
    assert RoutingPlan.objects.filter(state="draft").count() == 1


# ---- Publishing ----


def test_a_published_plan_takes_the_place_of_the_live_one(by):
    first = make.live_plan(make.rule(name="a", kind="idea"))
    before = stamp_of("catalog")
    second = publish(draft("b"), by, note="  Por la ley nueva ")
    first.refresh_from_db()
    assert (first.state, second.state, second.note) == ("past", "live", "Por la ley nueva")
    assert (second.live_by_id, second.live_at is not None) == (by.id, True)
    assert [rule.name for rule in live_rules().rules] == ["b"]
    assert stamp_of("catalog") != before  # the other processes read it anew


def test_publishing_needs_a_reason(by):
    plan = draft("a")
    with pytest.raises(Invalid, match="por qué"):
        publish(plan, by, note=" ")


def test_a_plan_is_not_published_twice_nor_changed_afterwards(by):
    plan = publish(draft("a"), by)
    with pytest.raises(Stale):
        publish(plan, by)
    with pytest.raises(Stale):
        actions.add_rule(plan=plan, data=make.rule(kind="idea"), seen=seen(plan), by=by)


@pytest.mark.parametrize("what", ["agency", "unit"])
def test_what_closed_since_it_was_written_down_is_not_published(by, what: str):
    agency = make.agency()
    plan = make.draft_plan(make.rule(kind="idea", agency=agency, unit=agency.units.get()))
    model = {"agency": Agency.objects, "unit": Unit.objects}[what]
    model.filter(pk=agency.pk if what == "agency" else agency.units.get().pk).update(active=False)
    with pytest.raises(Invalid):
        publish(plan, by)


@pytest.mark.parametrize("role", sorted(set(Role) - EDITORS))
def test_others_decide_nothing_about_routing(role: Role):
    plan, by = draft("a"), actor_of(make.user(role))
    for decide in (
        lambda: actions.draft_plan(by=by),
        lambda: actions.add_rule(plan=plan, data=make.rule(kind="idea"), seen=seen(plan), by=by),
        lambda: publish(plan, by),
        lambda: actions.discard_plan(plan=plan, seen=seen(plan), by=by),
    ):
        with pytest.raises(NotAllowed):
            decide()


def test_the_doctor_misses_the_live_plan(by):
    assert check_everything() == []
    draft("a")
    assert check_everything() == []  # a draft alone promises nothing
    publish(RoutingPlan.objects.get(), by)
    RoutingPlan.objects.update(state="past")
    (fault,) = check_everything()
    assert (fault.case, fault.rule, fault.message) == (
        "",
        "exactly one plan of routing is live",
        "0",
    )


# ---- Rules that can never decide ----


def behind(*data: RuleData) -> dict[str, str]:
    """The rules of a plan that can never decide, with the earlier one that takes all of theirs."""
    rules = rules_of(make.draft_plan(*data))
    called = {rule.pk: rule.name for rule in rules.rules}
    return {called[pk]: earlier.name for pk, earlier in rules.shadowed().items()}


def test_a_rule_behind_a_wider_one_never_decides():
    place = make.place()
    service = make.service(category="Calles")
    wide = make.rule(name="calles", category="Calles")
    assert behind(
        wide,
        make.rule(name="servicio", service=service, place=place),
        make.rule(name="categoría", category="Calles", kind="idea"),
        make.rule(name="otra", category="Agua"),
    ) == {"servicio": "calles", "categoría": "calles"}


def test_a_rule_for_a_place_takes_those_for_places_in_it_and_no_wider_ones():
    place = make.place()
    district = make.rule(name="distrito", place=place.district)
    assert behind(
        district,
        make.rule(name="corregimiento", place=place, kind="idea"),
        make.rule(name="provincia", place=place.province),
        make.rule(name="país", kind="idea"),
    ) == {"corregimiento": "distrito"}


def test_a_rule_in_front_of_a_wider_one_is_an_exception_and_decides():
    service = make.service(category="Calles")
    assert not behind(make.rule(service=service), make.rule(category="Calles"))


def test_reading_a_plan_is_one_statement(django_assert_num_queries):
    plan = make.draft_plan(
        *(make.rule(service=make.service(), place=make.place()) for _ in range(5))
    )
    with django_assert_num_queries(1):
        for rule in in_order(plan):
            assert str(rule.service) + str(rule.place) + str(rule.agency)
    with django_assert_num_queries(1):
        rules_of(plan)


def test_nothing_of_a_plan_is_left_without_a_plan():
    plan = draft("a", "b")
    plan.delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM catalog_routingrule")
        assert cursor.fetchone() == (0,)
