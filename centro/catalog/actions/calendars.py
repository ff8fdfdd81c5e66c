"""Drafting a calendar's next version and putting it in force. Versions in force never change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from centro.accounts.roles import Role
from centro.catalog.calendars import STAMP, forget_calendars
from centro.catalog.differences import in_order, key_of, rebased
from centro.catalog.models import BusinessCalendar, CalendarVersion
from centro.kernel.actor import Actor, Kind
from centro.kernel.calendar import Day, Week
from centro.kernel.clock import now, today
from centro.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from centro.places.models import Place
from centro.places.stamps import renew_stamp

State = CalendarVersion.State
EDITORS = frozenset({Role.ADMINISTRATOR, Role.DIRECTOR})
# Terms are counted over a calendar for at most this far in both directions.
FURTHEST = timedelta(days=3 * 366)
LONGEST_CLOSURE = 31
LONGEST_NAME, LONGEST_NOTE = 120, 2000


class Overtaken(Refused):
    """Another version came into force since this draft was begun."""

    code = "overtaken"


@dataclass(frozen=True, slots=True)
class DatedException:
    """Days that differ from their week: closed, or open at `hours`; in `places`, or everywhere."""

    first: date
    last: date
    name: str
    hours: Day = ()
    places: Sequence[Place] = ()


@transaction.atomic
def draft_calendar(*, calendar: BusinessCalendar, by: Actor) -> CalendarVersion:
    """Begin the next version of a calendar as a copy of the one in force."""
    calendar = _lock(calendar, by)
    current = _current(calendar)
    last = calendar.versions.aggregate(last=Max("number"))["last"]
    return CalendarVersion.objects.create(
        calendar=calendar,
        number=last + 1,
        week=current.week,
        special=current.special,
        made_by_id=by.id,
        made_at=now(),
    )


@transaction.atomic
def change_week(*, draft: CalendarVersion, week: Week, by: Actor) -> CalendarVersion:
    """Set the opening hours of a draft, Monday first. A calendar opens at least once a week."""
    draft = _lock_draft(draft, by)
    if not any(week):
        raise Invalid(_("Un calendario abre al menos un día de la semana."))
    draft.week = [[[hours.opens, hours.closes] for hours in day] for day in week]
    draft.save(update_fields=["week"])
    return draft


@transaction.atomic
def declare_exception(
    *, draft: CalendarVersion, what: DatedException, by: Actor
) -> CalendarVersion:
    """Add days that differ to a draft: a decreed closure, a half day, a day worked instead.

    A day that the draft already has for the same places is replaced.
    """
    draft = _lock_draft(draft, by)
    check_exception(what)
    places = sorted(place.code for place in what.places)
    hours = [[each.opens, each.closes] for each in what.hours]
    days = [what.first + timedelta(days=n) for n in range((what.last - what.first).days + 1)]
    added = [
        {"day": day.isoformat(), "name": what.name, "hours": hours, "places": places}
        for day in days
    ]
    replaced = {key_of(each) for each in added}
    kept = [each for each in draft.special if key_of(each) not in replaced]
    _check_overlaps(kept, added)
    draft.special = in_order([*kept, *added])
    draft.save(update_fields=["special"])
    return draft


@transaction.atomic
def drop_exception(
    *, draft: CalendarVersion, day: date, places: Sequence[str], by: Actor
) -> CalendarVersion:
    """Take a day that differs out of a draft: it becomes a day like those of its week."""
    draft = _lock_draft(draft, by)
    dropped = (day.isoformat(), tuple(sorted(places)))
    kept = [each for each in draft.special if key_of(each) != dropped]
    if len(kept) == len(draft.special):
        raise NotFound(_("Ese día ya no está en el borrador."))
    draft.special = kept
    draft.save(update_fields=["special"])
    return draft


@transaction.atomic
def renew_draft(*, draft: CalendarVersion, by: Actor) -> CalendarVersion:
    """Carry what a draft changes over to the version that is in force now."""
    draft = _lock_draft(draft, by)
    current = _current(draft.calendar)
    base = draft.calendar.versions.filter(in_force_at__lte=draft.made_at)
    begun_from = base.order_by("-in_force_at").first() or current
    draft.week, draft.special = rebased(begun_from, draft, current)
    draft.made_at = now()
    draft.save(update_fields=["week", "special", "made_at"])
    return draft


@transaction.atomic
def discard_draft(*, draft: CalendarVersion, by: Actor) -> None:
    """Forget a draft that never came into force."""
    _lock_draft(draft, by).delete()


@transaction.atomic
def publish_calendar(*, draft: CalendarVersion, note: str, by: Actor) -> CalendarVersion:
    """Put a draft in force in place of the version before. `note` says by which decision.

    Terms that begin from now on count on it; those under way are the caller's to move.
    """
    draft = _lock_draft(draft, by)
    current = _current(draft.calendar)
    note = note.replace("\x00", "").strip()
    if not note:
        raise Invalid(_("Diga por qué cambia el calendario: el decreto o la decisión."))
    if is_overtaken(draft, current):
        raise Overtaken(
            _("Mientras tanto entró en vigor la versión %(n)d. Actualice el borrador y revíselo.")
            % {"n": current.number}
        )
    if (draft.week, draft.special) == (current.week, current.special):
        raise Refused(_("El borrador no cambia nada de la versión vigente."))
    draft.note = note[:LONGEST_NOTE]
    return put_in_force(draft, instead_of=current)


def put_in_force(version: CalendarVersion, *, instead_of: CalendarVersion) -> CalendarVersion:
    """Let a version take the place of another, under the calendar's lock."""
    instead_of.state = State.PAST
    instead_of.save(update_fields=["state"])
    version.state, version.in_force_at = State.IN_FORCE, now()
    version.save()
    renew_stamp(STAMP)
    forget_calendars()
    return version


def is_overtaken(draft: CalendarVersion, current: CalendarVersion) -> bool:
    """Whether another version came into force since the draft was begun."""
    return current.in_force_at is not None and current.in_force_at > draft.made_at


def _lock(calendar: BusinessCalendar, by: Actor) -> BusinessCalendar:
    if by.kind != Kind.SYSTEM and not by.roles & EDITORS:
        raise NotAllowed(_("Sólo la dirección y la administración cambian los calendarios."))
    return BusinessCalendar.objects.select_for_update().get(pk=calendar.pk)


def _lock_draft(draft: CalendarVersion, by: Actor) -> CalendarVersion:
    """The draft as it is now, under the lock of its calendar."""
    calendar = _lock(draft.calendar, by)
    found = CalendarVersion.objects.filter(pk=draft.pk).first()
    if found is None:
        raise NotFound(_("Ese borrador ya no existe."))
    if found.state != State.DRAFT:
        raise Refused(_("Esa versión ya no es un borrador: no se puede cambiar."))
    found.calendar = calendar
    return found


def _current(calendar: BusinessCalendar) -> CalendarVersion:
    return calendar.versions.get(state=State.IN_FORCE)


def check_exception(what: DatedException) -> None:
    """Invalid, with words, for days that no calendar may have."""
    if not 0 < len(what.name.strip()) <= LONGEST_NAME:
        raise Invalid(_("Ponga un nombre al día, de 120 letras como máximo."))
    if what.last < what.first:
        raise Invalid(_("El último día está antes del primero."))
    if (what.last - what.first).days >= LONGEST_CLOSURE:
        raise Invalid(_("Declare como máximo %(n)d días de una vez.") % {"n": LONGEST_CLOSURE})
    if what.first < today() - FURTHEST or what.last > today() + FURTHEST:
        raise Invalid(_("Esa fecha está demasiado lejos."))


def _check_overlaps(kept: list[dict[str, Any]], added: list[dict[str, Any]]) -> None:
    """Two days that differ may not speak for the same place: nobody could say which counts."""
    taken = {(each["day"], code) for each in kept for code in each["places"]}
    for each in added:
        if any((each["day"], code) in taken for code in each["places"]):
            raise Invalid(
                _("El %(day)s ya tiene otra excepción en uno de esos lugares. Quítela antes.")
                % {"day": date_format(date.fromisoformat(each["day"]), "j M Y")}
            )
