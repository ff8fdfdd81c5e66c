"""The cases a question is about, as Ibis tables: who may count them, and how they stood that day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import cached_property, reduce
from operator import and_, or_
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import ibis
from django.conf import settings
from ibis import Table, _

from centro.insights.engine import Row, answer, facts_from, going_after
from centro.insights.facts.rollup import GROUPINGS, Grouping
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
# What a metric may ask for, and the columns it is made of.
_MADE_OF = {"solved": ("solved_on",), "timely": ("solved_on", "on_time")}
# What is read of every row to tell how it stood, whatever a metric asks for.
_READ_OF_ALL = ("started_on", "ended_on", "solved_on", "due_s", "on_time", "overdue")
# What every metric gets.
_ALWAYS = ("n", "opened_on", "closed_on", "closed", "late")
_DAY = timedelta(days=1)


class Population:
    """The tables on which metrics are written.

    Each row of `standing` and of `cohort` is one or more cases as they stood on the day asked for,
    with `closed` and `late` (past its term without a solution); each row of `cycles` is turns of
    cases: what was reopened has more than one. `n` says how many they are: metrics count with
    `count_all` and `count_if`.

    A metric names the other columns that it needs: it gets those alone, and its rows are of the
    smallest rollup that has them, or of the facts. Of a row that counts many, days are known by
    their months alone, which is enough to lie in a period of months: whoever needs the very day
    asks for `closed_day` or `opened_day`.

    The tables hold marks instead of the days and keys of the question (see `engine`), so that all
    questions of one shape share their SQL.
    """

    def __init__(self, question: Question, manifest: Manifest | None) -> None:
        self.question = question
        self._manifest = manifest

    def rows_of(self, name: str, query: Callable[[Population], Table]) -> list[Row]:
        """What the engine answers to a query of this population, by the name of the query."""
        key = (settings.INSIGHTS_ENGINE, name, *self._shape)
        return answer(key, lambda: query(self), self._sources, self._marks)

    # ---- Tables ----

    def cohort(self, *wanted: str) -> Table:
        """The cases opened in the period."""
        rows = _standing(self._rows("cohort", wanted))
        rows = rows.filter(_.opened_on >= day_marked("first"), _.opened_on <= day_marked("last"))
        return _only(rows, wanted)

    def recent(self, *wanted: str) -> Table:
        """The cases opened in the last weeks before the day asked for, the period aside."""
        rows = _standing(self._rows("recent", ("opened_day", *wanted)))
        rows = rows.filter(_.opened_on > day_marked(f"week{WEEKS + 1}"))
        return _only(rows, ("opened_day", *wanted))

    def standing(self, *wanted: str) -> Table:
        """All cases opened up to the day asked for, but for those over before the period."""
        return _only(_standing(self._rows("facts", wanted)), wanted)

    def cycles(self, *wanted: str) -> Table:
        """All turns that had begun by the day asked for, but for those over before the period."""
        return _only(_turns(self._rows("facts", wanted, turns=True)), wanted)

    def ended(self, *wanted: str) -> Table:
        """The cases closed in the period."""
        return self.standing(*wanted).filter(_.closed, in_period(_.closed_on))

    def fell_due(self, *wanted: str) -> Table:
        """The cases whose term ended in the period.

        Left out are those that another case represents, and those closed without a solution before
        their term was over: nothing was owed any more.
        """
        rows = self.standing("due_on", "due_s", "solved", "merged", "before_due", *wanted)
        rows = rows.filter(in_period(_.due_on), _.due_s < number_marked("moment"))
        spared = _.closed & ~_.solved & _.before_due
        return _only(rows.filter(~_.merged, ~spared), wanted)

    # ---- What the tables are made of ----

    def _rows(self, source: str, wanted: Sequence[str], *, turns: bool = False) -> Table:
        """The rows the asker may count and wants, of a rollup that has all it takes or a source."""
        grouping = self._grouping_for(wanted, turns)
        if grouping is not None:
            rows = self._counted(grouping)
        else:
            rows = self._sources[source]()
            rows = rows.mutate(n=ibis.literal(1, "int32"), overdue=ibis.null("boolean"))
            if source == "facts":
                # What was over before the period says nothing of it; most of an old month is not read.
                rows = rows.filter(rows.over_on >= day_marked("first"))
        rows = rows.mutate(opened_day=rows.opened_on, closed_day=rows.closed_on)
        for name, value in self.question.filters.given():
            column = rows[_COLUMNS.get(name, name)]
            rows = rows.filter(
                column == (number_marked(name) if isinstance(value, int) else text_marked(name))
            )
        if not self.question.sight.country:
            parts = enumerate(self._parts)
            rows = rows.filter(reduce(or_, (_seen(rows, n, part) for n, part in parts)))
        return rows

    def _counted(self, grouping: Grouping) -> Table:
        """What something was told of lately, each turn a row, beside the counts of the others."""
        going = self._sources["going"]().filter(_.told_on > day_marked("until"))
        going = going.mutate(n=ibis.literal(1, "int32"), overdue=ibis.null("boolean"))
        rolled = self._sources["rolled"]().filter(
            _.grouping == grouping.number,
            _.over_on >= day_marked("first"),
            _.told_on <= day_marked("until"),
        )
        rolled = rolled.select("n", *(n for n in grouping.columns if n in going.columns))
        lacking = [name for name in _READ_OF_ALL if name not in rolled.columns]
        rolled = rolled.mutate(**{name: ibis.null(going[name].type()) for name in lacking})
        if not grouping.turns:  # the last turn of each, begun like all that is told of it
            rolled = rolled.mutate(started_on=rolled.opened_on)
        return ibis.union(going.select(*rolled.columns), rolled)

    def _grouping_for(self, wanted: Sequence[str], turns: bool) -> Grouping | None:
        """The smallest grouping of whole months with all these columns and those that narrow."""
        if not self._of_whole_months:
            return None
        needed = {part for name in wanted for part in _MADE_OF.get(name, (name,))}
        needed |= {_COLUMNS.get(name, name) for name, _value in self.question.filters.given()}
        for part in self._parts:
            needed |= {f"{name}_id" for name, value in vars(part).items() if value is not None}
        return next((one for one in GROUPINGS if one.has(needed, turns=turns)), None)

    @cached_property
    def _of_whole_months(self) -> bool:
        asked = self.question
        ends = asked.last >= asked.as_of or asked.last == end_of_month(asked.last)
        return asked.first.day == 1 and ends

    @cached_property
    def _sources(self) -> dict[str, Callable[[], Table]]:
        """The tables that may be read, by the beginnings of their names."""
        asked = self.question
        weeks_ago = asked.as_of - timedelta(weeks=WEEKS + 1)
        return {
            "cohort": lambda: self._facts("cohort", asked.first, min(asked.last, asked.as_of)),
            "recent": lambda: self._facts("recent", weeks_ago, asked.as_of),
            "facts": lambda: self._facts("facts", None, asked.as_of),
            "going": self._going,
            "rolled": lambda: facts_from(self._rollups(), "rolled"),
        }

    def _facts(self, what: str, first: date | None, last: date) -> Table:
        return facts_from(self._files(first, last), what)

    def _files(self, first: date | None = None, last: date | None = None) -> list[Path]:
        last = last or self.question.as_of
        return self._manifest.files(first, last) if self._manifest else []

    def _rollups(self) -> list[Path]:
        return self._manifest.rolled() if self._manifest else []

    def _going(self) -> Table:
        """The turns told of since: they lie ready together, or are picked out for an older day."""
        ready = self._manifest.going(self._until) if self._manifest else None
        return facts_from([ready], "going") if ready else going_after(self._until, self._files())

    @property
    def _until(self) -> date:
        """The last month's end from which nothing is told but what the day asked for knows."""
        day = self.question.as_of
        is_over = self.question.moment.timestamp() >= _instant_after(day)
        return day if is_over and day == end_of_month(day) else day.replace(day=1) - _DAY

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
        whole = self._of_whole_months
        return (*given, self.question.sight.country, *sight, len(self.months), whole)

    @cached_property
    def _marks(self) -> dict[str, str]:
        asked = self.question
        marks = {
            "first": asked.first.isoformat(),
            "last": min(asked.last, asked.as_of).isoformat(),
            "as_of": asked.as_of.isoformat(),
            "until": self._until.isoformat(),
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
        late=~_.closed & ~_.solved & (_.overdue | (_.due_s < number_marked("moment"))),
    )


def _standing(rows: Table) -> Table:
    """Of each case the last turn that had begun by then."""
    return _turns(rows.filter(_.ended_on.isnull() | (_.ended_on > day_marked("as_of"))))


def _only(rows: Table, wanted: Sequence[str]) -> Table:
    """What was asked for and nothing else, so that nobody counts by what a rollup does not know."""
    return rows.select(*dict.fromkeys((*_ALWAYS, *wanted)))


def _seen(rows: Table, n: int, part: Part) -> Any:
    terms = [rows.agency_id == number_marked(f"agency{n}")]
    if part.unit is not None:
        terms.append(rows.unit_id == number_marked(f"unit{n}"))
    if part.province is not None:
        terms.append(rows.province_id == number_marked(f"province{n}"))
    return reduce(and_, terms)


def count_all() -> Any:
    """How many cases or turns the rows are: a whole number on every engine."""
    return _.n.sum().fill_null(0)


def count_if(condition: Any) -> Any:
    """How many of them meet it, where what is unknown does not."""
    return _.n.sum(where=condition).fill_null(0)


def percent(part: Any, whole: Any) -> Any:
    """Part of a whole in per cent, unrounded; nothing where the whole is nothing."""
    return part.cast("float64") * 100.0 / whole.nullif(0).cast("float64")


def by_month(rows: Table, day: str, **counts: Any) -> Table:
    """These counts of the rows in each `month` of a day, which is never unknown.

    Day by day first: there are few days, and to make a text of each row would be slow.
    """
    days = rows.group_by(day).aggregate(**counts)
    months = days.group_by(month=month_text(days[day]))
    return months.aggregate(**{name: days[name].sum() for name in counts})


def month_of(day: Any) -> Any:
    """The first day of its month: to count by where there are more keys."""
    return day.truncate("M")


def month_text(day: Any) -> Any:
    """The month of a day as 2010-09, alike on every engine."""
    return day.year().cast("string").concat("-", day.month().cast("string").lpad(2, "0"))


def in_period(day: Any) -> Any:
    """Whether a day lies in the period, no later than the day asked for; unknown for no day.

    As plain comparisons, so that an engine can leave out what lies elsewhere unread.
    """
    return (day >= day_marked("first")) & (day <= day_marked("last"))
