"""What the citizens say of the answers they get."""

from __future__ import annotations

import ibis
from django.utils.translation import gettext_lazy as _
from ibis import Table
from ibis import _ as row

from centro.insights.population import (
    Population,
    by_month,
    count_all,
    count_if,
    in_period,
    percent,
)
from centro.insights.registry import Column, metric

# An entity that fewer people judged is not compared.
FEWEST_ANSWERS = 5


@metric(
    "satisfaction",
    _("Satisfacción"),
    _(
        "De cada cien personas que contestaron si su caso quedó resuelto, cuántas dijeron que sí. "
        "Al lado, cuántas contestaron de cada cien a las que se preguntó."
    ),
    Column("asked", _("Preguntados")),
    Column("answered", _("Contestaron")),
    Column("satisfied", _("Dijeron que sí")),
    Column("satisfied_pct", _("Satisfacción"), "percent"),
    Column("answered_pct", _("Contestaron %"), "percent"),
)
def satisfaction(cases: Population) -> Table:
    counted = solutions(cases, "satisfied").aggregate(
        asked=count_all(),
        answered=count_if(row.satisfied.notnull()),
        satisfied=count_if(row.satisfied.fill_null(False)),
    )
    return counted.mutate(
        satisfied_pct=percent(row.satisfied, row.answered),
        answered_pct=percent(row.answered, row.asked),
    )


@metric(
    "reopening-rate",
    _("Tasa de reapertura"),
    _(
        "Casos que se reabrieron en el período, porque la persona dijo que no estaba resuelto, "
        "por cada cien que se cerraron en él."
    ),
    Column("closed", _("Cerrados")),
    Column("reopened", _("Reabiertos")),
    Column("reopened_pct", _("Reapertura"), "percent"),
)
def reopening_rate(cases: Population) -> Table:
    counted = cases.cycles("ended_on").aggregate(**endings())
    return counted.mutate(reopened_pct=percent(row.reopened, row.closed))


def solutions(cases: Population, *wanted: str) -> Table:
    """The turns solved in the period. A later turn of the same case asks anew."""
    turns = cases.cycles("solved", "merged", "solved_on", *wanted)
    return turns.filter(row.solved, ~row.merged, in_period(row.solved_on))


def endings() -> dict[str, object]:
    """Counts of the turns closed, and of those after which the case was reopened, in the period."""
    return {
        "closed": count_if(row.closed & in_period(row.closed_on)),
        "reopened": count_if(in_period(row.ended_on)),
    }


@metric(
    "satisfaction-by-agency",
    _("Satisfacción por entidad"),
    _(
        "De cada cien personas que contestaron, cuántas dijeron que su caso quedó resuelto, por "
        "entidad. Sólo entidades con al menos cinco respuestas."
    ),
    Column("agency_id", _("Entidad"), "text"),
    Column("answered", _("Contestaron")),
    Column("satisfied_pct", _("Satisfacción"), "percent"),
    names="agency",
)
def satisfaction_by_agency(cases: Population) -> Table:
    said = solutions(cases, "satisfied", "agency_id").filter(
        row.satisfied.notnull(), row.agency_id.notnull()
    )
    counted = said.group_by("agency_id").aggregate(
        answered=count_all(), satisfied=count_if(row.satisfied)
    )
    enough = counted.filter(row.answered >= FEWEST_ANSWERS)
    shared = enough.select(
        "agency_id", "answered", satisfied_pct=percent(row.satisfied, row.answered)
    )
    return shared.order_by(ibis.desc("satisfied_pct"), ibis.desc("answered"), "agency_id")


@metric(
    "satisfaction-by-month",
    _("Satisfacción por mes"),
    _("La satisfacción de las personas cuyos casos se solucionaron en cada mes del período."),
    Column("month", _("Mes"), "month"),
    Column("answered", _("Contestaron")),
    Column("satisfied_pct", _("Satisfacción"), "percent"),
)
def satisfaction_by_month(cases: Population) -> Table:
    counted = by_month(
        solutions(cases, "satisfied"),
        "solved_on",
        answered=count_if(row.satisfied.notnull()),
        satisfied=count_if(row.satisfied.fill_null(False)),
    )
    return counted.select(
        "month",
        "answered",
        satisfied_pct=percent(row.satisfied, row.answered),
    ).order_by("month")
