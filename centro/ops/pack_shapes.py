"""The shapes of a pack: read and checked, joined upwards, and made light for drawing."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from centro.ops.pack_reading import Faults, read_text

FILE = "boundaries.geojson"
# Degrees by which an outline may leave its shape: what a map at the scale of that level shows.
_TOLERANCE = {"province": 0.006, "district": 0.003, "corregimiento": 0.0006}
_CODE = re.compile(r'"code"\s*:\s*"([^"]*)"')


@dataclass(frozen=True, slots=True)
class Shape:
    """`wkb` only for the places that points are located in."""

    wkb: bytes | None
    outline: bytes


def read_shapes(
    folder: Path, places: Mapping[str, bool], faults: Faults
) -> dict[str, BaseGeometry]:
    """The shape of each place in the file, by code. `places`: has each of them places below it?"""
    if not (folder / FILE).is_file():
        faults.add(FILE, 1, "the file is missing")
        return {}
    text = read_text(folder, FILE, faults)
    if text is None:
        return {}
    try:
        features = json.loads(text)["features"]
    except json.JSONDecodeError as error:
        faults.add(FILE, error.lineno, f"this is not JSON: {error.msg}")
        return {}
    except (KeyError, TypeError):
        faults.add(FILE, 1, "this is not a GeoJSON FeatureCollection")
        return {}
    return _checked(features, _lines_of_codes(text), places, faults)


def draw_shapes(
    shapes: Mapping[str, BaseGeometry], parents: Mapping[str, str], levels: Mapping[str, str]
) -> dict[str, Shape]:
    """What is kept of each place: its shape, those above joined from it, all with an outline."""
    joined = dict(shapes)
    below: Mapping[str, BaseGeometry] = shapes
    while below := _joined(below, parents):
        joined |= below
    drawn: dict[str, Shape] = {}
    for level, tolerance in _TOLERANCE.items():
        codes = [code for code in joined if levels[code] == level]
        light = shapely.coverage_simplify([joined[code] for code in codes], tolerance)
        for code, outline in zip(codes, light, strict=True):
            wkb = shapely.to_wkb(shapes[code]) if code in shapes else None
            drawn[code] = Shape(wkb, shapely.to_wkb(_without_specks(outline, tolerance)))
    return drawn


def codes_at(shapes: Mapping[str, BaseGeometry], points: list[tuple[float, float]]) -> list[str]:
    """The code of the shape that each (lon, lat) is in, or an empty text."""
    codes = sorted(shapes)
    found = [""] * len(points)
    if codes and points:
        tree = STRtree([shapes[code] for code in codes])
        hits = tree.query(shapely.points(points), predicate="intersects")
        for point, shape in reversed(list(zip(*hits.tolist(), strict=True))):
            found[point] = codes[shape]
    return found


def _checked(
    features: Any, lines: Mapping[str, int], places: Mapping[str, bool], faults: Faults
) -> dict[str, BaseGeometry]:
    shapes: dict[str, BaseGeometry] = {}
    for number, feature in enumerate(features if isinstance(features, list) else [], start=1):
        try:
            code = feature["properties"]["code"]
            shape = shapely.geometry.shape(feature["geometry"])
        except Exception as error:
            faults.add(FILE, 1, f"feature {number} cannot be read: {error}")
            continue
        if problem := _problem(code, shape, shapes, places):
            faults.add(FILE, lines.get(str(code), 1), problem)
        else:
            shapes[code] = shape
    return shapes


def _problem(
    code: Any, shape: BaseGeometry, seen: Mapping[str, BaseGeometry], places: Mapping[str, bool]
) -> str:
    if not isinstance(code, str) or code not in places:
        return f"the place {code} is not in places.csv"
    if places[code]:
        return f"{code} has places below it: only those may have a shape"
    if code in seen:
        return f"the place {code} has two shapes"
    if shape.geom_type not in {"Polygon", "MultiPolygon"} or shape.is_empty:
        return f"the shape of {code} is a {shape.geom_type}; it is a Polygon or a MultiPolygon"
    if not shape.is_valid:
        return f"the shape of {code} is not valid: {shapely.is_valid_reason(shape)}"
    low_x, low_y, high_x, high_y = shape.bounds
    if low_x < -180 or high_x > 180 or low_y < -90 or high_y > 90:
        return f"the shape of {code} is not in degrees (longitude, latitude)"
    return ""


def _lines_of_codes(text: str) -> dict[str, int]:
    """The line of the last mention of each code: of two shapes, the second is the fault."""
    found: dict[str, int] = {}
    line, read_to = 1, 0
    for match in _CODE.finditer(text):
        line += text.count("\n", read_to, match.start())
        read_to = match.start()
        found[match[1]] = line
    return found


def _joined(
    shapes: Mapping[str, BaseGeometry], parents: Mapping[str, str]
) -> dict[str, BaseGeometry]:
    parts: dict[str, list[BaseGeometry]] = defaultdict(list)
    for code, shape in shapes.items():
        if parent := parents.get(code):
            parts[parent].append(shape)
    return {code: shapely.union_all(those) for code, those in parts.items()}


def _without_specks(shape: BaseGeometry, tolerance: float) -> BaseGeometry:
    """Without the islands that would be a dot at this scale, and with short coordinates."""
    parts = shapely.get_parts(shape)
    areas = shapely.area(parts)
    kept = parts[(areas >= tolerance**2) | (areas == np.max(areas))]
    light = shapely.multipolygons(kept) if len(kept) > 1 else kept[0]
    digits = 5 if tolerance < 0.001 else 4
    short: BaseGeometry = shapely.transform(light, lambda points: points.round(digits))
    return short
