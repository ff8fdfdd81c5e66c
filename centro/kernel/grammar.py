"""Small templates from which texts are composed: `[this|that]`, `{slot}`, `<first|third person>`.

A template is parsed once into nested tuples and said many times, each time differently.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

Fill = Callable[[str], str]


class TemplateError(ValueError):
    """A template whose brackets do not match."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Something that whoever says the template puts in."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several; with `by_voice` the first is said by oneself, the second of another."""

    options: tuple[Template, ...]
    by_voice: bool = False


Template = tuple["str | Slot | Choice", ...]
_PARTS = re.compile(r"[\[\]<>|]|\{[a-zA-Z_.]+\}|[^\[\]<>|{}]+")
_ENDS = {"[": "]", "<": ">"}


def parse(text: str) -> Template:
    """The template in a text; raises TemplateError when it is not one."""
    parts = _PARTS.findall(text)
    if "".join(parts) != text:
        raise TemplateError(f"stray brace in: {text}")
    options, rest = _options(parts, 0, None, text)
    if len(options) != 1 or rest != len(parts):
        raise TemplateError(f"stray bracket in: {text}")
    return options[0]


def _options(
    parts: list[str], at: int, end: str | None, text: str
) -> tuple[tuple[Template, ...], int]:
    options: list[Template] = []
    nodes: list[str | Slot | Choice] = []
    while at < len(parts):
        part = parts[at]
        at += 1
        if part == end:
            return (*options, tuple(nodes)), at
        if part == "|":
            options.append(tuple(nodes))
            nodes = []
        elif part in _ENDS:
            inner, at = _options(parts, at, _ENDS[part], text)
            nodes.append(Choice(inner, by_voice=part == "<"))
        elif part in _ENDS.values():
            raise TemplateError(f"stray bracket in: {text}")
        else:
            nodes.append(Slot(part[1:-1]) if part[0] == "{" else part)
    if end is not None:
        raise TemplateError(f"missing {end} in: {text}")
    return (*options, tuple(nodes)), at


def slots_of(template: Template) -> set[str]:
    """The names of everything to be put in, however deep."""
    found: set[str] = set()
    for node in template:
        if isinstance(node, Slot):
            found.add(node.name)
        elif isinstance(node, Choice):
            found |= {name for option in node.options for name in slots_of(option)}
    return found


def say(template: Template, rng: Random, fill: Fill, *, third: bool = False) -> str:
    """One wording of a template."""
    said: list[str] = []
    for node in template:
        if isinstance(node, str):
            said.append(node)
        elif isinstance(node, Slot):
            said.append(fill(node.name))
        else:
            options = node.options
            n = int(third) if node.by_voice else int(rng.random() * len(options))
            said.append(say(options[n], rng, fill, third=third))
    return "".join(said)


_SPACE_BEFORE = re.compile(r"\s+([.,;:?!])")
_DOUBLED = re.compile(r"([.?!])\.+")
# Before a name ("de El Valle") the article keeps its letters.
_CONTRACTED = re.compile(r"\b([Aa]|[Dd]e) el\b")
_BEGINNING = re.compile(r"(^|[.?!]\s+)([¿¡]?)([a-záéíóúñü])")


def tidy(text: str) -> str:
    """Single spaces, no space before a stop, "del" and "al", a capital where a sentence begins."""
    text = _SPACE_BEFORE.sub(r"\1", " ".join(text.split()))
    text = _DOUBLED.sub(r"\1", text)
    text = _CONTRACTED.sub(lambda m: f"{m[1]}l", text)
    return _BEGINNING.sub(lambda m: m[1] + m[2] + m[3].upper(), text)
