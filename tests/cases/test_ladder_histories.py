"""The invariant of the ladder over generated histories of cases, worked by the real actions.

After a sweep at any moment, every active case whose clock runs has exactly one record of each rung
that it has passed in its cycle, and none of a rung that it has not. What has passed is counted
here from nothing but the moments at which the case ran and the calendar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from centro.accounts.roles import Role
from centro.cases import actions
from centro.cases.actions import escalate_due
from centro.cases.doctor import check_everything
from centro.cases.models import Case, Escalation
from centro.catalog.agreements import forget_agreements
from centro.catalog.calendars import calendar_at, version_in_force
from centro.catalog.models import BusinessCalendar, PolicyVersion, ServiceType
from centro.kernel.actor import SYSTEM, Actor, Kind, citizen
from centro.kernel.calendar import Calendar, Term, Unit, seconds_between, term_end
from centro.kernel.errors import Refused
from tests import make
from tests.cases.ladder_world import Entity
from tests.moments import Frozen

pytestmark = pytest.mark.slow  # whole lives of cases

CENTRE = Actor(Kind.STAFF, None, "Supervisora", frozenset({Role.SUPERVISOR.value}))
SHARES = [50, 100, 101, 150, 240]
PAUSING = {"citizen", "weather"}


@dataclass
class Ledger:
    """When one cycle of a case ran. Nothing here knows of clocks."""

    start: datetime
    base: int
    runs: list[tuple[datetime, datetime]] = field(default_factory=list)
    since: datetime | None = None

    def __post_init__(self) -> None:
        self.since = self.start

    def stop(self, at: datetime) -> None:
        assert self.since is not None
        self.runs.append((self.since, at))
        self.since = None

    def passed(self, at: datetime, service: ServiceType) -> set[int]:
        """The rungs whose share of the target the case has used up."""
        calendar = calendar_of(service)
        end = term_end(calendar, self.start, Term(service.working_days, Unit.WORKING_DAYS))
        target = seconds_between(calendar, self.start, end)
        runs = [*self.runs, *([(self.since, at)] if self.since else [])]
        used = sum(seconds_between(calendar, *run) for run in runs)
        return {
            rung
            for rung in range(self.base + 1, 6)
            if used * 100 >= target * SHARES[rung - 1 - self.base]
        }


def calendar_of(service: ServiceType) -> Calendar:
    code = BusinessCalendar.ALWAYS if service.around_the_clock else BusinessCalendar.OFFICE
    return calendar_at(version_in_force(code), None)


class History:
    """Cases with a ledger for each; does one deed after another."""

    def __init__(self, world: World, frozen: Frozen, cases: int) -> None:
        self.world, self.frozen = world, frozen
        frozen.to("2026-03-02 10:00")
        self.cases = [make.case(service=world.services[0]) for _ in range(cases)]
        self.ledgers = [Ledger(frozen.now, 0) for _ in self.cases]
        self.reached: list[set[int]] = [set() for _ in self.cases]

    def live(self, minutes: int, number: int, deed: str) -> None:
        self.frozen.on(minutes=minutes)
        number %= len(self.cases)
        if deed == "sweep":
            escalate_due()
            self.check()
        elif deed == "waits":
            self.observe(range(len(self.cases)), actions.end_waits)
        else:
            case = self.cases[number]
            self.observe([number], lambda: DEEDS[deed](case, self.world, self.frozen.now))

    def observe(self, numbers: Iterable[int], deed: Callable[[], object]) -> None:
        """Do it, unless the rules say no, and book what it did to these cases."""
        before = [(number, state_of(self.cases[number])) for number in numbers]
        with suppress(Refused), transaction.atomic():
            deed()
        for number, was in before:
            self.book(number, was, state_of(self.cases[number]))

    def book(self, number: int, was: Case, now: Case) -> None:
        ledger, at = self.ledgers[number], self.frozen.now
        if now.cycle > was.cycle:
            self.ledgers[number] = Ledger(at, min(now.cycle - 1, 4))
            self.reached[number] = set()
            return
        waits = (paused(was), was.waiting_until), (paused(now), now.waiting_until)
        if paused(was) and waits[0] != waits[1] and was.waiting_until:
            ledger.since = min(at, was.waiting_until)
        if paused(now) and waits[0] != waits[1]:
            ledger.stop(at)

    def check(self) -> None:
        at = self.frozen.now
        for number, case in enumerate(self.cases):
            kept = Case.objects.select_related("service").get(pk=case.pk)
            found = Escalation.objects.filter(case=kept, cycle=kept.cycle)
            rungs = list(found.order_by("rung").values_list("rung", flat=True))
            assert len(rungs) == len(set(rungs))
            if kept.status in {"received", "assigned", "in_progress", "waiting"} and not paused(
                kept
            ):
                passed = self.ledgers[number].passed(at, kept.service)
                self.reached[number] |= passed
                assert set(rungs) >= passed, (kept.number, rungs, passed)
            assert set(rungs) <= self.reached[number], (kept.number, rungs)
            told = found.filter(notices__isnull=True)
            assert not told.exists()
        # Nobody has ended the waits that are over: that alone may be wrong here.
        faults = [one for one in check_everything() if not one.rule.startswith("a wait ends")]
        assert faults == []


def state_of(case: Case) -> Case:
    return Case.objects.only("status", "reason", "waiting_until", "cycle").get(pk=case.pk)


def paused(case: Case) -> bool:
    return case.status == "waiting" and case.reason in PAUSING


@dataclass
class World:
    """Two entities and service types with terms of their own."""

    one: Entity
    two: Entity
    services: list[ServiceType]


Deed = Callable[[Case, World, datetime], object]


def _ask(case: Case, _world: World, now: datetime) -> None:
    until = now + timedelta(days=3, hours=2)
    actions.ask_citizen(case=case, text="¿Dónde?", until=until, by=SYSTEM)


def _hold(reason: str) -> Deed:
    def hold(case: Case, _world: World, now: datetime) -> None:
        until = now + timedelta(days=5)
        actions.hold_case(case=case, reason=reason, until=until, by=SYSTEM)

    return hold


def _transfer(case: Case, world: World, _now: datetime) -> None:
    kept = Case.objects.get(pk=case.pk)
    to = world.two if kept.agency == world.one.agency else world.one
    actions.propose_transfer(case=kept, to=to.agency, text="Es suyo.", by=SYSTEM)
    actions.accept_transfer(case=kept, by=SYSTEM)


def _refuse(case: Case, world: World, _now: datetime) -> None:
    kept = Case.objects.get(pk=case.pk)
    to = world.two if kept.agency == world.one.agency else world.one
    actions.propose_transfer(case=kept, to=to.agency, text="Es suyo.", by=SYSTEM)
    actions.refuse_transfer(case=kept, text="No.", by=SYSTEM)


def _correct(case: Case, world: World, now: datetime) -> None:
    service = world.services[now.day % len(world.services)]
    actions.reclassify_case(case=case, service=service, text="Era otro.", by=CENTRE)


def _merge(case: Case, world: World, _now: datetime) -> None:
    of = make.case(service=world.services[0])
    actions.mark_duplicate(case=case, of=of, by=CENTRE)
    actions.withdraw_case(case=of, by=citizen())


DEEDS: dict[str, Deed] = {
    "start": lambda case, _w, _n: actions.start_case(case=case, by=SYSTEM),
    "ask": _ask,
    "weather": _hold("weather"),
    "visit": _hold("visit"),
    "resume": lambda case, _w, _n: actions.resume_case(case=case, by=SYSTEM),
    "word": lambda case, _w, _n: actions.add_information(case=case, text="Más.", by=citizen()),
    "news": lambda case, _w, _n: actions.interim_reply(case=case, text="Vamos.", by=SYSTEM),
    "transfer": _transfer,
    "refuse": _refuse,
    "route": lambda case, w, _n: actions.route_case(case=case, agency=w.one.agency, by=CENTRE),
    "correct": _correct,
    "merge": _merge,
    "unmerge": lambda case, _w, _n: actions.unmerge_case(case=case, by=CENTRE),
    "resolve": lambda case, _w, _n: actions.resolve_case(case=case, text="Listo.", by=SYSTEM),
    "no": lambda case, _w, _n: actions.reopen_case(case=case, text="No.", by=citizen()),
    "yes": lambda case, _w, _n: actions.confirm_case(case=case, by=citizen()),
    "withdraw": lambda case, _w, _n: actions.withdraw_case(case=case, by=citizen()),
}
# Most deeds leave the case alive; what ends it is rare, so that histories go on.
USUAL = [name for name in DEEDS if name not in {"withdraw", "yes", "merge"}]
gaps = st.one_of(
    st.sampled_from([0, 1, 59, 240, 480, 1_440, 4_320, 10_080, 30_240]), st.integers(0, 6_000)
)
steps = st.tuples(
    gaps,
    st.integers(0, 1),
    st.one_of(
        st.sampled_from(USUAL), st.sampled_from(sorted(DEEDS)), st.sampled_from(["sweep", "waits"])
    ),
)


@pytest.fixture
def world(frozen: Frozen) -> World:
    frozen.to("2026-03-02 10:00")
    one, two = Entity(), Entity()
    for role in (Role.SUPERVISOR, Role.DIRECTOR):
        make.user(role)
    services = [
        make.service(agency=one.agency, working_days=days, around_the_clock=always)
        for days, always in ((5, False), (2, False), (12, False), (4, True))
    ]
    PolicyVersion.objects.update(shares=SHARES)
    forget_agreements()
    return World(one, two, services)


def hold_over(examples: int, world: World, frozen: Frozen) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.lists(steps, min_size=6, max_size=24))
    def holds(history: list[tuple[int, int, str]]) -> None:
        with transaction.atomic():
            lives = History(world, frozen, cases=2)
            for minutes, number, deed in history:
                lives.live(minutes, number, deed)
            lives.live(30_240, 0, "waits")
            lives.live(0, 0, "sweep")
            transaction.set_rollback(True)

    holds()


def test_every_rung_that_is_passed_is_recorded_once(world: World, frozen: Frozen):
    hold_over(6, world, frozen)


@pytest.mark.slow
def test_every_rung_that_is_passed_is_recorded_once_in_hundreds_of_histories(
    world: World, frozen: Frozen
):
    hold_over(75, world, frozen)
