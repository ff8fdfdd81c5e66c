"""What the pages of events show, read with few statements and cut to what a user may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Count, Q

from centro.accounts.models import User
from centro.agencies.scopes import scope_of
from centro.cases.incidents import Suggestion, cases_like, covers
from centro.cases.models import Case, Incident
from centro.cases.queries import PAGE
from centro.cases.statuses import UNSOLVED, Status
from centro.web.desk.posts import UNBINDERS

_LISTED = 50
_ENDED = 8


@dataclass(frozen=True, slots=True)
class Going:
    """An event that goes on, and how many of its cases are unsolved."""

    event: Incident
    cases: int
    unsolved: int

    @property
    def people(self) -> int:
        return self.cases + self.event.also_affected


def going_events(user: User) -> list[Going]:
    """The events that go on in this user's sight, newest first. One statement."""
    found = Incident.objects.visible_to(user).open().select_related(*Incident.COMPANIONS)
    counted = found.annotate(
        all_cases=Count("cases"),
        unsolved=Count("cases", filter=Q(cases__status__in=UNSOLVED)),
    )
    rows: Iterable[Any] = counted.order_by("-opened_at")[:_LISTED]
    return [Going(event, event.all_cases, event.unsolved) for event in rows]


def ended_events(user: User) -> list[Incident]:
    """The last events that ended, by when they began."""
    ended = Incident.objects.visible_to(user).exclude(state=Incident.State.OPEN)
    return list(ended.select_related(*Incident.COMPANIONS).order_by("-opened_at")[:_ENDED])


@dataclass(frozen=True, slots=True)
class Offer:
    """What looks like an event; `event` when one goes on there already."""

    found: Suggestion
    event: Incident | None


def not_yet_events(suggested: Iterable[Suggestion], going: Sequence[Going]) -> list[Offer]:
    """Each suggestion with the event that it belongs to, if there is one."""
    return [
        Offer(
            one,
            next(
                (
                    line.event
                    for line in going
                    if line.event.service_id == one.service.pk and covers(line.event, one.place)
                ),
                None,
            ),
        )
        for one in suggested
    ]


@dataclass(frozen=True)
class EventFile:
    """An event with all that its page shows. Each property that reads sends one statement."""

    event: Incident
    user: User
    after: int | None = None

    @cached_property
    def leads(self) -> bool:
        """Whether this user may gather and announce."""
        return Incident.objects.workable_by(self.user).filter(pk=self.event.pk).exists()

    @property
    def ends(self) -> bool:
        """Whether this user may solve it for all, or dissolve it."""
        return self.leads and scope_of(self.user).has(*UNBINDERS)

    @cached_property
    def counts(self) -> list[tuple[Status, int]]:
        """How many of its cases are where, in the order of their life."""
        found = dict(
            Case.objects.filter(incident=self.event)
            .order_by()
            .values_list("status")
            .annotate(Count("pk"))
        )
        return [(status, found[status]) for status in Status if status in found]

    @property
    def unsolved(self) -> int:
        return sum(count for status, count in self.counts if status in UNSOLVED)

    @property
    def total(self) -> int:
        return sum(count for _status, count in self.counts)

    @property
    def people(self) -> int:
        return self.total + self.event.also_affected

    @cached_property
    def _page(self) -> list[Case]:
        cases = Case.objects.visible_to(self.user).filter(incident=self.event)
        if self.after is not None:
            cases = cases.filter(pk__lt=self.after)
        listed = cases.select_related("place", "official", "agency").defer("search", "solution")
        return list(listed.order_by("-pk")[: PAGE + 1])

    @property
    def cases(self) -> list[Case]:
        return self._page[:PAGE]

    @property
    def next_after(self) -> int | None:
        return self._page[PAGE - 1].pk if len(self._page) > PAGE else None

    @property
    def points(self) -> str:
        """Where the cases of this page are, as the map reads it: `8.98,-79.5;8.99,-79.6`."""
        return ";".join(
            f"{case.lat:.6f},{case.lon:.6f}"
            for case in self.cases
            if case.lat is not None and case.lon is not None
        )

    @cached_property
    def similar(self) -> list[Case]:
        """Cases that may be of this event too."""
        if not self.event.is_open or not self.leads:
            return []
        near = cases_like(self.event, self.user).select_related("place")
        return list(near.defer("search", "solution")[:PAGE])
