"""The interface speaks plain Spanish: short sentences, easy words, and "usted".

Plain Spanish at level B1 is taken as "normal" or easier on the INFLESZ scale (tests.repo.readability
says what it is), with no sentence over 25 words. A page is judged whole: a label of three words says
little about its language. The length is judged sentence by sentence.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from centro import channels
from centro.ops.messages import find_texts
from tests.repo.readability import NORMAL, read, sentences_of, syllables, words_of

LONGEST_SENTENCE = 25
# Fewer words than this say nothing about the ease of a page.
ENOUGH_WORDS = 40
SHORTEST_PROSE = 4
MESSAGES = Path(channels.__file__).parent / "messages"

# Words that say "tú" or "vos" wherever they stand.
FAMILIAR = frozenset(
    [
        "tú",
        "tu",
        "tus",
        "ti",
        "contigo",
        "tuyo",
        "tuya",
        "tuyos",
        "tuyas",
        "vos",
        "vuestro",
        "vuestra",
        "te",
        "puedes",
        "debes",
        "tienes",
        "quieres",
        "necesitas",
        "eres",
        "estás",
        "has",
        "sabes",
        "haces",
        "vas",
        "escribes",
        "envías",
        "recibes",
        "eliges",
        "encuentras",
        "escribí",
        "inténtalo",
        "escríbelo",
        "envíalo",
        "búscalo",
        "llámanos",
        "cuéntanos",
        "dinos",
    ]
)
# Orders to "tú" that are also the third person ("el caso espera"): wrong where a clause begins.
ORDERS = frozenset(
    [
        "haz",
        "ven",
        "pon",
        "elige",
        "escribe",
        "envía",
        "sube",
        "adjunta",
        "ingresa",
        "espera",
        "intenta",
        "revisa",
        "introduce",
        "selecciona",
        "añade",
        "agrega",
        "llama",
        "busca",
        "marca",
        "guarda",
        "cuenta",
    ]
)


@cache
def texts() -> dict[str, list[str]]:
    """The Spanish texts by the file they are in, as a reader meets them."""
    found: dict[str, list[str]] = defaultdict(list)
    for text in find_texts():
        file = text.place.rsplit(":", 1)[0]
        for one in [text.id] if isinstance(text.id, str) else list(text.id):
            found[file].append(plain(one))
    return found


@cache
def letters() -> dict[str, list[str]]:
    """The messages that are sent, whole."""
    return {file.name: [plain(file.read_text())] for file in sorted(MESSAGES.glob("*.es.txt"))}


def plain(text: str) -> str:
    """Without marks, and with a short word for what is filled in later."""
    text = re.sub(r"<[^>]*>", "", html.unescape(text))
    return re.sub(r"%\((\w+)\)[sd]|\{\w*\}", "dato", text)


def prose(said: list[str]) -> str:
    """What is said in sentences; the names on buttons and boxes are not."""
    return "\n".join(text for text in said if len(words_of(text)) >= SHORTEST_PROSE)


def pages() -> list[str]:
    """What has enough prose to be judged."""
    every = texts() | letters()
    return sorted(f for f, said in every.items() if len(words_of(prose(said))) >= ENOUGH_WORDS)


def test_the_counting_of_syllables():
    expected = {"caso": 2, "agua": 2, "país": 2, "denuncia": 3, "guía": 2, "quién": 1, "hay": 1,
                "oeste": 3, "ciudadano": 4, "vergüenza": 3, "y": 1, "aeropuerto": 5, "reúne": 3}  # fmt: skip
    assert {word: syllables(word) for word in expected} == expected


def test_an_easy_and_a_hard_text_are_told_apart():
    easy = "Su caso ya está en la entidad. Le avisamos cuando haya una respuesta."
    hard = (
        "La implementación de procedimientos administrativos interinstitucionales presupone la "
        "participación coordinada de las dependencias gubernamentales correspondientes."
    )
    assert read(easy).ease > 70
    assert read(hard).ease < 20


@pytest.mark.parametrize("file", pages())
def test_a_page_reads_easily(file: str):
    found = read(prose((texts() | letters())[file]))
    assert found.ease >= NORMAL, f"{file}: {found.ease:.0f}"


def test_no_sentence_is_long():
    long = [
        f"{file}: {len(words_of(sentence))} words: {sentence.strip()}"
        for file, said in (texts() | letters()).items()
        for text in said
        for sentence in sentences_of(text)
        if len(words_of(sentence)) > LONGEST_SENTENCE
    ]
    assert not long, "\n".join(long)


def familiar(text: str) -> list[str]:
    clauses = re.split(r"[.,;:¡!¿?…\n]+", text.lower())
    opening = {found[0] for clause in clauses if (found := words_of(clause))[1:]}
    return sorted((FAMILIAR & set(words_of(text))) | (ORDERS & opening))


def test_everybody_is_usted():
    wrong = [
        f"{file}: {', '.join(familiar(text))}: {text}"
        for file, said in (texts() | letters()).items()
        for text in said
        if familiar(text)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("text", ["Escribe tu nombre", "¿Qué necesitas?", "Inténtalo otra vez"])
def test_the_word_list_knows_who_is_spoken_to(text: str):
    assert familiar(text)
