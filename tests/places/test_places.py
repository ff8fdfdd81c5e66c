"""Where a point is, and what a typed name means."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import pytest
import shapely
from django.db import connection
from django.test.utils import CaptureQueriesContext

from centro.ops.pack import load_pack
from centro.places.models import Boundary, Place
from centro.places.queries import (
    boundary_geojson,
    children_of,
    locate,
    nearby_landmarks,
    place_at,
    search_places,
    search_spots,
)
from centro.places.stamps import Kept, renew_stamp
from tests.ops.packs import MINI, PANAMA

POINTS = Path(__file__).with_name("points.csv")


@pytest.fixture
def mini() -> None:
    load_pack(MINI)


def _corners(code: str) -> list[tuple[float, float]]:
    wkb = Boundary.objects.get(place__code=code).wkb
    assert wkb is not None
    return [(lon, lat) for lon, lat in shapely.get_coordinates(shapely.from_wkb(bytes(wkb)))]


@pytest.mark.slow
def test_known_spots_are_in_their_corregimientos() -> None:
    load_pack(PANAMA)
    with POINTS.open(encoding="utf-8") as file:
        points = list(csv.DictReader(file))
    found = {p["spot"]: locate(float(p["lat"]), float(p["lon"])) for p in points}
    expected = {p["spot"]: (p["code"], p["corregimiento"], p["district"]) for p in points}
    assert {k: (v.code, v.name, v.district) for k, v in found.items() if v} == expected
    # Off the coast: the nearest land within 200 m, and nothing farther out.
    off_the_pier = locate(8.9556, -79.5628)
    assert off_the_pier is not None
    assert off_the_pier.code == "080814"
    assert locate(8.85, -79.53) is None
    assert locate(9.0, -85.0) is None


@pytest.mark.usefixtures("mini")
def test_a_warm_answer_costs_no_statement() -> None:
    locate(8.985, -79.527)
    with CaptureQueriesContext(connection) as statements:
        assert locate(8.985, -79.527) is not None
    assert len(statements) == 0


@pytest.mark.usefixtures("mini")
@pytest.mark.parametrize("metres", [20, 150, 190, 210, 400])
def test_the_nearest_place_is_taken_up_to_200_metres(metres: int) -> None:
    """A point due south of the southernmost spot of David, over what the pack has as nothing."""
    lon, lat = min(_corners("040607"), key=lambda point: point[1])
    found = locate(lat - metres / 111_195, lon)
    assert (found is not None) == (metres <= 200)


@pytest.mark.usefixtures("mini")
def test_a_point_east_or_west_is_measured_in_metres_too() -> None:
    lon, lat = min(_corners("040607"), key=lambda point: point[0])
    degree = 111_195 * math.cos(math.radians(lat))
    assert locate(lat, lon - 190 / degree) is not None
    assert locate(lat, lon - 210 / degree) is None


@pytest.mark.usefixtures("mini")
@pytest.mark.parametrize(
    ("lat", "lon"), [(math.nan, 0), (math.inf, 0), (91, 0), (0, 181), (90, 0), (-90, 180), (0, 0)]
)
def test_a_point_that_is_nowhere_has_no_place(lat: float, lon: float) -> None:
    assert locate(lat, lon) is None


@pytest.mark.usefixtures("mini")
def test_the_row_of_a_point_comes_with_what_is_around_it() -> None:
    place = place_at(8.985, -79.527)
    assert place is not None
    with CaptureQueriesContext(connection) as statements:
        assert place.full_name == "Bella Vista, Panamá"
    assert len(statements) == 0
    assert place_at(0, 0) is None


@pytest.mark.usefixtures("mini")
@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("Bella Vista", "Bella Vista, Panamá"),
        ("bella v", "Bella Vista, Panamá"),
        ("VISTA BELLA", "Bella Vista, Panamá"),
        ("bethania", "Bethania (Betania, Panamá)"),
        ("cangrejo", "El Cangrejo (Bella Vista, Panamá)"),
        ("panama", "Panamá"),
        ("david", "David, Chiriquí"),
        ("burunga arraijan", "Burunga, Arraiján"),
    ],
)
def test_a_name_is_found_as_people_type_it(typed: str, first: str) -> None:
    with CaptureQueriesContext(connection) as statements:
        spots = search_spots(typed)
    assert len(statements) <= 2
    assert spots[0].label == first


@pytest.mark.usefixtures("mini")
@pytest.mark.parametrize("typed", ["", "   ", "!!!", "'; drop table", ":*&|!()", "zzzz", "\\"])
def test_what_names_nothing_finds_nothing(typed: str) -> None:
    assert search_spots(typed) == []


@pytest.mark.usefixtures("mini")
def test_a_landmark_brings_its_place_and_says_whether_it_is_exact() -> None:
    museum = search_spots("museo del canal")[0]
    assert museum.label.endswith("(San Felipe, Panamá)")
    clinic = search_spots("policlinica guardia")[0]
    assert (museum.exact, clinic.exact) == (True, False)
    assert clinic.landmark not in nearby_landmarks(clinic.lat or 0, clinic.lon or 0)
    assert all(isinstance(place, Place) for place in search_places("policlinica"))


@pytest.mark.usefixtures("mini")
def test_the_tree_opens_from_the_provinces_down() -> None:
    assert [place.name for place in children_of(None)] == ["Chiriquí", "Panamá", "Panamá Oeste"]
    assert [place.code for place in children_of("08")] == ["0808"]
    assert [p.name for p in children_of("0808")] == [
        "Bella Vista", "Betania", "Calidonia", "San Felipe"
    ]  # fmt: skip


@pytest.mark.usefixtures("mini")
def test_landmarks_are_nearest_first_and_none_far_away() -> None:
    first = search_spots("parada", 8)[0]
    assert first.landmark is not None
    near = nearby_landmarks(first.landmark.lat, first.landmark.lon)
    assert near[0].name == first.landmark.name
    assert nearby_landmarks(0, 0) == []


@pytest.mark.usefixtures("mini")
def test_outlines_to_draw_are_geojson_with_names() -> None:
    provinces = boundary_geojson("")
    assert [f["properties"]["name"] for f in provinces["features"]] == [
        "Chiriquí", "Panamá", "Panamá Oeste"
    ]  # fmt: skip
    parts = boundary_geojson("0808")["features"]
    assert {f["properties"]["code"][:4] for f in parts} == {"0808"}
    assert len(boundary_geojson("district")["features"]) == 3
    assert parts[0]["geometry"]["type"] in {"Polygon", "MultiPolygon"}
    assert boundary_geojson("nada") == {"type": "FeatureCollection", "features": []}
    json.dumps(provinces)


def test_a_copy_in_memory_is_renewed_when_its_stamp_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("centro.places.stamps.FRESH_FOR", -1.0)
    built: list[int] = []

    def build() -> int:
        built.append(len(built) + 1)
        return built[-1]

    kept = Kept("test", build)
    assert (kept.get(), kept.get()) == (1, 1)
    renew_stamp("test")
    assert kept.get() == 2
