"""Keeping from the staff what only the citizen may hold: access codes, links that open, addresses."""

from __future__ import annotations

import re

HIDDEN = "••••"
# An access code as the receipt writes it: K7QF-2M9X.
_CODE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b")
# What follows the path of an address may open something by itself.
_TOKEN = re.compile(r"(https?://[^\s?#<>]+)[?#][^\s<>]+")


def hide_keys(text: str) -> str:
    """The text without access codes and without what links carry behind their path."""
    return _TOKEN.sub(rf"\1?{HIDDEN}", _CODE.sub(f"{HIDDEN}-{HIDDEN}", text))


def hide_address(address: str) -> str:
    """`c••••@correo.example`, `••••4567`: enough to tell two apart, not to reach anybody."""
    name, at, host = address.partition("@")
    return f"{name[:1]}{HIDDEN}@{host}" if at else f"{HIDDEN}{address[-4:]}"
