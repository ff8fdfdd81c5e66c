"""Where it is: read from what was told, or asked, down to one corregimiento."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from centro.cases.actions.guide_turn import Step, Told, Turn, listed
from centro.cases.commands import choice_in
from centro.cases.plain_answers import is_unknown, plain_yes_or_no
from centro.catalog.understanding.answering import find_places
from centro.catalog.understanding.places import NamedPlace
from centro.kernel.text import words
from centro.places.models import Place
from centro.places.queries import Spot, place_with, search_spots

_MOST_CHOICES = 5
_PIECES = 4


def find_place(told: Told, about: str) -> Turn | None:
    """Where it is, from what was told already; otherwise the question for it, None when known."""
    if told.get("place"):
        return None
    if told.get("place_wrong"):
        return where_turn(told, about)
    asked = read_place(told, told.get("description", ""), about)
    return None if told.get("place") else asked or where_turn(told, about)


def where_turn(told: Told, about: str, *, missed: bool = False) -> Turn:
    """Asks where, within a district if one was named."""
    around = place_with(told.get("within", ""))
    if around is not None:
        return Turn("where_in", Step.WHERE, {"about": about, "place": around.name}, missed=missed)
    return Turn("where", Step.WHERE, {"about": about}, missed=missed)


def read_place(told: Told, text: str, about: str = "") -> Turn | None:
    """Take the one place that a text names; or ask which of several. None besides: none is named."""
    found = [named for named in find_places(text) if not named.within_name]
    spots = _within(told, _small(_spot_of(each, p) for each in found for p in _meant(each)))
    if len(spots) == 1:
        told["place"] = _kept(spots[0])
        return None
    if spots:
        return _offer(told, spots)
    districts = [p for each in found for p in _meant(each) if p.level == Place.Level.DISTRICT]
    if len(districts) == 1 and districts[0].code != told.get("within"):
        told["within"] = districts[0].code
        return where_turn(told, about)
    return None


def hear_place(told: Told, text: str, about: str) -> Turn | None:
    """What somebody answered to "where": None when it names one place."""
    if is_unknown(text) or plain_yes_or_no(text) is not None:
        return where_turn(told, about, missed=True)
    told["reference"] = text.replace("\x00", "").strip()[:300]
    spots = _within(told, _spots_like(text))
    # "Tocumen" is the place, and not every bus stop that is called after it.
    exact = [s for s in spots if s.landmark is None and words(s.place.name) == words(text)]
    spots = exact or spots
    if len(spots) == 1:
        told["place"] = _kept(spots[0])
        return None
    if spots:
        return _offer(told, spots)
    asked = read_place(told, text, about)
    return None if told.get("place") else asked or where_turn(told, about, missed=True)


def choose_place(told: Told, text: str, about: str) -> Turn | None:
    """What somebody answered to a list of places."""
    places = told["places"]
    chosen = choice_in(text, len(places))
    if chosen == 0:
        return where_turn(told, about)
    if chosen is not None:
        told["place"] = places[chosen - 1]
        return None
    if words(text) and not words(text)[0].isdigit():
        return hear_place(told, text, about)
    return places_turn(told, missed=True)


def places_turn(told: Told, *, missed: bool = False) -> Turn:
    """The places that were offered."""
    labels = [place["label"] for place in told["places"]]
    return Turn("place", Step.PLACE, {"choices": listed(labels)}, missed=missed)


def _meant(named: NamedPlace) -> Sequence[Place]:
    return (named.place,) if named.place is not None else named.candidates


def _spot_of(named: NamedPlace, place: Place) -> Spot:
    """The place with the pin of a landmark, where it was named by one."""
    if named.alias and place.level == Place.Level.CORREGIMIENTO:
        for spot in search_spots(named.alias, _MOST_CHOICES):
            if spot.place.pk == place.pk:
                return spot
    return Spot(place, alias=named.alias)


def _within(told: Told, spots: list[Spot]) -> list[Spot]:
    """Those inside the district that was named, if any are."""
    around = told.get("within")
    inside = [s for s in spots if s.place.district is not None and s.place.district.code == around]
    return inside or spots


def _offer(told: Told, spots: Sequence[Spot]) -> Turn:
    told["places"] = [_kept(spot) for spot in spots]
    return places_turn(told)


def _kept(spot: Spot) -> Told:
    exact = spot.exact
    return {
        "code": spot.place.code,
        "label": spot.label,
        "lat": spot.lat if exact else None,
        "lon": spot.lon if exact else None,
    }


def _small(spots: Iterable[Spot]) -> list[Spot]:
    """Those that lie in one corregimiento: a case of "Panamá" would be nowhere."""
    fine = [spot for spot in spots if spot.place.level == Place.Level.CORREGIMIENTO]
    return list({spot.label: spot for spot in fine}.values())[:_MOST_CHOICES]


def _spots_like(text: str) -> list[Spot]:
    """What an answer to "where" may mean: all of it, or a piece of it."""
    pieces = [text, *text.replace(";", ",").split(",")]
    for piece in pieces[:_PIECES]:
        found = _small(search_spots(piece[:100], 4 * _MOST_CHOICES))
        if found:
            return found
    return []
