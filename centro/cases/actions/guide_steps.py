"""What each answer of the dialogue leads to: what happens, where, is that right.

A step reads one answer, writes what it learned into `told`, and says what comes next. It sends
nothing and saves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from centro.cases.answers import yes_or_no
from centro.cases.commands import choice_in
from centro.cases.models import Dialogue
from centro.cases.rules import LONGEST_TEXT
from centro.catalog.models import ServiceType
from centro.catalog.queries import service_with, suggest_services
from centro.kernel.text import STOP_WORDS, stems, words
from centro.places.models import Place
from centro.places.queries import Spot, search_spots

Told = dict[str, Any]
Step, Ending = Dialogue.Step, Dialogue.Ending
_MOST_CHOICES = 5
_MOST_WORDS = 12
_LONGEST_NAME = 4
_GREETING = frozenset(
    ["saludos", "dias", "tardes", "noches", "dia", "noche", "tarde", "hi", "hello"]
)
# After one of these a place is named.
_BEFORE_PLACE = frozenset(["en", "de", "del", "a"])


@dataclass(frozen=True, slots=True)
class Turn:
    """What the centre says next and at which step the dialogue then is."""

    say: str
    step: Dialogue.Step
    values: Mapping[str, object] = field(default_factory=dict)
    missed: bool = False
    ending: Dialogue.Ending = Ending.OPEN


def begin(told: Told, text: str) -> Turn:
    """The first words: they may already say what happens."""
    if not set(words(text)) - _GREETING - STOP_WORDS:
        return Turn("what", Step.WHAT)
    return _hear_matter(told, text)


def _hear_matter(told: Told, text: str) -> Turn:
    told["description"] = _joined(told.get("description", ""), text)
    found = suggest_services(text, _MOST_CHOICES) or suggest_services(
        told["description"], _MOST_CHOICES
    )
    services = [suggestion.service for suggestion in found]
    if not services:
        return Turn("again", Step.WHAT, missed=True)
    told["services"] = [service.code for service in services]
    return Turn("which", Step.WHICH, {"choices": _listed([s.name for s in services])})


def _choose_service(told: Told, text: str) -> Turn:
    codes = told["services"]
    chosen = choice_in(text, len(codes))
    if chosen == 0:
        return Turn("again", Step.WHAT, missed=True)
    if chosen is not None:
        service = service_with(codes[chosen - 1])
        if service is not None:
            told["service"] = service.code
            return _ask_place(told, service)
    if chosen is None and stems(text):
        # Not a figure: perhaps they tell it once more in other words.
        turn = _hear_matter(told, text)
        return Turn(turn.say, turn.step, turn.values, missed=True)
    names = [service.name for code in codes if (service := service_with(code))]
    return Turn("which", Step.WHICH, {"choices": _listed(names)}, missed=True)


def _ask_place(told: Told, service: ServiceType) -> Turn:
    if not service.requires_place:
        return _ask_whether_right(told)
    named = _named_in(told["description"])
    return _offer_places(told, named) if named else Turn("where", Step.WHERE)


def _hear_place(told: Told, text: str) -> Turn:
    told["reference"] = text.strip()[:300]
    spots = _spots_like(text)
    if not spots:
        return Turn("where", Step.WHERE, missed=True)
    exact = [spot for spot in spots if words(spot.place.name) == words(text)]
    if len(spots) == 1 or len(exact) == 1:
        return _take_place(told, (exact or spots)[0])
    return _offer_places(told, spots)


def _offer_places(told: Told, spots: Sequence[Spot]) -> Turn:
    told["places"] = [_kept(spot) for spot in spots]
    return Turn("place", Step.PLACE, {"choices": _listed([spot.label for spot in spots])})


def _choose_place(told: Told, text: str) -> Turn:
    places = told["places"]
    chosen = choice_in(text, len(places))
    if chosen == 0:
        return Turn("where", Step.WHERE)
    if chosen is not None:
        told["place"] = places[chosen - 1]
        return _ask_whether_right(told)
    if words(text) and not words(text)[0].isdigit():
        return _hear_place(told, text)
    labels = [place["label"] for place in places]
    return Turn("place", Step.PLACE, {"choices": _listed(labels)}, missed=True)


def _take_place(told: Told, spot: Spot) -> Turn:
    told["place"] = _kept(spot)
    return _ask_whether_right(told)


def _ask_whether_right(told: Told, *, missed: bool = False) -> Turn:
    service = service_with(told["service"])
    place = told.get("place", {}).get("label", "")
    values = {"service": service.name if service else "", "place": place}
    return Turn("confirm" if place else "confirm_matter", Step.CONFIRM, values, missed=missed)


def _hear_whether_right(told: Told, text: str) -> Turn:
    right = yes_or_no(text)
    if right is None:
        right = {"s": True, "n": False}.get("".join(words(text)))
    if right:
        return Turn("opened", Step.CONFIRM, ending=Ending.CASE)
    if right is None:
        return _ask_whether_right(told, missed=True)
    told.clear()
    return Turn("restart", Step.WHAT)


STEPS: Mapping[str, Callable[[Told, str], Turn]] = {
    Step.WHAT: begin,
    Step.WHICH: _choose_service,
    Step.WHERE: _hear_place,
    Step.PLACE: _choose_place,
    Step.CONFIRM: _hear_whether_right,
}


def _joined(before: str, text: str) -> str:
    text = text.strip()
    return (f"{before}\n{text}" if before and text not in before else before or text)[:LONGEST_TEXT]


def _listed(names: Sequence[str]) -> str:
    return "\n".join(f"{n} {name}" for n, name in enumerate(names, start=1))


def _kept(spot: Spot) -> Told:
    exact = spot.exact
    return {
        "code": spot.place.code,
        "label": spot.label,
        "lat": spot.lat if exact else None,
        "lon": spot.lon if exact else None,
    }


def _small(spots: Sequence[Spot]) -> list[Spot]:
    """Those that lie in one corregimiento: a case of "Panamá" would be nowhere."""
    fine = [spot for spot in spots if spot.place.level == Place.Level.CORREGIMIENTO]
    return list({spot.label: spot for spot in fine}.values())[:_MOST_CHOICES]


def _spots_like(text: str) -> list[Spot]:
    """What an answer to "where" may mean: all of it, a piece of it, or a name inside it."""
    pieces = [text, *text.replace(";", ",").split(",")]
    for piece in pieces[:4]:
        found = _small(search_spots(piece[:100], 4 * _MOST_CHOICES))
        if found:
            return found
    said = words(text)[:_MOST_WORDS]
    return _longest_name(said, range(len(said)))


def _named_in(text: str) -> list[Spot]:
    """The places whose whole name follows "en", "de"… in what was told."""
    said = words(text)[: 2 * _MOST_WORDS]
    after = [n + 1 for n, word in enumerate(said[:-1]) if word in _BEFORE_PLACE]
    return _longest_name(said, after[:_MOST_CHOICES])


def _longest_name(said: Sequence[str], starts: Sequence[int]) -> list[Spot]:
    for length in range(_LONGEST_NAME, 0, -1):
        for start in starts:
            name = list(said[start : start + length])
            if len(name) < length or len("".join(name)) < 4:
                continue
            found = [
                spot
                for spot in _small(search_spots(" ".join(name), 4 * _MOST_CHOICES))
                if spot.landmark is None and name in (words(spot.place.name), words(spot.alias))
            ]
            if found:
                return found
    return []
