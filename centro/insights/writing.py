"""Values as people read them, by their unit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

# Units whose values are words, not figures.
WORDS = frozenset({"text", "size"})
_SIZES = {"large": _lazy("Grande"), "middle": _lazy("Mediana"), "small": _lazy("Pequeña")}


def written(value: Any, unit: str) -> str:
    """A value in words and figures: 1,234 · 70.0 % · 3.5 h · sept 2010 · — for none."""
    if value is None:
        return "—"
    return _WRITERS.get(unit, _count)(value)


def _count(value: float) -> str:
    return _decimal(value, "#,##0")


def _percent(value: float) -> str:
    return f"{_decimal(value, '#,##0.0')} %"


def _month(value: str) -> str:
    return format_date(date.fromisoformat(f"{value}-01"), "LLL y", locale=_locale())


def _day(value: date) -> str:
    return format_date(value, "d MMM y", locale=_locale())


def _hours(value: float) -> str:
    if value < 48:
        return _("%(n)s h") % {"n": _decimal(value, "#,##0.0")}
    return _("%(n)s días") % {"n": _decimal(value / 24, "#,##0.0")}


def _seconds(value: float) -> str:
    minutes, seconds = divmod(round(value), 60)
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


def _decimal(value: float, pattern: str) -> str:
    return format_decimal(value, pattern, locale=_locale())


def _locale() -> str:
    return "en" if (get_language() or "es").startswith("en") else "es_PA"


_WRITERS: dict[str, Callable[[Any], str]] = {
    "percent": _percent,
    "hours": _hours,
    "seconds": _seconds,
    "per_thousand": lambda value: _decimal(value, "#,##0.00"),
    "decimal": lambda value: _decimal(value, "#,##0.0"),
    "month": _month,
    "day": _day,
    "text": str,
    "size": lambda value: str(_SIZES[value]),
}
