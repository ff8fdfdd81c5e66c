"""The names behind the keys and codes of an answer, for those who show it to people."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from centro.agencies.models import Agency
from centro.cases.ladders import Ladder, rung_name
from centro.cases.statuses import Reason
from centro.catalog.models import CaseKind, ServiceType
from centro.contacts.ways import name_of
from centro.insights.registry import Metric, Row
from centro.insights.writing import written
from centro.places.models import Place

NAME = "name"


def named(metric: Metric, rows: list[Row]) -> list[Row]:
    """The rows with a `name` beside the first column, in words; the same rows where it needs none."""
    if not metric.names:
        return rows
    column = metric.key
    names = NAMES[metric.names](row[column] for row in rows)
    return [{**row, NAME: names.get(row[column]) or _unknown(metric.names)} for row in rows]


def heading_of(metric: Metric, row: Row) -> str:
    """The first column of a row in words."""
    first = metric.columns[0]
    if NAME in row and first.name == metric.key:
        return str(row[NAME])
    return written(row[first.name], first.unit)


def _unknown(what: str) -> str:
    """What has no value, said in words: a case in triage, one without a place, a sealed one."""
    return {
        "agency": _("Por derivar"),
        "service": _("Reservado"),
        "place": _("Sin lugar"),
    }.get(what, _("Sellado"))


def _from(
    model: type[Model], show: Callable[[Any], str]
) -> Callable[[Iterable[Any]], dict[Any, str]]:
    def names(keys: Iterable[Any]) -> dict[Any, str]:
        found = model._default_manager.in_bulk([key for key in set(keys) if key is not None])
        return {key: show(one) for key, one in found.items()}

    return names


def _labels(label: Callable[[Any], str]) -> Callable[[Iterable[Any]], dict[Any, str]]:
    return lambda keys: {key: label(key) for key in set(keys) if key is not None}


def _rung(rung: Any) -> str:
    return str(rung_name(rung, Ladder.AGENCY)) if rung else _("Ninguno")


def _reason(code: Any) -> str:
    return str(Reason(code).label)


NAMES: dict[str, Callable[[Iterable[Any]], dict[Any, str]]] = {
    "agency": _from(Agency, lambda one: one.acronym or one.name),
    "service": _from(ServiceType, lambda one: one.name),
    "place": _from(Place, lambda one: one.name),
    "kind": _labels(lambda code: str(dict(CaseKind.choices).get(code, code))),
    "channel": _labels(name_of),
    "reason": _labels(_reason),
    "rung": _labels(_rung),
}
