"""Cases at the top of the ladder as few matters, in the order of their weight. No database here.

Cases of one event are one bundle; otherwise those of one service type in one district and one
entity, near in time. Bundles are sorted by

    weight = age x people x harm

- age: calendar days since the oldest due date of the bundle passed, at least 1;
- people: its cases, and those who said "me too" to its event;
- harm: 1, 2, 4 or 8 for the highest priority among its cases (low, medium, high, urgent).

The factors multiply, so that a few people in danger for long outweigh many with a small nuisance
since yesterday. docs/explanation/presidency.md says the same in words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from centro.catalog.models import Priority

HARM = {Priority.LOW: 1, Priority.MEDIUM: 2, Priority.HIGH: 4, Priority.URGENT: 8}
# A longer silence between two cases of a kind in a district makes them two matters.
NEAR_IN_TIME = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Topmost:
    """A case at the top of the ladder, with what its card needs of other tables."""

    case: int
    confidentiality: str
    priority: str
    spoken_at: datetime
    due_at: datetime
    service: int
    service_name: str
    service_name_en: str
    agency: int | None
    agency_acronym: str | None
    agency_name: str | None
    place: int | None
    place_name: str | None
    district: int | None
    district_name: str | None
    province_name: str | None
    incident: int | None
    incident_title: str | None
    also_affected: int | None

    @property
    def area(self) -> int | None:
        """The district, or the place where the district itself is all that is known."""
        return self.district or self.place


@dataclass(frozen=True, slots=True)
class Bundle:
    """One matter for the President: its cases, the one due first in front."""

    cases: tuple[Topmost, ...]
    at: datetime

    @property
    def first(self) -> Topmost:
        return self.cases[0]

    @property
    def key(self) -> str:
        """Names the matter in an address, as long as its oldest case is unsolved."""
        if self.first.incident:
            return f"e{self.first.incident}-{self.first.agency or 0}"
        return f"c{min(self.ids)}"

    @property
    def ids(self) -> list[int]:
        return [case.case for case in self.cases]

    @property
    def days(self) -> int:
        """Calendar days since the oldest due date passed, at least 1."""
        return max((self.at - self.first.due_at).days, 1)

    @property
    def people(self) -> int:
        return len(self.cases) + (self.first.also_affected or 0)

    @property
    def priority(self) -> Priority:
        return max((Priority(case.priority) for case in self.cases), key=HARM.__getitem__)

    @property
    def weight(self) -> int:
        return self.days * self.people * HARM[self.priority]

    @property
    def where(self) -> str:
        """The corregimiento when it is one, otherwise the district, and what lies around it."""
        one = self.first
        name, around = one.place_name or "", one.district_name or one.province_name or ""
        if len({case.place for case in self.cases}) > 1 and one.district_name:
            name, around = one.district_name, one.province_name or ""
        return name if around in {"", name} else f"{name}, {around}"


def bundled(cases: Iterable[Topmost], at: datetime) -> list[Bundle]:
    """The cases as matters, the heaviest first; equals by the older due date, then by key."""
    alike: dict[tuple[object, ...], list[Topmost]] = defaultdict(list)
    for case in cases:
        alike[_kind_of(case)].append(case)
    made = [
        Bundle(tuple(sorted(part, key=lambda case: (case.due_at, case.case))), at)
        for kind, group in alike.items()
        for part in ([group] if kind[0] == "event" else _near_in_time(group))
    ]
    made.sort(key=lambda bundle: (-bundle.weight, bundle.first.due_at, bundle.first.case))
    return made


def _kind_of(case: Topmost) -> tuple[object, ...]:
    if case.incident:
        return "event", case.incident, case.agency
    return "alike", case.service, case.area, case.agency


def _near_in_time(cases: Iterable[Topmost]) -> Iterator[list[Topmost]]:
    """Parted wherever the next case came long after the one before it."""
    part: list[Topmost] = []
    for case in sorted(cases, key=lambda case: case.spoken_at):
        if part and case.spoken_at - part[-1].spoken_at > NEAR_IN_TIME:
            yield part
            part = []
        part.append(case)
    if part:
        yield part
