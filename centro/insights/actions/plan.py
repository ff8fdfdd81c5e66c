"""Writing the strategic plan: the direction alone does, and nothing with a history is deleted.

Each action locks the plan first: writers of one plan take turns, and none writes in a closed one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from centro.accounts.roles import Role
from centro.insights.models import (
    FIRST_YEAR,
    LAST_YEAR,
    LONGEST_PLAN,
    LONGEST_TEXT,
    MOST_TOLERANCE,
    Better,
    Comment,
    Indicator,
    Measurement,
    Objective,
    Plan,
    Target,
    Unit,
)
from centro.insights.strategy.lights import PLACES
from centro.insights.strategy.standing import yearly_metrics
from centro.insights.writing import written
from centro.kernel.actor import Actor
from centro.kernel.clock import now, today
from centro.kernel.errors import Invalid, NotAllowed, Refused

PLANNERS = frozenset({Role.DIRECTOR})
_LONGEST_TITLE = 160
_LARGEST = Decimal(10) ** 10


@dataclass(frozen=True, slots=True)
class IndicatorData:
    """What an indicator is. With `metric` and `column` the unit is theirs, and `unit` is not read."""

    title: str
    sentence: str
    better: str
    unit: str = Unit.PERCENT
    metric: str = ""
    column: str = ""
    tolerance: int = 5
    accumulates: bool = False


@transaction.atomic
def begin_plan(*, name: str, first_year: int, years: int = 5, by: Actor) -> Plan:
    """Open a plan of some years; the one before must be closed."""
    planner = _planner(by)
    name = _text(name, _("Diga cómo se llama el plan."), 120)
    if not (FIRST_YEAR <= first_year <= LAST_YEAR and 1 <= years <= LONGEST_PLAN):
        raise Invalid(_("Los años del plan no son posibles."))
    taken = Refused(_("Ya hay un plan abierto. Ciérrelo antes de empezar otro."))
    if Plan.objects.filter(closed_at=None).exists():
        raise taken
    try:
        with transaction.atomic():
            return Plan.objects.create(
                name=name, first_year=first_year, years=years, created_by_id=planner
            )
    except IntegrityError:  # somebody opened one at the same time
        raise taken from None


@transaction.atomic
def close_plan(*, plan: Plan, by: Actor) -> Plan:
    """End a plan. It stays to be read; nothing is written in it any more."""
    plan = _lock(plan.pk, by)
    plan.closed_at, plan.closed_by_id = now(), by.id
    plan.save(update_fields=["closed_at", "closed_by"])
    return plan


@transaction.atomic
def add_objective(*, plan: Plan, title: str, text: str = "", by: Actor) -> Objective:
    """Put an objective at the end of the plan."""
    plan = _lock(plan.pk, by)
    title = _title(title, plan.objectives.all())
    return Objective.objects.create(
        plan=plan, position=_next(plan.objectives.all()), title=title, text=_optional(text)
    )


@transaction.atomic
def change_objective(*, objective: Objective, title: str, text: str, by: Actor) -> Objective:
    """Say an objective in other words."""
    objective = _lock_objective(objective, by)
    others = objective.plan.objectives.exclude(pk=objective.pk)
    objective.title, objective.text = _title(title, others), _optional(text)
    objective.save(update_fields=["title", "text"])
    return objective


@transaction.atomic
def retire_objective(*, objective: Objective, reason: str, by: Actor) -> None:
    """Follow an objective no longer, once none of its indicators is. One without any is deleted."""
    objective = _lock_objective(objective, by)
    if objective.indicators.filter(retired_at=None).exists():
        raise Refused(_("Primero retire los indicadores de este objetivo."))
    _retire(objective, reason, by, blank=not objective.indicators.exists())


@transaction.atomic
def add_indicator(*, objective: Objective, data: IndicatorData, by: Actor) -> Indicator:
    """Put an indicator under an objective: a metric of the registry, or a number to enter."""
    objective = _lock_objective(objective, by)
    if data.better not in Better.values or not 0 <= data.tolerance <= MOST_TOLERANCE:
        raise Invalid(_("El margen va de 0 a %(n)s por ciento.") % {"n": MOST_TOLERANCE})
    if data.accumulates and data.better != Better.HIGHER:
        raise Invalid(_("Sólo se acumula lo que es mejor cuanto más alto."))
    return Indicator.objects.create(
        objective=objective,
        position=_next(objective.indicators.all()),
        title=_title(data.title, objective.indicators.all()),
        sentence=_text(data.sentence, _("Diga qué mide el indicador.")),
        metric=data.metric,
        column=data.column,
        unit=_unit(data),
        better=data.better,
        tolerance=data.tolerance,
        accumulates=data.accumulates,
    )


@transaction.atomic
def change_indicator(*, indicator: Indicator, title: str, sentence: str, by: Actor) -> Indicator:
    """Say an indicator in other words. What it measures and how it is judged stays: for another
    measure, retire it and add one.
    """
    indicator = _lock_indicator(indicator, by)
    others = indicator.objective.indicators.exclude(pk=indicator.pk)
    indicator.title = _title(title, others)
    indicator.sentence = _text(sentence, _("Diga qué mide el indicador."))
    indicator.save(update_fields=["title", "sentence"])
    return indicator


@transaction.atomic
def retire_indicator(*, indicator: Indicator, reason: str, by: Actor) -> None:
    """Follow an indicator no longer. Its history stays; one without any is deleted."""
    indicator = _lock_indicator(indicator, by)
    histories = (indicator.targets, indicator.measurements, indicator.comments)
    _retire(indicator, reason, by, blank=not any(one.exists() for one in histories))


@transaction.atomic
def set_targets(
    *, indicator: Indicator, values: Mapping[int, Decimal], reason: str = "", by: Actor
) -> list[Target]:
    """Aim at these values by the end of these years; the new targets. To change one needs a reason."""
    indicator = _lock_indicator(indicator, by)
    made = []
    for year, given in sorted(values.items()):
        _require_year(indicator, year)
        last = indicator.targets.filter(year=year).order_by("turn").last()
        value = _value(indicator, given)
        if last is not None and last.value == value:
            continue
        why = _correction(last, reason, _("Ya hay una meta para %(year)s"), year)
        made.append(
            Target.objects.create(
                indicator=indicator, year=year, turn=last.turn + 1 if last else 1,
                value=value, reason=why, set_by_id=_planner(by),
            )
        )  # fmt: skip
    return made


@transaction.atomic
def enter_measurement(
    *,
    indicator: Indicator,
    year: int,
    value: Decimal,
    evidence: str,
    link: str = "",
    reason: str = "",
    by: Actor,
) -> Measurement:
    """What a year came to, with where it is from. A second one of the same year needs a reason."""
    indicator = _lock_indicator(indicator, by)
    if not indicator.by_hand:
        raise Refused(_("Este indicador lo mide el sistema: no se anota a mano."))
    _require_year(indicator, year)
    if year > today().year:
        raise Invalid(_("Ese año no ha empezado."))
    last = indicator.measurements.filter(year=year).order_by("turn").last()
    return Measurement.objects.create(
        indicator=indicator,
        year=year,
        turn=last.turn + 1 if last else 1,
        value=_value(indicator, value),
        evidence=_text(evidence, _("Diga de dónde sale el número.")),
        link=link,
        reason=_correction(last, reason, _("Ya hay una medición de %(year)s"), year),
        entered_by_id=_planner(by),
    )


@transaction.atomic
def comment_indicator(
    *, indicator: Indicator, text: str, year: int | None = None, by: Actor
) -> Comment:
    """Say something of an indicator, or of one of its years."""
    indicator = _lock_indicator(indicator, by)
    if year is not None:
        _require_year(indicator, year)
    text = _text(text, _("Escriba el comentario."))
    return Comment.objects.create(
        indicator=indicator, year=year, text=text, said_by_id=_planner(by)
    )


def _planner(by: Actor) -> int:
    """The user who writes; refused for who may not."""
    if not by.roles & PLANNERS or by.id is None:
        raise NotAllowed(_("El plan estratégico lo escribe la dirección."))
    return by.id


def _lock(pk: int, by: Actor) -> Plan:
    _planner(by)
    plan = Plan.objects.select_for_update().get(pk=pk)
    if not plan.is_open:
        raise Refused(_("El plan está cerrado: sólo se puede leer."))
    return plan


def _lock_objective(objective: Objective, by: Actor) -> Objective:
    _lock(objective.plan_id, by)
    found = Objective.objects.select_related("plan").filter(pk=objective.pk).first()
    if found is None or found.retired_at is not None:
        raise Refused(_("Ese objetivo ya se retiró."))
    return found


def _lock_indicator(indicator: Indicator, by: Actor) -> Indicator:
    _lock(indicator.objective.plan_id, by)
    rows = Indicator.objects.select_related("objective__plan")
    found = rows.filter(pk=indicator.pk).first()
    if found is None or found.retired_at is not None:
        raise Refused(_("Ese indicador ya se retiró."))
    return found


def _retire(row: Objective | Indicator, reason: str, by: Actor, *, blank: bool) -> None:
    reason = _text(reason, _("Diga por qué se retira."))
    if blank:
        row.delete()
        return
    row.retired_at, row.retired_by_id, row.retired_why = now(), by.id, reason
    row.save(update_fields=["retired_at", "retired_by", "retired_why"])


def _unit(data: IndicatorData) -> str:
    """The unit of the column, or the one given for a number entered by hand."""
    if not data.metric and not data.column:
        if data.unit not in Unit.values:
            raise Invalid(_("Elija la unidad."))
        return data.unit
    for metric in yearly_metrics():
        for column in metric.columns:
            if (metric.name, column.name) == (data.metric, data.column):
                return column.unit
    raise Invalid(_("El sistema no cuenta eso por año. Elija otro número."))


def _require_year(indicator: Indicator, year: int) -> None:
    plan = indicator.objective.plan
    if year not in plan.span:
        raise Invalid(
            _("El plan va de %(first)s a %(last)s.")
            % {"first": plan.first_year, "last": plan.last_year}
        )


def _value(indicator: Indicator, value: Decimal) -> Decimal:
    """A value that the unit can have, as precise as it is read."""
    places = PLACES[indicator.unit]
    if not value.is_finite() or not 0 <= value < _LARGEST:
        raise Invalid(_("Escriba un número que no sea negativo."))
    if indicator.unit == Unit.PERCENT and value > 100:
        raise Invalid(_("De cada cien no puede haber más de cien."))
    step = Decimal(1).scaleb(-places)
    if value != value.quantize(step):
        words = _("Este indicador se escribe con %(n)s decimales como máximo.") % {"n": places}
        raise Invalid(words if places else _("Este indicador se escribe sin decimales."))
    return value.quantize(step)


def _correction(last: Target | Measurement | None, reason: str, taken: str, year: int) -> str:
    """The reason of a correction; nothing for the first number of a year."""
    if last is None:
        return ""
    held = written(last.value, last.indicator.unit)
    words = (taken % {"year": year}) + f": {held}. " + _("Para cambiarla, diga por qué.")
    return _text(reason, words)


def _title(text: str, others: models.QuerySet[Any]) -> str:
    title = _text(text, _("Escriba un título."), _LONGEST_TITLE)
    if others.filter(title=title, retired_at=None).exists():
        raise Invalid(_("Ya hay uno con ese título."))
    return title


def _text(text: str, missing: str, longest: int = LONGEST_TEXT) -> str:
    text = text.strip()
    if not text:
        raise Invalid(missing)
    return _not_longer(text, longest)


def _optional(text: str) -> str:
    return _not_longer(text.strip(), LONGEST_TEXT)


def _not_longer(text: str, longest: int) -> str:
    if len(text) > longest:
        raise Invalid(_("El texto es demasiado largo."))
    return text


def _next(rows: models.QuerySet[Any]) -> int:
    return 1 + (rows.aggregate(last=Max("position"))["last"] or 0)
