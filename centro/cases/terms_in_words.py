"""Terms, hours, days and moments as a reader says them, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from babel.dates import format_date, format_datetime
from django.utils.timezone import localtime
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from centro.kernel.calendar import ALWAYS_WEEK, Calendar, Day, Skipped, Unit

_HOUR, _DAY = 3600, 86_400
_A_MONDAY = date(2024, 1, 1)


def term_in_words(amount: int, unit: str) -> str:
    """The length of a term: `5 días hábiles`."""
    match Unit(unit):
        case Unit.WORKING_HOURS:
            words = ngettext("%(n)d hora hábil", "%(n)d horas hábiles", amount)
        case Unit.CALENDAR_DAYS:
            words = ngettext("%(n)d día calendario", "%(n)d días calendario", amount)
        case _:
            words = ngettext("%(n)d día hábil", "%(n)d días hábiles", amount)
    return words % {"n": amount}


def length_in_words(seconds: int, calendar: Calendar) -> str:
    """So much time of a calendar: `13 horas hábiles`, `2 días y 3 horas` where it never closes."""
    if calendar.week != ALWAYS_WEEK:
        n = round(seconds / _HOUR)
        if not n:
            return _("menos de una hora hábil")
        return ngettext("%(n)d hora hábil", "%(n)d horas hábiles", n) % {"n": n}
    days, rest = divmod(seconds, _DAY)
    hours = rest // _HOUR
    parts = []
    if days:
        parts.append(days_in_words(days))
    if hours or not days:
        parts.append(ngettext("%(n)d hora", "%(n)d horas", hours) % {"n": hours})
    return _(" y ").join(parts)


def days_in_words(n: int) -> str:
    return ngettext("%(n)d día", "%(n)d días", n) % {"n": n}


def week_in_words(calendar: Calendar) -> str:
    """The opening hours of each run of equal days: `mié–jue 8:00–16:00`."""
    if calendar.week == ALWAYS_WEEK:
        return _("todos los días, a toda hora")
    return ", ".join(_runs(calendar.week))


def _runs(week: Sequence[Day]) -> Iterator[str]:
    first = 0
    for n in range(7):
        if n < 6 and week[n + 1] == week[first]:
            continue
        if week[first]:
            days = _weekday(first) if first == n else f"{_weekday(first)}–{_weekday(n)}"
            yield f"{days} {hours_in_words(week[first])}"
        first = n + 1


def hours_in_words(day: Day) -> str:
    return _(" y ").join(f"{_clock(hours.opens)}–{_clock(hours.closes)}" for hours in day)


def skipped_in_words(skipped: Sequence[Skipped]) -> str:
    """Days that did not count: those with a name each, the closed days of the week as a sum."""
    named = [f"{day_in_words(each.day)} ({each.name})" for each in skipped if each.name]
    plain = len(skipped) - len(named)
    if plain:
        rest = ngettext("%(n)d día de descanso semanal", "%(n)d días de descanso semanal", plain)
        named.append(rest % {"n": plain})
    return "; ".join(named)


def moment_in_words(moment: datetime) -> str:
    """`jue 3 dic 2026, 10:00 a. m.`, local."""
    return format_datetime(localtime(moment), "EEE d MMM y, h:mm a", locale=_locale())


def day_in_words(day: date) -> str:
    return format_date(day, "EEE d MMM", locale=_locale())


def _weekday(day: int) -> str:
    return format_date(date.fromordinal(_A_MONDAY.toordinal() + day), "EEE", locale=_locale())


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


def _locale() -> str:
    return "en" if (get_language() or "es").startswith("en") else "es"
