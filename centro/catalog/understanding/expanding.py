"""Rules that write what people might: from sayings and keywords to texts for the model to learn.

Every text begins as a saying of the pack, which is a small grammar (`no [hay|llega] agua`), or as
a keyword, and is dressed as messages are: a greeting, a place, since when, what else they say; then
misspelled, shortened or stripped of accents. Nothing here knows a message that was really sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from centro.kernel.grammar import Template, parse, say
from centro.kernel.text import fold


@dataclass(frozen=True, slots=True)
class Said:
    """A text to learn from: what it means, and how much it counts beside the others."""

    label: str
    text: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Seed:
    """What is known of one meaning before anything is written: names, keywords and sayings."""

    label: str
    names: Sequence[str] = ()
    keywords: Sequence[str] = ()
    sayings: Sequence[str] = ()
    # How many texts come of each saying.
    each: int = 7


def _all(*templates: str) -> tuple[Template, ...]:
    return tuple(parse(template) for template in templates)


_OPENINGS = _all(
    "[buenas|buenos días|buenas tardes|hola|saludos|estimados|señores], ",
    "[buenas|hola] [quiero|quisiera|deseo] [reportar|informar|denunciar|consultar|saber] ",
    "[le llamo|les escribo|escribo|llamo] [de|desde] {place} [porque|por lo siguiente:] ",
    "@311panama ",
    "[quiero poner una queja|reporto|informo|denuncio|solicito ayuda|una consulta]: ",
    "[señores del 311|por este medio|por favor|mire|oiga|disculpe|la ciudadana reporta que] ",
    "[{agency}|señores {agency}] ",
    "[sigue|otra vez|de nuevo|hasta cuándo], ",
)
_PLACES = _all(
    " en {place}",
    " [aquí en|acá en|por] {place}",
    " en [el sector de|la barriada|la comunidad de] {place}",
    ", {place}",
    " [en|frente a] la [calle|avenida|entrada|escuela|iglesia] de {place}",
    " en [la esquina|la calle principal|mi casa|el barrio|la vía principal]",
    " [cerca de|al lado de|detrás de|a un costado de] [la iglesia|la escuela|la cancha|el parque|la tienda|la farmacia]",
    " en calle {number} [de {place}|]",
)
_TIMES = _all(
    " desde [ayer|el lunes|el viernes|anoche|hace días|la semana pasada|las cinco]",
    " hace [dos|tres|{number}] [días|semanas|meses|años]",
    " [todos los días|cada rato|todas las noches]",
    " y [ya van|llevamos] [dos|tres|{number}] [días|semanas|meses]",
    " [hoy|esta mañana|ahora mismo]",
)
_CLOSINGS = _all(
    ", [hasta cuándo|ya no aguantamos|es un abuso|qué falta de respeto]!!",
    ". [gracias|por favor ayuda|espero respuesta]",
    ". [ya llamé|he llamado|fui] [varias veces|tres veces|mil veces] y [nada|no hacen nada|nadie responde]",
    ". [tengo|hay|vivimos con] [niños|una señora mayor|un bebé|personas enfermas]",
    ". adjunto [foto|fotos|comprobante]",
    ". [somos|están afectadas] {number} familias",
    ". [los vecinos|la comunidad|todos] [están molestos|ya reportamos]",
    ". [alguien puede ayudarme|qué puedo hacer|a quién le toca|quién responde]?",
    " [cerca de|frente a] {place}",
)
_SHORTER = (
    (re.compile(r"\bque\b"), "q"), (re.compile(r"\bporque\b"), "xq"), (re.compile(r"\bpor\b"), "x"),
    (re.compile(r"\bpara\b"), "pa"), (re.compile(r"\btambien\b"), "tb"), (re.compile(r"\bhay\b"), "ai"),
    (re.compile(r"\bdesde\b"), "dsd"), (re.compile(r"\bde\b"), "d"), (re.compile(r"\besta\b"), "ta"),
    (re.compile(r"ado\b"), "ao"), (re.compile(r"\bcuando\b"), "cdo"), (re.compile(r"\bpor favor\b"), "xfa"),
)  # fmt: skip
_SLIPS = (
    ("b", "v"), ("v", "b"), ("s", "c"), ("c", "s"), ("z", "s"), ("s", "z"), ("h", ""), ("ll", "y"), ("y", "ll"),
    ("qu", "k"), ("g", "j"), ("j", "g"), ("rr", "r"), ("gu", "w"), ("hue", "ue"), ("ct", "t"), ("x", "s"),
)  # fmt: skip
_SHORTEST_SLIP = 4
# How many texts come of each keyword.
_PER_KEYWORD = 3


def write_texts(
    seeds: Sequence[Seed], places: Sequence[str], agencies: Sequence[str], *, seed: int
) -> Iterator[Said]:
    """Texts for every seed, always the same for the same arguments."""
    writer = _Writer(Random(seed), places or ("el centro",), agencies or ("señores",))  # noqa: S311 no secret
    for each in seeds:
        yield from writer.texts_for(each)


class _Writer:
    def __init__(self, rng: Random, places: Sequence[str], agencies: Sequence[str]) -> None:
        self._rng = rng
        self._places = places
        self._agencies = agencies

    def texts_for(self, seed: Seed) -> Iterator[Said]:
        cores = [parse(saying) for saying in seed.sayings]
        plain = [*seed.names, *seed.keywords]
        for text in plain:
            yield Said(seed.label, text)
        for core in cores:
            for _n in range(seed.each):
                yield Said(seed.label, self._dressed(self._say(core), plain))
        for keyword in seed.keywords:
            for _n in range(_PER_KEYWORD):
                yield Said(seed.label, self._dressed(keyword, plain))

    def _dressed(self, core: str, plain: Sequence[str]) -> str:
        """A core with what people say around it, as they type it."""
        rng = self._rng
        parts = [self._maybe(_OPENINGS, 0.4), core]
        if plain and rng.random() < 0.15:
            parts.append(f", {rng.choice(plain)}")
        parts += [
            self._maybe(_PLACES, 0.5),
            self._maybe(_TIMES, 0.25),
            self._maybe(_CLOSINGS, 0.35),
        ]
        return self._typed("".join(parts))

    def _typed(self, text: str) -> str:
        hurry = self._rng.random()
        if hurry < 0.45:
            return text
        text = fold(text)
        if hurry > 0.65:
            text = " ".join(self._slipped(word) for word in text.split())
        if hurry > 0.8:
            for pattern, short in _SHORTER:
                if self._rng.random() < 0.6:
                    text = pattern.sub(short, text)
        return text

    def _slipped(self, word: str) -> str:
        """A word as a hurried hand types it: most stay as they are."""
        rng = self._rng
        if len(word) < _SHORTEST_SLIP or rng.random() > 0.2:
            return word
        if rng.random() < 0.6:
            able = [pair for pair in _SLIPS if pair[0] in word]
            if able:
                return word.replace(*rng.choice(able), 1)
        at = rng.randrange(1, len(word) - 1)
        return rng.choice(
            (
                word[:at] + word[at + 1 :],
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word[:at] + word[at] + word[at:],
            )
        )

    def _maybe(self, options: Sequence[Template], share: float) -> str:
        return self._say(self._rng.choice(options)) if self._rng.random() < share else ""

    def _say(self, template: Template) -> str:
        return say(template, self._rng, self._slot)

    def _slot(self, name: str) -> str:
        match name:
            case "place":
                return self._rng.choice(self._places)
            case "agency":
                return self._rng.choice(self._agencies)
            case _:
                return str(self._rng.randint(2, 60))
