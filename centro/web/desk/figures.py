"""A panel of a dashboard as the page shows it: rows in words, drawings, links to the cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from centro.agencies.models import Agency
from centro.catalog.models import ServiceType
from centro.insights.charts import Line, Map, Range, draw_ranges, shares_of
from centro.insights.dashboards import Look, Panel
from centro.insights.drawing import line_of, map_of
from centro.insights.naming import NAME, heading_of, named
from centro.insights.notes import Note, notes_in
from centro.insights.questions import Question
from centro.insights.registry import Answer, Column, Metric, Row, measure
from centro.insights.writing import WORDS, written
from centro.places.models import Place

_TEMPLATES = {
    Look.NUMBER: "desk/figures/_number.html",
    Look.BARS: "desk/figures/_bars.html",
    Look.LINE: "desk/figures/_line.html",
    Look.MAP: "desk/figures/_map.html",
    Look.TABLE: "desk/figures/_table.html",
    Look.RANGES: "desk/figures/_ranges.html",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a row: in words, and whether it is a figure."""

    text: str
    column: Column
    figure: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: its heading, its other values, and how long its bar is.

    `href` leads to its cases; `code` is that of a place one can go into.
    """

    heading: str
    cells: tuple[Cell, ...]
    bar: int
    href: str
    code: str
    range: Range | None
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """The same number of the period before, and in which direction it went."""

    before: str
    sign: str  # up · down · same


@dataclass(frozen=True, slots=True)
class Shown:
    """What a panel's template draws."""

    panel: Panel
    metric: Metric
    headings: tuple[Column, ...]
    lines: tuple[Entry, ...]
    headline: str
    beside: tuple[Cell, ...]
    change: Change | None
    line: Line | None
    map: Map | None
    more: int

    @property
    def title(self) -> Any:
        return self.panel.title or self.metric.title

    @property
    def template(self) -> str:
        return _TEMPLATES[self.panel.look]

    @property
    def empty(self) -> bool:
        return not self.lines and self.panel.look != Look.NUMBER


def show(
    panel: Panel,
    question: Question,
    *,
    compare: bool,
    whole: bool = False,
    notes: Sequence[Note] = (),
) -> Shown:
    """The panel with its numbers, a line with the notes on its days.

    `whole` shows the rows that a page leaves out at first.
    """
    answer = measure(panel.name, question)
    rows = named(answer.metric, answer.rows)
    kept = rows if whole or not panel.most else rows[: panel.most]
    number = panel.look == Look.NUMBER
    noted = notes if panel.look == Look.LINE else ()
    return Shown(
        panel=panel,
        metric=answer.metric,
        headings=_headings(answer.metric),
        lines=() if number else _lines(panel, answer.metric, kept, noted),
        headline=_headline(panel, answer) if number else "",
        beside=_beside(panel, answer) if number else (),
        change=_change(panel, answer, question) if number and compare else None,
        line=line_of(panel, answer.metric, rows, noted) if panel.look == Look.LINE else None,
        map=map_of(panel, answer.metric, rows, question) if panel.look == Look.MAP else None,
        more=len(rows) - len(kept),
    )


def _headings(metric: Metric) -> tuple[Column, ...]:
    return metric.columns


def _lines(
    panel: Panel, metric: Metric, rows: Sequence[Row], notes: Sequence[Note]
) -> tuple[Entry, ...]:
    unit = metric.column(panel.value).unit
    bars = shares_of([row[panel.value] for row in rows], 100.0 if unit == "percent" else None)
    ranges: Sequence[Range | None] = [None] * len(rows)
    if panel.look == Look.RANGES:
        ranges = draw_ranges([(row["low_h"], row["median_h"], row["high_h"]) for row in rows])
    links, codes = _links(metric, rows), _places(metric, rows)
    return tuple(
        Entry(
            heading_of(metric, row),
            _cells(metric, row),
            bar,
            href,
            code,
            drawn,
            tuple(notes_in(metric, row, notes)),
        )
        for row, bar, href, code, drawn in zip(rows, bars, links, codes, ranges, strict=True)
    )


def _cells(metric: Metric, row: Row) -> tuple[Cell, ...]:
    return tuple(
        Cell(
            str(row[NAME]) if column.name == metric.key else _text(row, column),
            column,
            column.unit not in WORDS,
        )
        for column in metric.columns[1:]
    )


def _text(row: Row, column: Column) -> str:
    return written(row[column.name], column.unit)


def _headline(panel: Panel, answer: Answer) -> str:
    column = answer.metric.column(panel.value)
    return written(answer.one[column.name], column.unit)


def _beside(panel: Panel, answer: Answer) -> tuple[Cell, ...]:
    return tuple(
        Cell(_text(answer.one, column), column, figure=True)
        for column in answer.metric.columns
        if column.name != panel.value
    )


def _change(panel: Panel, answer: Answer, question: Question) -> Change:
    before = measure(panel.name, question.before())
    column = answer.metric.column(panel.value)
    new, old = answer.one[column.name], before.one[column.name]
    sign = "same"
    if new is not None and old is not None and new != old:
        sign = "up" if new > old else "down"
    return Change(written(old, column.unit), sign)


# Where the cases behind a row are: the word of the inbox, and the code of a key.
_INBOX = {"agency": "entidad", "service": "servicio", "kind": "tipo"}


def _links(metric: Metric, rows: Sequence[Row]) -> list[str]:
    """The address of the cases of each row, where the inbox can show them."""
    word = _INBOX.get(metric.names)
    if word is None or metric.columns[0].name != metric.key:  # the row is not of one thing
        return [""] * len(rows)
    codes = _codes(metric.names, [row[metric.key] for row in rows])
    return [
        f"{reverse('desk:inbox')}?{urlencode({'carpeta': 'todos', word: codes[row[metric.key]]})}"
        if row[metric.key] in codes
        else ""
        for row in rows
    ]


def _places(metric: Metric, rows: Sequence[Row]) -> list[str]:
    """The codes of the places that have smaller ones inside."""
    if metric.names != "place":
        return [""] * len(rows)
    inside = Place.objects.exclude(level=Place.Level.CORREGIMIENTO)
    known = dict(inside.filter(pk__in=[row[metric.key] for row in rows]).values_list("pk", "code"))
    return [known.get(row[metric.key], "") for row in rows]


def _codes(names: str, keys: Sequence[Any]) -> dict[Any, str]:
    if names == "agency":
        return dict(Agency.objects.filter(pk__in=keys).values_list("pk", "acronym"))
    if names == "service":
        return dict(ServiceType.objects.filter(pk__in=keys).values_list("pk", "code"))
    return {key: key for key in keys if key}
