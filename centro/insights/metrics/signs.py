"""What happens now, and where it keeps happening."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import ibis
from django.utils.translation import gettext_lazy as _
from ibis import Table
from ibis import _ as row

from centro.insights.metrics.demand import TOTAL
from centro.insights.population import (
    Population,
    count_all,
    count_if,
    day_marked,
    number_marked,
)
from centro.insights.registry import Column, Row, metric_of_rows
from centro.insights.signs import FEWEST, WEEKS, rise_of
from centro.places.models import Place

# The same service at the same place: so many cases, in so many different months.
RECURRENT_CASES, RECURRENT_MONTHS = 5, 3
_MOST = 50
# Of a whole number with a sign.
_BITS = 60
_YEAR = 12


@metric_of_rows(
    "early-signs",
    _("Algo pasa"),
    _(
        "Servicios que en los últimos siete días se piden en un distrito mucho más que en las ocho "
        "semanas anteriores: más de tres desviaciones por encima de lo esperado y al menos cinco "
        "casos. Por puro azar ocurre en menos de una de cada cien semanas."
    ),
    Column("service_id", _("Servicio"), "text"),
    Column("place", _("Distrito"), "text"),
    Column("total", _("Esta semana")),
    Column("expected", _("Se esperaban"), "decimal"),
    names="service",
)
def early_signs(cases: Population) -> list[Row]:
    weeks: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0] * (WEEKS + 1))
    for each in cases.rows_of("weeks-by-district", _weeks):
        weeks[each["service_id"], each["district_id"]] = [each[f"w{n}"] for n in range(WEEKS + 1)]
    found = [
        (service, district, rise)
        for (service, district), counts in weeks.items()
        if (rise := rise_of(counts[0], counts[1:]))
    ]
    found.sort(key=lambda each: -each[2].deviations)
    names = _names([district for _service, district, _rise in found])
    return [
        {
            "service_id": service,
            "place": names[district],
            "total": rise.count,
            "expected": rise.expected,
        }
        for service, district, rise in found[:_MOST]
    ]


def _weeks(cases: Population) -> Table:
    """For each service type and district, the cases opened in each of the last nine weeks."""
    rows = cases.recent("service_id", "district_id")
    rows = rows.filter(row.service_id.notnull(), row.district_id.notnull())
    counts = {
        f"w{n}": count_if(
            (row.opened_day <= day_marked(f"week{n}"))
            & (row.opened_day > day_marked(f"week{n + 1}"))
        )
        for n in range(WEEKS + 1)
    }
    counted = rows.group_by("service_id", "district_id").aggregate(**counts)
    return counted.filter(counted.w0 >= FEWEST)  # of fewer no rise is told


@metric_of_rows(
    "recurrent",
    _("Donde se repite"),
    _(
        "El mismo servicio en el mismo corregimiento, una y otra vez: al menos cinco casos en tres "
        "meses distintos del período. Ahí conviene invertir en vez de volver a reparar."
    ),
    Column("service_id", _("Servicio"), "text"),
    Column("place", _("Corregimiento"), "text"),
    TOTAL,
    Column("months", _("Meses distintos")),
    Column("overdue", _("Vencidos")),
    names="service",
)
def recurrent(cases: Population) -> list[Row]:
    rows = cases.rows_of("recurrent", _recurrent)
    names = _names([each["corregimiento_id"] for each in rows])
    return [
        {
            "service_id": each["service_id"],
            "place": names[each["corregimiento_id"]],
            "total": each["total"],
            "months": each["months"],
            "overdue": each["overdue"],
        }
        for each in rows
    ]


def _recurrent(cases: Population) -> Table:
    """The first _MOST.

    The months in which cases were opened are bits of whole numbers: to count by month as well would
    be most of the work.
    """
    keys = ("service_id", "corregimiento_id")
    known = cases.cohort(*keys).filter(row.service_id.notnull(), row.corregimiento_id.notnull())
    known = known.mutate(nth=_nth_month(cases), bit=ibis.literal(1, "int64"))
    starts = range(0, len(cases.months), _BITS)
    masks = {
        f"mask{start}": (row.bit << (row.nth % _BITS)).bit_or(
            where=row.nth.between(start, start + _BITS - 1) if len(starts) > 1 else None
        )
        for start in starts
    }
    counted = known.group_by(*keys).aggregate(
        total=count_all(), overdue=count_if(row.late), **masks
    )
    counted = counted.filter(row.total >= RECURRENT_CASES)
    months = [
        ((counted[f"mask{start}"].fill_null(0) & (1 << nth)) != 0).cast("int64")
        for start in starts
        for nth in range(max(min(_BITS, len(cases.months) - start), _YEAR))
    ]
    counted = counted.mutate(months=sum(months, ibis.literal(0, "int64")))
    often = counted.filter(row.months >= RECURRENT_MONTHS)
    often = often.select(*keys, "total", "months", "overdue")
    return often.order_by(ibis.desc("total"), *keys).limit(_MOST)


def _nth_month(cases: Population) -> Any:
    """A number for each month of the period, from 0: within a year its own will do."""
    month = row.opened_on.month().cast("int64")
    if len(cases.months) <= _YEAR:
        return month - 1
    return row.opened_on.year().cast("int64") * _YEAR + month - number_marked("first_month")


def _names(places: list[int]) -> dict[int, str]:
    found = Place.objects.in_bulk(places)
    return {pk: place.full_name for pk, place in found.items()}
