"""Terms, hours and special days in the words of the reader's language."""

from __future__ import annotations

import re
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from centro.catalog.models import BusinessCalendar, PolicyVersion
from centro.kernel.calendar import Day, Hours, Unit
from centro.kernel.errors import Invalid

_INTERVAL = re.compile(r"([0-9]{1,2})(?::([0-9]{2}))?\s*(?:-|–|—|a)\s*([0-9]{1,2})(?::([0-9]{2}))?")
_HOUR = 60
_MOST_INTERVALS = 6


def say_term(amount: int, unit: str, calendar: BusinessCalendar) -> str:
    """«5 días hábiles», «24 horas, a toda hora», «30 días calendario»."""
    if unit == Unit.CALENDAR_DAYS:
        return ngettext("%(n)d día calendario", "%(n)d días calendario", amount) % {"n": amount}
    always = calendar.code == BusinessCalendar.ALWAYS
    if unit == Unit.WORKING_HOURS:
        if always:
            text = ngettext("%(n)d hora, a toda hora", "%(n)d horas, a toda hora", amount)
        else:
            text = ngettext("%(n)d hora hábil", "%(n)d horas hábiles", amount)
    elif always:
        text = ngettext("%(n)d día, a toda hora", "%(n)d días, a toda hora", amount)
    else:
        text = ngettext("%(n)d día hábil", "%(n)d días hábiles", amount)
    return text % {"n": amount}


def say_solution(version: PolicyVersion) -> str:
    """The term of the solution in words."""
    return say_term(version.solution_amount, version.solution_unit, version.calendar)


def say_response(version: PolicyVersion) -> str:
    """The term of the first response in words."""
    return say_term(version.response_amount, version.response_unit, version.calendar)


def say_hours(hours: list[list[int]]) -> str:
    """«8:00–12:00, 13:00–16:00» of [opens, closes] in minutes; empty for a closed day."""
    return ", ".join(f"{_clock(opens)}–{_clock(closes)}" for opens, closes in hours)


def read_hours(text: str) -> Day:
    """The openings of a day as people write them; none for an empty text. Invalid with words."""
    parts = [part.strip() for part in text.replace(" y ", ",").split(",") if part.strip()]
    if len(parts) > _MOST_INTERVALS:
        raise Invalid(_("Use como máximo %(n)d tramos por día.") % {"n": _MOST_INTERVALS})
    hours = tuple(_interval(part) for part in parts)
    if any(later.opens < earlier.closes for earlier, later in pairwise(hours)):
        raise Invalid(_("Escriba los tramos en orden y sin que se crucen."))
    return hours


def _interval(text: str) -> Hours:
    match = _INTERVAL.fullmatch(text)
    if match is None:
        raise Invalid(
            _("«%(text)s» no es un horario. Escriba, por ejemplo, 8:00–16:00.")
            % {"text": text[:40]}
        )
    opens, opens_at, closes, closes_at = (int(part or 0) for part in match.groups())
    begin, end = opens * _HOUR + opens_at, closes * _HOUR + closes_at
    if max(opens_at, closes_at) >= _HOUR or not begin < end <= 24 * _HOUR:
        raise Invalid(
            _("«%(text)s» no es un horario del día, de 0:00 a 24:00.") % {"text": text[:40]}
        )
    return Hours(begin, end)


def _clock(minutes: int) -> str:
    return f"{minutes // _HOUR}:{minutes % _HOUR:02d}"
