"""The agreements of a pack: its terms beyond the one that each service type has in services.csv."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from centro.catalog.actions.agreements import LARGEST_SHARE, LONGEST_INTERIM, LONGEST_TERM
from centro.catalog.actions.pack import Key, Seed
from centro.catalog.agreements import terms_of_catalogue
from centro.catalog.models import BusinessCalendar, Priority, ServiceType
from centro.catalog.models.policies import default_shares
from centro.kernel.calendar import Unit
from centro.ops.pack_reading import Faults, Row, Unique, read_table
from centro.ops.pack_rows import AgreementRow

COLUMNS = [
    "service", "place", "priority", "response", "response_unit", "solution", "solution_unit",
    "calendar", "interim_days", "shares",
]  # fmt: skip
_CALENDARS = [BusinessCalendar.OFFICE, BusinessCalendar.ALWAYS]
_RUNGS = 5
# What the catalogue does not say of a service type.
_USUAL: dict[str, Any] = {"interim_days": 10}


def read_agreements(
    folder: Path, services: Iterable[str], regions: Iterable[str], faults: Faults
) -> list[AgreementRow]:
    """Every line of `agreements.csv`. `regions` are the codes of provinces and districts."""
    unique = Unique("the agreement of")
    agreements = []
    for row in read_table(folder, "agreements.csv", COLUMNS, faults, required=False):
        agreement = _row(row)
        unique.check(row, (agreement.service, agreement.place, agreement.priority))
        for column, value, known in (
            ("service", agreement.service, services),
            ("place", agreement.place, regions),
        ):
            if value and value not in known:
                row.fault(f"{column} '{value}' is not known")
        agreements.append(agreement)
    return agreements


def _row(row: Row) -> AgreementRow:
    response, response_unit = _term(row, "response")
    solution, solution_unit = _term(row, "solution")
    if response_unit == solution_unit and response > solution:
        row.fault("the response takes longer than the solution")
    return AgreementRow(
        service=row.text("service", required=True),
        place=row.text("place"),
        priority=row.one_of("priority", ["", *Priority.values]),
        response=response,
        response_unit=response_unit,
        solution=solution,
        solution_unit=solution_unit,
        calendar=row.one_of("calendar", _CALENDARS),
        interim_days=row.whole("interim_days", most=LONGEST_INTERIM),
        shares=_shares(row),
    )


def _term(row: Row, column: str) -> tuple[int, str]:
    unit = row.one_of(f"{column}_unit", [unit.value for unit in Unit])
    return row.whole(column, least=1, most=LONGEST_TERM[Unit(unit)]), unit


def _shares(row: Row) -> list[int]:
    given = row.listed("shares")
    if not given:
        return []
    shares = [int(text) if text.isascii() and text.isdigit() else 0 for text in given]
    rising = all(earlier < later for earlier, later in pairwise(shares))
    if len(shares) != _RUNGS or not rising or shares[0] < 1 or shares[-1] > LARGEST_SHARE:
        row.fault(
            f"shares is five rising percents from 1 to {LARGEST_SHARE}, as 75;100;150;200;300"
        )
    return shares


def seeds_of(
    rows: Iterable[AgreementRow], services: Mapping[str, int], places: Mapping[str, int]
) -> list[Seed]:
    """The terms of the pack: one for each service type of its own, and those of `rows`."""
    calendars = dict(BusinessCalendar.objects.values_list("code", "pk"))
    found: dict[Key, Seed] = {
        (service.pk, None, ""): Seed(
            service.pk,
            None,
            "",
            _USUAL | {"shares": default_shares()} | terms_of_catalogue(service),
        )
        for service in ServiceType.objects.filter(pk__in=services.values(), active=True)
    }
    for row in rows:
        seed = Seed(
            services[row.service], places.get(row.place), row.priority, _terms(row, calendars)
        )
        found[seed.key] = seed
    return list(found.values())


def _terms(row: AgreementRow, calendars: Mapping[str, int]) -> dict[str, Any]:
    terms: dict[str, Any] = {
        "calendar_id": calendars[row.calendar],
        "response_amount": row.response,
        "response_unit": row.response_unit,
        "solution_amount": row.solution,
        "solution_unit": row.solution_unit,
        "interim_days": row.interim_days,
    }
    return terms | {"shares": row.shares or default_shares()}


def dropped_from(
    before: Iterable[list[str]],
    now: Iterable[list[str]],
    services: Mapping[str, int],
    places: Mapping[str, int],
) -> list[Key]:
    """The keys of agreements that the last pack had of its own and this one has not.

    Where the line of a whole service type goes, the term of services.csv takes its place.
    """
    gone = {tuple(key) for key in before} - {tuple(key) for key in now}
    return [
        (services[service], places.get(place), priority)
        for service, place, priority in sorted(gone)
        if service in services and (place or priority)
    ]
