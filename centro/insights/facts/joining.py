"""What nearly every question reads, of all months in one file each.

To open a file for each month costs a question more than to read it. So the rollups of all months
lie together once more, and so do the turns of which something was told after the last month's end:
what a question of today takes beside the rollups. Both follow from the files of the months, which
remain what is true and what the next refresh begins from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.dataset import dataset

from centro.insights.facts.rollup import GOING_SCHEMA, GROUPINGS, ROLLED_SCHEMA
from centro.insights.facts.schema import SCHEMA
from centro.kernel.clock import today

if TYPE_CHECKING:
    from centro.insights.facts.store import Month

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


def joined_of(months: Mapping[str, Month]) -> Joined:
    """How the files of these months are called today: their names say what is in them."""
    after = today().replace(day=1) - timedelta(days=1)
    rolled = _digest(month.rolled_checksum for month in months.values())
    going = _digest(month.checksum for month in months.values())
    return Joined(f"all-{rolled}.parquet", f"going-{after}-{going}.parquet", after.isoformat())


def rollups_together(root: Path, months: Mapping[str, Month]) -> Iterator[pa.Table]:
    """The rows of all rollups, grouping by grouping, so sorted that what is over comes first.

    OSError or ValueError when a file is gone or damaged.
    """
    files = [str(root / month.rolled) for _name, month in sorted(months.items())]
    whole = dataset(files, schema=ROLLED_SCHEMA, format="parquet")
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


def going_together(root: Path, months: Mapping[str, Month], after: date) -> pa.Table:
    """The turns of all months told of after a day.

    OSError or ValueError when a file is gone or damaged.
    """
    files = [str(root / month.file) for _name, month in sorted(months.items())]
    whole = dataset(files, schema=SCHEMA, format="parquet")
    told = pc.field("told_on") > pa.scalar(after, pa.date32())
    return whole.to_table(GOING_SCHEMA.names, filter=told)


def _digest(checksums: Iterator[str]) -> str:
    return hashlib.sha256(" ".join(sorted(checksums)).encode()).hexdigest()[:12]
