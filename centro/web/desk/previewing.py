"""A preview in the words of a page: entities and services by name, cases that one may open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from centro.accounts.models import User
from centro.agencies.models import Agency
from centro.agencies.scopes import scope_of
from centro.cases.previews import OfAgency, Preview, Shift
from centro.catalog.models import ServiceType
from centro.web.desk.posts import OF_ALL_TERMS, READERS

_SHOWN = 6


@dataclass(frozen=True, slots=True)
class ToldAgency:
    name: str
    full_name: str
    of: OfAgency
    largest: str


@dataclass(frozen=True, slots=True)
class ToldShift:
    shift: Shift
    agency: str
    service: str
    by: str


@dataclass(frozen=True, slots=True)
class Told:
    """A preview with its rows in words; `opens` when the reader may open cases."""

    preview: Preview
    agencies: list[ToldAgency]
    examples: list[ToldShift]
    opens: bool

    @property
    def first(self) -> list[ToldAgency]:
        return self.agencies[:_SHOWN]

    @property
    def rest(self) -> list[ToldAgency]:
        return self.agencies[_SHOWN:]


def own_agencies(user: User) -> frozenset[int] | None:
    """The entities of whose cases this user sees examples; None for all."""
    scope = scope_of(user)
    return None if scope.has(*OF_ALL_TERMS) else scope.all_agencies


def told(preview: Preview, user: User) -> Told:
    """Two statements, for the names."""
    agencies = Agency.objects.in_bulk([of.agency for of in preview.agencies if of.agency])
    services = ServiceType.objects.in_bulk({shift.service for shift in preview.examples})
    return Told(
        preview=preview,
        agencies=[_agency(of, agencies) for of in preview.agencies],
        examples=[
            ToldShift(
                shift,
                agencies[shift.agency].acronym if shift.agency else _("Clasificación"),
                services[shift.service].name,
                _by(shift.by),
            )
            for shift in preview.examples
        ],
        opens=scope_of(user).has(*READERS),
    )


def _agency(of: OfAgency, agencies: Mapping[int, Agency]) -> ToldAgency:
    if of.agency is None:
        return ToldAgency(_("Clasificación"), "", of, _by(of.largest))
    agency = agencies[of.agency]
    return ToldAgency(agency.acronym, agency.name, of, _by(of.largest))


def _by(span: timedelta) -> str:
    """«1 día», «3 horas»: how far a date moves, whichever way."""
    hours = round(abs(span) / timedelta(hours=1))
    if hours < 24:
        return ngettext("%(n)d hora", "%(n)d horas", hours) % {"n": hours}
    days = round(abs(span) / timedelta(days=1))
    return ngettext("%(n)d día", "%(n)d días", days) % {"n": days}
