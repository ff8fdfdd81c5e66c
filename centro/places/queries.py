"""Questions about places: where a point is, what a typed name means, what to draw on a map."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from django.contrib.postgres.search import SearchQuery
from django.db.models import Q
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from centro.kernel.text import words
from centro.places.models import Boundary, Landmark, Place
from centro.places.stamps import Kept, stamp_of

# A point on a pier or just off the simplified coast belongs to the nearest land.
NEAREST_WITHIN_M = 200.0
_M_PER_DEGREE = 111_195.0
STAMP = "places"


@dataclass(frozen=True, slots=True)
class Located:
    """Where a point is: the code and name of the corregimiento, and what it lies in."""

    code: str
    name: str
    district: str
    province: str


@dataclass(frozen=True, slots=True)
class Spot:
    """An answer to a typed name: a place, or a landmark and the place that it is in."""

    place: Place
    landmark: Landmark | None = None
    # The other name by which the place was found: a neighbourhood, an old name.
    alias: str = ""

    @property
    def exact(self) -> bool:
        """Whether the coordinates are those of the thing itself, good enough for a pin."""
        return self.landmark is not None and not self.landmark.approximate

    @property
    def label(self) -> str:
        inside = self.landmark.name if self.landmark else self.alias
        return f"{inside} ({self.place.full_name})" if inside else self.place.full_name

    @property
    def lat(self) -> float | None:
        return self.landmark.lat if self.landmark else self.place.lat

    @property
    def lon(self) -> float | None:
        return self.landmark.lon if self.landmark else self.place.lon


class _Shapes:
    """Every boundary in memory, in a tree that answers a point in microseconds."""

    def __init__(self, rows: Iterable[tuple[Located, Any]]) -> None:
        pairs = list(rows)
        self.places = [place for place, _ in pairs]
        self.shapes = shapely.from_wkb([bytes(wkb) for _, wkb in pairs])
        shapely.prepare(self.shapes)
        self.tree = STRtree(self.shapes)

    def at(self, lat: float, lon: float) -> Located | None:
        point = shapely.Point(lon, lat)
        inside = self.tree.query(point, predicate="intersects")
        if len(inside):
            # On a common border two shapes answer: the first by code, so that it is always one.
            found: list[Located] = [self.places[index] for index in inside]
            return min(found, key=lambda place: place.code)
        return self._nearest(point)

    def _nearest(self, point: shapely.Point) -> Located | None:
        narrow = math.cos(math.radians(point.y))
        reach = NEAREST_WITHIN_M / _M_PER_DEGREE
        box = shapely.box(
            point.x - reach / narrow, point.y - reach, point.x + reach / narrow, point.y + reach
        )
        best: tuple[float, str, Located] | None = None
        for index in self.tree.query(box):
            metres = _metres(point, self.shapes[index], narrow)
            candidate = (metres, self.places[index].code, self.places[index])
            if metres <= NEAREST_WITHIN_M and (best is None or candidate[:2] < best[:2]):
                best = candidate
        return best[2] if best else None


def locate(lat: float, lon: float) -> Located | None:
    """The corregimiento of a point (WGS84 degrees), or None farther than 200 m from all."""
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
        return None
    return _shapes.get().at(lat, lon)


def place_with(code: str) -> Place | None:
    """The place of a code, with what it lies in loaded; usually without a statement.

    The row is shared between calls: read it, do not change it.
    """
    found = _by_code.get().get(code)
    if found is None and code:
        # Perhaps it is newer than our copy.
        found = Place.objects.select_related("district", "province").filter(code=code).first()
    return found


def all_places() -> Iterable[Place]:
    """Every place in use, with what it lies in loaded. Shared rows: do not change them."""
    return (place for place in _by_code.get().values() if place.active)


def place_at(lat: float, lon: float) -> Place | None:
    """The row of the corregimiento of a point."""
    found = locate(lat, lon)
    if found is None:
        return None
    return place_with(found.code)


def search_spots(text: str, limit: int = 8) -> list[Spot]:
    """Places and landmarks whose words begin as typed, best first. At most two statements.

    An exact name comes before a name that begins so, and that before a mere word inside;
    equals are sorted by population. Landmarks fill what the places leave.
    """
    typed = words(text)
    if not typed:
        return []
    spots = _places_like(typed, limit)
    if len(spots) < limit:
        spots += _landmarks_like(typed, limit - len(spots))
    return spots


def search_places(text: str, limit: int = 8) -> list[Place]:
    """As `search_spots`, but only the places, each once."""
    return list({spot.place.pk: spot.place for spot in search_spots(text, limit)}.values())


def children_of(code: str | None) -> list[Place]:
    """The provinces (no code), the districts of a province, or the corregimientos of a district."""
    around = Q(parent__code=code) if code else Q(parent=None)
    return list(Place.objects.filter(around, active=True).order_by("sort_key", "code"))


def nearby_landmarks(
    lat: float, lon: float, limit: int = 12, within_m: int = 600
) -> list[Landmark]:
    """The landmarks around a point, nearest first."""
    narrow = max(math.cos(math.radians(lat)), 0.01)
    reach = within_m / _M_PER_DEGREE
    around = Landmark.objects.filter(
        active=True,
        approximate=False,
        lat__range=(lat - reach, lat + reach),
        lon__range=(lon - reach / narrow, lon + reach / narrow),
    ).select_related("place")
    near = sorted((_distance(lat, lon, mark, narrow), mark.pk, mark) for mark in around)
    by_name: dict[str, Landmark] = {}
    for metres, _, mark in near:
        if metres <= within_m:
            by_name.setdefault(mark.name, mark)
    return list(by_name.values())[:limit]


def boundary_geojson(code: str = "") -> dict[str, Any]:
    """The light outlines to draw on a map, as a GeoJSON FeatureCollection.

    `code` is a place, whose parts are drawn; empty for the provinces; or the name of a level
    (`province`, `district`, `corregimiento`), for all of it. Each feature carries `code`, `name`
    and a point for its label (`lat`, `lon`).
    """
    result: dict[str, Any] = json.loads(boundary_json(code))
    return result


def boundary_json(code: str = "") -> str:
    """The same as text, kept in memory: what a view sends."""
    return _drawn(code, stamp_of(STAMP))


@lru_cache(maxsize=256)
def _drawn(code: str, _stamp: str) -> str:
    features = [_feature(row) for row in _outlines(code)]
    return json.dumps(
        {"type": "FeatureCollection", "features": features},
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _outlines(code: str) -> Iterable[Boundary]:
    rows = Boundary.objects.filter(place__active=True).select_related("place").defer("wkb")
    if code in Place.Level.values:
        return rows.filter(place__level=code).order_by("place__code")
    around = Q(place__parent__code=code) if code else Q(place__parent=None)
    return rows.filter(around).order_by("place__code")


def _feature(row: Boundary) -> dict[str, Any]:
    place = row.place
    shape = shapely.from_wkb(bytes(row.outline))
    return {
        "type": "Feature",
        "properties": {"code": place.code, "name": place.name, "lat": place.lat, "lon": place.lon},
        "geometry": shapely.geometry.mapping(shape),
    }


def _read_shapes() -> _Shapes:
    rows = (
        Boundary.objects.filter(wkb__isnull=False, place__active=True)
        .order_by("place__code")
        .values_list(
            "place__code", "place__name", "place__district__name", "place__province__name", "wkb"
        )
    )
    return _Shapes(
        (Located(code, name, district or "", province or ""), wkb)
        for code, name, district, province, wkb in rows
    )


def _read_by_code() -> dict[str, Place]:
    places = {place.pk: place for place in Place.objects.defer("search_words", "search_key")}
    for place in places.values():
        # The same rows stand for each other, instead of a copy of the province in each.
        place.province = places.get(place.province_id) if place.province_id else None
        place.district = places.get(place.district_id) if place.district_id else None
    return {place.code: place for place in places.values()}


_by_code: Kept[dict[str, Place]] = Kept(STAMP, _read_by_code)
_shapes: Kept[_Shapes] = Kept(STAMP, _read_shapes)


def _metres(point: shapely.Point, shape: BaseGeometry, narrow: float) -> float:
    """The distance on a plane laid at the point; exact enough over a few hundred metres."""
    scale = np.array([narrow * _M_PER_DEGREE, _M_PER_DEGREE])
    origin = np.array([point.x, point.y])
    window = _reach_box(point, narrow)
    near = shapely.clip_by_rect(shape, *window)
    flat = shapely.transform(near, lambda xy: (xy - origin) * scale)
    return float(shapely.distance(flat, shapely.Point(0, 0)))


def _reach_box(point: shapely.Point, narrow: float) -> tuple[float, float, float, float]:
    """The rectangle of twice the reach around a point: only this much of a coast is measured."""
    reach = 2 * NEAREST_WITHIN_M / _M_PER_DEGREE
    wide = reach / narrow
    return point.x - wide, point.y - reach, point.x + wide, point.y + reach


def _distance(lat: float, lon: float, mark: Landmark, narrow: float) -> float:
    return math.hypot((mark.lat - lat), (mark.lon - lon) * narrow) * _M_PER_DEGREE


def _beginning_with(typed: list[str]) -> SearchQuery:
    # Only letters and digits get through `words`, so the text cannot break the query's syntax.
    return SearchQuery(
        " & ".join(f"{word}:*" for word in typed), search_type="raw", config="simple"
    )


def _places_like(typed: list[str], limit: int) -> list[Spot]:
    found = (
        Place.objects.filter(search_words=_beginning_with(typed), active=True)
        .select_related("district", "province")
        .order_by("-population")[: max(limit * 8, 100)]
    )
    wanted = " ".join(typed)
    ranked = [(*_fit(place, wanted), place) for place in found]
    ranked.sort(key=lambda row: (row[0], _LEVELS.index(row[2].level), -row[2].population))
    return [Spot(place, alias=alias) for _, alias, place in ranked[:limit]]


_LEVELS = [str(level) for level in Place.Level.values]
_EXACT, _EXACT_ALIAS, _BEGINS, _WORD_BEGINS, _INSIDE = range(5)


def _fit(place: Place, wanted: str) -> tuple[int, str]:
    """How well a name fits (lower is better), and the other name by which it does."""
    if _same(place.name) == wanted:
        return _EXACT, ""
    others = [(alias, _same(alias)) for alias in place.aliases]
    for alias, form in others:
        if form == wanted:
            return _EXACT_ALIAS, alias
    if _same(place.name).startswith(wanted):
        return _BEGINS, ""
    if f" {wanted}" in _same(place.name):
        return _WORD_BEGINS, ""
    for alias, form in others:
        if form.startswith(wanted) or f" {wanted}" in form:
            return _WORD_BEGINS, alias
    return _INSIDE, ""


def _same(name: str) -> str:
    return " ".join(words(name))


def _landmarks_like(typed: list[str], limit: int) -> list[Spot]:
    found = Landmark.objects.filter(
        search_words=_beginning_with(typed), active=True, place__isnull=False
    ).select_related("place__district", "place__province")
    wanted = " ".join(typed)
    near = sorted(
        found[: limit * 8],
        key=lambda mark: (not mark.search_key.startswith(wanted), len(mark.name), mark.name),
    )
    # Stops of one name on both sides of a road are one answer.
    spots = {(mark.name, mark.place_id): Spot(mark.place, mark) for mark in near if mark.place}
    return list(spots.values())[:limit]
