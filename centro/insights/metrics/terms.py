"""Whether terms are kept. "On time" is judged at the solution, not at the confirmation."""

from __future__ import annotations

import ibis
from django.utils.translation import gettext_lazy as _
from ibis import Table
from ibis import _ as row

from centro.insights.population import (
    Population,
    count_all,
    count_if,
    day_marked,
    month_of,
    number_marked,
    percent,
    text_marked,
)
from centro.insights.registry import Column, metric

TIMELY = Column("timely", _("A tiempo"))


@metric(
    "within-sla",
    _("Dentro de SLA"),
    _(
        "De cada cien casos que se cerraron con una solución en el período, cuántos se "
        "solucionaron dentro de su plazo. Es el indicador que el centro publicaba."
    ),
    Column("closed", _("Cerrados con solución")),
    TIMELY,
    Column("within_pct", _("Dentro de SLA"), "percent"),
)
def within_sla(cases: Population) -> Table:
    solved = cases.ended("solved", "timely", "merged").filter(row.solved, ~row.merged)
    counted = solved.aggregate(closed=count_all(), timely=count_if(row.timely))
    return counted.mutate(within_pct=percent(row.timely, row.closed))


@metric(
    "deadline-compliance",
    _("Cumplimiento de plazos"),
    _(
        "De cada cien casos cuyo plazo terminó en el período, cuántos se solucionaron a tiempo. "
        "Dejar abiertos los atrasados no lo mejora."
    ),
    Column("due", _("Vencían")),
    TIMELY,
    Column("compliance_pct", _("Cumplimiento"), "percent"),
)
def deadline_compliance(cases: Population) -> Table:
    counted = cases.fell_due("timely").aggregate(due=count_all(), timely=count_if(row.timely))
    return counted.mutate(compliance_pct=percent(row.timely, row.due))


@metric(
    "overdue",
    _("Vencidos"),
    _("Casos abiertos en cualquier fecha que al día de corte pasaron su plazo sin solución."),
    Column("overdue", _("Vencidos")),
)
def overdue(cases: Population) -> Table:
    return cases.standing().aggregate(overdue=count_if(row.late))


@metric(
    "overdue-by-month",
    _("Vencidos acumulados"),
    _("Cuántos casos había pasados de su plazo y sin solución al terminar cada mes del período."),
    Column("month", _("Mes"), "month"),
    Column("overdue", _("Vencidos")),
)
def overdue_by_month(cases: Population) -> Table:
    turns = cases.cycles("started_on", "ended_on", "solved_on", "due_on", "due_s")
    return _late_by_month(turns, len(cases.months))


@metric(
    "overdue-top",
    _("Vencidos por servicio"),
    _("Los servicios con más casos pasados de su plazo y sin solución al día de corte."),
    Column("service_id", _("Servicio"), "text"),
    Column("overdue", _("Vencidos")),
    names="service",
)
def overdue_top(cases: Population) -> Table:
    return _overdue_by(cases, "service_id")


@metric(
    "overdue-agencies",
    _("Vencidos por entidad"),
    _("Las entidades con más casos pasados de su plazo y sin solución al día de corte."),
    Column("agency_id", _("Entidad"), "text"),
    Column("overdue", _("Vencidos")),
    names="agency",
)
def overdue_agencies(cases: Population) -> Table:
    return _overdue_by(cases, "agency_id")


def _overdue_by(cases: Population, column: str) -> Table:
    late = cases.standing(column).filter(row.late)
    late = late.filter(late[column].notnull())
    counted = late.group_by(column).aggregate(overdue=count_all())
    return counted.order_by(ibis.desc("overdue"), column).limit(10)


def _late_by_month(turns: Table, months: int) -> Table:
    """How many turns were late at the end of each month of the period.

    All ends but the last are those of whole months, which the months of the days decide: so turns
    that went alike by months, and alike at the last end, are counted first.
    """
    if not months:
        return turns.aggregate(overdue=count_all()).mutate(month=ibis.literal("")).limit(0)
    # What was over before the first of these ends, or not yet due at the last, counts in none.
    first, last = day_marked("end0"), number_marked(f"after{months - 1}")
    turns = turns.filter(turns.due_s < last)
    turns = turns.filter(turns.solved_on.isnull() | (turns.solved_on > first))
    turns = turns.filter(turns.closed_on.isnull() | (turns.closed_on > first))
    # Nor does what was over by the end of its term.
    turns = turns.filter(turns.solved_on.isnull() | (turns.solved_on > turns.due_on))
    turns = turns.filter(turns.closed_on.isnull() | (turns.closed_on > turns.due_on))
    days = ("started_on", "ended_on", "solved_on", "closed_on", "due_on")
    alike = turns.group_by(
        **{name: month_of(turns[name]) for name in days},
        at_last=_late_then(turns, months - 1) & (turns.due_s < last),
    ).aggregate(n=count_all())
    counts = {
        f"m{n}": count_if(_late_then(alike, n) & (alike.due_on <= day_marked(f"end{n}")))
        for n in range(months - 1)
    }
    counts[f"m{months - 1}"] = count_if(alike.at_last)
    wide = alike.aggregate(**counts)
    long = wide.pivot_longer(list(counts), names_to="month", values_to="overdue")
    named = long.month.cases(
        *((f"m{n}", text_marked(f"month{n}")) for n in range(months)), else_=""
    )
    return long.mutate(month=named).select("month", "overdue").order_by("month")


def _late_then(turns: Table, n: int) -> ibis.expr.types.BooleanValue:
    then = day_marked(f"end{n}")
    begun = (turns.started_on <= then) & (turns.ended_on.isnull() | (turns.ended_on > then))
    open_then = turns.closed_on.isnull() | (turns.closed_on > then)
    unsolved = turns.solved_on.isnull() | (turns.solved_on > then)
    return begun & open_then & unsolved
