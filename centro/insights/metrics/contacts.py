"""The contact centre itself. Contacts are read from the database, by the days of the period."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from centro.insights.metrics.demand import SHARE
from centro.insights.population import Population
from centro.insights.questions import Question
from centro.insights.registry import Column, Row, metric_of_rows

_IN = """
    FROM contacts_contact WHERE direction = 'in' AND started_at >= %(first)s
        AND started_at < %(after)s
        AND (%(channel)s::text IS NULL OR channel = %(channel)s)
"""
TOTAL = Column("total", _("Contactos"))


@metric_of_rows(
    "contacts",
    _("Contactos"),
    _("Llamadas, mensajes y visitas que el centro atendió en el período, con caso o sin él."),
    TOTAL,
    Column("answered", _("Atendidos sin abrir caso")),
    Column("with_case", _("Con caso")),
)
def contacts(cases: Population) -> list[Row]:
    return _ask(
        "SELECT count(*) AS total, count(*) FILTER (WHERE outcome = 'answered') AS answered,"
        " count(*) FILTER (WHERE outcome = 'case') AS with_case" + _IN,
        cases.question,
    )


@metric_of_rows(
    "contacts-by-channel",
    _("Contactos por vía"),
    _("Los contactos del período según la vía por la que llegaron."),
    Column("channel", _("Vía"), "text"),
    TOTAL,
    SHARE,
    names="channel",
)
def contacts_by_channel(cases: Population) -> list[Row]:
    return _ask(
        "SELECT channel, count(*) AS total,"
        " (count(*) * 100.0 / sum(count(*)) OVER ())::float8 AS share"
        + _IN
        + " GROUP BY channel ORDER BY total DESC, channel",
        cases.question,
    )


@metric_of_rows(
    "first-contact",
    _("Resolución al primer contacto"),
    _(
        "De cada cien contactos de personas conocidas, cuántos no necesitaron otro en los siete "
        "días siguientes."
    ),
    TOTAL,
    Column("resolved", _("Sin otro contacto")),
    Column("resolved_pct", _("Al primer contacto"), "percent"),
)
def first_contact(cases: Population) -> list[Row]:
    """Of the last seven days nothing is said yet: the second contact may still come."""
    return _ask(
        "WITH known AS (SELECT started_at, lead(started_at) OVER (PARTITION BY person_id"
        "   ORDER BY started_at, id) AS next_at FROM contacts_contact"
        "   WHERE direction = 'in' AND person_id IS NOT NULL AND started_at >= %(first)s"
        "   AND started_at < %(after)s + interval '7 days'"
        "   AND (%(channel)s::text IS NULL OR channel = %(channel)s)),"
        " counted AS (SELECT count(*) AS total, count(*) FILTER (WHERE next_at IS NULL"
        "   OR next_at > started_at + interval '7 days') AS resolved FROM known"
        "   WHERE started_at < least(%(after)s, %(moment)s - interval '7 days'))"
        " SELECT total, resolved, (resolved * 100.0 / nullif(total, 0))::float8 AS resolved_pct"
        " FROM counted",
        cases.question,
    )


@metric_of_rows(
    "registration-time",
    _("Tiempo de registro"),
    _(
        "Segundos desde que se atiende a la persona hasta que su caso queda guardado: la mitad "
        "tardó menos. La meta del centro es cuatro minutos."
    ),
    TOTAL,
    Column("median_s", _("Mediana"), "seconds"),
    Column("p90_s", _("Nueve de cada diez"), "seconds"),
)
def registration_time(cases: Population) -> list[Row]:
    spent = "extract(epoch FROM ended_at - started_at)"
    return _ask(
        "SELECT count(*) AS total,"
        f" percentile_cont(0.5) WITHIN GROUP (ORDER BY {spent})::float8 AS median_s,"
        f" percentile_cont(0.9) WITHIN GROUP (ORDER BY {spent})::float8 AS p90_s"
        + _IN
        + " AND outcome = 'case' AND operator_id IS NOT NULL",
        cases.question,
    )


def _ask(sql: str, asked: Question) -> list[Row]:
    zone = ZoneInfo(settings.TIME_ZONE)
    last = min(asked.last, asked.as_of)
    given = {
        "first": datetime.combine(asked.first, time(), zone),
        "after": datetime.combine(last + timedelta(days=1), time(), zone),
        "moment": asked.moment,
        "channel": asked.filters.channel,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
