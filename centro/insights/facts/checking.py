"""Prove that the facts equal the database, and the rollups the facts: rows and checksums by month.

Then that what lies together of all months is what the files of the months say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connection, transaction

from centro.insights.facts import store
from centro.insights.facts.reading import months_in_database, read_month
from centro.insights.facts.refreshing import Report, _silent, refresh_facts
from centro.insights.facts.rollup import roll_up
from centro.insights.facts.store import Month


@dataclass(frozen=True)
class Difference:
    """A month whose file does not hold what the database says, or whose rollup counts otherwise.

    The numbers are rows of the facts, or of the rollup where only that differs. What lies together
    of all months has the name of its file instead of a month's.
    """

    month: str
    in_files: int
    in_database: int


def check_facts(report: Report = _silent) -> list[Difference]:
    """Bring the facts up to date, then compare each month with the database of that same moment.

    The file is read again, so that one damaged on the disk is found too.
    """
    with transaction.atomic():
        if not connection.savepoint_ids:  # nobody else's moment
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        manifest = refresh_facts().manifest
        names = {f"{month:%Y-%m}" for month in months_in_database()} | manifest.months.keys()
        found = []
        for name in sorted(names):
            fault = _compare(name, manifest)
            report(f"{name}: {'≠' if fault else '='}")
            if fault:
                found.append(fault)
        return found or _compare_joined(manifest, report)


def _compare(name: str, manifest: store.Manifest) -> Difference | None:
    true = read_month(date.fromisoformat(f"{name}-01"))
    kept = manifest.months.get(name)
    if kept is None:
        return Difference(name, 0, true.num_rows) if true.num_rows else None
    wrong = _differs(name, store.read_file, kept, true, kept.checksum)
    return wrong or _differs(name, store.read_rolled, kept, roll_up(true), kept.rolled_checksum)


def _compare_joined(manifest: store.Manifest, report: Report) -> list[Difference]:
    """To be asked when every month is sound."""
    found = []
    for path, true in store.joined_anew(manifest):
        try:
            inside = pq.read_table(path, partitioning=None)
            same = store.checksum_of(inside) == store.checksum_of(true)
        except (OSError, ValueError):  # gone or damaged
            inside, same = true.slice(0, 0), False
        report(f"{path.name}: {'=' if same else '≠'}")
        if not same:
            found.append(Difference(path.name, inside.num_rows, true.num_rows))
    return found


def _differs(
    name: str, read: Callable[[Month], pa.Table], kept: Month, true: pa.Table, checksum: str
) -> Difference | None:
    try:
        inside = read(kept)
    except (OSError, ValueError):  # gone or damaged
        return Difference(name, 0, true.num_rows)
    if store.checksum_of(inside) == store.checksum_of(true) == checksum:
        return None
    return Difference(name, inside.num_rows, true.num_rows)
