"""What happens now, and where it keeps happening."""

from __future__ import annotations

from collections import defaultdict

import ibis
from django.utils.translation import gettext_lazy as _
from ibis import Table
from ibis import _ as row

from centro.insights.metrics.demand import TOTAL
from centro.insights.population import Population, count_all, count_if, day_marked, month_of
from centro.insights.registry import Column, Row, metric_of_rows
from centro.insights.signs import FEWEST, WEEKS, rise_of
from centro.places.models import Place

# The same service at the same place: so many cases, in so many different months.
RECURRENT_CASES, RECURRENT_MONTHS = 5, 3
_MOST = 50
# Of so many with most cases, hardly ever fewer than _MOST had them in enough months.
_LIKELY = 8 * _MOST


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
    rows = cases.rows_of("recurrent", lambda asked: _recurrent(asked, _LIKELY))
    if len(rows) < _MOST:  # those with most cases had them in too few months
        rows = cases.rows_of("all-recurrent", lambda asked: _recurrent(asked, None))
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


def _recurrent(cases: Population, most: int | None) -> Table:
    """The first _MOST, looked for among the `most` with most cases.

    To tell months apart is most of the work: it is done only for those that may be among the first.
    """
    keys = ("service_id", "corregimiento_id")
    known = cases.cohort(*keys).filter(row.service_id.notnull(), row.corregimiento_id.notnull())
    many = known.group_by(*keys).aggregate(total=count_all())
    many = many.filter(row.total >= RECURRENT_CASES).order_by(ibis.desc("total"), *keys).limit(most)
    monthly = known.semi_join(many, keys).group_by(*keys, day=month_of(row.opened_on))
    monthly = monthly.aggregate(total=count_all(), overdue=count_if(row.late))
    counted = monthly.group_by(*keys).aggregate(
        total=row.total.sum(), months=row.count(), overdue=row.overdue.sum()
    )
    often = counted.filter(row.months >= RECURRENT_MONTHS)
    return often.order_by(ibis.desc("total"), *keys).limit(_MOST)


def _names(places: list[int]) -> dict[int, str]:
    found = Place.objects.in_bulk(places)
    return {pk: place.full_name for pk, place in found.items()}
