"""What a short message asks for by a word of its own: pure, and forgiving as people type."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from centro.cases.answers import yes_or_no
from centro.catalog.understanding.urgency import Urgency, alarms_in, urgency_of
from centro.kernel.errors import Invalid
from centro.kernel.numbers import parse_number
from centro.kernel.text import fold, stem, words


class Word(StrEnum):
    HELP = "help"
    STOP = "stop"
    START = "start"
    NEW = "new"
    CANCEL = "cancel"
    STATE = "state"
    YES = "yes"
    NO = "no"
    PERSON = "person"
    ENGLISH = "english"
    SPANISH = "spanish"


@dataclass(frozen=True, slots=True)
class Command:
    """A word that asks for something; with the case number (empty when wrong) and code beside it."""

    word: Word
    number: str = ""
    # Digits stood beside it, whether or not they are a case number.
    numbered: bool = False
    code: str = ""
    # Nothing but digits: it may as well answer a question.
    bare: bool = field(default=False, compare=False)


_ALONE: dict[str, Word] = {
    "ayuda": Word.HELP, "help": Word.HELP, "info": Word.HELP,
    "stop": Word.STOP, "baja": Word.STOP, "unsubscribe": Word.STOP,
    "alta": Word.START, "start": Word.START,
    "nuevo": Word.NEW, "nueva": Word.NEW, "new": Word.NEW,
    "cancelar": Word.CANCEL, "cancel": Word.CANCEL, "salir": Word.CANCEL,
    "operador": Word.PERSON, "operadora": Word.PERSON, "operator": Word.PERSON, "agente": Word.PERSON,
    "agent": Word.PERSON, "english": Word.ENGLISH, "ingles": Word.ENGLISH, "espanol": Word.SPANISH,
    "spanish": Word.SPANISH,
}  # fmt: skip
_STATE = frozenset({"estado", "status", "estatus"})
_CASE = r"(?:caso|reporte|queja|reclamo|denuncia|solicitud|case|report|complaint)"
# "¿Cómo va mi caso 311-…?", "what about my case"; the number may follow.
_HOW_IS_IT = re.compile(
    rf"\W*(?:hola\W+|hello\W+|hi\W+)?(?:y\W+)?(?:(?:como|que tal|how|what)(?:\W+(?:va|van|esta|sigue|anda|is|about|s))*"
    rf"|(?:que|what)\W+(?:paso|hay|saben|happened)|(?:quiero|quisiera|i want to)\W+(?:saber|ver|know)"
    rf"(?:\W+(?:de|del|about|como\W+va))*)(?:\W+(?:con|de|to|with|el|la|los|mi|my|the|estado))*"
    rf"\W+{_CASE}s?\b(?:\W+(?:numero|num|no|nro|number|n))?\W*(?:de\W+)?"
)
# Digits with the marks that people put between them, then perhaps the code.
_NUMBER = re.compile(
    r"(?P<number>\d[\d\s.\-–—/#]*\d)(?:[\s,;.:]*(?:clave|codigo|code|con|y|and)?[\s,;.:]*"
    r"(?P<code>[0-9a-z]{4}[\s\-–—]?[0-9a-z]{4}))?\W*",
    re.IGNORECASE,
)
_FEWEST_DIGITS = 9
_DANGER = frozenset(
    stem(word)
    for word in words(
        """incendio fuego quemando llamas herido heridos herida sangre sangrando disparo disparos
        balacera tiroteo asalto asaltando robando secuestro golpeando pegando matar matando
        apunalado ahogando ahogado accidente atropello atropellado choque ambulancia auxilio socorro
        emergencia peligro suicidio suicidar infarto inconsciente explosion derrumbe fire ambulance
        emergency shooting bleeding"""
    )
)
_DANGER_IN_ENGLISH = re.compile(
    r"\b(?:gas leak|smell of gas|smells? gas|drowning|unconscious|not breathing|heart attack|stabbed|being robbed"
    r"|robbery|kidnapp\w+|suicide|kill (?:me|himself|herself|myself|her|him)|beating (?:me|her|him)|injured"
    r"|wounded|explosion|live (?:wire|cable)s?|trapped|on fire|help me)\b"
)


def read_command(text: str) -> Command | None:
    """The command that a whole message is, or None for anything else."""
    said = words(text[:200])
    if not said:
        return None
    if len(said) <= 2 and said[0] in _ALONE and all(word in _ALONE for word in said):
        return Command(_ALONE[said[0]])
    asked = _state(text, said)
    if asked is not None:
        return asked
    solved = yes_or_no(text) if len(said) > 1 or said[0] not in {"s", "n"} else said[0] == "s"
    if solved is None:
        return None
    return Command(Word.YES if solved else Word.NO)


def _state(text: str, said: list[str]) -> Command | None:
    """ESTADO with or without a number, or a number and nothing else."""
    rest = text.strip()
    asked = _HOW_IS_IT.match(fold(rest))
    named = said[0] in _STATE or asked is not None
    if asked is not None:
        rest = fold(rest)[asked.end() :]
    elif named:
        rest = re.sub(r"^\W*\w+\W*(?:(?:de|del|mi|el|caso)\b\W*)*", "", rest, flags=re.IGNORECASE)
    if not rest:
        return Command(Word.STATE) if named else None
    match = _NUMBER.fullmatch(rest)
    if match is None or len(re.sub(r"\D", "", match["number"])) < _FEWEST_DIGITS:
        # "Estado" may also be the first word of what somebody tells.
        wrong = len(said) == 2 or (asked is not None and re.fullmatch(r"[\d\s-]+\W*", rest))
        return Command(Word.STATE, numbered=True) if named and wrong else None
    try:
        number = parse_number(match["number"])
    except Invalid:
        number = ""
    if not number and not named and not match["number"].startswith("311"):
        return None  # a telephone, an amount: no question for a case
    bare = not named and not match["code"]
    return Command(Word.STATE, number, numbered=True, code=match["code"] or "", bare=bare)


def choice_in(text: str, most: int) -> int | None:
    """The figure of a list that an answer names, 0 to `most`; None for anything else."""
    found = re.fullmatch(r"\W*(\d{1,2})\W*", text.strip())
    if found is None:
        return None
    chosen = int(found[1])
    return chosen if chosen <= most else None


def speaks_of_danger(text: str) -> bool:
    """Whether somebody may be in danger now: said too often rather than once too seldom."""
    if any(stem(word) in _DANGER for word in words(text[:2000])):
        return True
    return urgency_of(alarms_in(text)) == Urgency.DANGER or bool(
        _DANGER_IN_ENGLISH.search(fold(text[:2000]))
    )
