"""The life of one case, told in its past: the same changes and the same timeline as the actions.

`centro.cases.actions` writes each step with a handful of statements, at the present moment. Here
steps happen at moments of the past and are written in bulk; tests compare both, kind by kind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from centro.accounts.models import User
from centro.agencies.models import Agency, Unit
from centro.cases.models import SlaClock
from centro.cases.routing import Route, route_to
from centro.cases.statuses import CLOSINGS_THAT_ANSWER, WAITS_THAT_PAUSE, Reason, Status
from centro.catalog.models import Confidentiality, ServiceType
from centro.contacts.models import CallBack, Contact
from centro.kernel.actor import SYSTEM, Actor
from centro.kernel.numbers import number_for
from centro.ops.demonstration.belongings import Call, Entry, Handover, Letter, Matter, Talk
from centro.ops.demonstration.clocks import Clocks
from centro.ops.demonstration.world import World

S, R, Metric = Status, Reason, SlaClock.Metric
_DAYS_TO_ANSWER_A_TRANSFER = 1
_DAYS_TO_NEWS = 5
_WORTH_A_CALL = {
    "question_asked": CallBack.Reason.ASK,
    "case_resolved": CallBack.Reason.CONFIRM,
    "interim_reply": CallBack.Reason.INFORM,
    "case_closed": CallBack.Reason.INFORM,
}


class TaleOver(Exception):
    """Nothing more happened to the case until now."""


@dataclass(slots=True, eq=False)
class Life:
    """A case and everything that hangs on it. No step may lie after `horizon`."""

    matter: Matter
    world: World
    horizon: datetime
    spoken_at: datetime
    opened_at: datetime
    # Of the old months nothing is kept but the cases themselves.
    quiet: bool = False
    pk: int = 0
    service: ServiceType = field(init=False)
    kind: str = field(init=False)
    priority: str = field(init=False)
    confidentiality: str = field(init=False)
    clocks: Clocks = field(init=False)
    first_service: ServiceType = field(init=False)
    status: Status = S.RECEIVED
    reason: Reason = R.TRIAGE
    agency: Agency | None = None
    unit: Unit | None = None
    official: User | None = None
    last_official: User | None = None
    proposed: Agency | None = None
    waiting_until: datetime | None = None
    resolved_at: datetime | None = None
    answer_by: datetime | None = None
    closed_at: datetime | None = None
    solution: str = ""
    satisfied: bool | None = None
    cycle: int = 1
    duplicate_of: Life | None = None
    opened_by: int | None = None
    talk: Talk | None = None
    entries: list[Entry] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    talks: list[Talk] = field(default_factory=list)
    handovers: list[Handover] = field(default_factory=list)
    grants: list[tuple[User, Actor, datetime]] = field(default_factory=list)

    def __post_init__(self) -> None:
        service = self.matter.service
        self.service = self.first_service = service
        self.kind, self.priority = service.kind, service.priority
        sealed = self.matter.against_handler and service.kind == "denunciation"
        self.confidentiality = Confidentiality.SEALED if sealed else service.confidentiality
        self.clocks = Clocks(self)

    # ---- What every step does ----

    @property
    def number(self) -> str:
        return number_for(self.pk)

    @property
    def sealed(self) -> bool:
        return self.confidentiality == Confidentiality.SEALED

    @property
    def province_id(self) -> int | None:
        return self.matter.place.province_id if self.matter.place else None

    @property
    def due_at(self) -> datetime:
        return self.clocks.due_at

    @property
    def latest(self) -> datetime:
        return self.entries[-1].at if self.entries else self.opened_at

    def reach(self, at: datetime) -> datetime:
        """The moment of the next step: after the one before; TaleOver beyond the horizon."""
        at = max(at, self.latest + timedelta(seconds=40))
        if at > self.horizon:
            raise TaleOver
        self.clocks.sweep(at)
        return at

    def record(self, kind: str, at: datetime, by: Actor, **data: Any) -> None:
        self.entries.append(Entry(kind, at, by, self.cycle, data))

    def move(self, to: Status, reason: Reason, **changes: Any) -> None:
        if self.status == S.WAITING and to != S.WAITING:
            changes["waiting_until"] = None
        self.status, self.reason = to, reason
        for name, value in changes.items():
            setattr(self, name, value)

    def tell(self, name: str, at: datetime, text: str = "") -> Letter | None:
        """Write to whoever left an address; note to ring who left only a telephone."""
        person = self.matter.person
        if person is None or self.quiet:
            return None
        if person.email:
            agency = self.agency.name if self.agency else ""
            letter = Letter(self, name, at, text, agency, self.due_at)
            self.letters.append(letter)
            return letter
        if name in _WORTH_A_CALL and person.phone:
            self._ask_to_ring(_WORTH_A_CALL[name], at, text)
        return None

    def _ask_to_ring(self, reason: str, at: datetime, text: str) -> None:
        waiting = self.waiting_call(reason)
        if waiting is not None:
            waiting.text, waiting.due = text, at
            return
        self.calls.append(Call(self, reason, text, at, at))

    def waiting_call(self, reason: str) -> Call | None:
        return next(
            (c for c in self.calls if c.reason == reason and c.state == CallBack.State.WAITING),
            None,
        )

    def active_at(self, moment: datetime) -> bool:
        """Whether it was still worked at that moment, as far as one can be sure."""
        return self.cycle == 1 and (self.closed_at is None or self.closed_at > moment)

    # ---- The steps ----

    def open(self, by: Actor) -> None:
        route = self._hand(self.world.route(self.service, self.matter.place), self.opened_at)
        if route.agency is not None:
            self.status, self.reason = S.ASSIGNED, R.ROUTED
        if by.kind == "staff":
            self.opened_by = by.id
        self.clocks.begin(self.spoken_at, self.opened_at)
        letter = self.tell("case_opened", self.opened_at)
        self.record(
            "opened",
            self.opened_at,
            by,
            message=letter,
            channel=self.matter.channel,
            service=self.service.code,
            agency=self.agency.acronym if self.agency else "",
            **route.told,
        )

    def _hand(self, route: Route, at: datetime) -> Route:
        """Into the hands at the end of a route."""
        route = self.world.turns.hand(self, route, at)
        self.agency, self.unit = route.agency, route.unit
        self.official = self.world.turns.user(route.official_id)
        return route

    def route_to(self, agency: Agency, at: datetime, by: Actor, text: str = "") -> None:
        at = self.reach(at)
        self._give(route_to(agency, self.province_id, "sorted"), at, by, text)

    def _give(self, route: Route, at: datetime, by: Actor, text: str) -> None:
        """Out of triage, into the hands at the end of a route."""
        route = self._hand(route, at)
        assert route.agency is not None
        self.move(S.ASSIGNED, R.ROUTED)
        self.clocks.hand(at)
        self.record("routed", at, by, agency=route.agency.acronym, text=text, **route.told)

    def reclassify(self, service: ServiceType, at: datetime, by: Actor, text: str) -> None:
        """A case in triage turns out to be of a known type, and is routed by it."""
        at = self.reach(at)
        before, self.service = self.service.name, service
        self.kind, self.priority = service.kind, service.priority
        order = list(Confidentiality.values)
        self.confidentiality = max(self.confidentiality, service.confidentiality, key=order.index)
        self.record("reclassified", at, by, before=before, after=service.name, text=text)
        route = self.world.route(service, self.matter.place)
        if route.agency is not None:
            self._give(route, at, by, "")
        self.clocks.retarget(at, before, service.name)

    def assign(self, official: User | None, at: datetime, by: Actor) -> None:
        assert self.unit is not None
        at = self.reach(at)
        if self.status == S.IN_PROGRESS and self.official and official != self.official:
            self.move(S.ASSIGNED, R.REASSIGNED)
        self.official = official
        self.world.turns.given(self, at)
        who = official.actor.label if official else self.unit.name
        self.record("assigned", at, by, who=who, unit=self.unit.name)

    def start(self, at: datetime, by: Actor) -> None:
        at = self.reach(at)
        self.move(S.IN_PROGRESS, R.WORKING)
        self.record("started", at, by)

    def note(self, text: str, at: datetime, by: Actor) -> None:
        self.record("noted", self.reach(at), by, text=text)

    def attempt(self, text: str, at: datetime, by: Actor) -> None:
        self.record("attempted", self.reach(at), by, text=text)

    def inform(self, text: str, at: datetime, by: Actor) -> None:
        at = self.reach(at)
        self.clocks.stop(at, Metric.FIRST_RESPONSE, Metric.INTERIM)
        promised = self.world.office_days_after(at, _DAYS_TO_NEWS)
        self.clocks.promise(promised, at)
        letter = self.tell("interim_reply", at, text)
        self.record("interim_reply", at, by, text=text, promised=iso(promised), message=letter)

    def hold(self, reason: Reason, until: datetime, at: datetime, by: Actor, text: str) -> None:
        at = self.reach(at)
        self.move(S.WAITING, reason, waiting_until=until)
        if reason in WAITS_THAT_PAUSE:
            self.clocks.pause(at, until, reason.value)
        self.record("held", at, by, reason=reason.value, until=iso(until), text=text)

    def ask(self, text: str, until: datetime, at: datetime, by: Actor) -> None:
        at = self.reach(at)
        self.move(S.WAITING, R.CITIZEN, waiting_until=until)
        self.clocks.stop(at, Metric.FIRST_RESPONSE)
        self.clocks.pause(at, until, R.CITIZEN.value)
        letter = self.tell("question_asked", at, text)
        self.record("question_asked", at, by, text=text, until=iso(until), message=letter)

    def add_information(self, text: str, at: datetime, by: Actor) -> None:
        at = self.reach(at)
        self.record("information_added", at, by, text=text, photos=0, inbound=None)
        if self.status == S.WAITING and self.reason in WAITS_THAT_PAUSE:
            self.clocks.resume(at, R.CITIZEN_ANSWERED.value)
            self.move(S.IN_PROGRESS, R.CITIZEN_ANSWERED)
            self.record("resumed", at, by)

    def resume(self, at: datetime, by: Actor) -> None:
        at = self.reach(at)
        self.clocks.resume(at, R.WORKING.value)
        self.move(S.IN_PROGRESS, R.WORKING)
        self.record("resumed", at, by)

    def end_wait(self) -> None:
        assert self.waiting_until is not None
        at = self.reach(self.waiting_until + timedelta(seconds=30))
        self.clocks.resume(at, R.WAIT_ENDED.value)
        self.move(S.IN_PROGRESS, R.WAIT_ENDED)
        self.record("wait_ended", at, SYSTEM)

    def resolve(self, text: str, at: datetime, by: Actor) -> None:
        at = self.reach(at)
        self._drop_proposal(at, by)
        self.clocks.stop(at)
        answer_by = self.world.office_days_after(at, settings.CONFIRMATION_DAYS)
        self.move(
            S.RESOLVED, R.SOLVED, solution=text, resolved_at=at, answer_by=answer_by, satisfied=None
        )
        letter = self.tell("case_resolved", at, text)
        self.record(
            "resolved",
            at,
            by,
            text=text,
            on_time=at <= self.due_at,
            due=iso(self.due_at),
            photos=0,
            message=letter,
        )

    def confirm(self, at: datetime, by: Actor) -> None:
        at = self.reach(at)
        self.move(S.CLOSED, R.SATISFIED, closed_at=at, satisfied=True)
        self.record("confirmed", at, by)

    def reopen(self, text: str, at: datetime, by: Actor, another: User | None) -> None:
        """`another` official of the unit takes it, where there is one."""
        at = self.reach(at)
        assert self.agency is not None
        kept = {
            "cycle": self.cycle,
            "official": self.official.pk if self.official else None,
            "due": iso(self.due_at),
            "resolved": iso(self.resolved_at) if self.resolved_at else None,
            "closed": iso(self.closed_at) if self.closed_at else None,
            "closed_as": self.reason.value if self.closed_at else "",
            "solution": self.solution,
        }
        previous = self.official
        self.move(
            S.IN_PROGRESS,
            R.REOPENED,
            cycle=self.cycle + 1,
            resolved_at=None,
            answer_by=None,
            closed_at=None,
            solution="",
            satisfied=None,
            last_official=previous or self.last_official,
            official=another if previous else None,
        )
        self.clocks.begin(at, at)
        letter = self.tell("case_reopened", at, text)
        self.record("reopened", at, by, text=text, before=kept, message=letter)

    def withdraw(self, text: str, at: datetime, by: Actor) -> None:
        at = self.reach(at)
        self._drop_proposal(at, by)
        self.clocks.cancel(at, R.WITHDRAWN.value)
        self.move(S.CLOSED, R.WITHDRAWN, closed_at=at)
        letter = self.tell("case_withdrawn", at)
        self.record("withdrawn", at, by, text=text, message=letter)

    def close(self, reason: Reason, text: str, at: datetime, by: Actor) -> None:
        at = self.reach(at)
        self._drop_proposal(at, by)
        if reason == R.FIRST_CONTACT:
            self.clocks.stop(at)
        else:
            answered = reason in CLOSINGS_THAT_ANSWER
            self.clocks.cancel(at, reason.value, answered=answered)
        self.move(S.CLOSED, reason, closed_at=at)
        letter = None if reason == R.SPAM else self.tell("case_closed", at, text)
        self.record("closed", at, by, reason=reason.value, text=text, message=letter)

    def propose(self, to: Agency, text: str, at: datetime, by: Actor) -> None:
        at = self.reach(at)
        assert self.agency is not None
        answer_by = self.world.office_days_after(at, _DAYS_TO_ANSWER_A_TRANSFER)
        self.handovers.append(Handover(self.agency, to, text, at, answer_by))
        self.proposed = to
        self.record(
            "transfer_proposed", at, by, sender=self.agency.acronym, to=to.acronym, text=text
        )

    def accept(self, at: datetime, by: Actor) -> None:
        at = self.reach(at)
        to = self._decide("accepted", "", at)
        status = S.ASSIGNED if self.status == S.IN_PROGRESS else self.status
        route = self._hand(route_to(to, self.province_id, "accepted"), at)
        self.move(status, R.TRANSFER_ACCEPTED)
        self.clocks.hand(at)
        letter = self.tell("case_transferred", at)
        self.record("transfer_accepted", at, by, to=to.acronym, message=letter, **route.told)

    def refuse(self, text: str, at: datetime, by: Actor) -> None:
        at = self.reach(at)
        to = self._decide("refused", text, at)
        self.record("transfer_refused", at, by, to=to.acronym, text=text)
        self._back_to_triage(R.TRANSFER_REFUSED, at)

    def expire(self) -> None:
        """Nobody answered in time."""
        at = self.reach(self.handovers[-1].answer_by + timedelta(seconds=45))
        to = self._decide("expired", "", at)
        self.record("transfer_expired", at, SYSTEM, to=to.acronym)
        self._back_to_triage(R.TRANSFER_EXPIRED, at)

    def _decide(self, decision: str, answer: str, at: datetime) -> Agency:
        handover = self.handovers[-1]
        handover.decision, handover.answer, handover.decided_at = decision, answer, at
        self.proposed = None
        return handover.to_agency

    def _back_to_triage(self, reason: Reason, at: datetime) -> None:
        self.move(S.RECEIVED, reason, agency=None, unit=None, official=None)
        self.clocks.hand(at)

    def _drop_proposal(self, at: datetime, by: Actor) -> None:
        if self.proposed is not None:
            to = self._decide("cancelled", "", at)
            self.record("transfer_cancelled", at, by, to=to.acronym)

    def merge_into(self, other: Life, at: datetime, by: Actor) -> None:
        at = self.reach(at)
        self._drop_proposal(at, by)
        self.clocks.cancel(at, R.DUPLICATE.value)
        self.move(S.DUPLICATE, R.DUPLICATE, duplicate_of=other, closed_at=at)
        letter = self.tell("case_merged", at)
        self.record("merged", at, by, number=other, message=letter)
        other.entries.append(Entry("absorbed", at, by, other.cycle, {"number": self}))
        other.entries.sort(key=lambda entry: entry.at)

    def unmerge(self, at: datetime, by: Actor) -> None:
        at = self.reach(at)
        stood_for, self.duplicate_of = self.duplicate_of, None
        assert self.closed_at is not None
        self.clocks.revive(self.closed_at, at)
        self.move(S.ASSIGNED, R.UNMERGED, closed_at=None)
        assert self.agency is not None
        name = self.official.actor.label if self.official else ""
        told = Route(self.agency, self.unit, official_name=name).told
        self.record("unmerged", at, by, number=stood_for, agency=self.agency.acronym, **told)

    def seal(self, text: str, at: datetime, by: Actor) -> None:
        at = self.reach(at)
        self._drop_proposal(at, by)
        self.confidentiality = Confidentiality.SEALED
        self.unit = self.official = None
        self.record("confidentiality_set", at, by, level=self.confidentiality, text=text)

    def grant(self, user: User, at: datetime, by: Actor) -> None:
        at = self.reach(at)
        self.grants.append((user, by, at))
        self.record("access_granted", at, by, name=user.get_full_name() or user.username)

    def talked(self, talk: Talk) -> None:
        """A contact about this case."""
        talk.life, talk.outcome = self, Contact.Outcome.CASE
        self.talks.append(talk)


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
