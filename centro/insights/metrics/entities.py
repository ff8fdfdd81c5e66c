"""Entities side by side, with the counters that show how a good number may have been made."""

from __future__ import annotations

import ibis
from django.utils.translation import gettext_lazy as _
from ibis import Table
from ibis import _ as row

from centro.insights.metrics.answers import endings, solutions
from centro.insights.population import Population, count_all, count_if, percent
from centro.insights.registry import Column, metric


@metric(
    "league",
    _("Entidades, lado a lado"),
    _(
        "Cada entidad con sus casos del período y, junto a sus buenos números, cómo pudieron "
        "hacerse: reclasificar, cerrar en las últimas horas, reabrir, decir «no es nuestro»."
    ),
    Column("agency_id", _("Entidad"), "text"),
    Column("size", _("Grupo"), "size"),
    Column("total", _("Solicitados")),
    Column("closed_pct", _("Efectividad"), "percent"),
    Column("compliance_pct", _("Cumplimiento"), "percent"),
    Column("satisfied_pct", _("Satisfacción"), "percent"),
    Column("overdue", _("Vencidos")),
    Column("reclassified_pct", _("Reclasificados"), "percent"),
    Column("last_hours_pct", _("En las últimas horas"), "percent"),
    Column("reopened_pct", _("Reabiertos"), "percent"),
    Column("not_ours_pct", _("«No es nuestro»"), "percent"),
    names="agency",
)
def league(cases: Population) -> Table:
    """Groups by size: each third of the entities by their cases of the period."""
    asked = cases.cohort("agency_id", "reclassified", "transferred")
    asked = asked.filter(row.agency_id.notnull())
    table = asked.group_by("agency_id").aggregate(
        total=count_all(),
        closed=count_if(row.closed),
        overdue=count_if(row.late),
        reclassified=count_if((row.reclassified > 0).fill_null(False)),
        not_ours=count_if((row.transferred > 0).fill_null(False)),
    )
    due = (
        cases.fell_due("agency_id", "timely")
        .group_by("agency_id")
        .aggregate(due=count_all(), timely=count_if(row.timely))
    )
    said = (
        solutions(cases, "agency_id", "satisfied", "last_hours")
        .group_by("agency_id")
        .aggregate(
            solved=count_all(),
            answered=count_if(row.satisfied.notnull()),
            satisfied=count_if(row.satisfied.fill_null(False)),
            last_hours=count_if(row.last_hours),
        )
    )
    ended = cases.cycles("agency_id", "ended_on").group_by("agency_id")
    ended = ended.aggregate(**_renamed(endings()))
    for other in (due, said, ended):
        table = table.left_join(other, "agency_id").drop("agency_id_right")
    third = ibis.ntile(3).over(order_by=[ibis.desc("total"), "agency_id"])
    table = table.mutate(third=third)
    return table.select(
        "agency_id",
        "total",
        "overdue",
        size=row.third.cases((0, "large"), (1, "middle"), else_="small"),
        closed_pct=percent(row.closed, row.total),
        compliance_pct=percent(row.timely, row.due),
        satisfied_pct=percent(row.satisfied, row.answered),
        reclassified_pct=percent(row.reclassified, row.total),
        last_hours_pct=percent(row.last_hours, row.solved),
        reopened_pct=percent(row.reopened, row.ended),
        not_ours_pct=percent(row.not_ours, row.total),
    ).order_by(ibis.desc("total"), "agency_id")


@metric(
    "escalations",
    _("Hasta dónde subieron"),
    _(
        "Los casos abiertos en el período según el escalón más alto al que llegó su atraso: "
        "funcionario, enlace, enlace ejecutivo, titular, Presidencia."
    ),
    Column("rung", _("Escalón"), "text"),
    Column("total", _("Casos")),
    names="rung",
)
def escalations(cases: Population) -> Table:
    known = cases.cohort("rung").filter(row.rung.notnull())
    return known.group_by("rung").aggregate(total=count_all()).order_by("rung")


def _renamed(counts: dict[str, object]) -> dict[str, object]:
    return {"ended": counts["closed"], "reopened": counts["reopened"]}
