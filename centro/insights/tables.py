"""The tables of a dashboard as files for a spreadsheet, with what each number means."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from centro.insights.dashboards.panel import Dashboard
from centro.insights.naming import NAME, named
from centro.insights.questions import Question
from centro.insights.registry import Metric, Row, measure
from centro.insights.writing import WORDS, written

_FORMATS = {"percent": "0.0", "hours": "0.0", "per_thousand": "0.00", "count": "#,##0"}
# A cell that begins with one of these would be run as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(board: Dashboard, question: Question) -> bytes:
    """One table after the other, each under its title; UTF-8 with a mark, for spreadsheets."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([str(board.title), _period(question)])
    for metric, rows in _tables(board, question):
        writer.writerow([])
        writer.writerow([str(metric.title)])
        writer.writerow([str(column.title) for column in metric.columns])
        writer.writerows([_safe(value) for value in _values(metric, row)] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(board: Dashboard, question: Question) -> bytes:
    """One sheet for each metric, and first one that says what each number means."""
    book = Workbook()
    first: Any = book.active
    first.title = _("Qué es cada número")
    first.append([str(board.title), _period(question)])
    first.append([])
    for metric, rows in _tables(board, question):
        first.append([str(metric.title), str(metric.sentence)])
        _sheet(book, metric, rows)
    first.column_dimensions["A"].width = 34
    first.column_dimensions["B"].width = 110
    for cell in first["A"]:
        cell.font = Font(bold=True)
    for cell in first["B"]:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _sheet(book: Workbook, metric: Metric, rows: list[Row]) -> None:
    sheet = book.create_sheet(_title(str(metric.title), book.sheetnames))
    sheet.append([str(column.title) for column in metric.columns])
    for row in rows:
        sheet.append([_safe(value) for value in _values(metric, row)])
    for number, column in enumerate(metric.columns, start=1):
        letter = get_column_letter(number)
        sheet[f"{letter}1"].font = Font(bold=True)
        sheet.column_dimensions[letter].width = 40 if column.unit in WORDS else 16
        if column.unit in _FORMATS:
            for cell in sheet[letter][1:]:
                cell.number_format = _FORMATS[column.unit]
    sheet.freeze_panes = "A2"


def _title(text: str, taken: list[str]) -> str:
    """A name that a sheet may have: at most 31 characters, some of them barred, none twice."""
    plain = "".join(c for c in text if c not in "[]:*?/\\'")[:28].strip() or "—"
    return plain if plain not in taken else f"{plain[:26]} {len(taken)}"


def _tables(board: Dashboard, question: Question) -> list[tuple[Metric, list[Row]]]:
    names = dict.fromkeys(panel.name for panel in board.panels)
    answers = [measure(name, question) for name in names]
    return [(answer.metric, named(answer.metric, answer.rows)) for answer in answers]


def _values(metric: Metric, row: Row) -> list[Any]:
    """The row in the order of the columns, the key in words."""
    return [
        row[NAME] if c.name == metric.key and NAME in row else _value(row[c.name], c.unit)
        for c in metric.columns
    ]


def _value(value: Any, unit: str) -> Any:
    """As a spreadsheet counts with it; what is a word is written as one."""
    return written(value, unit) if unit in WORDS else value


def _safe(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value.isoformat() if isinstance(value, date) else value


def _period(question: Question) -> str:
    return _("Del %(first)s al %(last)s, como estaba el %(as_of)s") % {
        "first": question.first.isoformat(),
        "last": question.last.isoformat(),
        "as_of": question.as_of.isoformat(),
    }
