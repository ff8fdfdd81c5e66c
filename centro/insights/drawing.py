"""The drawing of a panel, from the rows of its metric: the same on the page and in the report."""

from __future__ import annotations

from collections.abc import Sequence

from centro.insights.charts import Line, Map, draw_line, draw_map
from centro.insights.charts import Place as Shaded
from centro.insights.dashboards.panel import Panel
from centro.insights.naming import NAME
from centro.insights.notes import Note, spans_of
from centro.insights.questions import Question
from centro.insights.registry import Metric, Row
from centro.insights.writing import written
from centro.places.models import Place


def line_of(
    panel: Panel, metric: Metric, rows: Sequence[Row], notes: Sequence[Note] = ()
) -> Line | None:
    """The panel's value along the months or weeks, with the notes at their days."""
    first, column = metric.columns[0], metric.column(panel.value)
    return draw_line(
        [written(row[first.name], first.unit) for row in rows],
        [row[column.name] for row in rows],
        [written(row[column.name], column.unit) for row in rows],
        spans_of(metric, rows, notes),
    )


def map_of(panel: Panel, metric: Metric, rows: Sequence[Row], question: Question) -> Map | None:
    """The places of the rows in shades; the rows have names."""
    places = Place.objects.in_bulk([row["place_id"] for row in rows])
    column = metric.column(panel.value)
    shaded = {
        places[row["place_id"]].code: Shaded(
            row["place_id"],
            str(row[NAME]),
            row[column.name],
            written(row[column.name], column.unit),
        )
        for row in rows
        if row["place_id"] in places
    }
    return draw_map(_within(question), shaded)


def _within(question: Question) -> str:
    """The code of the place whose parts a map shows; empty for the country."""
    chosen = question.filters.district or question.filters.province
    if question.filters.corregimiento:
        place = Place.objects.select_related("district").get(pk=question.filters.corregimiento)
        return place.district.code if place.district else ""
    return Place.objects.get(pk=chosen).code if chosen else ""
