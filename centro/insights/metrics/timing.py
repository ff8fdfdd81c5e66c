"""How long people wait for a solution, and whether everybody waits alike."""

from __future__ import annotations

from functools import reduce
from operator import or_
from statistics import NormalDist

import ibis
from django.utils.translation import gettext_lazy as _
from ibis import Table
from ibis import _ as row

from centro.insights.metrics.answers import solutions
from centro.insights.population import Population, count_all
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
    timed = solutions(cases, "to_solve_s").filter(row.to_solve_s.notnull())
    # Both at once, of whole seconds: each alone would put all of them in order anew.
    counted = timed.aggregate(solved=count_all(), parts=row.to_solve_s.quantile([0.5, 0.9]))
    return counted.select("solved", median_h=row.parts[0] / _HOUR, p90_h=row.parts[1] / _HOUR)


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
    timed = solutions(cases, "to_solve_s", "province_id").filter(
        row.province_id.notnull(), row.to_solve_s.notnull()
    )
    # 4096 seconds are hour enough to sort by, and a shift is quicker than a division.
    timed = timed.select("province_id", "to_solve_s", hour=row.to_solve_s >> 12)
    ranked = _ranked(timed, _hours_wanted(timed))
    hours = ranked.to_solve_s.cast("float64") / _HOUR
    ends = {
        name: hours.max(where=ranked["rank"] == ranked[f"{name}_rank"])
        for name in ("low", "middle", "above", "high")
    }
    counted = ranked.group_by("province_id").aggregate(solved=ranked.n.max(), **ends)
    median = counted.middle + (counted.above - counted.middle) / 2.0
    return counted.select(
        "province_id", "solved", low_h=row.low, median_h=median, high_h=row.high
    ).order_by(ibis.desc("median_h"), "province_id")


def _hours_wanted(timed: Table) -> Table:
    """Of each province the hours in which lie the waits of the ranks that are asked for.

    To count by hours is quick; only the few waits in those hours need be put in order.
    """
    hours = timed.group_by("province_id", "hour").aggregate(some=row.count())
    of_place = ibis.window(group_by="province_id")
    so_far = ibis.cumulative_window(group_by="province_id", order_by="hour")
    hours = hours.mutate(n=hours.some.sum().over(of_place), upto=hours.some.sum().over(so_far))
    hours = hours.mutate(n=hours.n.cast("int64"), before=(hours.upto - hours.some).cast("int64"))
    hours = hours.filter(row.n >= FEWEST)
    n = hours.n.cast("float64")
    reach = n.sqrt() * (_Z / 2)
    hours = hours.mutate(
        low_rank=(n / 2.0 - reach).floor().clip(lower=1).cast("int64"),
        middle_rank=((n + 1.0) / 2.0).floor().cast("int64"),
        above_rank=((n + 1.0) / 2.0).ceil().cast("int64"),
        high_rank=ibis.least((n / 2.0 + reach + 1.0).ceil(), n).cast("int64"),
    )
    wanted = [
        (hours[name] > hours.before) & (hours[name] <= hours.upto)
        for name in ("low_rank", "middle_rank", "above_rank", "high_rank")
    ]
    return hours.filter(reduce(or_, wanted)).drop("some", "upto")


def _ranked(timed: Table, hours: Table) -> Table:
    """The waits in these hours with their ranks in their provinces."""
    near = timed.inner_join(hours, ("province_id", "hour"))
    within = ibis.row_number().over(group_by=("province_id", "hour"), order_by="to_solve_s")
    return near.mutate(rank=within + 1 + near.before)
