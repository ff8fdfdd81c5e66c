"""What a person wrote now, apart from what they quote. Nothing is lost: the rest is folded away.

Line by line, in one pass: a text of any length and malice takes time in proportion.
"""

from __future__ import annotations

import re

# "El jue, 26 nov 2026 a las 9:00, Centro 3-1-1 (<311@…>) escribió:", in one line or wrapped in two.
_INTRODUCES = re.compile(
    r"^\s*(?:el|on|em|le|am|il)\b.{4,200}\b(?:escribió|escribio|wrote|escreveu|a écrit|schrieb)\s*:\s*$",
    re.IGNORECASE,
)
_BEGINS = re.compile(r"^\s*(?:el|on)\b.{4,200}$", re.IGNORECASE)
_ENDS = re.compile(r".{0,200}\b(?:escribió|escribio|wrote)\s*:\s*$", re.IGNORECASE)
_LINE = re.compile(
    r"^\s*[-_*]{2,}\s*(?:mensaje original|mensaje reenviado|original message|forwarded message)\b",
    re.IGNORECASE,
)
# The block of headers that Outlook puts before what it quotes; one line alone is no block.
_HEADERS = (
    ("de", "from"),
    ("enviado", "enviado el", "fecha", "sent", "date"),
    ("para", "to"),
    ("asunto", "subject"),
)
_RULE = re.compile(r"^\s*_{10,}\s*$")
_LONGEST_LINE = 400


def split_quoted(text: str) -> tuple[str, str]:
    """The words of now and, apart, the quotation that follows them to the end.

    Answers written between quoted lines stay whole: there the quotation is part of the answer.
    """
    lines = text.splitlines()
    at = next((n for n in range(len(lines)) if _begins_quotation(lines, n)), len(lines))
    new, old = "\n".join(lines[:at]).strip(), "\n".join(lines[at:]).strip()
    if not new or _answers_between(lines[at:]):
        return text.strip(), ""
    return new, old


def _begins_quotation(lines: list[str], n: int) -> bool:
    line = lines[n][:_LONGEST_LINE]
    if _LINE.match(line) or _INTRODUCES.match(line):
        return True
    if _BEGINS.match(line) and n + 1 < len(lines) and _ENDS.match(lines[n + 1][:_LONGEST_LINE]):
        return True
    if _RULE.match(line):
        return n + 1 < len(lines) and _is_block(lines, n + 1)
    if line.lstrip().startswith(">"):
        return all(not rest.strip() or rest.lstrip().startswith(">") for rest in lines[n:])
    return _is_block(lines, n)


def _is_block(lines: list[str], n: int) -> bool:
    """Headers of a quoted mail: at least three of them, one after the other."""
    names = []
    for line in lines[n : n + 6]:
        name, colon, _value = line[:_LONGEST_LINE].replace("*", "").partition(":")
        if colon:
            names.append(name.strip().casefold())
    kinds = {at for at, known in enumerate(_HEADERS) if any(name in known for name in names[:6])}
    first = bool(names) and names[0] in _HEADERS[0] and ":" in lines[n]
    return first and len(kinds) >= 3


def _answers_between(quotation: list[str]) -> bool:
    """Whether lines of one's own stand between quoted ones."""
    marked = [n for n, line in enumerate(quotation) if line.lstrip().startswith(">")]
    if not marked:
        return False
    inside = quotation[marked[0] : marked[-1]]
    return any(line.strip() and not line.lstrip().startswith(">") for line in inside)
