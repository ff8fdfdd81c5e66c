"""Prove that the facts equal the database: rows and checksums, month by month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction

from centro.insights.facts import store
from centro.insights.facts.reading import months_in_database, read_month
from centro.insights.facts.refreshing import Report, _silent, refresh_facts


@dataclass(frozen=True)
class Difference:
    """A month whose file does not hold what the database says."""

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
        return found


def _compare(name: str, manifest: store.Manifest) -> Difference | None:
    true = read_month(date.fromisoformat(f"{name}-01"))
    kept = manifest.months.get(name)
    if kept is None:
        return Difference(name, 0, true.num_rows) if true.num_rows else None
    try:
        inside = store.read_file(kept)
    except (OSError, ValueError):  # gone or damaged
        return Difference(name, 0, true.num_rows)
    if store.checksum_of(inside) == store.checksum_of(true) == kept.checksum:
        return None
    return Difference(name, inside.num_rows, true.num_rows)
