"""In which language somebody writes, as far as the centre answers in more than one."""

from __future__ import annotations

from django.conf import settings

from centro.kernel.text import words

# Small words that one of the two languages has and the other has not.
_SIGNS = {
    "en": frozenset(["the", "and", "is", "are", "my", "you", "your", "hello", "please", "where", "when", "how", "what", "can", "need", "with", "there", "have", "for", "in", "i", "we", "not", "this"]),
    "es": frozenset(["el", "la", "los", "las", "de", "en", "que", "y", "mi", "hola", "por", "favor", "donde", "cuando", "como", "hay", "no", "una", "un", "es", "se", "para", "con", "buenas", "buenos"]),
}  # fmt: skip
_READ = 2_000
_FEWEST = 2


def guess_language(text: str) -> str:
    """The language of a message: the usual one unless its small words clearly say another."""
    said = words(text[:_READ])
    counts = {code: sum(word in signs for word in said) for code, signs in _SIGNS.items()}
    usual: str = settings.LANGUAGE_CODE[:2]
    best = max(counts, key=lambda code: (counts[code], code == usual))
    clear = counts[best] >= _FEWEST and counts[best] > counts.get(usual, 0)
    return best if clear and best in dict(settings.LANGUAGES) else usual
