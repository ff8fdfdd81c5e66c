"""Outlines as paths of an SVG drawing, made on the server: no script, no tiles.

Coordinates are thousandths of a degree, north up, so the outlines are made once and what is looked
at is only the `viewBox`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from centro.places.queries import STAMP, boundary_geojson
from centro.places.stamps import Kept

_SCALE = 1000
_SMALLEST_RING = 12.0  # square units: rocks that would be less than a dot
# The country is drawn coarser than a province.
_COARSE, _FINE = 0.008, 0.003


@dataclass(frozen=True, slots=True)
class Land:
    """The parts of a place: a path for each by its code, and the box (x, y, width, height)."""

    paths: Mapping[str, str]
    box: tuple[float, float, float, float]


def land_of(code: str) -> Land:
    """The parts of the place with that code, or the provinces for an empty one; kept in memory."""
    kept = _drawn.get()
    if code not in kept:
        kept[code] = _trace(code)
    return kept[code]


def point_at(lon: float, lat: float) -> tuple[int, int]:
    """Near the equator a degree is as wide as high, to one part in a hundred."""
    return round(lon * _SCALE), round(-lat * _SCALE)


# Filled as places are asked for; emptied when they change.
_drawn: Kept[dict[str, Land]] = Kept(STAMP, dict)


def _trace(code: str) -> Land:
    tolerance = _FINE if code else _COARSE
    shapes = {
        feature["properties"]["code"]: shapely.simplify(
            shapely.geometry.shape(feature["geometry"]), tolerance
        )
        for feature in boundary_geojson(code)["features"]
    }
    paths = {code: path for code, path in _paths(shapes) if path}
    if not paths:
        return Land({}, (0, 0, 0, 0))
    west, south, east, north = shapely.total_bounds(list(shapes.values()))
    left, top = point_at(west, north)
    right, bottom = point_at(east, south)
    return Land(paths, (left, top, right - left, bottom - top))


def _paths(shapes: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(code, _path(shape)) for code, shape in shapes.items()]


def _path(shape: shapely.Geometry) -> str:
    rings = []
    for part in shapely.get_parts(shape):
        points = [point_at(x, y) for x, y in shapely.get_coordinates(part.exterior)]
        if shapely.Polygon(points).area >= _SMALLEST_RING:
            rings.append(_ring(points))
    return "".join(rings)


def _ring(points: Sequence[tuple[int, int]]) -> str:
    """Relative steps: a third shorter than coordinates."""
    x, y = points[0]
    steps = []
    for to_x, to_y in points[1:-1]:
        if (to_x, to_y) != (x, y):
            steps.append(f"{to_x - x} {to_y - y}")
            x, y = to_x, to_y
    return f"M{points[0][0]} {points[0][1]}l{' '.join(steps)}z"
