"""The clocks of a life, moved by the same hands as those of a case (see cases.actions.clocks)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from centro.agencies.models import Agency, Unit
from centro.cases import hands
from centro.cases.actions.clocks import terms_of
from centro.cases.models import ClockEvent, SlaClock
from centro.kernel.calendar import Calendar
from centro.kernel.calendar import Unit as TermUnit

if TYPE_CHECKING:
    from centro.accounts.models import User

# The module of a life imports this one, so here a Life is anything.
Life = Any
Metric, State, Event = SlaClock.Metric, SlaClock.State, ClockEvent.Kind
_SWEEP = timedelta(minutes=1)


@dataclass(slots=True)
class Rung:
    """A rung that was reached while somebody had the case."""

    clock: SlaClock
    rung: int
    share: int
    moment: datetime
    fired_at: datetime
    agency: Agency | None
    unit: Unit | None
    official: User | None
    sealed: bool
    pk: int = 0


class Clocks:
    """All clocks of one life. Of a quiet one only the solution is kept, without its events."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.all: list[SlaClock] = []
        self.events: list[ClockEvent] = []
        self.rungs: list[Rung] = []

    @property
    def solution(self) -> SlaClock:
        return next(c for c in reversed(self.all) if c.metric == Metric.SOLUTION)

    @property
    def due_at(self) -> datetime:
        return self.solution.due_at

    def going(self, *metrics: str) -> list[SlaClock]:
        going = (State.RUNNING, State.PAUSED)
        return [c for c in self.all if c.state in going and (not metrics or c.metric in metrics)]

    # ---- What the steps of a life do to them ----

    def begin(self, start: datetime, at: datetime) -> None:
        """A cycle begins: `start` is when the citizen spoke, stints begin at `at`."""
        self._start(Metric.SOLUTION, start)
        if self.life.quiet:
            return
        self._start(Metric.FIRST_RESPONSE, start)
        self._owe_interim(start)
        self._start_stint(at)

    def promise(self, due: datetime, at: datetime) -> None:
        """The citizen was told by when they hear again."""
        clock = SlaClock(metric=Metric.INTERIM, cycle=self.life.cycle, started_at=at)
        self._set_terms(clock)
        clock.term_amount, clock.term_unit = 0, TermUnit.WORKING_DAYS.value
        hands.promise(clock, self._calendar(clock), due)
        self.all.append(clock)

    def pause(self, at: datetime, until: datetime, reason: str) -> None:
        why = {"until": until.isoformat(), "reason": reason}
        for clock in self.going():
            if clock.is_promise:
                continue
            hands.pause(clock, self._calendar(clock), at=at, until=until)
            self._note(clock, Event.PAUSED, at, why)

    def resume(self, at: datetime, reason: str) -> None:
        """However late it is noticed, a wait ends at its date."""
        self._resume(self.going(), at, {"reason": reason})

    def stop(self, at: datetime, *metrics: str) -> None:
        """End these clocks (all, when none is named) with their facts."""
        going = self.going(*metrics)
        self._resume(going, at, {})
        for clock in going:
            hands.stop(clock, self._calendar(clock), at=at)
            self._note(clock, Event.STOPPED, at, {})

    def cancel(self, at: datetime, reason: str, *, answered: bool = False) -> None:
        self._resume(self.going(), at, {"reason": reason})
        if answered:
            self.stop(at, Metric.FIRST_RESPONSE)
        for clock in self.going():
            hands.cancel(clock, self._calendar(clock), at=at)
            self._note(clock, Event.CANCELLED, at, {"reason": reason})

    def revive(self, cancelled_at: datetime, at: datetime) -> None:
        for clock in self.all:
            if clock.state == State.CANCELLED and clock.metric != Metric.STINT:
                calendar, fired = self._calendar(clock), self._fired(clock)
                hands.revive(clock, calendar, cancelled_at=cancelled_at, fired=fired)
                self._note(clock, Event.RESUMED, at, {"revived": True})
        self.hand(at)

    def hand(self, at: datetime) -> None:
        """Whoever the life is with now begins a stint."""
        if not self.life.quiet:
            self.stop(at, Metric.STINT)
            self._start_stint(at)

    def retarget(self, at: datetime, before: str, after: str) -> None:
        """The type was corrected: its term holds from the clocks' own start. Nothing paused yet."""
        for clock in self.going():
            was = terms_of(clock)
            self._set_terms(clock)
            calendar, fired = self._calendar(clock), self._fired(clock)
            hands.retarget(clock, calendar, runs=[], since=clock.started_at, fired=fired)
            if terms_of(clock) != was:
                why = {"cause": "reclassified", "service": [before, after], "before": was}
                self._note(clock, Event.RETARGETED, at, why)
        if not any(clock.metric == Metric.INTERIM for clock in self.all):
            self._owe_interim(self.solution.started_at)

    def sweep(self, until: datetime) -> None:
        """What the sweeps of every minute found until then: rungs, and warnings given."""
        life = self.life
        for clock in [] if life.quiet else self.going():
            while clock.next_at is not None and (found := _next_minute(clock.next_at)) <= until:
                if clock.metric != Metric.SOLUTION:
                    clock.next_at = None
                    continue
                self._reach(clock, clock.next_at, found)

    def _reach(self, clock: SlaClock, moment: datetime, found: datetime) -> None:
        life, rung = self.life, clock.next_rung
        assert rung is not None
        share = clock.policy.shares[rung - 1 - clock.base_rung]
        self.rungs.append(
            Rung(
                clock,
                rung,
                share,
                moment,
                max(found, life.opened_at),
                life.agency,
                life.unit,
                life.official,
                life.sealed,
            )
        )
        hands.aim_after(clock, rung, self._calendar(clock))

    # ---- One clock ----

    def _start(self, metric: SlaClock.Metric, start: datetime) -> SlaClock:
        clock = self._new(metric, start)
        self.all.append(clock)
        return clock

    def _new(self, metric: SlaClock.Metric, start: datetime) -> SlaClock:
        clock = SlaClock(metric=metric, cycle=self.life.cycle, started_at=start)
        self._set_terms(clock)
        hands.start(clock, self._calendar(clock))
        return clock

    def _resume(self, going: list[SlaClock], at: datetime, why: Mapping[str, object]) -> None:
        at = min(at, self.life.waiting_until or at)
        for clock in going:
            if clock.state == State.PAUSED:
                fired = self._fired(clock)
                hands.resume(clock, self._calendar(clock), at=at, fired=fired)
                self._note(clock, Event.RESUMED, at, why)

    def _owe_interim(self, start: datetime) -> None:
        if not self.solution.policy.interim_days or self.life.quiet:
            return
        clock = self._new(Metric.INTERIM, start)
        if clock.due_at < self.due_at:
            self.all.append(clock)

    def _start_stint(self, at: datetime) -> None:
        clock = self._start(Metric.STINT, at)
        clock.agency = self.life.agency
        clock.stint = sum(c.metric == Metric.STINT for c in self.all)

    def _fired(self, clock: SlaClock) -> int:
        reached: Iterable[int] = (r.rung for r in self.rungs if r.clock.cycle == clock.cycle)
        return max(reached, default=0)

    def _set_terms(self, clock: SlaClock) -> None:
        life = self.life
        life.world.set_terms(clock, life.service, life.matter.place, life.priority)

    def _calendar(self, clock: SlaClock) -> Calendar:
        calendar: Calendar = self.life.world.calendar_of(clock, self.life.matter.place)
        return calendar

    def _note(
        self, clock: SlaClock, kind: ClockEvent.Kind, at: datetime, data: Mapping[str, object]
    ) -> None:
        if self.life.quiet:
            return
        self.events.append(
            ClockEvent(
                clock=clock,
                kind=kind,
                at=at,
                due_at=clock.due_at,
                consumed_seconds=clock.consumed_seconds,
                data=dict(data),
            )
        )


def _next_minute(moment: datetime) -> datetime:
    """When the sweep after a moment runs."""
    return moment.replace(second=5, microsecond=0) + _SWEEP
