"""How the plan stands: for each indicator and year the target, what was measured, and the light."""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count
from django.utils.timezone import localdate

from centro.insights.models import Better, Comment, Indicator, Measurement, Plan, Target
from centro.insights.questions import EVERYTHING, ask
from centro.insights.registry import METRICS, Metric, measure
from centro.insights.strategy.lights import PLACES, Aim, Light, as_read, judge
from centro.insights.writing import written
from centro.kernel.clock import today

# Of numbers all, but of more than one row: not a number of a year.
_OF_MANY_ROWS = frozenset({"by-hour"})


@dataclass(frozen=True, slots=True)
class Cell:
    """One year of an indicator. No light where nothing is aimed at, or before its time."""

    year: int
    target: str
    measured: str
    light: Light | None
    running: bool
    aim: Decimal | None
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Row:
    """An indicator through the years. `lost` says that its metric is no longer counted."""

    indicator: Indicator
    cells: tuple[Cell, ...]
    comments: int
    lost: bool


@dataclass(frozen=True, slots=True)
class Group:
    """An objective with its rows."""

    objective: object
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """The whole plan, and what is no longer followed."""

    plan: Plan
    groups: tuple[Group, ...]
    retired: tuple[Indicator, ...]


def yearly_metrics() -> list[Metric]:
    """The metrics whose answer of a year is one row of numbers: what an indicator may be."""
    return [
        metric
        for metric in METRICS.values()
        if not metric.names
        and metric.name not in _OF_MANY_ROWS
        and all(column.unit in PLACES for column in metric.columns)
    ]


def stand_of(plan: Plan) -> Standing:
    """The plan as it stands now. Its statements do not grow with its indicators."""
    indicators = Indicator.objects.filter(objective__plan=plan).order_by("position")
    found = list(indicators.select_related("objective", "retired_by"))
    live = [one for one in found if one.retired_at is None]
    rows = _rows(plan, live)
    objectives = plan.objectives.filter(retired_at=None).order_by("position")
    groups = tuple(
        Group(one, tuple(row for row in rows if row.indicator.objective_id == one.pk))
        for one in objectives
    )
    return Standing(plan, groups, tuple(one for one in found if one.retired_at is not None))


def row_of(plan: Plan, indicator: Indicator) -> Row:
    """One indicator of the plan."""
    return _rows(plan, [indicator])[0]


def in_force(turns: Iterable[Target | Measurement]) -> dict[int, dict[int, Decimal]]:
    """The last turn of each indicator and year; they come in the order of their turns."""
    held: dict[int, dict[int, Decimal]] = defaultdict(dict)
    for one in turns:
        held[one.indicator_id][one.year] = one.value
    return held


def _rows(plan: Plan, indicators: list[Indicator]) -> list[Row]:
    targets = in_force(Target.objects.filter(indicator__in=indicators).order_by("turn"))
    entered: dict[int, dict[int, Measurement]] = defaultdict(dict)
    for one in Measurement.objects.filter(indicator__in=indicators).order_by("turn"):
        entered[one.indicator_id][one.year] = one
    said = Comment.objects.filter(indicator__in=indicators).values_list("indicator")
    counts = dict(said.annotate(n=Count("pk")).order_by())
    return [
        Row(
            one,
            _cells(plan, one, targets[one.pk], entered[one.pk]),
            counts.get(one.pk, 0),
            lost=not one.by_hand and _column_unit(one) is None,
        )
        for one in indicators
    ]


def _cells(
    plan: Plan,
    indicator: Indicator,
    targets: Mapping[int, Decimal],
    entered: Mapping[int, Measurement],
) -> tuple[Cell, ...]:
    cells, before = [], _before(plan, indicator)
    for year in plan.span:
        value, day = _measured(indicator, year, entered.get(year))
        start = Decimal(0) if indicator.accumulates else before
        cells.append(_cell(indicator, year, targets.get(year), value, start, day))
        before = value
    return tuple(cells)


def _cell(
    indicator: Indicator,
    year: int,
    target: Decimal | None,
    value: Decimal | None,
    start: Decimal | None,
    day: date,
) -> Cell:
    light = None
    if target is not None and (value is not None or year <= today().year):
        higher = indicator.better == Better.HIGHER
        aim = Aim(target, higher, indicator.tolerance, start)
        light = judge(value, aim, _share_of_year(day) if year == today().year else None)
    return Cell(
        year,
        written(target, indicator.unit),
        written(value, indicator.unit),
        light,
        year == today().year,
        target,
        value,
    )


def _measured(
    indicator: Indicator, year: int, entered: Measurement | None
) -> tuple[Decimal | None, date]:
    """What the year came to so far, and the day of which that is."""
    if not indicator.by_hand:
        return _counted(indicator, year), today()
    if entered is None:
        return None, today()
    return as_read(entered.value, indicator.unit), localdate(entered.at)


def _counted(indicator: Indicator, year: int) -> Decimal | None:
    """The metric's answer for the calendar year. The plan is the centre's, and the same for all
    who may read it: it is asked with the sight of the whole country.
    """
    if year > today().year or _column_unit(indicator) is None:
        return None
    last = date(year, 12, 31)
    answer = measure(
        indicator.metric, ask(date(year, 1, 1), last, as_of=min(last, today()), sight=EVERYTHING)
    )
    value = answer.rows[0].get(indicator.column) if len(answer.rows) == 1 else None
    return None if value is None else as_read(value, indicator.unit)


def _before(plan: Plan, indicator: Indicator) -> Decimal | None:
    """What a metric came to before the plan: asked only where a line begins there."""
    if indicator.by_hand or plan.first_year != today().year:
        return None
    return _counted(indicator, plan.first_year - 1)


def _column_unit(indicator: Indicator) -> str | None:
    """The unit of the indicator's column; None where the registry has it no more."""
    metric = METRICS.get(indicator.metric)
    columns = metric.columns if metric else ()
    return next((c.unit for c in columns if c.name == indicator.column), None)


def _share_of_year(day: date) -> Decimal:
    days = 366 if calendar.isleap(day.year) else 365
    return Decimal(day.timetuple().tm_yday) / days
