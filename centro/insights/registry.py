"""Every metric by its name: defined once, used by dashboards, exports, reports and the command.

A metric is one Ibis expression with a sentence that says what the number means, its unit, and what
each column is. `measure` is the only way to an answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise
from ibis import Table

from centro.insights.facts.store import Manifest, current_manifest
from centro.insights.population import Population
from centro.insights.questions import Question
from centro.kernel.errors import NotAllowed, NotFound

Row = dict[str, Any]
Query = Callable[[Population], Table]
Rows = Callable[[Population], list[Row]]
# An answer lives as long as the files it came from; so long in the cache at most.
_KEEP = 24 * 3600


@dataclass(frozen=True)
class Column:
    """One column of an answer: its heading, and how its values are written."""

    name: str
    title: StrOrPromise
    unit: str = "count"  # count · percent · hours · text · month · day · per_thousand


@dataclass(frozen=True)
class Metric:
    """A number or a table that is asked for by name.

    `sentence` is the definition that a reader without training understands. `names` says whose names
    the values of the first column of text are keys of.
    """

    name: str
    title: StrOrPromise
    sentence: StrOrPromise
    columns: tuple[Column, ...]
    rows: Rows
    names: str = ""

    @property
    def key(self) -> str:
        """The column whose values have names; empty where none has."""
        if not self.names:
            return ""
        return next(column.name for column in self.columns if column.unit == "text")

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True)
class Answer:
    """The rows of a metric, and which facts they come from."""

    metric: Metric
    question: Question
    rows: list[Row]
    made_at: str

    @property
    def one(self) -> Row:
        """The single row of a metric that has just one."""
        (row,) = self.rows
        return row


METRICS: dict[str, Metric] = {}


def metric(
    name: str, title: StrOrPromise, sentence: StrOrPromise, *columns: Column, names: str = ""
) -> Callable[[Query], Query]:
    """Register the decorated Ibis expression under a name."""

    def register(query: Query) -> Query:
        _register(Metric(name, title, sentence, columns, lambda c: c.rows_of(name, query), names))
        return query

    return register


def metric_of_rows(
    name: str, title: StrOrPromise, sentence: StrOrPromise, *columns: Column, names: str = ""
) -> Callable[[Rows], Rows]:
    """Register a metric that makes its rows itself: from the database, or of an answer."""

    def register(rows: Rows) -> Rows:
        _register(Metric(name, title, sentence, columns, rows, names))
        return rows

    return register


def _register(made: Metric) -> None:
    if made.name in METRICS:
        raise LookupError(f"metric defined twice: {made.name}")
    METRICS[made.name] = made


def metric_named(name: str) -> Metric:
    """The metric of that name, or a refusal that lists what there is."""
    if name not in METRICS:
        raise NotFound(
            _("No hay un indicador «%(name)s». Hay: %(all)s.")
            % {"name": name[:60], "all": ", ".join(sorted(METRICS))}
        )
    return METRICS[name]


def measure(name: str, question: Question) -> Answer:
    """The answer to a question, from the facts as they are; kept until they change."""
    found = metric_named(name)
    if question.sight.blind:
        raise NotAllowed(_("Sus funciones no incluyen ver cifras."))
    manifest = current_manifest()
    key = _key(found, question, manifest)
    rows = cache.get(key)
    if rows is None:
        rows = found.rows(Population(question, manifest))
        cache.set(key, rows, _KEEP)
    return Answer(found, question, rows, manifest.made_at if manifest else "")


def _key(found: Metric, question: Question, manifest: Manifest | None) -> str:
    """Of the same facts, the same question has the same answer; live ones hold for a minute."""
    parts = (
        found.name, manifest.key if manifest else "", question.first, question.last, question.as_of,
        question.moment.replace(second=0, microsecond=0), tuple(question.filters.given()),
        question.sight,
    )  # fmt: skip
    return f"metric:{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"
