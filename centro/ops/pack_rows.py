"""What a pack says, as values: one class for each of its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, slots=True)
class About:
    """What pack.toml says of the country."""

    name: str = ""
    title: str = ""
    language: str = "es"
    time_zone: str = ""
    opens: str = ""
    closes: str = ""


@dataclass(frozen=True, slots=True)
class PlaceRow:
    code: str
    parent: str
    level: str
    name: str
    kind: str
    population: int
    lat: float | None
    lon: float | None
    seat: bool
    aliases: list[str]


@dataclass(frozen=True, slots=True)
class LandmarkRow:
    id: str
    name: str
    kind: str
    lat: float
    lon: float
    place: str
    approximate: bool


@dataclass(frozen=True, slots=True)
class AgencyRow:
    acronym: str
    name: str
    kind: str
    parent: str
    website: str
    topics: list[str]
    jurisdiction: str


@dataclass(frozen=True, slots=True)
class UnitRow:
    code: str
    agency: str
    name: str
    province: str


@dataclass(frozen=True, slots=True)
class ServiceRow:
    code: str
    agency: str
    category: str
    name: str
    name_en: str
    kind: str
    priority: str
    working_days: int
    around_the_clock: bool
    requires_place: bool
    confidentiality: str
    municipal: bool
    keywords: list[str]


@dataclass(frozen=True, slots=True)
class QuestionRow:
    service: str
    key: str
    label: str
    label_en: str
    kind: str
    choices: list[str]
    choices_en: list[str]
    required: bool
    position: int


@dataclass(frozen=True, slots=True)
class SayingRow:
    means: str
    saying: str


@dataclass(frozen=True, slots=True)
class HolidayRow:
    day: date
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class AgreementRow:
    service: str
    place: str
    priority: str
    response: int
    response_unit: str
    solution: int
    solution_unit: str
    calendar: str
    interim_days: int
    shares: list[int]


@dataclass(frozen=True, slots=True)
class EmergencyRow:
    number: str
    label: str
    label_en: str
    description: str
    description_en: str


@dataclass(frozen=True, slots=True)
class ArticleRow:
    slug: str
    language: str
    title: str
    body: str
    agency: str
    keywords: list[str]


@dataclass(frozen=True, slots=True)
class TextRow:
    name: str
    language: str
    subject: str
    body: str


@dataclass(slots=True)
class Pack:
    """Everything that a pack says, checked."""

    about: About = field(default_factory=About)
    places: list[PlaceRow] = field(default_factory=list)
    shapes: Mapping[str, BaseGeometry] = field(default_factory=dict)
    landmarks: list[LandmarkRow] = field(default_factory=list)
    agencies: list[AgencyRow] = field(default_factory=list)
    units: list[UnitRow] = field(default_factory=list)
    services: list[ServiceRow] = field(default_factory=list)
    questions: list[QuestionRow] = field(default_factory=list)
    sayings: list[SayingRow] = field(default_factory=list)
    holidays: list[HolidayRow] = field(default_factory=list)
    agreements: list[AgreementRow] = field(default_factory=list)
    emergency: list[EmergencyRow] = field(default_factory=list)
    articles: list[ArticleRow] = field(default_factory=list)
    texts: list[TextRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
