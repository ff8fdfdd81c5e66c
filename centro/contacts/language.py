"""In which language somebody writes, as far as the centre answers in more than one."""

from __future__ import annotations

from django.conf import settings

from centro.kernel.text import words

# Small words that one of the two languages has and the other has not.
_SIGNS = {
    "en": frozenset(
        [
            "the",
            "and",
            "is",
            "are",
            "my",
            "you",
            "your",
            "hello",
            "hi",
            "please",
            "where",
            "when",
            "how",
            "what",
            "can",
            "need",
            "with",
            "there",
            "have",
            "for",
            "i",
            "we",
            "not",
            "this",
            "it",
            "was",
            "good",
            "morning",
            "afternoon",
            "evening",
            "thanks",
            "water",
            "street",
            "road",
            "power",
            "light",
            "garbage",
            "trash",
            "broken",
            "house",
            "english",
            "of",
            "since",
            "help",
        ]
    ),
    "es": frozenset(
        [
            "el",
            "la",
            "los",
            "las",
            "de",
            "en",
            "que",
            "y",
            "mi",
            "hola",
            "por",
            "favor",
            "donde",
            "cuando",
            "como",
            "hay",
            "una",
            "un",
            "es",
            "se",
            "para",
            "con",
            "buenas",
            "buenos",
            "gracias",
            "agua",
            "calle",
            "luz",
            "basura",
            "casa",
            "desde",
            "esta",
            "del",
            "al",
        ]
    ),
}
_READ = 2_000
_FEWEST = 2
# Of so few words one sign is enough, when none speaks against it.
_FEW_WORDS = 3


def clear_language(text: str) -> str | None:
    """The language that the small words of a text clearly say; None when they do not."""
    said = words(text[:_READ])
    counts = sorted(
        ((sum(word in signs for word in said), code) for code, signs in _SIGNS.items()),
        reverse=True,
    )
    (most, best), (second, _other) = counts[:2]
    enough = most >= _FEWEST or (most == 1 and second == 0 and len(said) <= _FEW_WORDS)
    return best if enough and most > second and best in dict(settings.LANGUAGES) else None


def guess_language(text: str) -> str:
    """The language of a message: the usual one unless its small words clearly say another."""
    usual: str = settings.LANGUAGE_CODE[:2]
    return clear_language(text) or usual
