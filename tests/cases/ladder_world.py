"""An entity with somebody at each rung of the ladder, and what the tests of it ask."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Absence, Agency
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.models import Case, Escalation, Notice
from centro.kernel.clock import today
from tests import make
from tests.moments import panama

# A term of five working days from Monday 2 March 2026 at 10:00 ends on Monday 9 at 16:00; with
# eight hours a day that are 46 hours: the rungs by the standard shares, in local time.
MOMENTS = {
    1: panama("2026-03-06 12:30"),
    2: panama("2026-03-09 16:00"),
    3: panama("2026-03-12 15:00"),
    4: panama("2026-03-17 14:00"),
    5: panama("2026-03-25 12:00"),
}


class Entity:
    """An entity with somebody at each rung, and the President's people above."""

    def __init__(self) -> None:
        # The liaison distributes: a test says itself in whose hands a case is.
        self.agency: Agency = make.agency(distribution="liaison")
        self.unit = self.agency.units.get()
        self.official = make.user(Role.OFFICIAL, unit=self.unit)
        self.liaison = make.user(Role.LIAISON, self.agency)
        self.executive = make.user(Role.EXECUTIVE, self.agency)
        self.head = make.user(Role.HEAD, self.agency)
        self.president = make.user(Role.PRESIDENCY)

    @property
    def ladder(self) -> list[User]:
        return [self.official, self.liaison, self.executive, self.head, self.president]

    def case(self, **fields: Any) -> Case:
        """A case in the hands of the official."""
        fields.setdefault("agency", self.agency)
        if "service" in fields:
            del fields["agency"]
        case = make.case(**fields)
        if not case.is_sealed:
            by = actor_of(self.liaison)
            actions.assign_case(case=case, unit=self.unit, official=self.official, by=by)
        return Case.objects.select_related(*Case.COMPANIONS).get(pk=case.pk)


def rungs(case: Case, cycle: int = 1) -> list[int]:
    found = Escalation.objects.filter(case=case, cycle=cycle).order_by("rung")
    return list(found.values_list("rung", flat=True))


def told(case: Case, *kinds: str) -> list[tuple[User, str]]:
    """Who was told about the ladder of a case, and how, in order."""
    kinds = kinds or ("rung", "warning")
    found = Notice.objects.filter(case=case, kind__in=kinds).select_related("user")
    return [(notice.user, notice.kind) for notice in found.order_by("pk")]


def away(user: User, delegate: User | None = None) -> None:
    day = today()
    Absence.objects.create(user=user, delegate=delegate, starts=day, ends=day + timedelta(days=90))
