"""The tables that a question of whole months is answered from.

A turn of which nothing more was told after the end of a month stands with others in the rollups;
of which something was, is a row of the facts. Which of them a day divides is the same for everybody
who asks of the same period, whatever they filter for and may see: so the engine keeps the tables for
the next question, until the files change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from centro.insights.facts.rollup import ROLLED_SCHEMA, Grouping

# Of more months than this, a question comes too seldom for their counts to be kept in memory.
_MOST_MONTHS = 30
_OF_ROLLUPS_ALONE = frozenset({"grouping", "n", "overdue"})
GOING_COLUMNS = tuple(name for name in ROLLED_SCHEMA.names if name not in _OF_ROLLUPS_ALONE)


@dataclass(frozen=True)
class Extract:
    """Some rows and columns of files, as a table. `view` says whose files they are."""

    what: str
    view: str
    files: tuple[Path, ...]
    columns: tuple[str, ...]
    where: str
    is_kept: bool = True

    @property
    def name(self) -> str:
        digest = hashlib.sha256(repr((self.files, self.where)).encode())
        return f"{self.what}_{digest.hexdigest()[:16]}"

    def sql(self, source: str) -> str:
        """The rows, of the table with the rows of the files."""
        return f"SELECT {', '.join(self.columns)} FROM {source} WHERE {self.where}"  # noqa: S608


def going_after(until: date, files: Sequence[Path]) -> Extract:
    """The turns of which something was told after a day."""
    return Extract("going", "facts", tuple(files), GOING_COLUMNS, f"told_on > DATE '{until}'")


def rolled_until(until: date, since: date, grouping: Grouping, rollups: Sequence[Path]) -> Extract:
    """The counts of the others, without those that were over before `since`.

    `until` is the last day of a month, `since` the first of one.
    """
    where = (
        f"grouping = {grouping.number} AND over_on >= DATE '{since}' AND told_on <= DATE '{until}'"
    )
    return Extract(
        f"rolled{grouping.number}",
        "rolled",
        tuple(rollups),
        ("n", *grouping.columns),
        where,
        is_kept=(until - since).days <= _MOST_MONTHS * 31,
    )
