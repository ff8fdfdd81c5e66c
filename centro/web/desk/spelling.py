"""How a number and a code are said on the telephone."""

from __future__ import annotations

_LETTERS = {
    "A": "Alfa", "B": "Bravo", "C": "Charlie", "D": "Delta", "E": "Eco", "F": "Foxtrot",
    "G": "Golf", "H": "Hotel", "I": "India", "J": "Julieta", "K": "Kilo", "L": "Lima",
    "M": "Mike", "N": "Noviembre", "O": "Óscar", "P": "Papa", "Q": "Quebec", "R": "Romeo",
    "S": "Sierra", "T": "Tango", "U": "Uniforme", "V": "Víctor", "W": "Whisky",
    "X": "Equis", "Y": "Yanqui", "Z": "Zulú",
}  # fmt: skip
_DIGITS = {
    "0": "cero", "1": "uno", "2": "dos", "3": "tres", "4": "cuatro",
    "5": "cinco", "6": "seis", "7": "siete", "8": "ocho", "9": "nueve",
}  # fmt: skip
_WORDS = _LETTERS | _DIGITS | {"-": "guion"}


def spelled(text: str) -> list[tuple[str, str]]:
    """Each character with the word that says it; what has no word is left out."""
    return [(sign, _WORDS[sign]) for sign in text.upper() if sign in _WORDS]
