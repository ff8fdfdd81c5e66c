"""What in a text looks like somebody's personal data: for texts that everybody can read."""

from __future__ import annotations

import re

# A cédula (the number of the service looks like one), an address of mail, a mobile telephone.
_PERSONAL = re.compile(
    r"\b(?!3-1-1\b)(?:\d{1,2}|PE|E|N)-\d{1,4}-\d{1,6}\b|[\w.+-]+@[\w-]+\.\w+|\b6\d{3}[- ]?\d{4}\b",
    re.IGNORECASE,
)


def find_personal(text: str) -> str:
    """The first thing in a text that looks like the data of a person; empty when nothing does."""
    found = _PERSONAL.search(text)
    return found[0] if found else ""
