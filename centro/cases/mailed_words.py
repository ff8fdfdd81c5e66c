"""What an official orders by the first word of a mail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from centro.kernel.text import fold


class Order(StrEnum):
    """What may be done with a case by mail."""

    SOLVE = "solve"
    NOTE = "note"
    ASSIGN = "assign"
    ASK = "ask"
    INFORM = "inform"


_WORDS = {
    "resuelto": Order.SOLVE, "solucion": Order.SOLVE, "solucionado": Order.SOLVE,
    "nota": Order.NOTE, "asignar": Order.ASSIGN, "asigna": Order.ASSIGN,
    "pregunta": Order.ASK, "preguntar": Order.ASK, "avance": Order.INFORM,
}  # fmt: skip
_FIRST = re.compile(r"\s*([^\W\d_]{3,15})\s*(?:[:.\-–—]|\n|$)")


@dataclass(frozen=True, slots=True)
class Said:
    """An order and the words that belong to it."""

    order: Order
    text: str


def understood(text: str) -> Said:
    """The order that a mail begins with; words without one are a note: they change nothing."""
    found = _FIRST.match(text)
    order = _WORDS.get(fold(found[1])) if found else None
    if found is None or order is None:
        return Said(Order.NOTE, text.strip())
    return Said(order, text[found.end() :].strip())
