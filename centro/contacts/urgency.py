"""Words that put a message before others: danger to life and health, said in a few ways."""

from __future__ import annotations

from collections.abc import Iterable

from centro.kernel.text import words

# Folded, and by their beginning: "incendi" is said in incendio, incendiando, incendiada.
_URGENT = (
    "incendi", "emergenci", "urgent", "urgenci", "explosi", "derrumb", "inundand", "ahogand",
    "electrocut", "violencia", "golpeand", "amenaz", "suicid", "herid", "sangr", "desmay",
    "infart", "socorro", "auxilio", "fire", "emergenc", "drown", "bleed",
)  # fmt: skip
_READ = 4_000
_SHORTEST = 3


def sounds_urgent(text: str, also: Iterable[str] = ()) -> bool:
    """Whether a message says one of the urgent words, or of those that are urgent these days."""
    said = words(text[:_READ])
    beginnings = (*_URGENT, *(word for word in also if len(word) >= _SHORTEST))
    return any(word.startswith(beginnings) for word in said)


def as_priorities(text: str) -> list[str]:
    """The words that somebody typed as urgent for a while: folded, each once, the too short left out."""
    return list(dict.fromkeys(word for word in words(text) if len(word) >= _SHORTEST))[:40]
