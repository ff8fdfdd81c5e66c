"""Case numbers a person can read aloud, and the codes that open them.

A number is `311-00001234-5`: the year-less serial in eight digits or more and a Damm check digit,
which catches every wrong digit and every swap of two neighbours (H. M. Damm, 2004).

An access code is derived from the number and a key kept outside the database; it is never
stored, so that a receipt can be shown again and a leaked database opens nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from django.utils.translation import gettext as _
from stdnum import damm

from centro.kernel.errors import Invalid

_PREFIX = "311"
# Crockford's alphabet: no I, L, O, U, so that a code read over the telephone stays the same code.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_FORGIVEN = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
_SEPARATORS = re.compile(r"[\s.\-–—_/#]+")
_LONGEST = 40


def number_for(serial: int) -> str:
    """The case number of a serial, for example `311-00001234-5`."""
    body = f"{serial:08d}"
    return f"{_PREFIX}-{body}-{damm.calc_check_digit(body)}"


def parse_number(text: str) -> str:
    """The canonical number for what a person typed: with or without 311, dashes, spaces or zeros.

    Raises Invalid when it cannot be a case number or its check digit is wrong.
    """
    raw = _SEPARATORS.sub("", text[:_LONGEST])
    if raw.isascii() and raw.isdigit():
        for digits in _readings(raw, text):
            if digits and damm.is_valid(digits.zfill(9)):
                body = digits.zfill(9)
                return f"{_PREFIX}-{body[:-1]}-{body[-1]}"
    raise Invalid(
        _("Ese número de caso no es correcto. Revise cada dígito; se parece a 311-00001234-5.")
    )


def serial_of(number: str) -> int:
    """The serial inside a canonical number."""
    return int(number.removeprefix(f"{_PREFIX}-")[:-2])


def _readings(raw: str, text: str) -> list[str]:
    """What the digits may mean: `311` in front is the prefix, or rarely part of a short serial."""
    without_prefix = raw.removeprefix(_PREFIX)
    if len(raw) >= len(_PREFIX) + 9 or re.match(r"\s*311\s*[-–—\s]", text):
        return [without_prefix]
    return [raw, without_prefix] if len(raw) <= 9 else [raw]


def access_code(number: str, key: bytes) -> str:
    """The citizen's code for a case: 40 bits of HMAC-SHA256 as `K7QF-2M9X`."""
    digest = hmac.new(key, f"access:{number}".encode(), hashlib.sha256).digest()
    value = int.from_bytes(digest[:5], "big")
    letters = "".join(_ALPHABET[(value >> shift) & 31] for shift in range(35, -5, -5))
    return f"{letters[:4]}-{letters[4:]}"


def answer_key(number: str, cycle: int, answer: str, key: bytes) -> str:
    """What lets a link in a letter answer one question once: 128 bits of HMAC-SHA256.

    It says for which case, which of its cycles, and which answer; it is stored nowhere.
    """
    said = f"answer:{number}:{cycle}:{answer}"
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()[:32]


def same_code(given: str, expected: str) -> bool:
    """Compare codes in constant time, forgiving case, spaces, dashes and letters heard wrong."""
    return hmac.compare_digest(_plain(given), _plain(expected))


def _plain(code: str) -> bytes:
    return _SEPARATORS.sub("", code[:_LONGEST]).upper().translate(_FORGIVEN).encode()
