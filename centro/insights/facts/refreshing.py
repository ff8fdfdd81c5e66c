"""Bring the facts up to the database: what changed since the watermark, or everything."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.db import connection, transaction

from centro.insights.facts import store
from centro.insights.facts.reading import months_in_database, read_cases, read_month, read_sealed
from centro.insights.facts.schema import ORDER
from centro.insights.facts.store import Manifest, Month
from centro.kernel.clock import now
from centro.places.stamps import renew_stamp, stamp_of

STAMP = "facts"
# Above this many changed cases reading whole months is quicker than picking them out.
_MANY = 200_000
Report = Callable[[str], None]


def _silent(_line: str) -> None:
    return None


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did: changed cases (all rows after a rebuild), files and bytes written."""

    cases: int
    months: int
    bytes: int
    seconds: float
    rebuilt: bool
    manifest: Manifest


def refresh_facts(report: Report = _silent) -> Refreshed:
    """Write anew the months in which a case changed since the last refresh.

    Every change of a case writes its timeline in the same transaction, and each line knows that
    transaction. Lines are asked for from the oldest transaction that was open at the last refresh:
    none is missed, however long it took to commit. Facts of another database, another version, or
    from the future are made anew altogether.
    """
    with store.writing(), _snapshot():
        known, mark = store.current_manifest(), _watermark()
        if known is None or known.database != stamp_of(STAMP) or known.watermark > mark:
            return _rebuild(report, mark)
        return _follow(known, mark, report)


def rebuild_facts(report: Report = _silent) -> Refreshed:
    """Write every month anew, from nothing but the database."""
    with store.writing(), _snapshot():
        return _rebuild(report, _watermark())


@contextmanager
def _snapshot() -> Iterator[None]:
    """All that is read inside is one moment of the database."""
    if not stamp_of(STAMP):
        renew_stamp(STAMP)
    if connection.in_atomic_block:  # in a test, or in somebody's own moment
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def _watermark() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT txid_snapshot_xmin(txid_current_snapshot())")
        (mark,) = cursor.fetchone()
        return int(mark)


def _rebuild(report: Report, mark: int) -> Refreshed:
    started, written, rows = time.perf_counter(), 0, 0
    months: dict[str, Month] = {}
    found = months_in_database()
    for number, month in enumerate(found, start=1):
        table = read_month(month)
        if table.num_rows:
            kept = store.write_month(month, table)
            months[f"{month:%Y-%m}"] = kept
            written += _size(kept)
            rows += kept.rows
        report(f"{month:%Y-%m}: {table.num_rows} ({number}/{len(found)})")
    return _publish(months, mark, started, cases=rows, count=len(months), size=written, new=True)


def _follow(known: Manifest, mark: int, report: Report) -> Refreshed:
    started = time.perf_counter()
    changed = _changed_since(known.watermark)
    months, written = dict(known.months), 0
    whole = len(changed) > _MANY
    fresh = None if whole else read_cases(changed)
    by_month = _months_of(changed)
    for month, ids in by_month.items():
        name = f"{month:%Y-%m}"
        table = read_month(month) if whole else _patched(months.get(name), month, ids, fresh)
        if _is_kept(months.get(name), table):
            continue
        months[name] = store.write_month(month, table)
        written += _size(months[name])
        report(f"{name}: {len(ids)}")
    touched = sum(months[name] != known.months.get(name) for name in months)
    return _publish(
        months, mark, started, cases=len(changed), count=touched, size=written, new=False
    )


def _is_kept(kept: Month | None, table: pa.Table) -> bool:
    """Whether the files of a month are there and hold these rows."""
    return (
        kept is not None
        and all((store.root() / name).exists() for name in (kept.file, kept.rolled))
        and store.checksum_of(table) == kept.checksum
    )


def _patched(
    kept: Month | None, month: date, ids: Sequence[int], fresh: pa.Table | None
) -> pa.Table:
    """The rows of a month with those of the changed cases and the sealed ones taken anew."""
    assert fresh is not None
    wanted = pa.array(ids, pa.int64())
    parts = [fresh.filter(pc.is_in(fresh["case_id"], value_set=wanted)), read_sealed(month)]
    if kept is not None:
        try:
            old = store.read_file(kept)
        except (OSError, ValueError):  # gone or damaged: the database knows
            return read_month(month)
        gone = pc.or_(
            pc.is_in(old["case_id"], value_set=wanted), pc.equal(old["confidentiality"], "sealed")
        )
        parts.append(old.filter(pc.invert(gone)))
    return pa.concat_tables(parts).sort_by(ORDER)


def _changed_since(watermark: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT case_id FROM cases_timelineentry WHERE tx >= %s", [watermark]
        )
        return [pk for (pk,) in cursor.fetchall()]


def _months_of(ids: Sequence[int]) -> dict[date, list[int]]:
    found: dict[date, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT date_trunc('month', opened_at AT TIME ZONE %s)::date, id FROM cases_case"
            " WHERE id = ANY(%s)",
            [settings.TIME_ZONE, list(ids)],
        )
        for month, pk in cursor.fetchall():
            found.setdefault(month, []).append(pk)
    return found


def _size(month: Month) -> int:
    return sum((store.root() / name).stat().st_size for name in (month.file, month.rolled))


def _published(manifest: Manifest) -> Manifest:
    """Publish it; where the file of a month is gone or damaged, the month is read anew before."""
    try:
        return store.publish(manifest)
    except (OSError, ValueError):
        months = {
            name: kept if store.is_sound(kept) else _again(name)
            for name, kept in manifest.months.items()
        }
        return store.publish(replace(manifest, months=months))


def _again(name: str) -> Month:
    month = date.fromisoformat(f"{name}-01")
    return store.write_month(month, read_month(month))


def _publish(
    months: dict[str, Month],
    mark: int,
    started: float,
    *,
    cases: int,
    count: int,
    size: int,
    new: bool,
) -> Refreshed:
    known = store.current_manifest()
    manifest = _published(Manifest(stamp_of(STAMP), mark, now().isoformat(), months))
    if known is None or known.joined != manifest.joined:
        size += sum(path.stat().st_size for path in manifest.joined_files())
    return Refreshed(cases, count, size, time.perf_counter() - started, new, manifest)
