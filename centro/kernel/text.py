"""Spanish text as people type it: folding, sorting and stems, so that search forgives accents."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import snowballstemmer

_WORD = re.compile(r"[a-z0-9]+")
# Words that say nothing about the matter. Folded, because they are compared after folding.
_STOP_WORDS = """a al algo ante antes aqui asi aun aunque bien buenas buenos cada como con contra cosa cual
    cuando de del desde donde dos e el ella ellos en entre era es esa ese eso esta estan este esto
    favor fue gracias ha hace hacia han hasta hay hola la las le les lo los mas me mi mis mucho muy
    ni no nos nuestra nuestro o otra otro para pero poco por porque pues que quien se ser si sin
    sobre son soy su sus tambien tan tengo tiene toda todas todo todos tu un una unas uno unos usted
    va vez y ya yo"""
STOP_WORDS = frozenset(_STOP_WORDS.split())


def fold(text: str) -> str:
    """Lower case, no accents, `ñ` as `n`, single spaces: the form in which words are compared."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(plain.split())


def sort_key(text: str) -> str:
    """A key that sorts as Spanish does under a byte order: accents ignored, `ñ` just after `n`."""
    marked = text.casefold().replace("ñ", "n\u007f").replace("n\u0303", "n\u007f")
    return fold(marked)


def words(text: str) -> list[str]:
    """The folded words and numbers of a text, in order."""
    return _WORD.findall(fold(text))


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The Spanish snowball stem of a folded word.

    The stemmer treats accented endings apart (`inundación` and `inundacion` differ), so it is
    always given the folded form: both spellings meet in one stem.
    """
    return str(_stemmer().stemWord(word))


def stems(text: str) -> list[str]:
    """The folded stems of the words that carry meaning, in order, repetitions kept."""
    return [stem(word) for word in words(text) if word not in STOP_WORDS]


@lru_cache(maxsize=1)
def _stemmer() -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer("spanish")
