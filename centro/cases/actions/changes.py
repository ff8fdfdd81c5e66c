"""What a new version of a calendar or an agreement means for clocks that run: which, and where to.

The preview and the work itself ask the same two classes, so that one shows what the other does.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from functools import cached_property, reduce
from operator import or_
from typing import Protocol

from django.db.models import Exists, OuterRef, Q
from django.utils.timezone import make_aware

from centro.cases import hands
from centro.cases.actions import clocks
from centro.cases.clockwork import Run
from centro.cases.models import Case, SlaClock
from centro.cases.models.clocks import SlaClockQuerySet
from centro.catalog.agreements import keys_for
from centro.catalog.calendars import Calendars, calendars_of, version_in_force
from centro.catalog.differences import Difference, difference
from centro.catalog.models import CalendarVersion, PolicyVersion
from centro.places.models import Place


class Change(Protocol):
    """A version that takes the place of others, and what it does to a clock."""

    # How the events of clocks name it.
    cause: str

    def sources(self) -> list[int]:
        """The versions whose clocks may have to move, in order."""

    def clocks_on(self, source: int) -> SlaClockQuerySet:
        """The going clocks on one of them that this change is about."""

    def clocks_among(self, cases: Iterable[int]) -> SlaClockQuerySet:
        """The same of these cases, on all of them."""

    def source_of(self, clock: SlaClock) -> int:
        """The version on which a clock goes."""

    def turn(self, clock: SlaClock, case: Case, runs: list[Run], fired: int) -> None:
        """Set a clock to the version; nothing is saved (see hands.retarget)."""

    def owed_to(self, case: Case, solution: SlaClock) -> list[SlaClock]:
        """New clocks of a case whose solution clock was turned; nothing is saved."""


class CalendarChange:
    """A version of a calendar, in force or still a draft."""

    cause = "calendar"

    def __init__(self, version: CalendarVersion) -> None:
        self.version = version
        self._calendar = calendars_of(version)

    @cached_property
    def _differences(self) -> dict[int, Difference]:
        """The versions on which clocks go that count time otherwise."""
        going = SlaClock.objects.going().filter(calendar=OuterRef("pk"))
        others = CalendarVersion.objects.filter(calendar=self.version.calendar_id)
        used = others.exclude(pk=self.version.pk).filter(Exists(going)).order_by("pk")
        found = ((other.pk, difference(other, self.version)) for other in used)
        return {pk: differs for pk, differs in found if differs is not None}

    def sources(self) -> list[int]:
        return list(self._differences)

    def clocks_on(self, source: int) -> SlaClockQuerySet:
        return SlaClock.objects.going().filter(self._concerned[source])

    def clocks_among(self, cases: Iterable[int]) -> SlaClockQuerySet:
        every = reduce(or_, self._concerned.values(), Q(pk__in=()))
        return SlaClock.objects.going().filter(every, case__in=cases)

    def source_of(self, clock: SlaClock) -> int:
        return clock.calendar_id

    @cached_property
    def _concerned(self) -> dict[int, Q]:
        """By version, which of its clocks count over something that differs."""
        return {source: _met_by(source, each) for source, each in self._differences.items()}

    def turn(self, clock: SlaClock, case: Case, runs: list[Run], fired: int) -> None:
        clock.calendar = self.version
        calendar = self._calendar(case.place)
        hands.retarget(clock, calendar, runs=runs, since=_since(clock, case), fired=fired)

    def owed_to(self, case: Case, solution: SlaClock) -> list[SlaClock]:
        return []


class AgreementChange:
    """A version of an agreement: in force, ended, or one that is only thought of (not saved).

    Each clock gets the narrowest agreement that then fits its case.
    """

    cause = "agreement"

    def __init__(self, version: PolicyVersion) -> None:
        self.version = version
        self.about = version.policy
        held = PolicyVersion.objects.filter(
            policy__service=self.about.service_id, state=PolicyVersion.State.IN_FORCE
        )
        self._fitting = {
            (other.policy.place_id, other.policy.priority): other
            for other in held.select_related("policy", "calendar")
        }
        if version.state != PolicyVersion.State.PAST:
            self._fitting[(self.about.place_id, self.about.priority)] = version
        self._calendars: dict[str, tuple[CalendarVersion, Calendars]] = {}

    def sources(self) -> list[int]:
        return self._sources

    @cached_property
    def _sources(self) -> list[int]:
        going = SlaClock.objects.going().filter(policy=OuterRef("pk"))
        of_service = PolicyVersion.objects.filter(policy__service=self.about.service_id)
        # An agreement that ended keeps its clocks until they have found another.
        kept = () if self.version.state == PolicyVersion.State.PAST else (self.version.pk,)
        used = of_service.exclude(pk__in=[pk for pk in kept if pk]).filter(Exists(going))
        return list(used.order_by("pk").values_list("pk", flat=True))

    def clocks_on(self, source: int) -> SlaClockQuerySet:
        return SlaClock.objects.going().filter(self._cases, policy=source)

    def clocks_among(self, cases: Iterable[int]) -> SlaClockQuerySet:
        among = Q(policy__in=self.sources(), case__in=cases)
        return SlaClock.objects.going().filter(self._cases, among)

    def source_of(self, clock: SlaClock) -> int:
        return clock.policy_id

    def turn(self, clock: SlaClock, case: Case, runs: list[Run], fired: int) -> None:
        policy = self.policy_for(case)
        if policy is None:
            return
        code, term = clocks.calendar_and_term(policy, SlaClock.Metric(clock.metric))
        version, calendar = self._calendar(code)
        clock.policy, clock.calendar = policy, version
        # A date that the citizen was promised is no term, and stays what it is.
        if term is not None and not clock.is_promise:
            clock.term_amount, clock.term_unit = term.amount, term.unit.value
        hands.retarget(
            clock, calendar(case.place), runs=runs, since=_since(clock, case), fired=fired
        )

    def owed_to(self, case: Case, solution: SlaClock) -> list[SlaClock]:
        """An interim reply, where a longer term owes the citizen one that it did not owe before.

        A case that waits owes none: the citizen is the one who is awaited, or knows of the wait.
        """
        if solution.state != SlaClock.State.RUNNING:
            return []
        return clocks.owed_interim(case, solution.policy, solution)

    def policy_for(self, case: Case) -> PolicyVersion | None:
        """The agreement that then fits a case, or None when there is none any more."""
        keys = keys_for(case.place, case.priority)
        return next((self._fitting[key] for key in keys if key in self._fitting), None)

    def _calendar(self, code: str) -> tuple[CalendarVersion, Calendars]:
        if code not in self._calendars:
            version = version_in_force(code)
            self._calendars[code] = version, calendars_of(version)
        return self._calendars[code]

    @cached_property
    def _cases(self) -> Q:
        about = Q(case__service=self.about.service_id)
        if self.about.priority:
            about &= Q(case__priority=self.about.priority)
        if self.about.place is not None:
            about &= Q(case__place__in=_places_within([self.about.place.code]))
        return about


def change_of(version: CalendarVersion | PolicyVersion) -> Change:
    """What a version changes for the clocks under way."""
    if isinstance(version, CalendarVersion):
        return CalendarChange(version)
    return AgreementChange(version)


def _met_by(source: int, differs: Difference) -> Q:
    """The clocks on a version that a difference meets."""
    met = Q(calendar=source)
    if differs.until is not None:
        # What begins after the last day that differs never meets it.
        after = differs.until + timedelta(days=1)
        met &= Q(started_at__lt=make_aware(datetime.combine(after, time())))
    if differs.places is not None:
        met &= Q(case__place__in=_places_within(differs.places))
    return met


def _places_within(codes: Iterable[str]) -> list[int]:
    """The places with these codes and all that lie inside them."""
    inside = Q(code__in=codes) | Q(province__code__in=codes) | Q(district__code__in=codes)
    return list(Place.objects.filter(inside).values_list("pk", flat=True))


def _since(clock: SlaClock, case: Case) -> datetime:
    """When the present run began or, for a paused clock, will begin."""
    return clock.resumed_at or case.waiting_until or clock.started_at
