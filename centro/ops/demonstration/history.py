"""The nine published months: how each case of them went, so that the figures come out exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from centro.cases.statuses import Reason
from centro.kernel.actor import SYSTEM, Actor, Kind, citizen
from centro.ops.demonstration.life import Life
from centro.ops.demonstration.plan import Matter
from centro.ops.demonstration.texts import Scene, Writer

R = Reason
CENTRE = Actor(Kind.STAFF, None, "Centro 3-1-1")
# How cases that an entity had in hand ended, in parts. An entity whose share on time is published
# has few without a solution, so that both readings of "solved on time ÷ closed" give its figure.
_ENDINGS = {"satisfied": 54, "no_answer": 34, "withdrawn": 6, "reopened": 6}
_ENDINGS_OF_NAMED = {"satisfied": 55, "no_answer": 44, "withdrawn": 1}
_ENDINGS_IN_TRIAGE = {"first_contact": 50, "out_of_scope": 28, "not_applicable": 15, "spam": 7}
_SOLVED = frozenset({"satisfied", "no_answer", "reopened"})
_ON_TIME = 0.62
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


@dataclass(slots=True, eq=False)
class Old:
    """A case of those months, opened; how it ends is settled month by month."""

    life: Life
    scene: Scene
    matter: Matter
    closed: bool = False
    on_time: bool = True
    ending: str = ""
    # Another case of the same that was opened shortly before, and stands for this one.
    twin_of: Old | None = None
    merged_at: datetime | None = None
    # It stood for others until then, so it was still open.
    open_until: datetime | None = None

    @property
    def rng(self) -> Random:
        return self.scene.rng

    @property
    def acronym(self) -> str:
        return self.life.agency.acronym if self.life.agency else ""


@dataclass(frozen=True, slots=True)
class Settling:
    """What must be true on the last day."""

    until: datetime
    agencies: Mapping[str, tuple[float, float]]

    def month(self, cohort: Sequence[Old], closed: int, rng: Random) -> None:
        """Choose which cases are closed by then: exactly `closed`, the oldest by and large.

        Each named entity has exactly its share of them, and exactly its share on time.
        """
        twins = [old for old in cohort if old.twin_of is not None][:closed]
        for old in twins:
            old.closed = True
        left = closed - len(twins)
        for name, (share, on_time) in self.agencies.items():
            olds = [old for old in cohort if old.acronym == name]
            chosen = self._choose(olds, min(round(len(olds) * share), left), rng)
            left -= len(chosen)
            self._end(chosen, _ENDINGS_OF_NAMED, on_time, rng)
        rest = [o for o in cohort if o.acronym not in self.agencies and not o.twin_of]
        self._end(self._choose(rest, left, rng), _ENDINGS, _ON_TIME, rng)

    def _choose(self, olds: Sequence[Old], count: int, rng: Random) -> list[Old]:
        """Those with the most time behind their term, with some luck; never of the last day."""

        def behind(old: Old) -> float:
            if old.life.opened_at > self.until - _DAY:
                return -1e9
            return (self.until - old.life.due_at) / _DAY + rng.gauss(0, 9)

        chosen = sorted(olds, key=behind, reverse=True)[:count]
        for old in chosen:
            old.closed = True
        return chosen

    def _end(
        self, chosen: Sequence[Old], endings: Mapping[str, int], on_time: float, rng: Random
    ) -> None:
        for old in chosen:
            of_entity = endings if old.life.agency else _ENDINGS_IN_TRIAGE
            old.ending = _drawn(of_entity, rng)
            if old.open_until and old.ending == "reopened":
                old.ending = "satisfied"
        solved = [old for old in chosen if old.ending in _SOLVED]
        # Only what fell due in good time can be late, so the others come first.
        solved.sort(key=lambda old: (self._could_be_late(old), rng.random()))
        for n, old in enumerate(solved):
            old.on_time = n < round(len(solved) * on_time) or not self._could_be_late(old)

    def _could_be_late(self, old: Old) -> bool:
        return old.life.due_at < self.until - 2 * _DAY and old.ending != "reopened"


class Teller:
    """Tells each old case to its end."""

    def __init__(
        self, writer: Writer, until: datetime, officials: Mapping[str, Sequence[Actor]]
    ) -> None:
        self.writer = writer
        self.until = until
        self._officials = officials

    def tell(self, old: Old) -> None:
        if old.twin_of is not None:
            assert old.merged_at is not None
            if old.closed:
                old.life.merge_into(old.twin_of.life, old.merged_at, CENTRE)
                return
        if old.closed:
            self._by_then(old)
        else:
            self._afterwards(old)

    def _hand(self, old: Old) -> Actor:
        known = self._officials.get(old.acronym)
        return known[int(old.rng.random() * len(known))] if known else CENTRE

    # ---- Closed by the last day ----

    def _by_then(self, old: Old) -> None:
        if old.ending in _SOLVED:
            self._solved_by_then(old)
            return
        opened = old.life.opened_at
        slow = 2.0 if old.life.agency is None else 6.0
        at = opened + timedelta(days=0.05 + old.rng.expovariate(1 / slow))
        at = self._before_the_end(old, max(at, old.open_until or at))
        self._end_without(old, old.ending, at)

    def _before_the_end(self, old: Old, at: datetime) -> datetime:
        """The moment itself, or one that is still before the last day is over."""
        last = self.until - _HOUR / 2
        if at <= last:
            return at
        begin = max(old.life.latest, old.open_until or old.life.latest)
        return begin + (last - begin) * old.rng.uniform(0.2, 0.95)

    def _end_without(self, old: Old, ending: str, at: datetime) -> None:
        life = old.life
        if ending == "withdrawn":
            text = self.writer.general("withdrawn", old.scene)
            life.withdraw(text, at, citizen(_name_of(old)))
            return
        text = self.writer.general(f"closed_{ending}", old.scene)
        life.close(Reason(ending), text, at, CENTRE)

    def _solved_by_then(self, old: Old) -> None:
        if old.ending == "reopened":
            self._come_back(old)
        life, rng = old.life, old.rng
        begun = life.latest if life.cycle > 1 else life.opened_at
        if old.on_time or life.cycle > 1:
            last = min(life.due_at - timedelta(minutes=1), self.until - 3 * _HOUR)
            at = begun + (last - begun) * rng.betavariate(2, 2)
            at = min(life.world.in_office(at, rng), last)
        else:
            late = timedelta(days=0.3 + rng.expovariate(1 / 14))
            at = life.world.in_office(life.due_at + late, rng)
            if at > self.until - _HOUR:
                room = self.until - _HOUR - life.due_at
                at = life.due_at + room * rng.uniform(0.1, 0.9)
        at = min(at, self.until - 3 * _HOUR)
        self._solve(old, at)
        self._confirm(old, at)

    def _come_back(self, old: Old) -> None:
        """Solved early, and the person said no."""
        life, rng = old.life, old.rng
        room = min(life.due_at, self.until) - life.opened_at
        at = life.opened_at + room * rng.uniform(0.1, 0.4)
        self._solve(old, at)
        back = at + min(timedelta(days=rng.uniform(0.2, 4)), (self.until - at) * 0.4)
        text = self.writer.general("reopened", old.scene)
        life.reopen(text, back, citizen(_name_of(old)), None)

    def _confirm(self, old: Old, solved: datetime) -> None:
        life, rng = old.life, old.rng
        assert life.answer_by is not None
        silent = life.answer_by + timedelta(minutes=2)
        earliest = old.open_until or solved
        if old.ending == "no_answer" and earliest < silent < self.until:
            life.close(R.NO_ANSWER, "", silent, SYSTEM)
            return
        at = solved + timedelta(days=rng.uniform(0.05, 4))
        at = self._before_the_end(old, max(at, earliest + _HOUR))
        life.confirm(at, citizen(_name_of(old)) if rng.random() < 0.3 else CENTRE)

    def _solve(self, old: Old, at: datetime) -> None:
        """With the steps on the way that there is room for."""
        life, rng, hand = old.life, old.rng, self._hand(old)
        room = at - life.latest
        if life.cycle == 1 and room > _HOUR:
            if rng.random() < 0.4 and life.unit is not None:
                life.assign(None, life.latest + room * rng.uniform(0.02, 0.2), hand)
            life.start(life.latest + (at - life.latest) * rng.uniform(0.1, 0.6), hand)
        life.resolve(self.writer.voice("solved", old.matter, old.scene), at, hand)

    # ---- Closed in the months after ----

    def _afterwards(self, old: Old) -> None:
        life, rng = old.life, old.rng
        wait = timedelta(days=min(1 + rng.expovariate(1 / 55), 330))
        at = life.world.in_office(self.until + wait, rng)
        if life.agency is None:
            self._end_without(old, _drawn(_ENDINGS_IN_TRIAGE, rng), at)
        elif rng.random() < 0.07:
            self._end_without(old, "withdrawn", at)
        else:
            self._solve(old, at)
            assert life.answer_by is not None
            if rng.random() < 0.6:
                close = at + timedelta(days=rng.uniform(0.05, 4))
                life.confirm(close, citizen(_name_of(old)) if rng.random() < 0.3 else CENTRE)
            else:
                life.close(R.NO_ANSWER, "", life.answer_by + timedelta(minutes=2), SYSTEM)


def _name_of(old: Old) -> str:
    person = old.life.matter.person
    return person.name if person else ""


def _drawn(parts: Mapping[str, int], rng: Random) -> str:
    return rng.choices(list(parts), list(parts.values()))[0]
