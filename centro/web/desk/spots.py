"""A place as one value of a form: its code, and the point when one is known."""

from __future__ import annotations

import re
from dataclasses import dataclass

from centro.places.models import Place
from centro.places.queries import place_at, search_spots

_PAIR = re.compile(r"\s*(-?\d{1,2}[.,]\d+)\s*[;, ]\s*(-?\d{1,3}[.,]\d+)\s*")


@dataclass(frozen=True, slots=True)
class Spot:
    """`value` travels in the form; `label` and `hint` are for people; `mark` names a landmark."""

    code: str
    point: tuple[float, float] | None = None
    mark: str = ""
    label: str = ""
    hint: str = ""
    place: Place | None = None

    @property
    def value(self) -> str:
        if self.point is None:
            return self.code
        return f"{self.code}@{self.point[0]:.6f},{self.point[1]:.6f}@{self.mark}".rstrip("@")


def parse_spot(value: str) -> Spot | None:
    """The spot of a form's value; None for an empty one. A strange point is left out."""
    code, _, rest = value.strip().partition("@")
    pair, _, mark = rest.partition("@")
    return Spot(code[:12], parse_pair(pair), mark[:200]) if code else None


def parse_pair(text: str) -> tuple[float, float] | None:
    """The latitude and longitude in `8.98, -79.52`, or None."""
    match = _PAIR.fullmatch(text[:60])
    if match is None:
        return None
    lat, lon = (float(part.replace(",", ".")) for part in match.groups())
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None


def spots_for(where: str, chosen: str = "") -> list[Spot]:
    """What the typed words or coordinates may mean; the chosen one always among them."""
    pair = parse_pair(where)
    found = _at(pair) if pair else _named(where)
    kept = parse_spot(chosen)
    if kept and all(spot.value != kept.value for spot in found):
        place = Place.objects.select_related("district", "province").filter(code=kept.code).first()
        if place:
            found.insert(
                0,
                Spot(
                    kept.code,
                    kept.point,
                    kept.mark,
                    kept.mark or place.full_name,
                    _hint(place),
                    place,
                ),
            )
    return found


def _at(pair: tuple[float, float]) -> list[Spot]:
    place = place_at(*pair)
    return [Spot(place.code, pair, "", place.full_name, _hint(place), place)] if place else []


def _named(where: str) -> list[Spot]:
    found = []
    for spot in search_spots(where, limit=6):
        mark = spot.landmark
        point = (mark.lat, mark.lon) if mark else None
        name = mark.name if mark else ""
        hint = _hint(spot.place)
        found.append(Spot(spot.place.code, point, name, spot.label, hint, spot.place))
    return found


def _hint(place: Place) -> str:
    """The level, and the province when the name does not say it."""
    level = str(place.get_level_display())
    province = place.province.name if place.province else ""
    return f"{level} · {province}" if province and province != place.name else level
