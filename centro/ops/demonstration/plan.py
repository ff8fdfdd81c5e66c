"""What the pack says about its demonstration: figures, shares, names and fragments of texts.

The files are described in docs/explanation/demonstration.md.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random
from typing import Any, Generic, TypeVar

from centro.kernel.grammar import Template, parse

T = TypeVar("T")
# What an entity's people write; a service type without its own takes its file's, then the general.
VOICES = ("adds", "solved", "progress", "notes", "asks")


class Shares(Generic[T]):
    """Things drawn by their weights."""

    def __init__(self, weights: Mapping[T, float]) -> None:
        self.things = [thing for thing, weight in weights.items() if weight > 0]
        self._until: list[float] = []
        total = 0.0
        for thing in self.things:
            total += weights[thing]
            self._until.append(total)

    def draw(self, rng: Random) -> T:
        return rng.choices(self.things, cum_weights=self._until)[0]


@dataclass(frozen=True, slots=True)
class Month:
    """A published month: its cohort, and how many of it were closed on the last day of the nine."""

    first: date
    total: int
    closed: int


@dataclass(frozen=True, slots=True)
class Matter:
    """What people say about a service type, and what its entity answers."""

    code: str
    weight: float
    say: tuple[Template, ...]
    english: tuple[Template, ...]
    voices: Mapping[str, tuple[Template, ...]]
    districts: frozenset[str] = frozenset()
    in_history: bool = True
    # Its words say where and since when; nothing is added to them.
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """How an entity works: the share it solves in time, and what it leaves lying."""

    on_time: float = 0.7
    stuck: float = 0.05
    late_days: float = 6.0


@dataclass(frozen=True, slots=True)
class Burst:
    """One event that many people report at once."""

    service: str
    place: str
    lat: float
    lon: float
    callers: int
    duplicates: int
    say: tuple[Template, ...]
    adds: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class Sign:
    """A rule of routing, by codes; `place` is a province, a district or a corregimiento."""

    name: str
    agency: str
    service: str = ""
    category: str = ""
    kind: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole demonstration of a pack."""

    months: tuple[Month, ...]
    agency_shares: Mapping[str, tuple[float, float]]
    recent_days: int
    recent_cases: int
    contacts: int
    channels: Shares[str]
    old_channels: Shares[str]
    hours: Shares[int]
    paces: Mapping[str, Pace]
    burst: Burst
    home: frozenset[str]
    words: Mapping[str, tuple[Template, ...]]
    frames: Mapping[str, tuple[Template, ...]]
    general: Mapping[str, tuple[Template, ...]]
    answers: Mapping[str, tuple[Template, ...]]
    matters: Mapping[str, Matter]
    first_names: Sequence[str]
    last_names: Sequence[str]
    routes: Mapping[str, str] = field(default_factory=dict)
    # Entities whose liaison distributes; the others go by load.
    by_liaison: Sequence[str] = ()
    signs: Sequence[Sign] = ()

    def pace_of(self, acronym: str) -> Pace:
        return self.paces.get(acronym) or self.paces["default"]


def read_plan(folder: Path) -> Plan:
    """The plan in a folder; raises what its parser raises for a file that is not well formed."""
    told = _toml(folder / "plan.toml")
    words = _toml(folder / "words.toml")
    people = _toml(folder / "people.toml")
    figures = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    recent, burst = told["recent"], told["burst"]
    return Plan(
        months=tuple(_month(row) for row in figures["months"]),
        agency_shares={
            name: (row["closed_share"], row["on_time_share"])
            for name, row in figures["agencies"].items()
        },
        recent_days=recent["days"],
        recent_cases=recent["cases"],
        contacts=recent["contacts"],
        channels=Shares(told["channels"]["recent"]),
        old_channels=Shares(told["channels"]["history"]),
        hours=Shares(dict(enumerate(told["hours"]))),
        paces={name: Pace(**row) for name, row in told["pace"].items()},
        burst=Burst(**{**burst, "say": _parsed(burst["say"]), "adds": _parsed(burst["adds"])}),
        home=frozenset(recent["home"]),
        words=_all_parsed(words["slots"]),
        frames=_all_parsed(words["frames"]),
        general=_all_parsed(words["general"]),
        answers=_all_parsed(words["answers"]),
        matters=_matters(sorted((folder / "matters").glob("*.toml"))),
        first_names=people["first"],
        last_names=people["last"],
        routes=told["routes"],
        by_liaison=told.get("distribution", {}).get("liaison", ()),
        signs=tuple(Sign(**row) for row in told.get("signs", ())),
    )


def _month(row: Mapping[str, Any]) -> Month:
    return Month(date.fromisoformat(f"{row['month']}-01"), row["total"], row["closed"])


def _matters(files: Sequence[Path]) -> dict[str, Matter]:
    found: dict[str, Matter] = {}
    for file in files:
        told = _toml(file)
        shared = told.pop("all", {})
        for code, row in told.items():
            found[code] = Matter(
                code=code,
                weight=row.get("weight", 5),
                say=_parsed(row["say"]),
                english=_parsed(row.get("english", ())),
                voices={
                    name: _parsed(row.get(name) or shared[name])
                    for name in VOICES
                    if name in row or name in shared
                },
                districts=frozenset(row.get("districts") or shared.get("districts", ())),
                in_history=row.get("in_history", True),
            )
    return found


def _all_parsed(texts: Mapping[str, Sequence[str]]) -> dict[str, tuple[Template, ...]]:
    return {name: _parsed(options) for name, options in texts.items()}


def _parsed(texts: Sequence[str]) -> tuple[Template, ...]:
    return tuple(parse(text) for text in texts)


def _toml(file: Path) -> dict[str, Any]:
    with file.open("rb") as stream:
        return tomllib.load(stream)
