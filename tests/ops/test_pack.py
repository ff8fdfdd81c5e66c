"""Loading a country pack."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from centro.agencies.models import Agency, Unit
from centro.catalog.models import Holiday, Question, ServiceType
from centro.channels.models import MessageText
from centro.knowledge.models import Article, EmergencyNumber
from centro.knowledge.queries import emergency_numbers
from centro.ops.pack import Summary, load_pack
from centro.places.models import Boundary, Landmark, Place
from centro.places.queries import locate
from tests.ops.packs import MINI, PANAMA, append, change, copy_of_mini

TABLES = (
    Place, Boundary, Landmark, Agency, Unit, ServiceType, Question, Holiday, EmergencyNumber,
    Article, MessageText,
)  # fmt: skip


def _counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in TABLES}


def _of(summary: Summary, table: str) -> tuple[int, int, int, int]:
    change = next(each for each in summary.changes if each.table == table)
    return change.added, change.changed, change.unchanged, change.retired


@pytest.mark.slow
def test_the_country_is_loaded_whole() -> None:
    summary = load_pack(PANAMA)
    levels = {level: Place.objects.filter(level=level).count() for level in Place.Level.values}
    assert levels == {"province": 13, "district": 82, "corregimiento": 699}
    assert (Agency.objects.count(), Landmark.objects.count()) == (95, 1256)
    assert ServiceType.objects.count() >= 197 + 5
    assert Holiday.objects.count() == 312
    assert Article.objects.filter(language="es").count() >= 25
    assert summary.notes == ["without a shape: 010403"]
    bella_vista = Place.objects.get(code="080807")
    assert bella_vista.full_name == "Bella Vista, Panamá"
    assert bella_vista.province == Place.objects.get(code="08")
    assert bella_vista.district == Place.objects.get(code="0808")
    assert not Agency.objects.exclude(units__province=None).exists()
    assert ServiceType.objects.get(code="ANTAI-01").confidentiality == "sealed"
    assert {s.kind for s in ServiceType.objects.all()} >= {
        "complaint", "denunciation", "suggestion", "idea", "request", "inquiry", "compliment"
    }  # fmt: skip
    assert ServiceType.objects.filter(agency=None, code="GEN-99").exists()


def test_loading_again_changes_nothing() -> None:
    load_pack(MINI)
    before = _counts()
    again = load_pack(MINI, force=True)
    assert not again.anything
    assert all(change.unchanged for change in again.changes)
    assert _counts() == before


def test_the_same_files_are_known_by_their_content() -> None:
    load_pack(MINI)
    with CaptureQueriesContext(connection) as statements:
        assert load_pack(MINI).skipped
    assert len(statements) == 1


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    pack = copy_of_mini(tmp_path)
    load_pack(pack)
    change(pack, "services.csv", "Hueco en calle o avenida", "Hueco en una calle")
    summary = load_pack(pack)
    assert _of(summary, "services") == (0, 1, 18, 0)
    assert not any(c.anything for c in summary.changes if c.table != "services")
    assert ServiceType.objects.get(code="MOP-01").name == "Hueco en una calle"


def test_what_the_pack_drops_is_put_aside_and_comes_back(tmp_path: Path) -> None:
    pack = copy_of_mini(tmp_path)
    load_pack(pack)
    services = (pack / "services.csv").read_text(encoding="utf-8")
    kept = [line for line in services.splitlines(keepends=True) if not line.startswith("MOP-14")]
    (pack / "services.csv").write_text("".join(kept), encoding="utf-8")
    assert _of(load_pack(pack), "services") == (0, 0, 18, 1)
    assert not ServiceType.objects.get(code="MOP-14").active
    (pack / "services.csv").write_text(services, encoding="utf-8")
    assert _of(load_pack(pack), "services") == (0, 1, 18, 0)
    assert ServiceType.objects.get(code="MOP-14").active


def test_what_people_added_by_hand_stays(tmp_path: Path) -> None:
    pack = copy_of_mini(tmp_path)
    load_pack(pack)
    Holiday.objects.create(day=date(2026, 8, 15), name="Fundación de la ciudad", kind="national")
    Article.objects.create(slug="propio", title="Propio", body="Texto")
    append(pack, "holidays.csv", "2027-12-31,Cierre de año,bridge")
    load_pack(pack)
    assert Holiday.objects.filter(day=date(2026, 8, 15)).exists()
    assert Article.objects.get(slug="propio").active


def test_a_place_may_move_to_another_district(tmp_path: Path) -> None:
    pack = copy_of_mini(tmp_path)
    load_pack(pack)
    change(pack, "places.csv", "130107,1301,", "130107,0808,")
    load_pack(pack)
    moved = Place.objects.get(code="130107")
    assert moved.district is not None
    assert moved.province is not None
    assert (moved.district.code, moved.province.code) == ("0808", "08")


def test_a_landmark_without_a_place_gets_the_one_it_is_in(tmp_path: Path) -> None:
    pack = copy_of_mini(tmp_path)
    append(pack, "landmarks.csv", "x-1,Una esquina,corner,8.985,-79.527,,0")
    load_pack(pack)
    place = Landmark.objects.get(source_id="x-1").place
    assert place is not None
    assert place.code == "080807"


def test_copies_in_memory_are_renewed_by_a_load(tmp_path: Path) -> None:
    pack = copy_of_mini(tmp_path)
    load_pack(pack)
    assert locate(8.985, -79.527) is not None
    assert len(emergency_numbers()) == 3
    append(pack, "emergency.csv", "335,Protección Civil,Civil protection,,")
    load_pack(pack)
    assert [number.number for number in emergency_numbers()][-1] == "335"


@pytest.mark.parametrize("folder", [MINI, PANAMA])
def test_a_pack_names_its_licences(folder: Path) -> None:
    text = (folder / "LICENSES.md").read_text(encoding="utf-8")
    if folder == PANAMA:
        names = {file.relative_to(folder).parts[0] for file in folder.rglob("*") if file.is_file()}
        missing = [name for name in names - {"LICENSES.md"} if name not in text]
        assert missing == []
