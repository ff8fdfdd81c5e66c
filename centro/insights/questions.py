"""What is asked of the figures: a period, a day to look from, filters, and the asker's sight."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.scopes import OF_AN_AGENCY, scope_of
from centro.kernel.clock import now, today
from centro.kernel.errors import Invalid

# Whoever holds one of these sees the figures of the whole country.
OF_THE_COUNTRY = frozenset(
    {Role.DIRECTOR, Role.SUPERVISOR, Role.QUALITY, Role.AUDITOR, Role.PRESIDENCY}
)
# The first day that may be asked for; nothing was counted before.
_WORD = re.compile(r"[a-z0-9_]{1,30}")
EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True)
class Part:
    """One piece of what somebody may count: an entity, or its unit, or its part of a province."""

    agency: int
    unit: int | None = None
    province: int | None = None


@dataclass(frozen=True)
class Sight:
    """Which cases an asker may count. It is part of every query, never of a page."""

    country: bool = False
    parts: frozenset[Part] = frozenset()

    @property
    def blind(self) -> bool:
        return not self.country and not self.parts

    def includes(self, agency: int) -> bool:
        """Whether any of this entity's cases may be counted."""
        return self.country or any(part.agency == agency for part in self.parts)


EVERYTHING = Sight(country=True)


def sight_of(user: User) -> Sight:
    """What this user's posts of today let them count."""
    scope = scope_of(user)
    if scope.has(*OF_THE_COUNTRY):
        return EVERYTHING
    return Sight(
        parts=frozenset(
            Part(post.agency_id, post.unit_id, post.province_id)
            for post in scope.posts
            if post.role in OF_AN_AGENCY and post.agency_id is not None
        )
    )


@dataclass(frozen=True)
class Filters:
    """What narrows a question; None does not narrow. Ids of rows, and codes of choices.

    A code becomes part of SQL, so it is a plain word or refused.
    """

    agency: int | None = None
    service: int | None = None
    province: int | None = None
    district: int | None = None
    corregimiento: int | None = None
    channel: str | None = None
    kind: str | None = None

    def __post_init__(self) -> None:
        for code in (self.channel, self.kind):
            if code is not None and not _WORD.fullmatch(code):
                raise Invalid(_("Ese filtro no existe: %(what)s.") % {"what": code[:40]})

    def given(self) -> Iterator[tuple[str, int | str]]:
        for name, value in vars(self).items():
            if value is not None:
                yield name, value


@dataclass(frozen=True)
class Question:
    """The days from `first` to `last`, both included, as they stood at the end of `as_of`.

    `moment` is the very instant: the end of that day, or now if the day is not over.
    """

    first: date
    last: date
    as_of: date
    moment: datetime
    filters: Filters = field(default_factory=Filters)
    sight: Sight = EVERYTHING

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def before(self) -> Question:
        """The same question of the period before, just as long, seen just as long after it.

        Whole months are compared with as many whole months.
        """
        if self.first.day == 1 and _is_last_of_month(self.last):
            months = (
                (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
            )
            first = add_months(self.first, -months)
        else:
            first = self.first - timedelta(days=self.days)
        last = self.first - timedelta(days=1)
        as_of = max(last, self.as_of - (self.first - first))
        return replace(self, first=first, last=last, as_of=as_of, moment=_end_of(as_of))

    def narrowed(self, filters: Filters) -> Question:
        """The same question with other filters."""
        return replace(self, filters=filters)


def ask(
    first: date,
    last: date,
    *,
    as_of: date | None = None,
    filters: Filters | None = None,
    sight: Sight = EVERYTHING,
) -> Question:
    """A question whose days make sense, or a refusal in words."""
    day = as_of or today()
    if last < first:
        raise Invalid(_("El período termina antes de empezar. Cambie las fechas."))
    if first < EARLIEST or last.year > today().year + 1:
        raise Invalid(_("El período queda fuera de lo que se cuenta. Cambie las fechas."))
    if day < first:
        raise Invalid(_("No se puede ver un período desde un día anterior a él."))
    day = min(day, today())
    moment = min(_end_of(day), now())
    return Question(first, last, day, moment, filters or Filters(), sight)


def month_of(text: str) -> date:
    """The first day of a month written as 2010-09, or a refusal in words."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Invalid(
            _("«%(text)s» no es un mes. Escríbalo así: 2010-09.") % {"text": text[:20]}
        ) from None


def end_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def add_months(day: date, months: int) -> date:
    """The first day of the month so many months later."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _is_last_of_month(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


def _end_of(day: date) -> datetime:
    """The first instant of the day after, where the country is."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(settings.TIME_ZONE))
