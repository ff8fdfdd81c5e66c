"""What a country's pack says of calendars and agreements, written in bulk while it is loaded.

What people decided stays: their exceptions in a calendar, and every agreement that has an author.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max

from centro.catalog.actions.calendars import put_in_force
from centro.catalog.agreements import forget_agreements
from centro.catalog.calendars import (
    NAMES,
    STAMP,
    first_week,
    forget_calendars,
    special_days_of_pack,
)
from centro.catalog.differences import in_order, merged
from centro.catalog.models import BusinessCalendar, CalendarVersion, Policy, PolicyVersion
from centro.kernel.clock import now
from centro.places.stamps import renew_stamp

Key = tuple[int, int | None, str]  # service, place, priority


@dataclass(frozen=True, slots=True)
class Seed:
    """The terms that the pack gives a service type, maybe in a place or for a priority.

    `terms` are fields of a `PolicyVersion`; those left out have its defaults.
    """

    service_id: int
    place_id: int | None
    priority: str
    terms: Mapping[str, Any]

    @property
    def key(self) -> Key:
        return self.service_id, self.place_id, self.priority


@transaction.atomic
def follow_holidays(*, before: list[dict[str, Any]]) -> CalendarVersion | None:
    """Bring the calendars in line with the holidays of the country.

    Writes the first versions of a new country. Afterwards, when the holidays are no longer those
    of `before`, puts a new version of the office calendar in force that keeps what people changed.
    Returns that version, or None when none was replaced.
    """
    _make_first_calendars()
    calendar = BusinessCalendar.objects.select_for_update().get(code=BusinessCalendar.OFFICE)
    current = calendar.versions.get(state=CalendarVersion.State.IN_FORCE)
    special = _with_holidays(before, special_days_of_pack(), current.special)
    if special == in_order(current.special):
        return None
    last = calendar.versions.aggregate(last=Max("number"))["last"]
    version = CalendarVersion(
        calendar=calendar,
        number=last + 1,
        week=current.week,
        special=special,
        note="Feriados del país",
    )
    return put_in_force(version, instead_of=current)


@transaction.atomic
def follow_catalogue(*, seeds: Sequence[Seed], dropped: Iterable[Key] = ()) -> list[PolicyVersion]:
    """Give each seed its agreement: the first one, or another where the pack's own terms changed.

    `dropped` are agreements of the pack that it no longer has; they end, unless people took them
    over. Returns the versions that replace one, and those that ended, for cases under way.
    """
    policies = _policies_for(seeds)
    in_force = {
        version.policy_id: version
        for version in PolicyVersion.objects.filter(state=PolicyVersion.State.IN_FORCE)
    }
    numbers = dict(PolicyVersion.objects.values_list("policy_id").annotate(last=Max("number")))
    made, replaced = [], []
    for seed in seeds:
        policy = policies[seed.key]
        current = in_force.get(policy)
        if current is not None and (_is_of_people(current) or _says(current, seed.terms)):
            continue
        if current is not None:
            replaced.append(current)
        made.append(_version(policy, numbers.get(policy, 0) + 1, seed.terms))
    ended = [
        version
        for key in dropped
        if (version := in_force.get(policies.get(key, 0))) and not _is_of_people(version)
    ]
    _let_pass([*replaced, *ended])
    PolicyVersion.objects.bulk_create(made, batch_size=1000)
    if made or ended:
        renew_stamp(STAMP)
        forget_agreements()
    before = {version.policy_id for version in replaced}
    return [*(version for version in made if version.policy_id in before), *ended]


def _make_first_calendars() -> None:
    calendars = [BusinessCalendar(code=code, name=name) for code, name in NAMES.items()]
    BusinessCalendar.objects.bulk_create(calendars, ignore_conflicts=True)
    have = CalendarVersion.objects.filter(state=CalendarVersion.State.IN_FORCE)
    missing = BusinessCalendar.objects.filter(code__in=NAMES).exclude(
        pk__in=have.values("calendar_id")
    )
    CalendarVersion.objects.bulk_create(
        CalendarVersion(
            calendar=calendar,
            number=1,
            week=first_week(calendar.code),
            special=special_days_of_pack() if calendar.code == BusinessCalendar.OFFICE else [],
            state=CalendarVersion.State.IN_FORCE,
            in_force_at=now(),
        )
        for calendar in missing
    )
    forget_calendars()


def _with_holidays(
    before: list[dict[str, Any]], after: list[dict[str, Any]], current: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The special days of a version with the holidays that came, changed and went.

    A day on which people decided something else than the pack said remains as they decided.
    """
    theirs = {day["day"]: day for day in before}
    ours = {day["day"]: day for day in current if not day["places"]}
    decided = {day for day in theirs.keys() | ours.keys() if theirs.get(day) != ours.get(day)}
    old, new = ([day for day in days if day["day"] not in decided] for days in (before, after))
    return merged(old, new, current)


def _policies_for(seeds: Iterable[Seed]) -> dict[Key, int]:
    """The agreement of every seed, made where there is none."""
    known = _read_policies()
    missing = [seed for seed in seeds if seed.key not in known]
    if not missing:
        return known
    Policy.objects.bulk_create(
        Policy(service_id=seed.service_id, place_id=seed.place_id, priority=seed.priority)
        for seed in missing
    )
    return _read_policies()


def _read_policies() -> dict[Key, int]:
    rows = Policy.objects.values_list("service_id", "place_id", "priority", "pk")
    return {(service, place, priority): pk for service, place, priority, pk in rows}


def _is_of_people(version: PolicyVersion) -> bool:
    return version.made_by_id is not None


def _says(version: PolicyVersion, terms: Mapping[str, Any]) -> bool:
    return all(getattr(version, name) == value for name, value in terms.items())


def _version(policy: int, number: int, terms: Mapping[str, Any]) -> PolicyVersion:
    return PolicyVersion(
        policy_id=policy,
        number=number,
        state=PolicyVersion.State.IN_FORCE,
        in_force_at=now(),
        **terms,
    )


def _let_pass(versions: Iterable[PolicyVersion]) -> None:
    pks = [version.pk for version in versions]
    if pks:
        PolicyVersion.objects.filter(pk__in=pks).update(state=PolicyVersion.State.PAST)
