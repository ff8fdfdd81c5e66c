"""Who was told when a case reached a rung of the ladder, by the rules of the ladder itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from centro.cases.actions.ladder import BREACH, entry_kind
from centro.cases.actions.notices import is_urgent
from centro.cases.clockwork import TOP
from centro.cases.ladders import Ladder, ladder_of
from centro.cases.models import Case, Notice, SlaClock
from centro.cases.rungs import Roster, Told
from centro.kernel.actor import SYSTEM, Actor
from centro.ops.demonstration.belongings import Entry
from centro.ops.demonstration.clocks import Rung
from centro.ops.demonstration.life import Life, iso
from centro.ops.demonstration.staff import Staff
from centro.ops.demonstration.texts import Writer

_DIGEST = timedelta(minutes=12)
# Most notices of the last months have been read.
_READ = 0.8
# Of the people of the ladder, so many answer, and so many of them name a date.
_ANSWERED, _DATED = 0.35, 0.8


@dataclass(slots=True)
class Reached:
    """A rung as it is kept: whom it was told, and what they answered."""

    life: Life
    rung: Rung
    people: Sequence[Told]
    told_at: int
    urgent: bool
    sent_at: datetime
    seen_at: datetime | None
    answered_by: int | None = None
    answered_at: datetime | None = None
    promise: str = ""
    promised_for: datetime | None = None
    kept: bool | None = None
    # What was promised at first; a case that ended without a solution leaves nothing to keep.
    dated: datetime | None = None
    pk: int = 0

    @property
    def nobody(self) -> bool:
        return self.told_at != self.rung.rung

    @property
    def ladder(self) -> Ladder:
        agency = self.rung.agency.pk if self.rung.agency else None
        return ladder_of(sealed=self.rung.sealed, agency=agency)

    def ended(self, now: datetime) -> datetime:
        """When the cycle of this rung was over, now for one that goes on."""
        clock = self.rung.clock
        cancelled = self.life.closed_at if clock.state == SlaClock.State.CANCELLED else None
        return clock.stopped_at or cancelled or now

    def promise_for(self, date: datetime, now: datetime) -> None:
        """Something was promised for that date; whether it was kept is known once either came."""
        self.dated = self.promised_for = date
        clock = self.rung.clock
        if self.ended(now) < date:
            if clock.state == SlaClock.State.CANCELLED:
                self.promised_for = None
            elif clock.state == SlaClock.State.STOPPED:
                self.kept = True
        elif date + timedelta(minutes=1) <= now:
            self.kept = False

    @property
    def kind(self) -> str:
        warning = self.rung.share < BREACH
        return str(Notice.Kind.WARNING if warning else Notice.Kind.RUNG)

    @property
    def data(self) -> dict[str, int]:
        nobody = {"nobody_at": self.rung.rung} if self.nobody else {}
        return {"rung": self.told_at, "share": self.rung.share, **nobody}


class Climb:
    """The ladders of some lives, which have their numbers; those of the rungs come later."""

    def __init__(self, staff: Staff, writer: Writer, now: datetime, rng: Random) -> None:
        self.staff, self.writer, self.now, self.rng = staff, writer, now, rng

    def of(self, lives: Sequence[Life]) -> list[Reached]:
        """Every rung that was reached, in the order of the clock, with its lines of the timeline."""
        found = [(life, rung) for life in lives for rung in life.clocks.rungs]
        found.sort(key=lambda one: one[1].fired_at)
        cases = [_as_it_was(life, rung) for life, rung in found]
        policies = [rung.clock.policy_id for _life, rung in found]
        roster = Roster(list(zip(cases, policies, strict=True)))
        reached = []
        for (life, rung), case in zip(found, cases, strict=True):
            people, told_at = roster.climb(case, rung.rung)
            one = self._told(life, rung, people, told_at, urgent=is_urgent(case))
            life.entries.append(_entry(one))
            self._answer(one)
            reached.append(one)
        for life in lives:
            life.entries.sort(key=lambda entry: entry.at)
        return reached

    def _told(
        self, life: Life, rung: Rung, people: Sequence[Told], told_at: int, *, urgent: bool
    ) -> Reached:
        rng, fired = self.rng, rung.fired_at
        decent = fired if urgent else life.world.in_office(fired, rng)
        sent = min(decent + _DIGEST * rng.random() * 5, self.now)
        seen = sent + timedelta(hours=rng.expovariate(1 / 9))
        read = rng.random() < _READ and seen < self.now
        return Reached(life, rung, people, told_at, urgent, sent, seen if read else None)

    def _answer(self, one: Reached) -> None:
        """Some say what they will do, most of them by when; what came of it is known by now."""
        rng, life = self.rng, one.life
        hours = timedelta(hours=rng.expovariate(1 / 7))
        at = life.world.in_office(one.sent_at + hours, rng)
        answers = rng.random() < _ANSWERED and not one.rung.sealed
        if not answers or not one.people or one.rung.rung == TOP or at >= one.ended(self.now):
            return
        one.answered_by, one.answered_at = one.people[0].user_id, at
        one.seen_at = min(one.seen_at or at, at)
        one.promise = self.writer.plain("promised", rng)
        if rng.random() < _DATED:
            one.promise_for(life.world.office_days_after(at, rng.randint(1, 6)), self.now)
        life.entries += _answers(one, self.staff.actors[one.answered_by])


def _as_it_was(life: Life, rung: Rung) -> Case:
    """The case in whose hands it was at the time; never saved."""
    return Case(
        pk=life.pk,
        service=life.service,
        priority=life.priority,
        agency=rung.agency,
        unit=rung.unit,
        official=rung.official,
        province_id=life.province_id,
        confidentiality="sealed" if rung.sealed else "open",
    )


def _entry(one: Reached) -> Entry:
    rung = one.rung
    data = {"rung": rung.rung, "share": rung.share, "moment": iso(rung.moment)}
    kind = entry_kind(rung.rung, one.ladder, nobody=one.nobody)
    data_of = {**data, "ladder": one.ladder.value}
    return Entry(kind, rung.fired_at, SYSTEM, rung.clock.cycle, data_of)


def _answers(one: Reached, by: Actor) -> list[Entry]:
    """What was answered and, where the date passed first, that it was not kept."""
    assert one.answered_at is not None
    promised = iso(one.dated) if one.dated else ""
    data = {"rung": one.rung.rung, "ladder": one.ladder.value}
    cycle = one.rung.clock.cycle
    answer = Entry(
        "escalation_answered",
        one.answered_at,
        by,
        cycle,
        {**data, "text": one.promise, "promised": promised},
    )
    if one.kept is not False or one.promised_for is None:
        return [answer]
    late = one.promised_for + timedelta(minutes=1)
    broken = Entry("promise_broken", late, SYSTEM, cycle, {"who": by.label, "until": promised})
    return [answer, broken]
