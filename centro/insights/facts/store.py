"""The files of the facts and the manifest that names them.

    <root>/manifest.json            what is true now; swapped at once
    <root>/cases-2010-09-<hash>.parquet
    <root>/rolled-2010-09-<hash>.parquet      the counts of the same cases (`rollup`)
    <root>/all-<hash>.parquet                 the counts of all months (`joining`)
    <root>/going-2011-05-31-<hash>.parquet    the turns of all months told of after that day

A file is never changed: a month that changes gets a new one, and the old stays for a while, as
readers may have just opened the manifest that names it. Any storage with an atomic rename, or an
object store with conditional writes, can hold them.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from centro.insights.facts.joining import PREFIXES as OF_ALL_MONTHS
from centro.insights.facts.joining import (
    Joined,
    going_together,
    joined_of,
    rollups_together,
)
from centro.insights.facts.rollup import GOING_SCHEMA, ROLLED_SCHEMA, pieces_of, roll_up
from centro.insights.facts.schema import ROWS_IN_A_GROUP, SCHEMA, VERSION

# Seconds that a file nobody names any more is kept for those who still read it.
_GRACE = 600
_MANIFEST = "manifest.json"
_PREFIXES = ("cases-", ".cases-", "rolled-", ".rolled-", *OF_ALL_MONTHS)


@dataclass(frozen=True)
class Month:
    """Two files: how many rows they have and the checksums of what is in them."""

    file: str
    rows: int
    checksum: str
    rolled: str
    rolled_rows: int
    rolled_checksum: str


@dataclass(frozen=True)
class Manifest:
    """Which files are true, and up to which transaction of which database they are.

    `watermark` is the oldest transaction that was still open when they were read: everything
    that an older one wrote is in the files.
    """

    database: str
    watermark: int
    made_at: str
    months: dict[str, Month] = field(default_factory=dict)
    joined: Joined | None = None  # with the first publication, unless there is no month
    version: int = VERSION

    @property
    def key(self) -> str:
        """Changes with the content: a name for whatever is computed from these files."""
        text = json.dumps({name: month.checksum for name, month in sorted(self.months.items())})
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def rows(self) -> int:
        return sum(month.rows for month in self.months.values())

    def files(self, first: date | None = None, last: date | None = None) -> list[Path]:
        """The files of the cases opened in the months of these days; all of them by default."""
        return [root() / month.file for month in self.within(first, last)]

    def rolled(self) -> list[Path]:
        """The rollups of all months, in one file."""
        return [root() / self.joined.rolled] if self.joined else []

    def rollups(self) -> list[Path]:
        """The rollup of each month."""
        return [root() / month.rolled for month in self.within()]

    def joined_files(self) -> list[Path]:
        return [root() / name for name in self.joined.files] if self.joined else []

    def going(self, until: date) -> Path | None:
        """The file with all turns told of after a day, if there is one; it may have more."""
        if self.joined and self.joined.after <= until.isoformat():
            return root() / self.joined.going
        return None

    def within(self, first: date | None = None, last: date | None = None) -> list[Month]:
        """The months of these days, in their order."""
        low = f"{first:%Y-%m}" if first else ""
        high = f"{last:%Y-%m}" if last else "9999"
        return [month for name, month in sorted(self.months.items()) if low <= name <= high]


def root() -> Path:
    """The folder of the facts, made if need be."""
    folder = Path(settings.FACTS_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def current_manifest() -> Manifest | None:
    """The manifest as it is now; None before the first refresh, or for files of another version."""
    try:
        given = json.loads((root() / _MANIFEST).read_text())
    except FileNotFoundError:
        return None
    if given.get("version") != VERSION:
        return None
    months = {name: Month(**month) for name, month in given.pop("months").items()}
    joined = given.pop("joined")
    return Manifest(**given, months=months, joined=Joined(**joined) if joined else None)


def write_month(month: date, table: pa.Table) -> Month:
    """Write the rows of a month and their rollup into files of their own names.

    They are safe on the disk when it returns.
    """
    rolled = roll_up(table)
    facts_checksum, rolled_checksum = checksum_of(table), checksum_of(rolled)
    facts_name = f"cases-{month:%Y-%m}-{facts_checksum[:12]}.parquet"
    rolled_name = f"rolled-{month:%Y-%m}-{rolled_checksum[:12]}.parquet"
    _write(facts_name, SCHEMA, [table])
    _write(rolled_name, ROLLED_SCHEMA, pieces_of(rolled))
    return Month(
        facts_name, table.num_rows, facts_checksum, rolled_name, rolled.num_rows, rolled_checksum
    )


def _write(
    name: str, schema: pa.Schema, pieces: Iterable[pa.Table], group: int = ROWS_IN_A_GROUP
) -> None:
    target, new = root() / name, root() / f".{name}.{os.getpid()}"
    # Read far more often than written, and mostly from memory: LZ4 unpacks fastest.
    with pq.ParquetWriter(new, schema, compression="lz4") as file:
        for piece in pieces:
            file.write_table(piece, row_group_size=group)
    with new.open("rb+") as written:
        os.fsync(written.fileno())
    new.replace(target)
    os.utime(target)


def read_file(month: Month) -> pa.Table:
    """The facts of a month. OSError or ValueError when the file is gone or damaged."""
    return pq.read_table(root() / month.file, schema=SCHEMA, partitioning=None)


def read_rolled(month: Month) -> pa.Table:
    """The rollup of a month. OSError or ValueError when the file is gone or damaged."""
    return pq.read_table(root() / month.rolled, schema=ROLLED_SCHEMA, partitioning=None)


def is_sound(month: Month) -> bool:
    """Whether both files of a month can be read and hold what they held when they were written."""
    try:
        sums = checksum_of(read_file(month)), checksum_of(read_rolled(month))
    except (OSError, ValueError):
        return False
    return sums == (month.checksum, month.rolled_checksum)


def checksum_of(table: pa.Table) -> str:
    """The same for the same rows in the same order, whatever chunks they lie in."""
    digest = hashlib.sha256()
    for batch in table.combine_chunks().to_batches():
        for column in batch.columns:
            # Nulls have no value of their own: what lies under them must not count.
            filled = column.fill_null(_NOTHING[str(column.type)])
            for part in (column.is_null(), filled):
                sink = pa.BufferOutputStream()
                chunk = pa.record_batch([part], names=["x"])
                with pa.ipc.new_stream(sink, chunk.schema) as stream:
                    stream.write_batch(chunk)
                digest.update(sink.getvalue())
    return digest.hexdigest()


_NOTHING: dict[str, object] = {
    "int64": 0, "int32": 0, "int16": 0, "int8": 0, "bool": False, "string": "",
    "date32[day]": date(1970, 1, 1),
}  # fmt: skip


def join_months(manifest: Manifest) -> Manifest:
    """The manifest with what is read of all months, written unless it is there.

    OSError or ValueError when a file of a month is gone or damaged.
    """
    if not manifest.months:
        return manifest
    months = manifest.months.values()
    joined = joined_of((m.checksum for m in months), (m.rolled_checksum for m in months))
    manifest = replace(manifest, joined=joined)
    if not (root() / joined.rolled).exists():
        rollups = rollups_together(manifest.rollups())
        _write(joined.rolled, ROLLED_SCHEMA, rollups, group=ROWS_IN_A_GROUP * 4)
    if not (root() / joined.going).exists():
        _write(joined.going, GOING_SCHEMA, [going_together(manifest.files(), joined.day)])
    return manifest


def joined_anew(manifest: Manifest) -> Iterator[tuple[Path, pa.Table]]:
    """The files of all months and what should be in them."""
    if manifest.joined:
        yield (
            root() / manifest.joined.rolled,
            pa.concat_tables(rollups_together(manifest.rollups())),
        )
        yield (
            root() / manifest.joined.going,
            going_together(manifest.files(), manifest.joined.day),
        )


def publish(manifest: Manifest) -> Manifest:
    """Make these files the true ones, at once, and clear away what nobody names any more.

    The manifest comes back with the files of all its months together. OSError or ValueError when a
    file of a month is gone or damaged.
    """
    manifest = join_months(manifest)
    new = root() / f".{_MANIFEST}.{os.getpid()}"
    with new.open("w") as file:
        json.dump(asdict(manifest), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    new.replace(root() / _MANIFEST)
    folder = os.open(root(), os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    _sweep(manifest)
    return manifest


def _sweep(manifest: Manifest) -> None:
    named = {name for month in manifest.months.values() for name in (month.file, month.rolled)}
    named |= set(manifest.joined.files) if manifest.joined else set()
    old = time.time() - _GRACE
    for path in root().iterdir():
        if path.name.startswith(_PREFIXES) and path.name not in named:
            try:
                if path.stat().st_mtime < old:
                    path.unlink()
            except FileNotFoundError:
                continue  # another writer was quicker


@contextmanager
def writing() -> Iterator[None]:
    """One writer at a time; the others wait. The lock dies with its holder."""
    with (root() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
