"""Questions about entities that more than one app asks."""

from __future__ import annotations

from dataclasses import dataclass, field

from centro.agencies.models import Agency, Unit
from centro.places.stamps import Kept

STAMP = "agencies"


@dataclass(frozen=True, slots=True)
class _Directory:
    """The entities and their active units, each found in one step."""

    agencies: dict[int, Agency] = field(default_factory=dict)
    units: dict[int, Unit] = field(default_factory=dict)
    by_province: dict[int, dict[int | None, Unit]] = field(default_factory=dict)
    municipalities: dict[int, Agency] = field(default_factory=dict)


def unit_for(agency: Agency, province_id: int | None) -> Unit | None:
    """The regional office of the entity for that province, otherwise its national unit."""
    of_agency = _directory.get().by_province.get(agency.pk, {})
    return of_agency.get(province_id) or of_agency.get(None)


def has_one_office(agency: Agency) -> bool:
    """Whether all that the entity gets comes to one and the same unit."""
    return len(_directory.get().by_province.get(agency.pk, {})) == 1


def unit_with(pk: int) -> Unit | None:
    """An active unit by its id; usually without a statement. The row is shared: read only."""
    known = _directory.get().units.get(pk)
    # Perhaps it is newer than our copy.
    return known or Unit.objects.filter(pk=pk, active=True).first()


def agency_with(pk: int) -> Agency | None:
    """An entity by its id, as it is now; usually without a statement.

    The row is shared between calls: read it, do not change it.
    """
    return _directory.get().agencies.get(pk) or Agency.objects.filter(pk=pk).first()


def municipality_of(district_id: int) -> Agency | None:
    """The municipality that serves a district, when it is one of the entities."""
    return _directory.get().municipalities.get(district_id)


def forget_units() -> None:
    """Read the entities and their units again at the next question."""
    _directory.forget()


def _read_directory() -> _Directory:
    read = _Directory()
    for agency in Agency.objects.order_by("-pk"):
        read.agencies[agency.pk] = agency
        if agency.active and agency.jurisdiction_id is not None:
            read.municipalities[agency.jurisdiction_id] = agency
    for unit in Unit.objects.filter(active=True).order_by("-code"):
        unit.agency = read.agencies[unit.agency_id]
        read.units[unit.pk] = unit
        read.by_province.setdefault(unit.agency_id, {})[unit.province_id] = unit
    return read


_directory: Kept[_Directory] = Kept(STAMP, _read_directory)
