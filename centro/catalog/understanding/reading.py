"""A text as the model sees it: words, neighbours, what is lacking, and pieces of words.

Pieces forgive misspellings that no list foresees; words and their neighbours tell matters apart.
Each feature remembers the words that it came from, so that an answer can name its reasons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from centro.catalog.ranking import (
    COMES_AND_GOES,
    LACK_REACHES,
    LACKING,
    SAYS_NOTHING,
    sound_of,
    words_meant,
)
from centro.kernel.text import stem

# A feature, and the positions of the words that it came from.
Feature = tuple[str, tuple[int, ...]]
# Beyond so many words a letter only repeats itself, and an answer must stay quick.
LONGEST = 300
_LONGEST_WORD = 30
_SHORTEST_PIECE, _LONGEST_PIECE = 3, 5
_NUMBER = "0"


def words_of(text: str) -> list[str]:
    """The folded words that are read, in order, with the short forms of messages written out."""
    return [word[:_LONGEST_WORD] for word in words_meant(text)[:LONGEST]]


def tells(word: str) -> bool:
    """Whether a word carries meaning, and is not courtesy or grammar."""
    return word not in SAYS_NOTHING and word not in LACKING and len(word) > 1


def features_in(words: Sequence[str]) -> Iterator[Feature]:
    """Every feature of a text, with the positions of its words; repetitions kept."""
    sounds = [_sound(word) for word in words]
    for at, sound in enumerate(sounds):
        yield f"w {sound}", (at,)
    for at, (one, other) in enumerate(pairwise(sounds)):
        yield f"b {one} {other}", (at, at + 1)
    yield from _content(words, sounds)


def _content(words: Sequence[str], sounds: Sequence[str]) -> Iterator[Feature]:
    """What words that carry meaning add: their pieces, their pairs, and that they are lacking."""
    before: int | None = None
    lacking = 0
    for at, (word, sound) in enumerate(zip(words, sounds, strict=True)):
        if word in LACKING:
            lacking = LACK_REACHES
            continue
        lacking -= 1
        if word in SAYS_NOTHING or len(word) < 2:
            continue
        if lacking >= 0 and word not in COMES_AND_GOES:
            yield f"! {sound}", (at,)
        if before is not None:
            yield f"p {' '.join(sorted((sounds[before], sound)))}", (before, at)
        before = at
        for piece in pieces_of(sound):
            yield piece, (at,)


@lru_cache(maxsize=20_000)
def pieces_of(sound: str) -> tuple[str, ...]:
    """The runs of letters of a word, its beginning and end marked."""
    if sound == _NUMBER or len(sound) < _SHORTEST_PIECE:
        return ()
    marked = f"_{sound}_"
    return tuple(
        f"c {marked[at : at + long]}"
        for long in range(_SHORTEST_PIECE, _LONGEST_PIECE + 1)
        for at in range(len(marked) - long + 1)
    )


@lru_cache(maxsize=20_000)
def _sound(word: str) -> str:
    # Which number it is tells nothing; programmes that are called by one keep it.
    if word.isdigit():
        return word if word in {"120", "311", "65", "911"} else _NUMBER
    return sound_of(stem(word))
