"""Where the complaints come from. Sealed and placeless cases belong to no place."""

from __future__ import annotations

import ibis
from django.utils.translation import gettext_lazy as _
from ibis import Table
from ibis import _ as row

from centro.insights.metrics.demand import CLOSED, TOTAL
from centro.insights.population import Population, count_all, count_if, percent
from centro.insights.questions import Filters
from centro.insights.registry import Column, Row, metric, metric_of_rows
from centro.places.models import Place

_COLUMNS = (
    TOTAL,
    CLOSED,
    Column("closed_pct", _("Cerrados %"), "percent"),
    Column("overdue", _("Vencidos")),
)


@metric(
    "by-province",
    _("Por provincia"),
    _("Casos abiertos en el período en cada provincia o comarca."),
    Column("province_id", _("Provincia o comarca"), "text"),
    *_COLUMNS,
    names="place",
)
def by_province(cases: Population) -> Table:
    return _by(cases, "province_id")


@metric(
    "by-district",
    _("Por distrito"),
    _("Casos abiertos en el período en cada distrito."),
    Column("district_id", _("Distrito"), "text"),
    *_COLUMNS,
    names="place",
)
def by_district(cases: Population) -> Table:
    return _by(cases, "district_id")


@metric(
    "by-corregimiento",
    _("Por corregimiento"),
    _("Casos abiertos en el período en cada corregimiento. Los reservados no se sitúan tan cerca."),
    Column("corregimiento_id", _("Corregimiento"), "text"),
    *_COLUMNS,
    names="place",
)
def by_corregimiento(cases: Population) -> Table:
    return _by(cases, "corregimiento_id")


@metric_of_rows(
    "by-place",
    _("Casos por lugar"),
    _(
        "Casos abiertos en el período en cada lugar, en total y por cada mil habitantes (censo de "
        "población más reciente). Sin elegir lugar son las provincias y comarcas; de una provincia, "
        "sus distritos; de un distrito, sus corregimientos."
    ),
    Column("place_id", _("Lugar"), "text"),
    *_COLUMNS,
    Column("per_1000", _("Por mil habitantes"), "per_thousand"),
    names="place",
)
def by_place(cases: Population) -> list[Row]:
    column = level_below(cases.question.filters)
    counted = cases.rows_of(f"by-place {column}", lambda asked: _by(asked, column))
    named = [{"place_id": each.pop(next(iter(each))), **each} for each in counted]
    people = dict(
        Place.objects.filter(
            pk__in=[each["place_id"] for each in named], population__gt=0
        ).values_list("pk", "population")
    )
    for each in named:
        living = people.get(each["place_id"])
        each["per_1000"] = each["total"] * 1000 / living if living else None
    return named


def level_below(filters: Filters) -> str:
    """The column of the places into which the one that is filtered for is divided."""
    if filters.district is not None or filters.corregimiento is not None:
        return "corregimiento_id"
    return "district_id" if filters.province is not None else "province_id"


def _by(cases: Population, column: str) -> Table:
    known = cases.cohort(column)
    known = known.filter(known[column].notnull())
    counted = known.group_by(column).aggregate(
        total=count_all(), closed=count_if(row.closed), overdue=count_if(row.late)
    )
    shared = counted.mutate(closed_pct=percent(row.closed, row.total))
    return shared.select(column, "total", "closed", "closed_pct", "overdue").order_by(
        ibis.desc("total"), column
    )
