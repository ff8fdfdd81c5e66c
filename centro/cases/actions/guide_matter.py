"""What a short message is about: sure enough to be confirmed, a few things, or nothing of ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from centro.cases.actions.guide_turn import in_english
from centro.catalog.models import ServiceType
from centro.catalog.queries import suggest_words
from centro.catalog.suggesting import active_services
from centro.catalog.understanding.answering import Understanding, Verdict, understand
from centro.kernel.text import stems, words

MOST_CHOICES = 3
# What is so much less likely than the first is no choice to offer.
_BESIDE_THE_LIKELIEST = 0.02
_BESIDE_THE_BEST_NAME = 0.4
# Fewer words are an answer, however odd, and no new subject.
_FEWEST_WORDS = 2
_SMALL_WORDS = frozenset(
    [
        "the",
        "and",
        "for",
        "are",
        "there",
        "with",
        "that",
        "thi",
        "you",
        "your",
        "have",
        "from",
        "area",
    ]
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a text is about: `service` when that is sure, otherwise what it may be, best first."""

    service: ServiceType | None = None
    others: Sequence[ServiceType] = ()
    # No matter of the State.
    outside: bool = False


def hear_matter(text: str, whole: str, not_meant: str = "") -> Heard:
    """What a message means; with all that was told before where it alone says too little.

    `not_meant` is the type that the person has just said it is not.
    """
    heard = _heard(text, not_meant)
    if heard.service is None and not heard.others and not heard.outside and whole != text:
        return _heard(whole, not_meant)
    return heard


def is_another_matter(text: str, than: str) -> bool:
    """Whether a text surely tells of another type of service than this one."""
    if len(stems(text)) < _FEWEST_WORDS:
        return False
    heard = _heard(text, "")
    return heard.service is not None and heard.service.code != than


def tells_something(text: str) -> bool:
    """Whether a text is worth keeping as a description: more than figures and courtesy."""
    return any(not word.isdigit() for word in stems(text)) or (
        not text.isascii() and any(map(str.isalpha, text))
    )


def _heard(text: str, not_meant: str) -> Heard:
    understood = understand(text, limit=MOST_CHOICES + 1, places=False)
    if in_english() and (understood is None or understood.verdict != Verdict.CLEAR):
        # The model learns from Spanish; the index knows the names of the types in English.
        return Heard(others=_by_words(text, not_meant))
    if understood is None:
        return Heard(others=_by_words(text, not_meant))
    if understood.verdict == Verdict.OUT_OF_SCOPE:
        return Heard(outside=True)
    likely = _likely(understood, not_meant)
    if understood.verdict == Verdict.CLEAR and likely:
        first = understood.services[0].service
        if first.code != not_meant:
            return Heard(first, [each for each in likely if each.code != first.code])
    return Heard(others=likely[:MOST_CHOICES])


def _likely(understood: Understanding, not_meant: str) -> list[ServiceType]:
    found = understood.services
    least = found[0].probability * _BESIDE_THE_LIKELIEST if found else 0.0
    kept = [each.service for each in found if each.probability >= least]
    return [service for service in kept if service.code != not_meant]


def _by_words(text: str, not_meant: str) -> list[ServiceType]:
    """By the catalogue's words; in English first by the names that the types have in it."""
    found = _named_in_english(text) if in_english() else []
    found += [each.service for each in suggest_words(text, MOST_CHOICES + 1)]
    once = {service.code: service for service in found if service.code != not_meant}
    return list(once.values())[:MOST_CHOICES]


def _named_in_english(text: str) -> list[ServiceType]:
    """Types whose English names share words with a text; what few names say counts most."""
    names = {service.code: _english(service.name_en) for service in active_services().values()}
    said = _english(text)
    many = Counter(word for name in names.values() for word in name)
    scores = {code: sum(1 / many[word] for word in said & name) for code, name in names.items()}
    best = sorted((code for code in scores if scores[code] > 0), key=lambda c: (-scores[c], c))
    worth = [code for code in best if scores[code] >= scores[best[0]] * _BESIDE_THE_BEST_NAME]
    return [active_services()[code] for code in worth[:MOST_CHOICES]]


def _english(text: str) -> frozenset[str]:
    return frozenset(w.removesuffix("s") for w in words(text) if len(w) > 2) - _SMALL_WORDS
