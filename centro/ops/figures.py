"""`centro metric` and `centro facts`: figures, and the files they come from, at a prompt."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any

import click
from django.db.models import Model

from centro.agencies.models import Agency
from centro.catalog.models import ServiceType
from centro.insights.facts import Refreshed, check_facts, rebuild_facts, refresh_facts
from centro.insights.naming import named
from centro.insights.questions import Filters, Question, add_months, ask, end_of_month, month_of
from centro.insights.registry import METRICS, measure
from centro.kernel.clock import today
from centro.kernel.errors import Refused
from centro.places.models import Place

FORMATS = ("json", "csv", "table")


def metric_text(
    name: str, first: str | None, last: str | None, as_of: str | None, form: str, filters: Filters
) -> str:
    """The answer in a format. Months are written 2010-09; raises ClickException in words."""
    try:
        refresh_facts()
        answer = measure(name, question_of(first, last, as_of, filters))
    except Refused as refusal:
        raise click.ClickException(str(refusal.message)) from refusal
    rows = named(answer.metric, answer.rows)
    if form == "json":
        return json.dumps(rows, ensure_ascii=False, default=str)
    return _csv(rows) if form == "csv" else _table(rows)


def filters_of(*, agency: str, service: str, place: str, channel: str, kind: str) -> Filters:
    """The filters by the codes that people know; raises ClickException for one that is not."""
    where = _found(Place, "code", place)
    return Filters(
        agency=_key(_found(Agency, "acronym", agency)),
        service=_key(_found(ServiceType, "code", service)),
        channel=channel or None,
        kind=kind or None,
        **({where.level: where.pk} if where else {}),
    )


def _found(model: type[Model], field: str, value: str) -> Any:
    if not value:
        return None
    row = model._default_manager.filter(**{field: value}).first()
    if row is None:
        raise click.ClickException(f"There is no {model._meta.model_name} “{value}”.")
    return row


def _key(row: Any) -> int | None:
    return row.pk if row else None


def question_of(
    first: str | None, last: str | None, as_of: str | None, filters: Filters
) -> Question:
    """From the first day of a month to the last of another; by default the last twelve."""
    end = end_of_month(month_of(last)) if last else today()
    begin = month_of(first) if first else add_months(end, -11)
    try:
        day = date.fromisoformat(as_of) if as_of else None
    except ValueError:
        raise click.ClickException(f"“{as_of}” is no day. Write it so: 2011-05-31") from None
    return ask(begin, end, as_of=day, filters=filters)


def list_metrics() -> str:
    """Every metric with its sentence, one a paragraph."""
    return "\n".join(
        f"{name}\n    {metric.title}. {metric.sentence}" for name, metric in sorted(METRICS.items())
    )


def refresh(*, rebuild: bool) -> str:
    """Bring the facts up to date, or make them anew, and say what was done."""
    say = (lambda line: click.echo(line, err=True)) if rebuild else (lambda _line: None)
    done: Refreshed = rebuild_facts(say) if rebuild else refresh_facts(say)
    what = "rows" if done.rebuilt else "changed cases"
    return (
        f"{done.cases} {what}, {done.months} months, {done.bytes} bytes written "
        f"in {done.seconds:.1f} s."
    )


def check() -> str:
    """Compare the facts with the database; raises ClickException when they differ."""
    found = check_facts(lambda line: click.echo(line, err=True))
    if found:
        lines = [f"{d.month}: {d.in_files} rows in files, {d.in_database} true" for d in found]
        raise click.ClickException(
            "The facts differ from the database. `centro facts rebuild` makes them anew.\n"
            + "\n".join(lines)
        )
    return "The facts equal the database."


def _csv(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return ""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().rstrip("\r\n")


def _table(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "Nothing."
    cells = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[n]) for line in cells) for n in range(len(cells[0]))]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


def _cell(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else "" if value is None else str(value)
