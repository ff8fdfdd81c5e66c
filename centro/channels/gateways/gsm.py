"""What a text costs on a telephone: its alphabet, its parts, and how it is cut to a number of them.

The alphabet and the sizes are those of 3GPP TS 23.038 and 23.040.
"""

from __future__ import annotations

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Reached by an escape: each takes the room of two.
_EXTENDED = frozenset("\f^{}\\[~]|€")
_SEPTETS, _SEPTETS_OF_MANY = 160, 153
_UNITS, _UNITS_OF_MANY = 70, 67
_CUT = "..."
# What is read just as well in the small alphabet.
_ALIKE = str.maketrans("áíóúÁÍÓÚâêîôûãõç«»“”‘’–—…\u00a0", 'aiouAIOUaeiouaoc""""\'\'--.\u0020')


def fits_gsm(text: str) -> bool:
    """Whether the seven-bit alphabet says all of it. It has ñ, é, à and ü, but not á, í, ó, ú."""
    return all(letter in _BASIC or letter in _EXTENDED for letter in text)


def plainly(text: str) -> str:
    """A text of ours in the small alphabet, where that takes nothing but accents from it.

    With "á", í", "ó" or "ú" a telephone reads 70 letters in a part instead of 160.
    """
    plain = text.translate(_ALIKE)
    return plain if fits_gsm(plain) else text


def parts_of(text: str) -> int:
    """How many parts a text takes; an empty one takes one."""
    gsm = fits_gsm(text)
    sizes = [_size(letter, gsm=gsm) for letter in text]
    one, of_many = (_SEPTETS, _SEPTETS_OF_MANY) if gsm else (_UNITS, _UNITS_OF_MANY)
    if sum(sizes) <= one:
        return 1
    parts, used = 1, 0
    for size in sizes:
        # Nothing of two halves (an escape, an emoji) may lie over the edge of a part.
        if used + size > of_many:
            parts, used = parts + 1, 0
        used += size
    return parts


def cut_to(text: str, most: int, rest: str = "") -> str:
    """The text, or as much of it as `most` parts hold, with dots where something is missing.

    After them stands where the `rest` can be read.
    """
    if parts_of(text) <= most:
        return text
    ending = f"{_CUT} {rest}" if rest else _CUT
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if parts_of(text[:middle].rstrip() + ending) <= most:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + ending


def _size(letter: str, *, gsm: bool) -> int:
    if gsm:
        return 2 if letter in _EXTENDED else 1
    return 2 if ord(letter) > 0xFFFF else 1
