"""Yes or no, as people write it in a message."""

from __future__ import annotations

import re

from centro.kernel.text import words

_YES = frozenset(["si", "sii", "siii", "yes", "ok", "correcto", "afirmativo", "resuelto", "arreglado", "solucionado", "sip"])  # fmt: skip
_NO = frozenset(["no", "noo", "nop", "nope", "nada", "negativo", "todavia", "aun", "tampoco"])
_BESIDE = frozenset(["ya", "gracias", "muchas", "senor", "senora", "buenas", "buenos", "dias", "tardes", "hola", "todo", "bien", "esta", "señor", "fue", "me", "lo", "muy", "amable"])  # fmt: skip
_NUMBER = re.compile(r"(?:311)?[\s.\-–—/#]*\d{8,}[\s.\-–—]*\d?")
_MOST_WORDS = 6


def yes_or_no(text: str) -> bool | None:
    """True for a yes, False for a no, None for anything that could be either or more.

    A no may come with its reason behind it ("NO, sigue el hueco"); a yes may not: "sí, pero sigue
    el hueco" is no yes. A case number beside it is left out.
    """
    said = words(_NUMBER.sub(" ", text))
    rest = [word for word in said if word not in _BESIDE]
    if not rest:
        return None
    if rest[0] in _NO:
        return None if any(word in _YES for word in rest[1:3]) and len(rest) <= 3 else False
    if rest[0] in _YES and len(rest) <= _MOST_WORDS and all(word in _YES for word in rest):
        return True
    return None
