"""Which of a few thousand texts a person means, from how people really write.

An index in memory of short texts (service types, articles) that forgives accents, endings and
the spelling of text messages, and knows that "no hay agua" and "sin agua" are one thing. Rare
words count more than common ones and two words in their order more than each alone.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Generic, TypeVar

from centro.kernel.text import STOP_WORDS, stem, words

T = TypeVar("T")
Features = dict[str, float]

# What a word of each field is worth to the text that it describes.
PHRASE, WORD_OF_PHRASE, NAME, CATEGORY, BODY = 1.0, 0.55, 0.8, 0.3, 0.2
_PAIR, _LACK, _GUESS = 1.6, 1.4, 0.6
# How fast a text with many keywords gets less for each: 0 not at all, 1 in proportion.
_LENGTH = 0.35
LACK_REACHES = 4
_SHORT_FOR = {"q": "que", "k": "que", "d": "de", "x": "por", "xq": "porque", "pq": "porque",
              "dsd": "desde", "tb": "tambien", "tmb": "tambien", "ta": "esta", "toy": "estoy",
              "ai": "hay", "ay": "hay", "bn": "bien", "dnd": "donde", "cdo": "cuando", "hr": "hora",
              "sta": "esta", "pa": "para", "xfa": "favor", "porfa": "favor", "pls": "favor"}  # fmt: skip
LACKING = frozenset(["no", "sin", "ni", "nunca", "falta", "faltan", "hace", "nadie", "tampoco"])
# Beside the usual stop words: courtesy, and what every report says.
SAYS_NOTHING = STOP_WORDS | frozenset(
    [
        "ahi",
        "alguien",
        "alla",
        "alli",
        "ano",
        "anos",
        "aqui",
        "asi",
        "ayer",
        "buen",
        "buenas",
        "buena",
        "bueno",
        "cada",
        "casi",
        "cerca",
        "cuenta",
        "dan",
        "dar",
        "dentro",
        "deben",
        "dia",
        "dias",
        "dice",
        "dicen",
        "dijo",
        "dijeron",
        "dos",
        "espero",
        "estaba",
        "estamos",
        "frente",
        "fueron",
        "gente",
        "haber",
        "hacen",
        "hacer",
        "haciendo",
        "horas",
        "hoy",
        "igual",
        "junto",
        "llevamos",
        "llevan",
        "lleva",
        "luego",
        "lugar",
        "manana",
        "mes",
        "meses",
        "mejor",
        "mi",
        "mismo",
        "momento",
        "nada",
        "ningun",
        "ninguna",
        "noche",
        "nos",
        "nuestro",
        "nuevo",
        "nunca",
        "otra",
        "parte",
        "persona",
        "personas",
        "primero",
        "problema",
        "puede",
        "pueden",
        "puedo",
        "quiere",
        "quiero",
        "quisiera",
        "reportar",
        "reporto",
        "sabe",
        "saben",
        "semana",
        "semanas",
        "senor",
        "senora",
        "ser",
        "siempre",
        "siendo",
        "sido",
        "sigue",
        "siguen",
        "solo",
        "tarde",
        "tener",
        "tiempo",
        "tienen",
        "todavia",
        "tres",
        "ustedes",
        "va",
        "van",
        "varias",
        "varios",
        "veces",
        "ver",
        "vi",
        "vive",
        "vivimos",
        "vivo",
    ]
)
# "No llega la luz" is about light: these verbs lack nothing by themselves.
COMES_AND_GOES = frozenset(
    words(
        """aparece aparecen da deja dejan dejo entra entran funciona llega llegado llegan llegaron llego
    pasa pasado pasan paso sale salen salio sirve sirven viene vienen vino vuelve vuelven"""
    )
)
_DOUBLED = re.compile(r"([a-z])\1+")


@dataclass(frozen=True, slots=True)
class Described(Generic[T]):
    """A thing to be found and the words that describe it, by how much they tell."""

    item: T
    name: str
    phrases: Sequence[str] = ()
    category: str = ""
    body: str = ""
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Match(Generic[T]):
    """A thing that was found; `score` is the share of the typed meaning that it covers (0 to 1)."""

    item: T
    score: float


class Ranking(Generic[T]):
    """An inverted index from what words mean to the things that they describe."""

    def __init__(self, described: Iterable[Described[T]]) -> None:
        things = list(described)
        self._items = [thing.item for thing in things]
        postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for index, thing in enumerate(things):
            features = _describe(thing)
            for feature, weight in features.items():
                postings[feature].append((index, weight * thing.weight))
        self._postings = dict(postings)
        self._rarity = {
            feature: math.log(1 + len(things) / len(found)) for feature, found in postings.items()
        }
        self._rarest = math.log(1 + len(things))
        self._near = _by_deletions(f for f in postings if " " not in f and f[0] != "!")

    def find(self, text: str, limit: int = 5) -> list[Match[T]]:
        """The things that fit best, best first; none when no word of the text tells anything."""
        asked = self._asked(text)
        scores: dict[int, float] = defaultdict(float)
        for feature, weight in asked.items():
            worth = weight * self._rarity[feature]
            for index, fits in self._postings[feature]:
                scores[index] += worth * fits
        best = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
        # A single rare word that fits wholly is worth 1: half of it is the least worth showing.
        whole = max(
            self._rarest, sum(w * self._rarity[f] for f, w in asked.items() if " " not in f)
        )
        return [Match(self._items[i], round(min(1.0, s / whole), 3)) for i, s in best]

    def _asked(self, text: str) -> Features:
        """The features of a typed text that the index knows, guessing at misspelled words."""
        asked: Features = {}
        for feature, weight in features_of(text).items():
            if feature in self._postings:
                asked[feature] = max(asked.get(feature, 0.0), weight)
            elif " " not in feature and feature[0] != "!":
                for near in self._nearest(feature):
                    asked[near] = max(asked.get(near, 0.0), weight * _GUESS)
        return asked

    def _nearest(self, feature: str) -> set[str]:
        if len(feature) < 5:
            return set()
        return {near for form in _deletions(feature) for near in self._near.get(form, ())}


def features_of(text: str) -> Features:
    """What a text is about: its sounds, its neighbouring pairs, and what it says is lacking."""
    found: Features = {}
    sounds: list[str] = []
    lacking = 0
    for word in words_meant(text):
        if word in LACKING:
            lacking = LACK_REACHES
            continue
        lacking -= 1
        if word in SAYS_NOTHING or (len(word) < 2):
            continue
        sound = sound_of(stem(word))
        sounds.append(sound)
        found[sound] = 1.0
        if lacking >= 0 and word not in COMES_AND_GOES:
            found[f"!{sound}"] = _LACK
    for pair in pairwise(sounds):
        found[" ".join(sorted(pair))] = _PAIR
    return found


def _describe(thing: Described[T]) -> Features:
    parts = [(phrase, PHRASE) for phrase in thing.phrases]
    parts += [(thing.name, NAME), (thing.category, CATEGORY), (thing.body, BODY)]
    weights: Features = {}
    for text, worth in parts:
        found = features_of(text)
        single = [f for f in found if " " not in f and f[0] != "!"]
        share = worth if len(single) < 2 or worth != PHRASE else WORD_OF_PHRASE
        for feature in found:
            value = share if feature in single else worth
            weights[feature] = max(weights.get(feature, 0.0), value)
    return weights


def words_meant(text: str) -> list[str]:
    """The folded words of a text, the short forms of text messages written out."""
    return [_SHORT_FOR.get(word, word) for word in words(text)]


@lru_cache(maxsize=50_000)
def sound_of(word: str) -> str:
    """How a folded word sounds in Panama, where `vaca` and `baca`, `hueco` and `ueco` are one."""
    sound = word.replace("ch", "9").replace("qu", "k").replace("ll", "y").replace("h", "")
    sound = sound.replace("v", "b").replace("z", "s").replace("x", "s")
    sound = re.sub(r"c(?=[ei])", "s", sound).replace("c", "k")
    sound = re.sub(r"g(?=[ei])", "j", sound).replace("gu", "g").replace("w", "u")
    return _DOUBLED.sub(r"\1", sound) or word


def _deletions(word: str) -> set[str]:
    """The word and all that is left of it when one letter goes: two typing slips meet there."""
    return {word} | {word[:i] + word[i + 1 :] for i in range(len(word))}


def _by_deletions(features: Iterable[str]) -> dict[str, list[str]]:
    near: dict[str, list[str]] = defaultdict(list)
    for feature in features:
        if len(feature) >= 5:
            for form in _deletions(feature):
                near[form].append(feature)
    return dict(near)
