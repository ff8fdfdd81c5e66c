"""What a question of whole months counts: a table of what is not over yet, beside what is.

A turn that was over by the end of a month is counted with others in the rollups; one that was not
is a row of the facts. Which of them a day divides is the same for everybody who asks of the same
period, whatever they filter for and may see: so the engine keeps the table for the next question.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from centro.insights.facts.rollup import ROLLED_SCHEMA

# A table of more months than this is asked for too seldom to be kept in memory.
_MOST_MONTHS = 30
_COLUMNS = ", ".join(name for name in ROLLED_SCHEMA.names if name not in {"grouping", "n"})


@dataclass(frozen=True)
class Window:
    """The rows of `facts` that were not over by the day `until`, and of `rolled` the counts of
    those that were over by then, but not before `since`.

    `until` is the last day of a month, `since` the first of one.
    """

    facts: tuple[Path, ...]
    rolled: tuple[Path, ...]
    since: date
    until: date

    @property
    def name(self) -> str:
        text = repr((self.facts, self.rolled, self.since, self.until))
        return f"window_{hashlib.sha256(text.encode()).hexdigest()[:16]}"

    @property
    def is_kept(self) -> bool:
        """Whether it is small enough to be held in memory."""
        return (self.until - self.since).days <= _MOST_MONTHS * 31

    def sql(self, facts: str, rolled: str) -> str:
        """The rows by the names of those two tables; grouping 0 is that of the facts.

        In the order in which they are asked for, so that an engine leaves out the other groupings.
        """
        return (
            f"SELECT CAST(0 AS TINYINT) AS grouping, CAST(1 AS INTEGER) AS n, {_COLUMNS}"
            f" FROM {facts} WHERE over_on > DATE '{self.until}' UNION ALL"
            f" SELECT grouping, n, {_COLUMNS} FROM {rolled}"
            f" WHERE over_on >= DATE '{self.since}' AND over_on <= DATE '{self.until}'"
        )  # noqa: S608 names of ours and days
