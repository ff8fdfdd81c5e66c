"""Writing the strategic plan, and how it stands."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions as of_cases
from centro.insights import actions
from centro.insights.actions import IndicatorData
from centro.insights.facts import refresh_facts
from centro.insights.models import Comment, Indicator, Measurement, Objective, Plan, Target
from centro.insights.questions import ask
from centro.insights.registry import METRICS, measure
from centro.insights.strategy.drawing import draw_years
from centro.insights.strategy.lights import Light
from centro.insights.strategy.standing import Cell, row_of, stand_of, yearly_metrics
from centro.kernel.actor import SYSTEM, Actor, citizen
from centro.kernel.clock import today
from centro.kernel.errors import Invalid, NotAllowed, Refused
from centro.ops.demo import make_demo_people
from centro.ops.demonstration.strategy import set_out_plan
from tests import make
from tests.insights.planning import aim, director, enter, indicator, objective, plan
from tests.moments import Frozen
from tests.ops.packs import PANAMA


def cell_of(one: Indicator, year: int) -> Cell:
    row = row_of(one.objective.plan, one)
    return next(cell for cell in row.cells if cell.year == year)


# ---- Who writes, and what cannot be written ----


@pytest.mark.parametrize("role", [r for r in Role if r != Role.DIRECTOR])
def test_only_the_direction_writes(role: Role):
    other = actor_of(make.user(role))
    with pytest.raises(NotAllowed):
        actions.begin_plan(name="Plan", first_year=2026, by=other)
    with pytest.raises(NotAllowed):
        actions.close_plan(plan=plan(), by=other)


def test_nobody_writes_in_a_closed_plan():
    one = indicator(targets={today().year: 80})
    by = director()
    closed = actions.close_plan(plan=one.objective.plan, by=by)
    assert not closed.is_open
    for write in (
        lambda: actions.add_objective(plan=closed, title="Otro", by=by),
        lambda: actions.add_indicator(
            objective=one.objective, data=IndicatorData("Otro", "Frase", "higher"), by=by
        ),
        lambda: aim(one, {today().year + 1: 90}),
        lambda: enter(one, today().year, 50),
        lambda: actions.comment_indicator(indicator=one, text="Bien", by=by),
        lambda: actions.retire_indicator(indicator=one, reason="No", by=by),
        lambda: actions.close_plan(plan=closed, by=by),
    ):
        with pytest.raises(Refused, match="cerrado"):
            write()


def test_one_plan_is_open_at_a_time():
    first = plan()
    with pytest.raises(Refused, match="Ya hay un plan abierto"):
        plan()
    actions.close_plan(plan=first, by=director())
    assert plan().is_open
    with pytest.raises(IntegrityError), transaction.atomic():
        Plan.objects.create(name="Otro", first_year=2026, created_by_id=first.created_by_id)


@pytest.mark.parametrize("fields", [{"first_year": 1999}, {"first_year": 2101}, {"name": "  "}])
def test_a_plan_without_sense_is_refused(fields: dict[str, Any]):
    with pytest.raises(Invalid):
        plan(**fields)


def test_objectives_and_indicators_keep_their_order_and_differ_in_title():
    first = objective(title="Uno")
    second = objective(first.plan, title="Dos")
    assert [first.position, second.position] == [1, 2]
    with pytest.raises(Refused, match="ese título"):
        objective(first.plan, title=" Uno ")
    a, b = indicator(first, title="A"), indicator(first, title="B")
    assert [a.position, b.position] == [1, 2]
    with pytest.raises(Refused, match="ese título"):
        indicator(first, title="A")
    assert indicator(second, title="A").position == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"metric": "no-such", "column": "x"},
        {"metric": "overdue", "column": "x"},
        {"metric": "overdue"},
        {"metric": "by-province", "column": "total"},  # of many rows
        {"metric": "by-hour", "column": "total"},
        {"unit": "text"},
        {"better": "sideways"},
        {"tolerance": 51},
        {"tolerance": -1},
        {"sentence": " "},
        {"title": ""},
        {"better": "lower", "accumulates": True},
    ],
)
def test_an_indicator_that_makes_no_sense_is_refused(wrong: dict[str, Any]):
    with pytest.raises(Invalid):
        indicator(**wrong)


def test_a_metric_brings_its_unit():
    made = indicator(metric="registration-time", column="median_s", unit="count", better="lower")
    assert (made.unit, made.by_hand) == ("seconds", False)


# ---- Targets ----


def test_a_target_is_changed_by_a_new_one_with_its_reason():
    year = today().year
    one = indicator(targets={year: 80, year + 1: 85})
    with pytest.raises(Invalid, match="Ya hay una meta"):
        aim(one, {year: 75, year + 2: 90})
    assert one.targets.count() == 2  # all or nothing
    aim(one, {year: 75, year + 1: 85}, reason="Hubo menos personal.")
    turns = one.targets.filter(year=year).values_list("turn", "value", "reason")
    assert list(turns) == [(1, Decimal(80), ""), (2, Decimal(75), "Hubo menos personal.")]
    assert one.targets.filter(year=year + 1).count() == 1  # the same again is nothing new
    assert cell_of(one, year).aim == 75


@pytest.mark.parametrize("value", ["-1", "100.1", "80.55", "NaN", "Infinity", "1e11"])
def test_a_value_that_the_unit_cannot_have_is_refused(value: str):
    one = indicator()
    with pytest.raises(Invalid):
        aim(one, {today().year: value})
    with pytest.raises(Invalid):
        enter(one, today().year, value)


@pytest.mark.parametrize("years", [-1, 5])
def test_a_year_outside_of_the_plan_is_refused(years: int):
    one = indicator()
    year = today().year + years
    with pytest.raises(Invalid, match="El plan va de"):
        aim(one, {year: 80})
    with pytest.raises(Invalid, match="El plan va de"):
        enter(one, year, 80)
    with pytest.raises(Invalid, match="El plan va de"):
        actions.comment_indicator(indicator=one, text="Bien", year=year, by=director())


# ---- Measurements ----


def test_a_measurement_is_corrected_by_a_new_one_with_its_reason():
    year = today().year
    one = indicator(targets={year: 80})
    enter(one, year, 70)
    with pytest.raises(Invalid, match="Ya hay una medición"):
        enter(one, year, 81)
    enter(one, year, 81, reason="Se contó mal.")
    turns = one.measurements.values_list("turn", "value", "reason")
    assert list(turns) == [(1, Decimal(70), ""), (2, Decimal(81), "Se contó mal.")]
    assert cell_of(one, year).light is Light.MET


def test_a_measurement_says_where_it_is_from():
    with pytest.raises(Invalid, match="de dónde sale"):
        enter(indicator(), today().year, 70, evidence="  ")


def test_the_future_is_not_measured():
    with pytest.raises(Invalid, match="no ha empezado"):
        enter(indicator(), today().year + 1, 70)


def test_what_the_system_counts_is_not_entered():
    one = indicator(metric="satisfaction", column="satisfied_pct")
    with pytest.raises(Refused, match="lo mide el sistema"):
        enter(one, today().year, 70)


# ---- Retiring ----


def test_what_has_a_history_is_retired_and_what_has_none_is_deleted():
    under = objective()
    with_history = indicator(under, {today().year: 80}, title="Con historia")
    without = indicator(under, title="Sin historia")
    by = director()
    with pytest.raises(Refused, match="Primero retire los indicadores"):
        actions.retire_objective(objective=under, reason="No", by=by)
    with pytest.raises(Invalid, match="por qué"):
        actions.retire_indicator(indicator=with_history, reason=" ", by=by)
    for one in (with_history, without):
        actions.retire_indicator(indicator=one, reason="Se mide otra cosa.", by=by)
    assert list(Indicator.objects.values_list("title", "retired_why")) == [
        ("Con historia", "Se mide otra cosa.")
    ]
    assert Target.objects.count() == 1
    with pytest.raises(Refused, match="ya se retiró"):
        enter(with_history, today().year, 70)
    with pytest.raises(Refused, match="ya se retiró"):
        actions.retire_indicator(indicator=without, reason="Otra vez", by=by)
    actions.retire_objective(objective=under, reason="Se reparte.", by=by)
    assert Objective.objects.get().retired_at is not None
    # Its title is free again.
    assert objective(under.plan, title=under.title).position == 2
    assert not stand_of(under.plan).groups[0].rows
    assert stand_of(under.plan).retired == (with_history,)


def test_words_change_and_what_is_measured_stays():
    one = indicator(title="Antes", targets={today().year: 80})
    by = director()
    actions.change_indicator(indicator=one, title="Ahora", sentence="Otra frase.", by=by)
    actions.change_objective(objective=one.objective, title="Otro", text="", by=by)
    one.refresh_from_db()
    assert (one.title, one.sentence) == ("Ahora", "Otra frase.")
    assert Objective.objects.get().title == "Otro"


# ---- What the database itself refuses ----


def user_id(by: Actor) -> int:
    assert by.id is not None
    return by.id


@pytest.mark.parametrize("model", [Target, Measurement])
@pytest.mark.parametrize(
    "fields", [{"turn": 1}, {"turn": 2}, {"turn": 3, "value": -1, "reason": "x"}]
)
def test_the_database_refuses_numbers_that_no_action_writes(
    model: type[Target | Measurement], fields: dict[str, Any]
):
    year = today().year
    one = indicator(targets={year: 80})
    enter(one, year, 70)
    by = user_id(director())
    own: dict[str, Any] = (
        {"set_by_id": by} if model is Target else {"entered_by_id": by, "evidence": "Informe"}
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        model._default_manager.create(indicator=one, year=year, **{"value": 1, **own, **fields})


@pytest.mark.parametrize(
    "fields",
    [
        {"metric": "overdue"},
        {"column": "overdue"},
        {"unit": "text"},
        {"better": "lower", "accumulates": True},
        {"tolerance": 51},
        {"retired_why": "Porque sí"},
    ],
)
def test_the_database_refuses_indicators_without_sense(fields: dict[str, Any]):
    one = indicator()
    with pytest.raises(IntegrityError), transaction.atomic():
        Indicator.objects.filter(pk=one.pk).update(**fields)


# ---- How it stands ----


def test_a_year_to_come_has_no_light_and_a_past_one_without_a_number_is_grey(frozen: Frozen):
    frozen.to("2027-07-02 09:00")
    one = indicator(objective(plan(first_year=2026)), {2026: 80, 2027: 82, 2028: 84})
    lights = [cell.light for cell in row_of(one.objective.plan, one).cells]
    assert lights == [Light.UNMEASURED, Light.UNMEASURED, None, None, None]


def test_the_running_year_is_judged_by_its_line_on_the_day_it_was_measured(frozen: Frozen):
    frozen.to("2027-07-02 09:00")  # the middle of the year
    one = indicator(objective(plan(first_year=2026)), {2026: 70, 2027: 80}, tolerance=0)
    enter(one, 2026, 60)
    enter(one, 2027, 71)
    assert cell_of(one, 2026).light is Light.MISSED
    assert cell_of(one, 2027).light is Light.ON_COURSE
    # In November the number of July still says how July was.
    frozen.to("2027-11-20 09:00")
    assert cell_of(one, 2027).light is Light.ON_COURSE
    # But when the year is over, it is what the year came to.
    frozen.to("2028-01-03 09:00")
    assert cell_of(one, 2027).light is Light.MISSED


def test_what_accumulates_begins_at_nought(frozen: Frozen):
    frozen.to("2027-06-30 09:00")
    under = objective(plan(first_year=2026))
    one = indicator(under, {2027: 10}, unit="count", accumulates=True)
    enter(one, 2026, 30)
    enter(one, 2027, 5)
    assert cell_of(one, 2027).light is Light.ON_COURSE


def test_a_metric_is_measured_for_its_calendar_year(frozen: Frozen):
    def solve(when: str, *, late: bool) -> None:
        frozen.to(when)
        case = make.case(service=make.service(working_days=5))
        frozen.on(days=20 if late else 1)
        of_cases.resolve_case(case=case, text="Se hizo.", by=SYSTEM)
        of_cases.confirm_case(case=case, by=citizen())

    solve("2026-03-02 09:00", late=False)
    solve("2026-05-04 09:00", late=True)
    solve("2027-03-01 09:00", late=False)
    frozen.to("2027-06-01 09:00")
    refresh_facts()
    one = indicator(
        objective(plan(first_year=2026)),
        {2026: 60, 2027: 80, 2028: 85},
        metric="deadline-compliance",
        column="compliance_pct",
    )
    cells = row_of(one.objective.plan, one).cells
    assert [(c.measured, c.light) for c in cells[:3]] == [
        ("50.0 %", Light.MISSED), ("100.0 %", Light.MET), ("—", None),
    ]  # fmt: skip


def test_the_first_year_of_a_metric_begins_where_the_year_before_ended(frozen: Frozen):
    frozen.to("2026-03-02 09:00")
    for _n in range(4):
        make.case()
    frozen.to("2027-06-30 09:00")
    for _n in range(5):
        make.case()
    refresh_facts()
    one = indicator(targets={2027: 6}, metric="requested", column="total", tolerance=0)
    assert cell_of(one, 2027).light is Light.ON_COURSE  # from 4 to 6, 5 by the middle of the year


def test_a_metric_that_is_no_more_is_said_to_be_gone():
    one = indicator(targets={today().year: 80}, metric="satisfaction", column="satisfied_pct")
    Indicator.objects.filter(pk=one.pk).update(metric="was-renamed")
    one.refresh_from_db()
    row = row_of(one.objective.plan, one)
    assert row.lost
    assert row.cells[0].light is Light.UNMEASURED


def test_every_metric_offered_has_one_row_of_numbers():
    this_year = ask(today().replace(month=1, day=1), today())
    offered = yearly_metrics()
    assert {"deadline-compliance", "satisfaction", "registration-time"} <= {m.name for m in offered}
    for metric in offered:
        assert len(measure(metric.name, this_year).rows) == 1, metric.name
    assert {m.name for m in offered} <= set(METRICS)


def test_the_drawing_breaks_where_a_number_is_missing():
    def cell(year: int, target: str, came: str) -> Cell:
        return Cell(
            year, target, came, None, False,
            Decimal(target) if target else None, Decimal(came) if came else None,
        )  # fmt: skip

    drawing = draw_years([cell(2026, "80", "70"), cell(2027, "", "75"), cell(2028, "90", "")])
    assert drawing is not None
    assert (drawing.aimed.count("M"), drawing.came.count("M")) == (2, 1)
    assert draw_years([cell(2026, "80", ""), cell(2027, "", "")]) is None
    assert draw_years([cell(2026, "0", "0")]) is not None


# ---- The demonstration ----


def test_the_plan_of_the_demonstration_is_written_once():
    folder = PANAMA / "demo"
    assert set_out_plan(folder) == 0  # nobody to write it
    make_demo_people()
    count = set_out_plan(folder)
    assert count >= 6
    lights = {
        cell.light
        for group in stand_of(Plan.objects.get()).groups
        for row in group.rows
        for cell in row.cells
        if row.indicator.by_hand
    }
    assert {Light.MET, Light.NEAR} <= lights
    assert Comment.objects.exists()
    assert Measurement.objects.filter(turn=2).exists()
    assert set_out_plan(folder) == 0
    assert Indicator.objects.count() == count


def test_a_pack_without_a_plan_has_none(tmp_path: Any):
    make_demo_people()
    assert set_out_plan(tmp_path) == 0
