"""How easy a Spanish text is to read.

The scale is INFLESZ (Inés Barrio-Cantalejo, "Legibilidad y salud", 2007, and Barrio-Cantalejo et
al., *Anales del Sistema Sanitario de Navarra* 31(2), 2008), which reads the perspicuity formula of
Francisco Szigriszt-Pazos (1993), P = 206.835 - 62.3 * syllables/words - words/sentences, in five
bands: under 40 very hard, 40 to 55 somewhat hard, 55 to 65 normal, 65 to 80 quite easy, over 80 very
easy. It is Flesch's formula fitted to Spanish, after Fernández-Huerta (1959).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NORMAL = 55.0
_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE = re.compile(r"[.!?…:;]+(?=\s|$)|\n+")
_STRONG = "aeoáéíóú"
_VOWELS = _STRONG + "iuü"


@dataclass(frozen=True, slots=True)
class Reading:
    words: int
    sentences: int
    syllables: int

    @property
    def ease(self) -> float:
        """Szigriszt-Pazos' perspicuity: higher is easier."""
        return 206.835 - 62.3 * self.syllables / self.words - self.words / self.sentences


def read(text: str) -> Reading:
    """Count a text. Figures are not words; a line is at least one sentence."""
    sentences = sentences_of(text)
    found = [word for sentence in sentences for word in words_of(sentence)]
    return Reading(len(found), len(sentences), sum(map(syllables, found)))


def sentences_of(text: str) -> list[str]:
    return [part for part in _SENTENCE.split(text) if part and _WORD.search(part)]


def words_of(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def syllables(word: str) -> int:
    """The vowel groups of a word: two strong vowels, or a stressed weak one, are two syllables."""
    word = re.sub(r"y$", "i", word.lower())
    word = re.sub(r"(?<=[gq])u(?=[eiéí])", "", word)
    count, before = 0, ""
    for letter in word:
        if letter in _VOWELS:
            apart = not before or (before in _STRONG and letter in _STRONG)
            count += apart
            before = letter
        else:
            before = ""
    return max(count, 1)
