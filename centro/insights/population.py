"""The cases a question is about, as Ibis tables: who may count them, and how they stood that day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import cached_property, reduce
from operator import and_, or_
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import ibis
from django.conf import settings
from ibis import Table, _

from centro.insights.engine import Row, answer, facts_from
from centro.insights.facts.store import Manifest
from centro.insights.questions import Part, Question, add_months, end_of_month
from centro.insights.signs import WEEKS

# The filters that are columns under another name.
_COLUMNS = {
    "agency": "agency_id",
    "service": "service_id",
    "province": "province_id",
    "district": "district_id",
    "corregimiento": "corregimiento_id",
}
# Solved this close to the end of the term: a solution, or a number saved?
LAST_HOURS = 4


class Population:
    """The tables on which metrics are written.

    Each row of `standing` and of `cohort` is one case as it stood on the day asked for, with
    `closed`, `solved`, `late` (past its term without a solution); each row of `cycles` is one turn
    of a case: what was reopened has more than one.

    The tables hold marks instead of the days and keys of the question (see `engine`), so that all
    questions of one shape share their SQL.
    """

    def __init__(self, question: Question, manifest: Manifest | None) -> None:
        self.question = question
        self._manifest = manifest
        # Whether tables are made of the files of the period's months or, once anything asks for
        # more, of all up to the day asked for.
        self._reads = "cohort"

    def rows_of(self, name: str, query: Callable[[Population], Table]) -> list[Row]:
        """What the engine answers to a query of this population, by the name of the query."""
        shape = (name, *self._shape)
        if shape not in _READS:  # which files it reads is seen by building it once
            trial = Population(self.question, self._manifest)
            query(trial)
            _READS[shape] = trial._reads
        fresh = Population(self.question, self._manifest)
        fresh._reads = _READS[shape]
        files = self._files_of(fresh._reads)
        key = (settings.INSIGHTS_ENGINE, shape)
        return answer(key, lambda: query(fresh), files, self._marks)

    # ---- Tables ----

    @cached_property
    def cohort(self) -> Table:
        """The cases opened in the period. Only the files of its months are read, if nothing else is."""
        rows = self._rows("cohort").filter(
            _.opened_on >= day_marked("first"), _.opened_on <= day_marked("last")
        )
        return _standing(rows)

    @cached_property
    def standing(self) -> Table:
        """All cases opened up to the day asked for, but for those over before the period."""
        return _standing(self._rows("all"))

    @cached_property
    def cycles(self) -> Table:
        """All turns that had begun by the day asked for, but for those over before the period."""
        return _turns(self._rows("all"))

    @cached_property
    def ended(self) -> Table:
        """The cases closed in the period."""
        return self.standing.filter(
            _.closed, _.closed_on >= day_marked("first"), _.closed_on <= day_marked("last")
        )

    @cached_property
    def fell_due(self) -> Table:
        """The cases whose term ended in the period.

        Left out are those that another case represents, and those closed without a solution before
        their term was over: nothing was owed any more.
        """
        rows = self.standing.filter(
            _.due_on >= day_marked("first"),
            _.due_on <= day_marked("last"),
            _.due_s < number_marked("moment"),
        )
        spared = _.closed & ~_.solved & (_.closed_on <= _.due_on)
        return rows.filter(~_.merged, ~spared)

    # ---- What the tables are made of ----

    def _rows(self, reads: str) -> Table:
        """The rows the asker may count and wants; the files are those of all that is read."""
        if reads == "all":
            self._reads = "all"
        rows = facts_from(self._files_of(self._reads))
        if self._reads == "all":
            # What was over before the period says nothing of it; most of an old month is not read.
            rows = rows.filter(rows.over_on >= day_marked("since"))
        for name, value in self.question.filters.given():
            column = rows[_COLUMNS.get(name, name)]
            rows = rows.filter(
                column == (number_marked(name) if isinstance(value, int) else text_marked(name))
            )
        if not self.question.sight.country:
            parts = enumerate(self._parts)
            rows = rows.filter(reduce(or_, (_seen(rows, n, part) for n, part in parts)))
        return rows

    def _files_of(self, reads: str) -> list[Path]:
        if self._manifest is None:
            return []
        asked = self.question
        if reads == "all":
            return self._manifest.files(None, asked.as_of)
        return self._manifest.files(asked.first, asked.last)

    @cached_property
    def _parts(self) -> list[Part]:
        return sorted(
            self.question.sight.parts, key=lambda p: (p.agency, p.unit or 0, p.province or 0)
        )

    @cached_property
    def months(self) -> list[date]:
        """The first days of the months of the period up to the day asked for."""
        asked, found = self.question, []
        month = asked.first.replace(day=1)
        while month <= min(asked.last, asked.as_of):
            found.append(month)
            month = add_months(month, 1)
        return found

    @property
    def _shape(self) -> tuple[Any, ...]:
        """All of the question that is not a mark."""
        sight = [(p.unit is not None, p.province is not None) for p in self._parts]
        given = [name for name, _value in self.question.filters.given()]
        return (*given, self.question.sight.country, *sight, len(self.months))

    @cached_property
    def _marks(self) -> dict[str, str]:
        asked = self.question
        marks = {
            "first": asked.first.isoformat(),
            "last": min(asked.last, asked.as_of).isoformat(),
            "as_of": asked.as_of.isoformat(),
            "since": min(asked.first, asked.as_of - timedelta(weeks=WEEKS + 1)).isoformat(),
            "moment": str(int(asked.moment.timestamp())),
        }
        for n, month in enumerate(self.months):
            end = min(end_of_month(month), asked.as_of)
            marks |= {
                f"month{n}": f"{month:%Y-%m}",
                f"end{n}": end.isoformat(),
                f"after{n}": str(_instant_after(end)),
            }
        for n in range(WEEKS + 2):
            marks[f"week{n}"] = (asked.as_of - timedelta(days=7 * n)).isoformat()
        for n, part in enumerate(self._parts):
            marks |= {f"{what}{n}": str(value) for what, value in vars(part).items()}
        return marks | {name: str(value) for name, value in asked.filters.given()}


# Which files a query of a shape reads: those of its months, or all.
_READS: dict[tuple[Any, ...], str] = {}


def day_marked(name: str) -> Any:
    """A day of the question, by its mark."""
    return ibis.literal(f"¤{name}¤").cast("date")


def number_marked(name: str) -> Any:
    """A number of the question, by its mark."""
    return ibis.literal(f"¤{name}¤").cast("int64")


def text_marked(name: str) -> Any:
    """A word of the question, by its mark."""
    return ibis.literal(f"¤{name}¤")


def _instant_after(day: date) -> int:
    zone = ZoneInfo(settings.TIME_ZONE)
    return int(datetime.combine(day + timedelta(days=1), time(), zone).timestamp())


def _turns(rows: Table) -> Table:
    """The rows with what had happened by the day asked for."""
    then = day_marked("as_of")
    rows = rows.filter(_.started_on <= then)
    closed = (_.closed_on <= then).fill_null(False)
    solved = (_.solved_on <= then).fill_null(False)
    rows = rows.mutate(closed=closed, solved=solved)
    return rows.mutate(
        timely=_.solved & _.on_time.fill_null(False),
        late=~_.closed & ~_.solved & (_.due_s < number_marked("moment")),
    )


def _standing(rows: Table) -> Table:
    """Of each case the last turn that had begun by then."""
    return _turns(rows.filter(_.ended_on.isnull() | (_.ended_on > day_marked("as_of"))))


def _seen(rows: Table, n: int, part: Part) -> Any:
    terms = [rows.agency_id == number_marked(f"agency{n}")]
    if part.unit is not None:
        terms.append(rows.unit_id == number_marked(f"unit{n}"))
    if part.province is not None:
        terms.append(rows.province_id == number_marked(f"province{n}"))
    return reduce(and_, terms)


def count_if(condition: Any) -> Any:
    """How many rows meet it, where what is unknown does not: whole numbers on every engine."""
    return condition.nullif(False).count()


def percent(part: Any, whole: Any) -> Any:
    """Part of a whole in per cent, unrounded; nothing where the whole is nothing."""
    return part.cast("float64") * 100.0 / whole.nullif(0).cast("float64")


def month_text(day: Any) -> Any:
    """The month of a day as 2010-09, alike on every engine."""
    return day.year().cast("string").concat("-", day.month().cast("string").lpad(2, "0"))


def in_period(day: Any) -> Any:
    """Whether a day lies in the period, no later than the day asked for; unknown for no day.

    As plain comparisons, so that an engine can leave out what lies elsewhere unread.
    """
    return (day >= day_marked("first")) & (day <= day_marked("last"))
