"""A dashboard as a report in type: the same numbers and drawings as on its page, on paper."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from babel.dates import format_datetime
from django.template.loader import render_to_string
from django.utils.timezone import localtime
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from centro.insights import press
from centro.insights.asking import told_filters, told_period
from centro.insights.charts import draw_ranges, shares_of
from centro.insights.dashboards.panel import Dashboard, Look, Panel
from centro.insights.drawing import line_of, map_of
from centro.insights.facts import current_manifest
from centro.insights.naming import NAME, heading_of, named
from centro.insights.notes import Note, notes_in, notes_on
from centro.insights.questions import Question
from centro.insights.registry import Answer, Metric, Row, measure
from centro.insights.writing import WORDS, written
from centro.kernel.clock import now
from centro.kernel.errors import Refused, TooMany

# Rows of one table on paper; who needs more takes the spreadsheet.
MOST_ROWS = 80
# Letters of one text; the longest sentence of ours has half as many.
MOST_LETTERS = 600
# One report at a time in a process: figures are for many, paper for few.
_turn = threading.Lock()
_WAIT = 15
_log = logging.getLogger(__name__)
Content = dict[str, Any]


def as_pdf(board: Dashboard, question: Question) -> bytes:
    """The report as a tagged PDF, or a refusal in words when it cannot be made in time."""
    content = content_of(board, question)
    if not _turn.acquire(timeout=_WAIT):
        raise TooMany(_("Se están componiendo otros informes. Pruebe en un minuto."))
    try:
        return _pressed(content)
    finally:
        _turn.release()


def content_of(board: Dashboard, question: Question) -> Content:
    """All that the report says, as values for the press."""
    notes = notes_on(question) if board.has_lines else []
    manifest = current_manifest()
    content: Content = {
        "lang": _lang(),
        "title": board.title,
        "about": board.about,
        "period": told_period(question),
        "facts": [
            *told_filters(question.filters),
            *([(_("Datos del"), _moment(_when(manifest.made_at)))] if manifest else []),
            (_("Compuesto el"), _moment(now())),
        ],
        "whole": not any(question.filters.given()),
        "numbers": [_number(p, question) for p in board.panels if p.look == Look.NUMBER],
        "panels": [_panel(p, question, notes) for p in board.panels if p.look != Look.NUMBER],
        "notes": [{"number": n.number, "when": n.when, "words": n.words} for n in notes],
        "words": _words(),
    }
    return {name: _clean(value) for name, value in content.items()}


def _pressed(content: Content) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 our own file, no words of others
            [sys.executable, "-I", press.__file__],
            input=json.dumps(content).encode(),
            capture_output=True,
            timeout=press.MOST_SECONDS,
            check=True,
        )
    except (subprocess.SubprocessError, OSError) as error:
        _log.error("a report was not set: %s %s", error, getattr(error, "stderr", b"") or b"")
        raise Refused(
            _("No se pudo componer el informe. Pruebe con menos meses, o lleve el XLSX.")
        ) from error
    return done.stdout


def _number(panel: Panel, question: Question) -> Content:
    answer = measure(panel.name, question)
    column = answer.metric.column(panel.value)
    return {
        "title": panel.title or answer.metric.title,
        "sentence": answer.metric.sentence,
        "value": written(answer.one[column.name], column.unit),
        "beside": [
            (other.title, written(answer.one[other.name], other.unit))
            for other in answer.metric.columns
            if other.name != panel.value
        ],
    }


def _panel(panel: Panel, question: Question, notes: Sequence[Note]) -> Content:
    answer = measure(panel.name, question)
    rows = named(answer.metric, answer.rows)
    kept = rows[: panel.most or MOST_ROWS]
    noted = notes if panel.look == Look.LINE else ()
    title = panel.title or answer.metric.title
    drawing, keys = _drawing(panel, answer, rows, noted)
    return {
        "title": title,
        "sentence": answer.metric.sentence,
        "drawing": drawing,
        "keys": keys,
        "alt": _("Dibujo de «%(title)s»: la tabla de abajo dice lo mismo.") % {"title": title},
        "columns": [
            {"title": column.title, "figure": n > 0 and column.unit not in WORDS}
            for n, column in enumerate(answer.metric.columns)
        ],
        "rows": [_cells(answer.metric, row, noted) for row in kept],
        "bars": _bars(panel, answer.metric, kept) if panel.look == Look.BARS else [],
        "ranges": _ranges(kept) if panel.look == Look.RANGES else [],
        "more": _more(len(rows) - len(kept)),
    }


def _drawing(
    panel: Panel, answer: Answer, rows: Sequence[Row], notes: Sequence[Note]
) -> tuple[str, list[tuple[int, str]]]:
    """The drawing as SVG (empty where there is nothing to draw), and what its shades stand for."""
    if panel.look == Look.LINE:
        line = line_of(panel, answer.metric, rows, notes)
        return (render_to_string("insights/line.svg", {"line": line}) if line else ""), []
    if panel.look == Look.MAP:
        found = map_of(panel, answer.metric, rows, answer.question)
        if found is not None:
            keys = [(key.shade, key.label) for key in found.keys]
            return render_to_string("insights/map.svg", {"map": found}), keys
    return "", []


def _cells(metric: Metric, row: Row, notes: Sequence[Note]) -> list[str]:
    """The row in words; beside its heading the numbers of the notes on its days."""
    flags = " ".join(f"[{note.number}]" for note in notes_in(metric, row, notes))
    heading = f"{heading_of(metric, row)} {flags}".strip()
    others = [
        str(row[NAME]) if column.name == metric.key else written(row[column.name], column.unit)
        for column in metric.columns[1:]
    ]
    return [heading, *others]


def _bars(panel: Panel, metric: Metric, rows: Sequence[Row]) -> list[int]:
    whole = 100.0 if metric.column(panel.value).unit == "percent" else None
    return shares_of([row[panel.value] for row in rows], whole)


def _ranges(rows: Sequence[Row]) -> list[list[float]]:
    drawn = draw_ranges([(row["low_h"], row["median_h"], row["high_h"]) for row in rows])
    return [[float(one.low), float(one.middle), float(one.high)] for one in drawn]


def _more(rows: int) -> str:
    if rows <= 0:
        return ""
    return ngettext(
        "Queda %(n)d fila más, que está en la mesa y en el XLSX.",
        "Quedan %(n)d filas más, que están en la mesa y en el XLSX.",
        rows,
    ) % {"n": rows}


def _words() -> dict[str, str]:
    """What the press itself says."""
    return {
        "centre": _("Centro de Atención Ciudadana 3-1-1"),
        "report": _("Informe de cifras"),
        "contents": _("Qué contiene"),
        "numbers": _("En números"),
        "notes": _("Anotado en el tiempo"),
        "note": _("Nota"),
        "days": _("Días"),
        "what": _("Qué pasó"),
        "whole": _("Sin filtros: todo lo que usted puede contar"),
        "empty": _("Nada en este período."),
        "page": _("Página"),
        "of": _("de"),
    }


def _clean(value: Any) -> Any:
    """Plain values for JSON: words of a bearable length, without what no page can show."""
    if isinstance(value, dict):
        return {key: one if key == "drawing" else _clean(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    if isinstance(value, bool | int | float):
        return value
    return printable(str(value))


def printable(text: str) -> str:
    """On one line, cut where it grows too long, without control characters and lone surrogates."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if text and not plain:
        return "—"
    return plain if len(plain) <= MOST_LETTERS else f"{plain[:MOST_LETTERS]}…"


def _when(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _moment(moment: datetime) -> str:
    return format_datetime(localtime(moment), "d MMM y, H:mm", locale=_lang())


def _lang() -> str:
    return "en" if (get_language() or "es").startswith("en") else "es"
