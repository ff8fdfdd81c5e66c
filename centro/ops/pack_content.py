"""What a pack says, read whole and checked before anything is changed.

The format is described for its authors in docs/reference/pack-format.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from centro.catalog.models import CaseKind, Confidentiality, Holiday, Priority, Question, Saying
from centro.kernel.grammar import TemplateError, parse, slots_of
from centro.ops.pack_agreements import read_agreements
from centro.ops.pack_articles import read_articles, read_texts
from centro.ops.pack_reading import Faults, PackError, Row, Unique, read_table
from centro.ops.pack_rows import (
    About,
    AgencyRow,
    EmergencyRow,
    HolidayRow,
    LandmarkRow,
    Pack,
    PlaceRow,
    QuestionRow,
    SayingRow,
    ServiceRow,
    UnitRow,
)
from centro.ops.pack_shapes import read_shapes
from centro.places.models import Place

FORMAT = 1
LEVELS = [str(level) for level in Place.Level.values]
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")


def read_pack(folder: Path) -> Pack:
    """The whole pack, or `PackError` with everything that is wrong in it."""
    faults = Faults()
    pack = Pack(about=_about(folder, faults))
    levels = _places(folder, pack, faults)
    provinces = {code for code, level in levels.items() if level == Place.Level.PROVINCE}
    districts = {code for code, level in levels.items() if level == Place.Level.DISTRICT}
    _shapes(folder, pack, faults)
    _landmarks(folder, pack, levels, faults)
    agencies = _agencies(folder, pack, districts, faults)
    _units(folder, pack, agencies, provinces, faults)
    services = _services(folder, pack, agencies, faults)
    _questions(folder, pack, services, faults)
    _sayings(folder, pack, services, faults)
    _holidays(folder, pack, faults)
    pack.agreements = read_agreements(folder, services, provinces | districts, faults)
    _emergency(folder, pack, faults)
    pack.articles = read_articles(folder, agencies, faults)
    pack.texts = read_texts(folder, faults)
    if faults.found:
        raise PackError(faults.found)
    return pack


def _about(folder: Path, faults: Faults) -> About:
    name = "pack.toml"
    if not (folder / name).is_file():
        faults.add(name, 1, "the file is missing")
        return About()
    text = (folder / name).read_bytes().decode("utf-8", errors="replace")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        faults.add(name, int(found[1]) if found else 1, f"this is not TOML: {error}")
        return About()
    if data.get("format") != FORMAT:
        faults.add(name, _line_of(text, "format"), f"format is not {FORMAT}")
    values = {key: _setting(name, text, data, key, faults) for key in _SETTINGS}
    return About(**values)


_SETTINGS = ("name", "title", "language", "time_zone", "opens", "closes")


def _setting(name: str, text: str, data: Mapping[str, Any], key: str, faults: Faults) -> str:
    value = data.get(key)
    line = _line_of(text, key)
    if not isinstance(value, str) or not value:
        faults.add(name, line, f"{key} is missing or is not a text")
        return ""
    try:
        if key == "time_zone":
            ZoneInfo(value)
        if key in {"opens", "closes"}:
            time.fromisoformat(value)
    except (ValueError, OSError) as error:
        faults.add(name, line, f"{key}: {error}")
    except ZoneInfoNotFoundError:
        faults.add(name, line, f"{key}: there is no zone {value}")
    return value


def _line_of(text: str, key: str) -> int:
    found = re.search(rf"^{key}\s*=", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def _places(folder: Path, pack: Pack, faults: Faults) -> dict[str, str]:
    columns = [
        "code",
        "parent",
        "level",
        "name",
        "kind",
        "population",
        "lat",
        "lon",
        "seat",
        "iso",
        "aliases",
    ]
    rows = read_table(folder, "places.csv", columns, faults)
    unique = Unique("the place")
    levels: dict[str, str] = {}
    for row in rows:
        place = PlaceRow(
            code=_code(row, "code", 12),
            parent=row.text("parent"),
            level=row.one_of("level", LEVELS),
            name=row.text("name", longest=120, required=True),
            kind=row.text("kind", longest=60),
            population=row.whole("population"),
            lat=row.degrees("lat", 90),
            lon=row.degrees("lon", 180),
            seat=row.flag("seat"),
            aliases=row.listed("aliases", longest=120),
        )
        unique.check(row, place.code)
        levels.setdefault(place.code, place.level)
        pack.places.append(place)
    for row, place in zip(rows, pack.places, strict=True):
        _check_parent(row, place, levels)
    return levels


def _check_parent(row: Row, place: PlaceRow, levels: Mapping[str, str]) -> None:
    above = LEVELS.index(place.level) - 1
    if above < 0:
        if place.parent:
            row.fault(f"the {place.level} {place.code} has a parent; it has none")
    elif levels.get(place.parent) != LEVELS[above]:
        row.fault(f"parent '{place.parent}' is not a {LEVELS[above]} of this file")


def _shapes(folder: Path, pack: Pack, faults: Faults) -> None:
    parents = {place.parent for place in pack.places}
    pack.shapes = read_shapes(folder, {p.code: p.code in parents for p in pack.places}, faults)
    missing = [p.code for p in pack.places if p.code not in pack.shapes.keys() | parents]
    if missing and pack.shapes:
        pack.notes.append(f"without a shape: {', '.join(missing)}")


def _landmarks(folder: Path, pack: Pack, levels: Mapping[str, str], faults: Faults) -> None:
    columns = ["id", "name", "kind", "lat", "lon", "place", "approximate"]
    unique = Unique("the landmark")
    for row in read_table(folder, "landmarks.csv", columns, faults, required=False):
        mark = LandmarkRow(
            id=_code(row, "id", 40),
            name=row.text("name", required=True),
            kind=row.text("kind", longest=40, required=True),
            lat=_needed(row, "lat", 90),
            lon=_needed(row, "lon", 180),
            place=row.text("place"),
            approximate=row.flag("approximate"),
        )
        unique.check(row, mark.id)
        _known(row, "place", mark.place, levels)
        pack.landmarks.append(mark)


def _agencies(folder: Path, pack: Pack, districts: set[str], faults: Faults) -> set[str]:
    columns = ["acronym", "name", "kind", "parent", "website", "topics", "jurisdiction"]
    rows = read_table(folder, "agencies.csv", columns, faults)
    unique, served = Unique("the entity"), Unique("the municipality of")
    for row in rows:
        agency = AgencyRow(
            acronym=_code(row, "acronym", 20),
            name=row.text("name", required=True),
            kind=row.text("kind", longest=60),
            parent=row.text("parent", longest=20),
            website=row.text("website"),
            topics=row.listed("topics", longest=200),
            jurisdiction=row.text("jurisdiction"),
        )
        unique.check(row, agency.acronym)
        if agency.jurisdiction:
            _known(row, "jurisdiction", agency.jurisdiction, districts)
            served.check(row, agency.jurisdiction)
        pack.agencies.append(agency)
    acronyms = {agency.acronym for agency in pack.agencies}
    for row, agency in zip(rows, pack.agencies, strict=True):
        _known(row, "parent", agency.parent, acronyms)
    return acronyms


def _units(
    folder: Path, pack: Pack, agencies: set[str], provinces: set[str], faults: Faults
) -> None:
    columns = ["code", "agency", "name", "province"]
    unique, place = Unique("the unit"), Unique("a unit of")
    for row in read_table(folder, "units.csv", columns, faults):
        unit = UnitRow(
            code=_code(row, "code", 40),
            agency=row.text("agency", required=True),
            name=row.text("name", required=True),
            province=row.text("province"),
        )
        unique.check(row, unit.code)
        place.check(row, (unit.agency, unit.province or "the whole country"))
        _known(row, "agency", unit.agency, agencies)
        _known(row, "province", unit.province, provinces)
        pack.units.append(unit)


def _services(folder: Path, pack: Pack, agencies: set[str], faults: Faults) -> set[str]:
    columns = [
        "code",
        "agency",
        "category",
        "name",
        "name_en",
        "kind",
        "priority",
        "working_days",
        "around_the_clock",
        "requires_place",
        "confidentiality",
        "municipal",
        "keywords",
    ]
    unique = Unique("the service type")
    for row in read_table(folder, "services.csv", columns, faults):
        service = ServiceRow(
            code=_code(row, "code", 30),
            agency=row.text("agency"),
            category=row.text("category", longest=100),
            name=row.text("name", required=True),
            name_en=row.text("name_en"),
            kind=row.one_of("kind", CaseKind.values),
            priority=row.one_of("priority", Priority.values),
            working_days=row.whole("working_days", least=1, most=365),
            around_the_clock=row.flag("around_the_clock"),
            requires_place=row.flag("requires_place"),
            confidentiality=row.one_of("confidentiality", Confidentiality.values),
            municipal=row.flag("municipal"),
            keywords=row.listed("keywords"),
        )
        unique.check(row, service.code)
        _known(row, "agency", service.agency, agencies)
        pack.services.append(service)
    return {service.code for service in pack.services}


def _questions(folder: Path, pack: Pack, services: set[str], faults: Faults) -> None:
    columns = ["service", "key", "label", "label_en", "kind", "choices", "choices_en", "required"]
    unique = Unique("the question")
    asked: dict[str, int] = {}
    for row in read_table(folder, "questions.csv", columns, faults, required=False):
        service = row.text("service", required=True)
        asked[service] = asked.get(service, 0) + 1
        question = QuestionRow(
            service=service,
            key=row.text("key", longest=40, required=True),
            label=row.text("label", required=True),
            label_en=row.text("label_en"),
            kind=row.one_of("kind", Question.Kind.values),
            choices=row.listed("choices"),
            choices_en=row.listed("choices_en"),
            required=row.flag("required"),
            position=asked[service],
        )
        unique.check(row, (service, question.key))
        _known(row, "service", service, services)
        _check_choices(row, question)
        pack.questions.append(question)


def _check_choices(row: Row, question: QuestionRow) -> None:
    if not _SLUG.fullmatch(question.key):
        row.fault(f"key is '{question.key}'; it is small letters, digits, - and _")
    if question.kind == Question.Kind.CHOICE and len(question.choices) < 2:
        row.fault("a question of kind choice needs two choices or more")
    if question.choices_en and len(question.choices_en) != len(question.choices):
        row.fault("choices_en needs one for each of choices, in the same order")
    if question.kind != Question.Kind.CHOICE and question.choices:
        row.fault(f"a question of kind {question.kind} has no choices")


def _sayings(folder: Path, pack: Pack, services: set[str], faults: Faults) -> None:
    unique = Unique("the saying")
    meanings = services | {Saying.OUT_OF_SCOPE, Saying.AMBIGUOUS}
    for row in read_table(folder, "sayings.csv", ["means", "saying"], faults, required=False):
        saying = SayingRow(
            means=row.text("means", required=True),
            saying=row.text("saying", longest=300, required=True),
        )
        unique.check(row, (saying.means, saying.saying))
        _known(row, "means", saying.means, meanings)
        _check_grammar(row, saying.saying)
        pack.sayings.append(saying)


def _check_grammar(row: Row, saying: str) -> None:
    try:
        slots = slots_of(parse(saying))
    except TemplateError as error:
        row.fault(str(error))
    else:
        if slots:
            row.fault(f"a saying has no slots, and this one has {', '.join(sorted(slots))}")


def _holidays(folder: Path, pack: Pack, faults: Faults) -> None:
    unique = Unique("the holiday")
    for row in read_table(folder, "holidays.csv", ["day", "name", "kind"], faults, required=False):
        holiday = HolidayRow(
            day=row.day("day"),
            name=row.text("name", longest=120, required=True),
            kind=row.one_of("kind", Holiday.Kind.values),
        )
        unique.check(row, (holiday.day, holiday.kind))
        pack.holidays.append(holiday)


def _emergency(folder: Path, pack: Pack, faults: Faults) -> None:
    columns = ["number", "label", "label_en", "description", "description_en"]
    unique = Unique("the number")
    rows = read_table(folder, "emergency.csv", columns, faults)
    for row in rows:
        number = EmergencyRow(
            number=row.text("number", longest=20, required=True),
            label=row.text("label", longest=120, required=True),
            label_en=row.text("label_en", longest=120),
            description=row.text("description"),
            description_en=row.text("description_en"),
        )
        unique.check(row, number.number)
        pack.emergency.append(number)


def _code(row: Row, column: str, longest: int) -> str:
    code = row.text(column, longest=longest, required=True)
    if code and not _CODE.fullmatch(code):
        row.fault(f"{column} is '{code}'; it is letters, digits, '.', '-' and '_'")
    return code


def _needed(row: Row, column: str, limit: float) -> float:
    if not row.text(column):
        row.fault(f"{column} is empty")
    return row.degrees(column, limit) or 0.0


def _known(row: Row, column: str, value: str, known: Iterable[str]) -> None:
    if value and value not in known:
        row.fault(f"{column} '{value}' is not known")
