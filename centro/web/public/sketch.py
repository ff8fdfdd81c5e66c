"""A small drawing of the country, made on the server: outlines and a circle for each place.

No script, no tiles, nothing to wait for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from centro.cases.pulse import Spot
from centro.places.models import Place
from centro.places.outlines import Land, land_of, point_at
from centro.places.queries import STAMP, children_of
from centro.places.stamps import Kept

_SHAPE, _WIDE_SHAPE = 1.6, 2.0  # width by height: of a province, of the country
_NARROWEST = 220.0


@dataclass(frozen=True, slots=True)
class Circle:
    """A place on the drawing; `number` is its position in the list beside it, 0 for none."""

    x: int
    y: int
    radius: int
    number: int


@dataclass(frozen=True, slots=True)
class Sketch:
    """What the template draws. Sizes are in units of the drawing."""

    view_box: str
    land: tuple[str, ...]
    circles: tuple[Circle, ...]
    letters: int


def provinces() -> list[Place]:
    """The provinces to choose from; usually without a statement."""
    return _provinces.get()


def draw(province: str, spots: Sequence[Spot], listed: int) -> Sketch | None:
    """The country, or the part of a province where something is reported. None without outlines."""
    land = land_of(province)
    if not land.paths:
        return None
    shown = [spot for spot in spots if spot.lat is not None and spot.lon is not None]
    x, y, width, height = _window(land, shown[:listed] if province else [])
    circles = tuple(
        Circle(*point_at(spot.lon or 0, spot.lat or 0), _radius(spot, shown, width), number)
        for spot, number in zip(shown, _numbers(len(shown), listed), strict=True)
    )
    view_box = " ".join(str(round(n)) for n in (x, y, width, height))
    # The numbered ones are painted last, the first of the list above all.
    drawn = tuple(sorted(circles, key=lambda circle: (circle.number > 0, -circle.number)))
    return Sketch(view_box, tuple(land.paths.values()), drawn, round(width / 42))


def _numbers(count: int, listed: int) -> Iterable[int]:
    return (n + 1 if n < listed else 0 for n in range(count))


def _radius(spot: Spot, spots: Sequence[Spot], width: float) -> int:
    """The area grows with the cases, from what holds a figure to twice as wide."""
    most = max(one.cases for one in spots)
    return round(width * (0.012 + 0.016 * math.sqrt(spot.cases / most)))


_provinces: Kept[list[Place]] = Kept(STAMP, lambda: children_of(None))


def _window(land: Land, spots: Sequence[Spot]) -> tuple[float, float, float, float]:
    """All of the land, or what holds the spots, with a margin and of a fixed shape."""
    x, y, width, height = land.box
    if spots:
        points = [point_at(spot.lon or 0, spot.lat or 0) for spot in spots]
        x, y = min(p[0] for p in points), min(p[1] for p in points)
        width, height = max(p[0] for p in points) - x, max(p[1] for p in points) - y
    middle_x, middle_y = x + width / 2, y + height / 2
    shape = _SHAPE if spots else _WIDE_SHAPE
    width = max(width * 1.15, height * 1.15 * shape, _NARROWEST)
    height = width / shape
    return middle_x - width / 2, middle_y - height / 2, width, height
