"""What is asked of the State, and how much of it is closed: everything about the cohort."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
from django.utils.translation import gettext_lazy as _
from ibis import Table
from ibis import _ as row

from centro.insights.population import (
    Population,
    by_month,
    count_all,
    count_if,
    month_of,
    month_text,
    percent,
)
from centro.insights.registry import Column, Row, metric, metric_of_rows

_MONDAY = date(2000, 1, 3)
TOTAL = Column("total", _("Solicitados"))
SHARE = Column("share", _("Parte"), "percent")
CLOSED = Column("closed", _("Cerrados"))


@metric(
    "requested",
    _("Servicios solicitados"),
    _("Casos que se abrieron en el período, cualquiera que sea su suerte después."),
    TOTAL,
)
def requested(cases: Population) -> Table:
    return cases.cohort().aggregate(total=count_all())


@metric(
    "effectiveness",
    _("Efectividad"),
    _("De cada cien casos abiertos en el período, cuántos están cerrados al día de corte."),
    TOTAL,
    CLOSED,
    Column("active", _("Activos")),
    Column("active_pct", _("Activos %"), "percent"),
    Column("closed_pct", _("Cerrados %"), "percent"),
)
def effectiveness(cases: Population) -> Table:
    counted = cases.cohort().aggregate(total=count_all(), closed=count_if(row.closed))
    counted = counted.mutate(active=row.total - row.closed)
    return counted.mutate(
        active_pct=percent(row.active, row.total), closed_pct=percent(row.closed, row.total)
    )


@metric(
    "operational-effectiveness",
    _("Efectividad operativa por mes"),
    _(
        "Para los casos abiertos en cada mes: cuántos fueron, y qué parte sigue activa o está "
        "cerrada al día de corte."
    ),
    Column("month", _("Mes"), "month"),
    TOTAL,
    Column("active_pct", _("Activos %"), "percent"),
    Column("closed_pct", _("Cerrados %"), "percent"),
)
def operational_effectiveness(cases: Population) -> Table:
    counted = by_month(cases.cohort(), "opened_on", total=count_all(), closed=count_if(row.closed))
    return counted.select(
        "month",
        "total",
        active_pct=percent(row.total - row.closed, row.total),
        closed_pct=percent(row.closed, row.total),
    ).order_by("month")


@metric(
    "created-by-month",
    _("Creados por mes"),
    _("Casos abiertos en cada mes del período."),
    Column("month", _("Mes"), "month"),
    TOTAL,
)
def created_by_month(cases: Population) -> Table:
    return by_month(cases.cohort(), "opened_on", total=count_all()).order_by("month")


@metric(
    "closed-by-month",
    _("Cerrados por mes"),
    _("Casos cerrados en cada mes del período, sin importar cuándo se abrieron."),
    Column("month", _("Mes"), "month"),
    CLOSED,
)
def closed_by_month(cases: Population) -> Table:
    return by_month(cases.ended(), "closed_on", closed=count_all()).order_by("month")


@metric_of_rows(
    "closed-by-week",
    _("Cerrados por semana"),
    _(
        "Casos cerrados en cada semana del período, de lunes a domingo, por el lunes en que empieza."
    ),
    Column("week", _("Semana del"), "day"),
    CLOSED,
)
def closed_by_week(cases: Population) -> list[Row]:
    """Weeks are counted from a Monday long ago: what a week is differs from engine to engine."""
    return [
        {"week": _MONDAY + timedelta(weeks=each["number"]), "closed": each["closed"]}
        for each in cases.rows_of("closed-by-week", _by_week)
    ]


def _by_week(cases: Population) -> Table:
    days = cases.ended("closed_day").group_by("closed_day").aggregate(closed=count_all())
    since = days.closed_day.delta(ibis.literal(_MONDAY), unit="day")
    weeks = days.group_by(number=(since / 7).floor().cast("int64"))
    return weeks.aggregate(closed=row.closed.sum()).order_by("number")


@metric(
    "by-kind",
    _("Tipo de caso"),
    _("Los casos abiertos en el período según lo que son: queja, denuncia, solicitud o idea."),
    Column("kind", _("Tipo"), "text"),
    TOTAL,
    SHARE,
    names="kind",
)
def by_kind(cases: Population) -> Table:
    return _shares(cases, "kind")


@metric(
    "by-channel",
    _("Origen"),
    _("Los casos abiertos en el período según la vía por la que llegaron."),
    Column("channel", _("Vía"), "text"),
    TOTAL,
    SHARE,
    names="channel",
)
def by_channel(cases: Population) -> Table:
    return _shares(cases, "channel")


@metric(
    "by-reason",
    _("Razón de estatus"),
    _("Los casos abiertos en el período según su estado de hoy y la razón de ese estado."),
    Column("reason", _("Razón"), "text"),
    TOTAL,
    SHARE,
    names="reason",
)
def by_reason(cases: Population) -> Table:
    return _shares(cases, "reason")


@metric(
    "top-services",
    _("Lo que más se pide"),
    _("Los tipos de servicio con más casos abiertos en el período."),
    Column("service_id", _("Servicio"), "text"),
    TOTAL,
    SHARE,
    names="service",
)
def top_services(cases: Population) -> Table:
    return _shares(cases, "service_id").limit(10)


@metric(
    "all-services",
    _("Todos los servicios"),
    _("Cada tipo de servicio con los casos abiertos en el período."),
    Column("service_id", _("Servicio"), "text"),
    TOTAL,
    SHARE,
    names="service",
)
def all_services(cases: Population) -> Table:
    return _shares(cases, "service_id")


@metric(
    "top-agencies",
    _("A quién se pide más"),
    _("Las entidades con más casos abiertos en el período."),
    Column("agency_id", _("Entidad"), "text"),
    TOTAL,
    SHARE,
    names="agency",
)
def top_agencies(cases: Population) -> Table:
    return _shares(cases, "agency_id").limit(10)


@metric(
    "by-hour",
    _("A qué hora"),
    _("Los casos abiertos en el período según la hora del día en que llegaron."),
    Column("opened_hour", _("Hora")),
    TOTAL,
)
def by_hour(cases: Population) -> Table:
    known = cases.cohort("opened_hour").filter(row.opened_hour.notnull())
    return known.group_by("opened_hour").aggregate(total=count_all()).order_by("opened_hour")


@metric(
    "created-top-by-month",
    _("Creados por mes, los tres primeros"),
    _("De los tres servicios más pedidos del período, cuántos casos se abrieron en cada mes."),
    Column("month", _("Mes"), "month"),
    Column("service_id", _("Servicio"), "text"),
    TOTAL,
    names="service",
)
def created_top_by_month(cases: Population) -> Table:
    return _top_by_month(cases.cohort("service_id").mutate(day=month_of(row.opened_on)), "total")


@metric(
    "closed-top-by-month",
    _("Cerrados por mes, los tres primeros"),
    _("De los tres servicios con más cierres del período, cuántos casos se cerraron en cada mes."),
    Column("month", _("Mes"), "month"),
    Column("service_id", _("Servicio"), "text"),
    CLOSED,
    names="service",
)
def closed_top_by_month(cases: Population) -> Table:
    return _top_by_month(cases.ended("service_id").mutate(day=month_of(row.closed_on)), "closed")


def _top_by_month(rows: Table, name: str) -> Table:
    """Month by month the counts of the three service types that have most of these rows."""
    known = rows.filter(row.service_id.notnull())
    months = known.group_by("day", "service_id").aggregate(**{name: count_all()})
    counted = months.group_by("service_id").aggregate(most=months[name].sum())
    top = counted.order_by(ibis.desc("most"), "service_id").limit(3)
    chosen = months.semi_join(top, "service_id")
    told = chosen.select("service_id", name, month=month_text(row.day))
    return told.order_by("month", ibis.desc(name), "service_id")


def _shares(cases: Population, column: str) -> Table:
    """Each value with its count and its share of all, the largest first; unknown values too."""
    counted = cases.cohort(column).group_by(column).aggregate(total=count_all())
    whole = counted.mutate(all=counted.total.sum().over())
    shared = whole.select(column, "total", share=percent(row.total, row.all))
    return shared.order_by(ibis.desc("total"), column)
