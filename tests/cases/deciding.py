"""How tests decree closures and agree on other terms, with people who may."""

from __future__ import annotations

from datetime import date
from typing import Any

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.models import Retargeting
from centro.catalog.actions.agreements import Terms, propose_agreement, terms_of
from centro.catalog.actions.calendars import DatedException, declare_exception, draft_calendar
from centro.catalog.agreements import find_or_make_policy
from centro.catalog.calendars import version_in_force
from centro.catalog.models import BusinessCalendar, CalendarVersion, PolicyVersion, ServiceType
from centro.kernel.actor import SYSTEM, Actor
from centro.kernel.calendar import Day, Term, Unit
from tests import make


def administrator() -> Actor:
    return actor_of(make.user(Role.ADMINISTRATOR))


def closure(day: str, *places: Any, hours: Day = (), until: str = "") -> DatedException:
    first, last = date.fromisoformat(day), date.fromisoformat(until or day)
    return DatedException(first, last, "Duelo nacional", hours, places)


def draft(*exceptions: DatedException, code: str = BusinessCalendar.OFFICE) -> CalendarVersion:
    made = draft_calendar(calendar=version_in_force(code).calendar, by=SYSTEM)
    for exception in exceptions:
        made = declare_exception(draft=made, what=exception, by=SYSTEM)
    return made


def enforce(made: CalendarVersion) -> Retargeting:
    """Put a draft in force and do the work that is due at once."""
    return finish(actions.enforce_calendar(draft=made, note="Decreto 12", by=administrator()))


def decree(*exceptions: DatedException) -> Retargeting:
    return enforce(draft(*exceptions))


def finish(work: Retargeting) -> Retargeting:
    actions.move_clocks(retargeting_id=work.pk)
    work.refresh_from_db()
    return work


def terms(service: ServiceType, days: int = 3, **changes: Any) -> Terms:
    """The terms in force with another solution term, in working days, and other changes."""
    now = terms_of(find_or_make_policy(service))
    fields: dict[str, Any] = {
        "calendar": now.calendar,
        "response": Term(min(now.response.amount, days), Unit.WORKING_DAYS),
        "solution": Term(days, Unit.WORKING_DAYS),
        "interim_days": now.interim_days,
        "shares": now.shares,
        "holders": now.holders,
    }
    return Terms(**(fields | changes))


def propose(
    service: ServiceType, days: int = 3, *, place: Any = None, priority: str = "", **changes: Any
) -> PolicyVersion:
    liaison = make.user(Role.LIAISON, service.agency or make.agency())
    return propose_agreement(
        service=service,
        place=place,
        priority=priority,
        terms=terms(service, days, **changes),
        note="Hay más cuadrillas",
        by=actor_of(liaison),
    )


def agree(service: ServiceType, days: int = 3, **about: Any) -> Retargeting:
    """Propose terms, let the executive liaison approve them, and do the work that is due."""
    executive = actor_of(make.user(Role.EXECUTIVE, service.agency or make.agency()))
    proposed = propose(service, days, **about)
    return finish(actions.enforce_agreement(version=proposed, words="De acuerdo", by=executive))
