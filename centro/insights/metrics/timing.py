"""How long people wait for a solution, and whether everybody waits alike."""

from __future__ import annotations

from statistics import NormalDist

import ibis
from django.utils.translation import gettext_lazy as _
from ibis import Table
from ibis import _ as row

from centro.insights.metrics.answers import solutions
from centro.insights.population import Population
from centro.insights.registry import Column, metric

# Below this many solutions an interval says more about luck than about a place.
FEWEST = 5
_Z = NormalDist().inv_cdf(0.975)
_HOUR = 3600.0


@metric(
    "time-to-solve",
    _("Tiempo hasta la solución"),
    _(
        "Horas de reloj desde que la persona habló hasta que se le informó la solución: la mitad "
        "esperó menos que la mediana, y nueve de cada diez menos que el otro número."
    ),
    Column("solved", _("Solucionados")),
    Column("median_h", _("Mediana"), "hours"),
    Column("p90_h", _("Nueve de cada diez"), "hours"),
)
def time_to_solve(cases: Population) -> Table:
    return _timed(solutions(cases, "to_solve_s")).aggregate(
        solved=row.count(), median_h=row.hours.quantile(0.5), p90_h=row.hours.quantile(0.9)
    )


@metric(
    "equity",
    _("Equidad del tiempo"),
    _(
        "Mediana de las horas hasta la solución en cada provincia o comarca, con el intervalo en "
        "que está con 95 por ciento de confianza. Dos lugares cuyos intervalos no se tocan esperan distinto."
    ),
    Column("province_id", _("Provincia o comarca"), "text"),
    Column("solved", _("Solucionados")),
    Column("low_h", _("Desde"), "hours"),
    Column("median_h", _("Mediana"), "hours"),
    Column("high_h", _("Hasta"), "hours"),
    names="place",
)
def equity(cases: Population) -> Table:
    """The interval of a median by its order statistics (binomial, normal approximation).

    Its ends are the values of rank n/2 - z·√n/2 and 1 + n/2 + z·√n/2: W. J. Conover, Practical
    Nonparametric Statistics, 3rd ed., §3.2.
    """
    timed = _timed(solutions(cases, "to_solve_s", "province_id"))
    timed = timed.filter(row.province_id.notnull())
    of_place = ibis.window(group_by="province_id")
    ranked = timed.select(
        "province_id",
        "hours",
        rank=ibis.row_number().over(group_by="province_id", order_by="hours") + 1,
        n=timed.count().over(of_place),
    ).filter(row.n >= FEWEST)
    reach = ranked.n.cast("float64").sqrt() * (_Z / 2)
    half = ranked.n.cast("float64") / 2.0
    low, high = (half - reach).floor().clip(lower=1), (half + reach + 1.0).ceil()
    rank = ranked["rank"].cast("float64")
    counted = ranked.group_by("province_id").aggregate(
        solved=ranked.count(),
        low_h=ranked.hours.max(where=rank <= low),
        median_h=ranked.hours.median(),
        high_h=ranked.hours.min(where=rank >= ibis.least(high, ranked.n.cast("float64"))),
    )
    return counted.select("province_id", "solved", "low_h", "median_h", "high_h").order_by(
        ibis.desc("median_h"), "province_id"
    )


def _timed(turns: Table) -> Table:
    known = turns.filter(row.to_solve_s.notnull())
    return known.mutate(hours=row.to_solve_s.cast("float64") / _HOUR)
