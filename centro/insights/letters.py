"""What a mail says of a dashboard: its headline numbers in words, and where the rest is."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from django.conf import settings
from django.utils.translation import gettext as _

from centro.insights.asking import words_of
from centro.insights.dashboards.panel import Dashboard, Look, Panel
from centro.insights.naming import heading_of, named
from centro.insights.notes import notes_on
from centro.insights.questions import Question
from centro.insights.registry import Answer, Row, measure
from centro.insights.writing import written

_MOST_ROWS = 3
_MOST_NOTES = 10


def told_numbers(board: Dashboard, question: Question) -> str:
    """The numbers of a dashboard in lines, those of one row first; a `## ` begins a heading."""
    numbers = [_number(panel, question) for panel in board.panels if panel.look == Look.NUMBER]
    parts = ["\n".join(numbers)] if numbers else []
    parts += [
        f"## {_plain(panel.title or panel.metric.title)}\n\n{lines}"
        for panel in board.panels
        if panel.look != Look.NUMBER and (lines := _lines(panel, question))
    ]
    notes = notes_on(question)[-_MOST_NOTES:] if board.has_lines else []
    noted = [_plain(f"{one.when}: {one.words}") for one in notes]
    if noted:
        parts.append(f"## {_('Anotado en el tiempo')}\n\n" + "\n".join(noted))
    return "\n\n".join(parts)


def link_to(board: Dashboard, query: str, question: Question) -> str:
    """The address of the dashboard with these filters and these months."""
    words = words_of(query) | {
        "desde": f"{question.first:%Y-%m}",
        "hasta": f"{question.last:%Y-%m}",
    }
    return f"{settings.SITE_URL}/mesa/cifras/{board.slug}/?{urlencode(words)}"


def _number(panel: Panel, question: Question) -> str:
    now, before = measure(panel.name, question), measure(panel.name, question.before())
    column = now.metric.column(panel.value)
    return _("%(title)s: %(value)s (antes: %(before)s)") % {
        "title": _plain(panel.title or now.metric.title),
        "value": written(now.one[column.name], column.unit),
        "before": written(before.one[column.name], column.unit),
    }


def _lines(panel: Panel, question: Question) -> str:
    """The first rows of a ranking, the last of a line; what is wide is only on the page."""
    if panel.look == Look.BARS:
        chosen = slice(_MOST_ROWS)
    elif panel.look == Look.LINE:
        chosen = slice(-_MOST_ROWS, None)
    else:
        return ""
    answer = measure(panel.name, question)
    return "\n".join(_told(panel, answer, row) for row in _named(answer, chosen))


def _named(answer: Answer, chosen: slice) -> Sequence[Row]:
    return named(answer.metric, answer.rows[chosen])


def _told(panel: Panel, answer: Answer, row: Row) -> str:
    column = answer.metric.column(panel.value)
    value = written(row[column.name], column.unit)
    return f"{_plain(heading_of(answer.metric, row))}: {value}"


def _plain(text: object) -> str:
    """On one line, so that no name can begin a heading of its own."""
    return " ".join(str(text).split())
