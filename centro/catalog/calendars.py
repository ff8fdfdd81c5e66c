"""Which calendar a term runs on: the version in force, with the closures of the place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from functools import cache
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max

from centro.catalog.models import BusinessCalendar, CalendarVersion, Holiday
from centro.kernel.calendar import ALWAYS_WEEK, Calendar, Hours, SpecialDay, office_week
from centro.kernel.clock import now
from centro.places.models import Place
from centro.places.stamps import Kept

STAMP = "catalog"
Calendars = Callable[[Place | None], Calendar]
NAMES = {BusinessCalendar.OFFICE: "Horario de oficina", BusinessCalendar.ALWAYS: "Las 24 horas"}


def version_in_force(code: str) -> CalendarVersion:
    """The version of a named calendar that is in force; usually without a statement.

    The two calendars every country has are written at their first use, from the settings and the
    holidays. The row is shared between calls: read it, do not change it.
    """
    found = _in_force.get().get(code)
    return found or _find_or_make(code)


def calendar_at(version: CalendarVersion, place: Place | None) -> Calendar:
    """The calendar of a version as it is in a place: national days and the closures there.

    What is read of a version is kept for good, so never ask for a draft's: `calendars_of`.
    """
    local = _codes_named(version.pk)
    return _value(version.pk, tuple(code for code in codes_around(place) if code in local))


def calendars_of(version: CalendarVersion) -> Calendars:
    """The same as a function of the place, from the row as it is given, settled or not."""
    local = {code for day in version.special for code in day["places"]}

    @cache
    def calendar(here: tuple[str, ...]) -> Calendar:
        return _calendar(version, here)

    return lambda place: calendar(tuple(code for code in codes_around(place) if code in local))


def codes_around(place: Place | None) -> tuple[str, ...]:
    """The codes under which closures of a place are kept: its province, its district, its own."""
    if place is None:
        return ()
    above = _codes.get()
    upper = (above[pk] for pk in (place.province_id, place.district_id) if pk in above)
    return tuple(dict.fromkeys([*upper, place.code]))


def office_calendar() -> Calendar:
    """The calendar of public offices as it is now, without local closures."""
    return calendar_at(version_in_force(BusinessCalendar.OFFICE), None)


def forget_calendars() -> None:
    """Read the versions in force again at the next question."""
    _in_force.forget()


def special_days_of_pack() -> list[dict[str, object]]:
    """The holidays of the country as special days. Banks alone close on bank holidays."""
    days = Holiday.objects.exclude(kind=Holiday.Kind.BANK).order_by("day", "kind")
    named = {holiday.day: holiday.name for holiday in days}
    return [
        {"day": day.isoformat(), "name": name, "hours": [], "places": []}
        for day, name in named.items()
    ]


def first_week(code: str) -> list[list[list[int]]]:
    """The week with which a calendar begins: the settings' office hours, or every minute."""
    if code == BusinessCalendar.ALWAYS:
        week = ALWAYS_WEEK
    else:
        opens, closes = settings.OFFICE_OPENS, settings.OFFICE_CLOSES
        week = office_week(time.fromisoformat(opens), time.fromisoformat(closes))
    return [[[hours.opens, hours.closes] for hours in day] for day in week]


def _find_or_make(code: str) -> CalendarVersion:
    """Newer than our copy, or the very first of a new country."""
    found = CalendarVersion.objects.filter(
        calendar__code=code, state=CalendarVersion.State.IN_FORCE
    ).first()
    if found is not None or code not in NAMES:
        if found is None:
            raise LookupError(f"no calendar in force: {code}")
        return found
    try:
        with transaction.atomic():
            return _make_first(code)
    except IntegrityError:  # somebody made it at the same time
        return CalendarVersion.objects.get(
            calendar__code=code, state=CalendarVersion.State.IN_FORCE
        )


def _make_first(code: str) -> CalendarVersion:
    calendar, _made = BusinessCalendar.objects.get_or_create(
        code=code, defaults={"name": NAMES[code]}
    )
    last = calendar.versions.aggregate(last=Max("number"))["last"] or 0
    return CalendarVersion.objects.create(
        calendar=calendar,
        number=last + 1,
        week=first_week(code),
        special=[] if code == BusinessCalendar.ALWAYS else special_days_of_pack(),
        state=CalendarVersion.State.IN_FORCE,
        in_force_at=now(),
    )


def _read_in_force() -> dict[str, CalendarVersion]:
    versions = CalendarVersion.objects.filter(state=CalendarVersion.State.IN_FORCE)
    return {version.calendar.code: version for version in versions.select_related("calendar")}


_in_force: Kept[dict[str, CalendarVersion]] = Kept(STAMP, _read_in_force)


def _codes_named(version_id: int) -> frozenset[str]:
    kept = _local.get()
    if version_id not in kept:
        special = CalendarVersion.objects.values_list("special", flat=True).get(pk=version_id)
        kept[version_id] = frozenset(code for day in special for code in day["places"])
    return kept[version_id]


def _value(version_id: int, here: tuple[str, ...]) -> Calendar:
    kept = _values.get()
    if (version_id, here) not in kept:
        version = CalendarVersion.objects.get(pk=version_id)
        kept[version_id, here] = _calendar(version, here)
    return kept[version_id, here]


# A version never changes: what was read of it once holds until another comes into force.
_local: Kept[dict[int, frozenset[str]]] = Kept(STAMP, dict)
_values: Kept[dict[tuple[int, tuple[str, ...]], Calendar]] = Kept(STAMP, dict)


def _calendar(version: CalendarVersion, here: tuple[str, ...]) -> Calendar:
    """`here` goes from the widest to the narrowest, and the narrowest has the last word."""
    week = tuple(tuple(Hours(*hours) for hours in day) for day in version.week)
    ranks = {code: rank for rank, code in enumerate(here, start=1)}
    said: list[tuple[int, dict[str, Any]]] = []
    for day in version.special:
        known = [ranks[code] for code in day["places"] if code in ranks]
        if known or not day["places"]:
            said.append((max(known, default=0), day))
    special: dict[date, SpecialDay] = {}
    for _rank, day in sorted(said, key=itemgetter(0)):
        hours = tuple(Hours(*each) for each in day["hours"])
        special[date.fromisoformat(day["day"])] = SpecialDay(day["name"], hours)
    return Calendar(zone=ZoneInfo(settings.TIME_ZONE), week=week, special=special)


def _read_codes() -> dict[int, str]:
    upper = Place.objects.exclude(level=Place.Level.CORREGIMIENTO)
    return dict(upper.values_list("pk", "code"))


_codes: Kept[dict[int, str]] = Kept("places", _read_codes)
