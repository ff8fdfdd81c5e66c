"""Answers to short questions as people write them: a day, a number, one of several, a yes: pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from centro.kernel.text import fold, stems, words

_UNKNOWN = re.compile(
    r"(?:(?:yo|pues|la verdad|mire)\W+)*(?:"
    r"no\W+(?:lo\W+|la\W+)?(?:se|sabria)(?:\W+decir\w*)?|nose|n/?s|ni\W+idea|no\W+tengo\W+idea"
    r"|no\W+(?:me\W+)?(?:acuerdo|recuerdo)|no\W+estoy\W+segur[oa]|desconozco"
    r"|i\W+(?:do\W?n.?t|do\W+not)\W+(?:know|remember)|do\W?n.?t\W+know|not\W+sure|no\W+idea|idk"
    r"|unknown)\W*"
)
_YES = frozenset(["si", "sii", "siii", "s", "sip", "claro", "correcto", "afirmativo", "yes", "y", "yeah", "yep", "ok"])  # fmt: skip
_NO = frozenset(["no", "noo", "n", "nop", "nope", "negativo", "tampoco", "todavia", "ninguna", "ninguno", "nadie"])  # fmt: skip
_DAYS = {"lunes": 0, "martes": 1, "miercoles": 2, "jueves": 3, "viernes": 4, "sabado": 5, "domingo": 6,
         "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6}  # fmt: skip
_MONTHS = {"ene": 1, "jan": 1, "feb": 2, "mar": 3, "abr": 4, "apr": 4, "may": 5, "jun": 6, "jul": 7, "ago": 8,
           "aug": 8, "sep": 9, "set": 9, "oct": 10, "nov": 11, "dic": 12, "dec": 12}  # fmt: skip
_AGO = {"hoy": 0, "today": 0, "ahora": 0, "anoche": 1, "ayer": 1, "yesterday": 1, "anteayer": 2, "antier": 2,
        "antes de ayer": 2, "antes de hoy": 1, "day before yesterday": 2}  # fmt: skip
_LENGTHS = {
    "dia": 1,
    "dias": 1,
    "day": 1,
    "days": 1,
    "semana": 7,
    "semanas": 7,
    "week": 7,
    "weeks": 7,
}
_NUMBERS = {
    word: number
    for number, said in enumerate(
        ["cero:zero", "un:uno:una:one:a:an", "dos:two:par", "tres:three", "cuatro:four", "cinco:five", "seis:six", "siete:seven", "ocho:eight", "nueve:nine", "diez:ten", "once:eleven", "doce:twelve:docena", "trece:thirteen", "catorce:fourteen", "quince:fifteen", "dieciseis:sixteen", "diecisiete:seventeen", "dieciocho:eighteen", "diecinueve:nineteen", "veinte:twenty"]
    )
    for word in said.split(":")
} | {"treinta": 30, "thirty": 30, "cuarenta": 40, "forty": 40, "cincuenta": 50, "fifty": 50,
     "sesenta": 60, "ochenta": 80, "cien": 100, "hundred": 100}  # fmt: skip
# Words that are numbers only beside what is counted: "una semana", but not "una cosa".
_ARTICLES = frozenset(["un", "una", "a", "an", "par"])
_FIGURES = re.compile(r"(?<![\w.,/-])\d[\d.,]*(?![\w/-])")
_MOST_DIGITS = 12


def is_unknown(text: str) -> bool:
    """Whether somebody says that they do not know."""
    return _UNKNOWN.fullmatch(fold(text).strip(" .!¡?¿,")) is not None


def plain_yes_or_no(text: str) -> bool | None:
    """The yes or no with which an answer begins: to a question that asks for nothing else."""
    said = words(text)
    if not said or is_unknown(text):
        return None
    return True if said[0] in _YES else False if said[0] in _NO else None


def one_of(text: str, choices: Sequence[str]) -> int | None:
    """Which choice an answer names, by its figure (from 1) or by its words; None when unclear."""
    figure = re.fullmatch(r"\W*(\d{1,2})\W*", text.strip())
    if figure is not None:
        chosen = int(figure[1])
        return chosen - 1 if 1 <= chosen <= len(choices) else None
    said = words(text)
    if not said:
        return None
    whole = [n for n, choice in enumerate(choices) if words(choice) == said]
    if len(whole) == 1:
        return whole[0]
    meant = set(stems(text))
    shared = [len(meant & set(stems(choice))) for choice in choices]
    best = max(shared, default=0)
    return shared.index(best) if best and shared.count(best) == 1 else None


def number_in(text: str) -> Decimal | None:
    """The one number of an answer ("unas 20", "B/. 1,200.50", "tres"); None for none or several."""
    figures = [found[0].rstrip(".,") for found in _FIGURES.finditer(text)]
    if figures:
        return _decimal(figures[0]) if len(figures) == 1 else None
    said = words(text)
    if any(any(letter.isdigit() for letter in word) for word in said):
        return None
    counted = [_NUMBERS[word] for word in said if word in _NUMBERS and word not in _ARTICLES]
    if not counted and len(said) <= 2:
        counted = [_NUMBERS[word] for word in said if word in _NUMBERS]
    return Decimal(counted[0]) if len(counted) == 1 else None


def _decimal(figures: str) -> Decimal | None:
    """Points and commas before three digits part thousands; the last before one or two, decimals."""
    match = re.fullmatch(r"(\d{1,3}(?:[.,]\d{3})+|\d+)(?:[.,](\d{1,2}))?", figures)
    if match is None or len(re.sub(r"\D", "", match[1])) > _MOST_DIGITS:
        return None
    whole = re.sub(r"\D", "", match[1])
    try:
        return Decimal(f"{whole}.{match[2]}" if match[2] else whole)
    except InvalidOperation:  # pragma: no cover - the pattern lets through figures only
        return None


def day_in(text: str, today: date) -> date | None:
    """The day that an answer names: 24/11, "ayer", "el lunes", "hace 3 dias", "24 de noviembre".

    Without its year it is the last such day that has come. Day before month, as in Panama, unless
    only the other order is a day.
    """
    folded = fold(text)
    for said in (_written, _named, _ago, _weekday):
        found = said(folded, today)
        if found is not None:
            return found
    return None


def _written(folded: str, today: date) -> date | None:
    iso = re.search(r"\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\b", folded)
    if iso is not None:
        return _day(int(iso[1]), int(iso[2]), int(iso[3]))
    short = re.search(r"\b(\d{1,2})[-/. ](\d{1,2})(?:[-/. ](\d{4}|\d{2}))?\b", folded)
    if short is None:
        return None
    first, second = int(short[1]), int(short[2])
    year = _year(short[3])
    return _dated(second, first, year, today) or _dated(first, second, year, today)


def _named(folded: str, today: date) -> date | None:
    months = "|".join(_MONTHS)
    after = re.search(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\W+(?:de\W+|of\W+)?({months})[a-z]*\b(?:\W+(?:del?\W+)?(\d{{4}}))?", folded)  # fmt: skip
    if after is not None:
        return _dated(_MONTHS[after[2]], int(after[1]), _year(after[3]), today)
    before = re.search(
        rf"\b({months})[a-z]*\W+(\d{{1,2}})(?:st|nd|rd|th)?\b(?:\W+(\d{{4}}))?", folded
    )
    if before is not None:
        return _dated(_MONTHS[before[1]], int(before[2]), _year(before[3]), today)
    return None


def _ago(folded: str, today: date) -> date | None:
    """What is counted from today."""
    for said in sorted(_AGO, key=len, reverse=True):
        if re.search(rf"\b{said}\b", folded):
            return today - timedelta(days=_AGO[said])
    counted = re.search(r"\b(\d{1,3}|[a-z]+)\W+(dias?|days?|semanas?|weeks?)\b", folded)
    if counted is None or not re.search(r"\bhace|\bago\b|\bllev|\bdesde\b", folded):
        return None
    many = int(counted[1]) if counted[1].isdigit() else _NUMBERS.get(counted[1])
    return today - timedelta(days=many * _LENGTHS[counted[2]]) if many is not None else None


def _weekday(folded: str, today: date) -> date | None:
    named = [_DAYS[word] for word in words(folded) if word in _DAYS]
    if len(named) != 1:
        return None
    back = (today.weekday() - named[0]) % 7
    if re.search(r"pasad[oa]|last", folded) and not back:
        back = 7
    return today - timedelta(days=back)


def _year(figures: str | None) -> int | None:
    if not figures:
        return None
    return int(figures) if len(figures) == 4 else 2000 + int(figures)


def _dated(month: int, day: int, year: int | None, today: date) -> date | None:
    if year is not None:
        return _day(year, month, day)
    # The last one that has come; 29 February may lie four years back.
    for back in range(5):
        found = _day(today.year - back, month, day)
        if found is not None and found <= today:
            return found
    return None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
