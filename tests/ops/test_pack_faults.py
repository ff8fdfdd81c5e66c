"""A bad pack: every fault is named with its file and line, and nothing is changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from centro.ops.pack import PackError, load_pack
from centro.ops.pack_content import read_pack
from centro.places.models import LoadedPack, Place
from tests.ops.packs import PANAMA, append, change, copy_of_mini

Break = Callable[[Path], object]


def _added(file: str, line: str) -> Break:
    return lambda pack: append(pack, file, line)


def _changed(file: str, old: str, new: str) -> Break:
    return lambda pack: change(pack, file, old, new)


def _without(file: str) -> Break:
    return lambda pack: (pack / file).unlink()


def _bytes(file: str, data: bytes) -> Break:
    return lambda pack: (pack / file).write_bytes(data)


SERVICE = "X-1,{agency},Cat,Nombre,,{kind},{priority},{days},0,{place},{level},0,uno"


def _service(**cells: str) -> Break:
    usual = {
        "agency": "MOP", "kind": "complaint", "priority": "low", "days": "5", "place": "1",
        "level": "open",
    }  # fmt: skip
    return _added("services.csv", SERVICE.format(**usual | cells))


FAULTS: list[tuple[str, Break, str]] = [
    ("a missing file", _without("agencies.csv"), "agencies.csv:1: the file is missing"),
    ("a saying whose brackets do not match", _added("sayings.csv", "MOP-01,no [hay luz"), "sayings.csv:37: missing ] in: no [hay luz"),
    ("a saying with a slot", _added("sayings.csv", "MOP-01,en {lugar}"), "sayings.csv:37: a saying has no slots, and this one has lugar"),
    ("a saying of nothing known", _added("sayings.csv", "MOP-77,hueco"), "sayings.csv:37: means 'MOP-77' is not known"),
    ("a missing column", _changed("units.csv", "province", "region"), "units.csv:1: the column province is missing"),
    ("an unknown column", _changed("units.csv", "province", "region"), "units.csv:1: the column region is not known"),
    ("a short line", _added("units.csv", "X,MOP"), "units.csv:27: 2 cells instead of 4"),
    ("another encoding", _bytes("emergency.csv", "number\nCafé".encode("latin-1")), "emergency.csv:2: the file is not UTF-8"),
    ("broken quotes", _added("units.csv", '"X,MOP,y,'), "units.csv:27: this is not CSV"),
    ("a place twice", _added("places.csv", "080807,0808,corregimiento,Otra,,0,,,0,,"), "places.csv:16: the place 080807 is already in line 13"),
    ("an unknown parent", _added("places.csv", "999999,9999,corregimiento,Otra,,0,,,0,,"), "places.csv:16: parent '9999' is not a district"),
    ("a province with a parent", _added("places.csv", "99,08,province,Otra,,0,,,0,,"), "places.csv:16: the province 99 has a parent"),
    ("an unknown level", _added("places.csv", "99,,region,Otra,,0,,,0,,"), "places.csv:16: level is 'region'; it is one of"),
    ("a bad number", _added("places.csv", "99,,province,Otra,,mil,,,0,,"), "places.csv:16: population is 'mil'"),
    ("bad degrees", _added("places.csv", "99,,province,Otra,,0,91,0,0,,"), "places.csv:16: lat is '91'"),
    ("a bad code", _added("places.csv", "9 9,,province,Otra,,0,,,0,,"), "places.csv:16: code is '9 9'"),
    ("an empty name", _added("places.csv", "99,,province,,,0,,,0,,"), "places.csv:16: name is empty"),
    ("a landmark nowhere", _added("landmarks.csv", "x,Ahí,stop,,,,0"), "landmarks.csv:20: lat is empty"),
    ("an entity twice", _added("agencies.csv", "MOP,Otra,,,,,"), "agencies.csv:11: the entity MOP is already in line"),
    ("an unknown parent entity", _added("agencies.csv", "X,Otra,,NADA,,,"), "agencies.csv:11: parent 'NADA' is not known"),
    ("a jurisdiction that is no district", _added("agencies.csv", "X,Otra,,,,,08"), "agencies.csv:11: jurisdiction '08' is not known"),
    ("two municipalities of a district", _added("agencies.csv", "X,Otra,,,,,0808"), "agencies.csv:11: the municipality of 0808 is already in line"),
    ("a unit of nobody", _added("units.csv", "X,NADA,Unidad,"), "units.csv:27: agency 'NADA' is not known"),
    ("a unit in a district", _added("units.csv", "X,MOP,Unidad,0808"), "units.csv:27: province '0808' is not known"),
    ("two national units", _added("units.csv", "X,MOP,Unidad,"), "units.csv:27: a unit of MOP the whole country is already in line"),
    ("a service of nobody", _service(agency="NADA"), "services.csv:21: agency 'NADA' is not known"),
    ("an unknown kind", _service(kind="queja"), "services.csv:21: kind is 'queja'; it is one of complaint"),
    ("an unknown priority", _service(priority="alta"), "services.csv:21: priority is 'alta'"),
    ("a term of no days", _service(days="0"), "services.csv:21: working_days is '0'"),
    ("a flag that is none", _service(place="sí"), "services.csv:21: requires_place is 'sí'; it is 0 or 1"),
    ("an unknown secrecy", _service(level="secret"), "services.csv:21: confidentiality is 'secret'"),
    ("a question of no service", _added("questions.csv", "NADA,a,¿Qué?,,text,,,0"), "questions.csv:10: service 'NADA' is not known"),
    ("a choice without choices", _added("questions.csv", "MOP-01,a,¿Qué?,,choice,uno,,0"), "questions.csv:10: a question of kind choice needs two"),
    ("choices without a choice", _added("questions.csv", "MOP-01,a,¿Qué?,,text,uno;dos,,0"), "questions.csv:10: a question of kind text has no choices"),
    ("a choice without English", _added("questions.csv", "MOP-01,a,¿Qué?,,choice,uno;dos,one,0"), "questions.csv:10: choices_en needs one for each"),
    ("a bad key", _added("questions.csv", "MOP-01,¿a?,¿Qué?,,text,,,0"), "questions.csv:10: key is '¿a?'"),
    ("a bad date", _added("holidays.csv", "2027-13-01,Nada,national"), "holidays.csv:32: day is '2027-13-01'"),
    ("a holiday twice", _added("holidays.csv", "2026-01-01,Nada,national"), "holidays.csv:32: the holiday 2026-01-01 national is already"),
    ("an emergency number twice", _added("emergency.csv", "911,Otra,,,"), "emergency.csv:5: the number 911 is already in line 2"),
    ("no TOML", _bytes("pack.toml", b"format = 1\nname = \n"), "pack.toml:2: this is not TOML"),
    ("another format", _changed("pack.toml", "format = 1", "format = 9"), "pack.toml:2: format is not 1"),
    ("an unknown zone", _changed("pack.toml", "America/Panama", "America/Nada"), "pack.toml:6: time_zone"),
    ("a bad hour", _changed("pack.toml", "08:00", "ocho"), "pack.toml:7: opens"),
    ("no JSON", _bytes("boundaries.geojson", b'{"features":[\n}'), "boundaries.geojson:2: this is not JSON"),
    ("a shape of no place", _changed("boundaries.geojson", '"080807"', '"999999"'), "boundaries.geojson:7: the place 999999 is not in places.csv"),
    ("a shape twice", _changed("boundaries.geojson", '"080806"', '"080807"'), "boundaries.geojson:7: the place 080807 has two shapes"),
    ("a shape of a district", _changed("boundaries.geojson", '"080807"', '"0808"'), "boundaries.geojson:7: 0808 has places below it"),
    ("an article without a head", _bytes("articles/nada.es.md", b"Hola"), "articles/nada.es.md:1: an article begins with"),
    ("an article of nobody", _bytes("articles/nada.es.md", b'+++\ntitle = "a"\nagency = "NADA"\n+++\nHola'), "articles/nada.es.md:3: agency 'NADA' is not known"),
    ("a badly named article", _bytes("articles/Nada.md", b""), "articles/Nada.md:1: the name of an article"),
    ("a message that nobody sends", _bytes("messages/nada.es.txt", b"Hola\n\nTexto"), "messages/nada.es.txt:1: the program sends no message"),
    ("a value that does not exist", _bytes("messages/case_opened.es.txt", b"Hola\n\n$nada"), "messages/case_opened.es.txt:3: the message case_opened has no value $nada"),
    ("a lonely dollar", _bytes("messages/case_opened.es.txt", b"Hola\n\nvale $ 5"), "messages/case_opened.es.txt:3: a $ stands for itself"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("damage", "expected"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS]
)
def test_a_fault_is_named_with_its_file_and_line(
    damage: Break, expected: str, tmp_path: Path
) -> None:
    pack = copy_of_mini(tmp_path)
    damage(pack)
    with pytest.raises(PackError) as caught:
        read_pack(pack)
    faults = [str(fault) for fault in caught.value.faults]
    assert any(fault.startswith(expected) for fault in faults), faults


def test_a_crossed_shape_is_a_fault(tmp_path: Path) -> None:
    pack = copy_of_mini(tmp_path)
    crossed = '{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}'
    line = f'{{"type":"Feature","properties":{{"code":"080807"}},"geometry":{crossed}}}'
    text = f'{{"type":"FeatureCollection","features":[\n{line}\n]}}'
    (pack / "boundaries.geojson").write_text(text, encoding="utf-8")
    with pytest.raises(PackError, match=r"boundaries.geojson:2: the shape of 080807 is not valid"):
        read_pack(pack)


def test_a_bad_pack_changes_nothing_and_names_all_its_faults(tmp_path: Path) -> None:
    pack = copy_of_mini(tmp_path)
    load_pack(pack)
    change(pack, "places.csv", "Bella Vista", "Vista Bella")
    append(pack, "units.csv", "X,NADA,Unidad,")
    append(pack, "holidays.csv", "mañana,Nada,national")
    with pytest.raises(PackError) as caught:
        load_pack(pack)
    assert [(fault.file, fault.line) for fault in caught.value.faults] == [
        ("holidays.csv", 32), ("units.csv", 27)
    ]  # fmt: skip
    assert Place.objects.get(code="080807").name == "Bella Vista"
    assert LoadedPack.objects.count() == 1


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="there is no such folder"):
        load_pack(tmp_path / "nada")


@pytest.mark.slow
def test_the_pack_of_panama_has_no_fault() -> None:
    assert len(read_pack(PANAMA).places) == 794
