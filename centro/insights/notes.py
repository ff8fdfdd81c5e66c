"""The notes that bear on a question, numbered once for a whole page, and where they stand on a line."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from centro.insights.charts import Span
from centro.insights.models import Annotation
from centro.insights.questions import Question, add_months, month_of
from centro.insights.registry import Metric, Row

# More would cover the lines they explain; the newest stay.
MOST = 40


@dataclass(frozen=True, slots=True)
class Note:
    """A note with the number that stands for it in every drawing of the page."""

    number: int
    annotation: Annotation

    @property
    def words(self) -> str:
        """With the short name of the entity it is about; none for the whole country."""
        agency = self.annotation.agency
        return f"{agency.acronym}: {self.annotation.words}" if agency else self.annotation.words

    @property
    def when(self) -> str:
        return self.annotation.when


def notes_on(question: Question) -> list[Note]:
    """What was noted of the days asked for and may be seen by the asker, in order of the days."""
    seen = Annotation.objects.standing().seen_with(question.sight)
    seen = seen.between(question.first, question.last)
    if question.filters.agency is not None:
        seen = seen.about(question.filters.agency)
    newest = list(seen.select_related("agency").order_by("-day", "-pk")[:MOST])
    return [Note(n, one) for n, one in enumerate(reversed(newest), start=1)]


def spans_of(metric: Metric, rows: Sequence[Row], notes: Sequence[Note]) -> list[Span]:
    """Where the notes stand among the months or weeks of these rows; those beside them are left out."""
    starts = _starts(metric, rows)
    if not starts:
        return []
    over = _after(metric, starts[-1])
    return [
        Span(
            _position(metric, starts, max(note.annotation.day, starts[0])),
            _position(metric, starts, min(note.annotation.end, over - timedelta(days=1))),
            str(note.number),
            f"{note.when}: {note.words}",
        )
        for note in notes
        if note.annotation.day < over and note.annotation.end >= starts[0]
    ]


def notes_in(metric: Metric, row: Row, notes: Sequence[Note]) -> list[Note]:
    """The notes of which a day lies in the month or week of this row."""
    for start in _starts(metric, [row]):
        over = _after(metric, start)
        return [n for n in notes if n.annotation.day < over and n.annotation.end >= start]
    return []


def _starts(metric: Metric, rows: Sequence[Row]) -> list[date]:
    """The first day of each row, for rows along time; of others, none."""
    column = metric.columns[0]
    if column.unit == "month":
        return [month_of(row[column.name]) for row in rows]
    return [row[column.name] for row in rows] if column.unit == "day" else []


def _after(metric: Metric, start: date) -> date:
    """The first day after the month or week that begins then."""
    monthly = metric.columns[0].unit == "month"
    return add_months(start, 1) if monthly else start + timedelta(days=7)


def _position(metric: Metric, starts: Sequence[date], day: date) -> float:
    """The place in the row of the month or week that contains the day; between two if none does."""
    found = bisect_right(starts, day) - 1
    return found if day < _after(metric, starts[found]) else found + 0.5
