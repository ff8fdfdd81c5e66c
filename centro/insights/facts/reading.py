"""Facts as the database has them: one SQL statement, streamed into Arrow by COPY."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.csv as arrow_csv
from django.conf import settings
from django.db import connection
from psycopg import sql

from centro.insights.facts.schema import LAST_HOURS, LONG_FROM_NOW, ORDER, SCHEMA

# Of a month with fewer sealed cases than this, none is shown: a small number points at somebody.
SEALED_AT_LEAST = 5

_CYCLES = """
WITH chosen AS MATERIALIZED (
    SELECT * FROM cases_case WHERE {where}
),
reopened AS (
    SELECT t.case_id, t.cycle AS next_cycle, t.at, t.data->'before' AS before
    FROM cases_timelineentry t WHERE t.kind = 'reopened' AND t.case_id IN (SELECT id FROM chosen)
),
told AS (
    SELECT t.case_id, t.cycle,
        count(*) FILTER (WHERE t.kind = 'reclassified') AS reclassified,
        count(*) FILTER (WHERE t.kind = 'transfer_proposed') AS transferred
    FROM cases_timelineentry t
    WHERE t.kind IN ('reclassified', 'transfer_proposed') AND t.case_id IN (SELECT id FROM chosen)
    GROUP BY t.case_id, t.cycle
),
climbed AS (
    SELECT e.case_id, e.cycle, max(e.rung) AS rung FROM cases_escalation e
    WHERE e.case_id IN (SELECT id FROM chosen) GROUP BY e.case_id, e.cycle
),
cycles AS (
    SELECT c.id, c.cycle, c.due_at, c.status, c.reason, c.satisfied, c.closed_at,
        coalesce(c.resolved_at, CASE WHEN c.reason = 'first_contact' THEN c.closed_at END)
            AS solved_at,
        coalesce(r.at, c.opened_at) AS started_at, NULL::timestamptz AS ended_at
    FROM chosen c LEFT JOIN reopened r ON r.case_id = c.id AND r.next_cycle = c.cycle
    UNION ALL
    SELECT r.case_id, (r.before->>'cycle')::smallint, (r.before->>'due')::timestamptz,
        CASE WHEN r.before->>'closed' IS NULL THEN 'resolved' ELSE 'closed' END,
        CASE WHEN r.before->>'closed' IS NULL THEN 'solved' ELSE r.before->>'closed_as' END,
        CASE WHEN r.before->>'closed' IS NULL THEN false
             WHEN r.before->>'closed_as' = 'satisfied' THEN true END,
        (r.before->>'closed')::timestamptz,
        coalesce((r.before->>'resolved')::timestamptz,
            CASE WHEN r.before->>'closed_as' = 'first_contact'
                THEN (r.before->>'closed')::timestamptz END),
        coalesce(p.at, c.opened_at), r.at
    FROM reopened r JOIN chosen c ON c.id = r.case_id
    LEFT JOIN reopened p ON p.case_id = r.case_id AND p.next_cycle = (r.before->>'cycle')::smallint
)
SELECT
    CASE WHEN NOT sealed THEN f.id END,
    f.cycle,
    (c.opened_at AT TIME ZONE {zone})::date,
    CASE WHEN NOT sealed THEN extract(hour FROM c.opened_at AT TIME ZONE {zone})::smallint END,
    (f.started_at AT TIME ZONE {zone})::date,
    (f.ended_at AT TIME ZONE {zone})::date,
    (f.due_at AT TIME ZONE {zone})::date,
    extract(epoch FROM f.due_at)::bigint,
    (f.solved_at AT TIME ZONE {zone})::date,
    (f.closed_at AT TIME ZONE {zone})::date,
    CASE WHEN f.closed_at IS NULL AND f.ended_at IS NULL THEN {long}::date ELSE
        (greatest(f.due_at, f.solved_at, f.closed_at, f.ended_at) AT TIME ZONE {zone})::date END,
    (greatest(c.opened_at, f.started_at, f.due_at, f.solved_at, f.closed_at, f.ended_at)
        AT TIME ZONE {zone})::date,
    f.solved_at <= f.due_at,
    CASE WHEN NOT sealed THEN extract(epoch FROM f.solved_at
        - CASE WHEN f.cycle = 1 THEN least(c.spoken_at, f.solved_at) ELSE f.started_at END)::bigint
        END,
    CASE WHEN NOT sealed THEN
        extract(epoch FROM f.due_at - f.solved_at)::bigint BETWEEN 0 AND {last_hours} - 1 END,
    (f.closed_at AT TIME ZONE {zone})::date <= (f.due_at AT TIME ZONE {zone})::date,
    f.status, f.reason,
    CASE WHEN NOT sealed THEN c.kind END,
    CASE WHEN NOT sealed THEN c.channel END,
    CASE WHEN NOT sealed THEN c.priority END,
    c.confidentiality,
    CASE WHEN NOT sealed THEN f.satisfied END,
    f.status = 'duplicate',
    CASE WHEN NOT sealed THEN c.agency_id END,
    CASE WHEN NOT sealed THEN c.unit_id END,
    CASE WHEN NOT sealed THEN c.service_id END,
    CASE WHEN NOT sealed THEN c.province_id END,
    CASE WHEN NOT sealed THEN
        CASE p.level WHEN 'district' THEN p.id WHEN 'corregimiento' THEN p.district_id END END,
    CASE WHEN c.confidentiality = 'open' AND p.level = 'corregimiento' THEN p.id END,
    CASE WHEN NOT sealed THEN coalesce(t.reclassified, 0) END,
    CASE WHEN NOT sealed THEN coalesce(t.transferred, 0) END,
    CASE WHEN NOT sealed THEN coalesce(e.rung, 0) END
FROM cycles f
JOIN chosen c ON c.id = f.id
CROSS JOIN LATERAL (SELECT c.confidentiality = 'sealed' AS sealed) s
LEFT JOIN places_place p ON p.id = c.place_id
LEFT JOIN told t ON t.case_id = f.id AND t.cycle = f.cycle
LEFT JOIN climbed e ON e.case_id = f.id AND e.cycle = f.cycle
"""


def read_month(month: date) -> pa.Table:
    """The facts of all cases opened in a local month (given by its first day), in order."""
    return _read(_within(month) + sql.SQL(" AND confidentiality <> 'sealed'"), _sealed(month))


def read_cases(ids: Sequence[int]) -> pa.Table:
    """The facts of these cases, but for the sealed ones, which only go by whole months."""
    wanted = sql.SQL("id = ANY({}) AND confidentiality <> 'sealed'").format(list(ids))
    return _read(wanted)


def read_sealed(month: date) -> pa.Table:
    """The rows of the sealed cases opened in a month; none when they are too few to be shown."""
    return _read(_sealed(month))


def months_in_database() -> list[date]:
    """The first days of the local months in which cases were opened."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT date_trunc('month', opened_at AT TIME ZONE %s)::date AS month"
            " FROM cases_case ORDER BY month",
            [settings.TIME_ZONE],
        )
        return [month for (month,) in cursor.fetchall()]


def _within(month: date) -> sql.Composable:
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return sql.SQL(
        "opened_at >= ({first}::timestamp AT TIME ZONE {zone})"
        " AND opened_at < ({after}::timestamp AT TIME ZONE {zone})"
    ).format(
        first=month.isoformat(), after=following.isoformat(), zone=sql.Literal(settings.TIME_ZONE)
    )


def _sealed(month: date) -> sql.Composable:
    """Sealed cases of a month, all or none."""
    inside = _within(month) + sql.SQL(" AND confidentiality = 'sealed'")
    return inside + sql.SQL(" AND (SELECT count(*) FROM cases_case WHERE {}) >= {}").format(
        inside, SEALED_AT_LEAST
    )


def _read(*wheres: sql.Composable) -> pa.Table:
    parts = [_copy(where) for where in wheres]
    return pa.concat_tables(parts).sort_by(ORDER)


def _copy(where: sql.Composable) -> pa.Table:
    query = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(
        sql.SQL(_CYCLES).format(
            where=where,
            zone=sql.Literal(settings.TIME_ZONE),
            long=sql.Literal(LONG_FROM_NOW.isoformat()),
            last_hours=sql.Literal(LAST_HOURS * 3600),
        )
    )
    buffer = io.BytesIO()
    connection.ensure_connection()
    raw: Any = connection.connection
    with raw.cursor() as cursor, cursor.copy(query) as copy:
        for data in copy:
            buffer.write(data)
    if not buffer.tell():
        return SCHEMA.empty_table()
    buffer.seek(0)
    return _parse(buffer)


def _parse(buffer: io.BytesIO) -> pa.Table:
    return arrow_csv.read_csv(
        buffer,
        read_options=arrow_csv.ReadOptions(column_names=SCHEMA.names, block_size=16 << 20),
        convert_options=arrow_csv.ConvertOptions(
            column_types=SCHEMA,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
        ),
    )
