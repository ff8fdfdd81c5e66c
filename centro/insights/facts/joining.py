"""What nearly every question reads, of all months in one file each.

To open a file for each month costs a question more than to read it. So the rollups of all months
lie together once more, and so do the turns of which something was told after the last month's end:
what a question of today takes beside the rollups. Both follow from the files of the months, which
remain what is true and what the next refresh begins from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.dataset import dataset

from centro.insights.facts.rollup import GOING_SCHEMA, GROUPINGS, ROLLED_SCHEMA
from centro.insights.facts.schema import SCHEMA
from centro.kernel.clock import today

PREFIXES = ("all-", ".all-", "going-", ".going-")


@dataclass(frozen=True)
class Joined:
    """The file of all rollups, and that of the turns told of after a day (ISO)."""

    rolled: str
    going: str
    after: str

    @property
    def day(self) -> date:
        return date.fromisoformat(self.after)

    @property
    def files(self) -> tuple[str, str]:
        return self.rolled, self.going


def joined_of(facts: Iterable[str], rollups: Iterable[str]) -> Joined:
    """How the files are called today, of months whose files have these checksums."""
    after = today().replace(day=1) - timedelta(days=1)
    going = f"going-{after}-{_digest(facts)}.parquet"
    return Joined(f"all-{_digest(rollups)}.parquet", going, after.isoformat())


def rollups_together(files: Sequence[Path]) -> Iterator[pa.Table]:
    """The rows of all rollups, grouping by grouping, so sorted that what is over comes first.

    OSError or ValueError when a file is gone or damaged.
    """
    whole = dataset([str(path) for path in files], schema=ROLLED_SCHEMA, format="parquet")
    for grouping in GROUPINGS:  # one at a time: all at once would take the memory of a server
        columns = ["grouping", "n", *grouping.columns]
        rows = whole.to_table(columns, filter=pc.field("grouping") == grouping.number)
        rows = rows.sort_by([("over_on", "ascending"), ("told_on", "ascending")])
        yield pa.table(
            {
                field.name: rows[field.name]
                if field.name in columns
                else pa.nulls(rows.num_rows, field.type)
                for field in ROLLED_SCHEMA
            },
            schema=ROLLED_SCHEMA,
        )


def going_together(files: Sequence[Path], after: date) -> pa.Table:
    """The turns in all these files of facts that were told of after a day.

    OSError or ValueError when a file is gone or damaged.
    """
    whole = dataset([str(path) for path in files], schema=SCHEMA, format="parquet")
    told = pc.field("told_on") > pa.scalar(after, pa.date32())
    return whole.to_table(GOING_SCHEMA.names, filter=told)


def _digest(checksums: Iterable[str]) -> str:
    return hashlib.sha256(" ".join(sorted(checksums)).encode()).hexdigest()[:12]
