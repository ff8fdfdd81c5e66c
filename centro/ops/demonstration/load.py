"""Makes the whole demonstration in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from random import Random

from django.db import transaction

from centro.agencies.models import Agency, Unit
from centro.cases.models import Case
from centro.kernel.actor import Actor, Kind
from centro.knowledge.models import Article
from centro.ops.demonstration.belongings import Talk
from centro.ops.demonstration.build import Builder, near
from centro.ops.demonstration.climbing import Climb
from centro.ops.demonstration.history import Settling, Teller
from centro.ops.demonstration.life import Life
from centro.ops.demonstration.people import Crowd
from centro.ops.demonstration.plan import Matter, Plan, read_plan
from centro.ops.demonstration.recent import Script
from centro.ops.demonstration.rows import Look, Rows, write_looks
from centro.ops.demonstration.signs import distribute_by_liaison, put_up_signs
from centro.ops.demonstration.staff import Staff, add_colleagues
from centro.ops.demonstration.staged import STAGES, begun, left, not_begun, repeated, unmerged
from centro.ops.demonstration.texts import Scene, Writer
from centro.ops.demonstration.turns import Turns
from centro.ops.demonstration.world import World

SEED = 311
# What is being done, and the share of the whole that is done.
Report = Callable[[str, float], None]
_LAST_DAY = date(2011, 5, 31)
_OFFICIALS_EACH = 4
_BURST_HOURS = 19.0


@dataclass(frozen=True, slots=True)
class Summary:
    """How much was made."""

    cases: int
    contacts: int
    messages: int
    people: int
    colleagues: int


def _silent(_doing: str, _share: float) -> None:
    """For those who want no progress."""


@transaction.atomic
def make_demonstration(
    folder: Path,
    *,
    now: datetime,
    seed: int = SEED,
    scale: float = 1.0,
    report: Report = _silent,
) -> Summary:
    """Make the demonstration that a pack describes. The case table must be empty.

    The same seed, moment and pack give the same rows; `scale` makes less of everything.
    """
    if Case.objects.exists():
        raise FileExistsError("There are cases already.")
    report("reading", 0.0)
    return _Maker(read_plan(folder), now, seed, scale, report).make()


class _Maker:
    def __init__(self, plan: Plan, now: datetime, seed: int, scale: float, report: Report) -> None:
        self.plan, self.now, self.scale, self.report = plan, now, scale, report
        distribute_by_liaison(plan)
        put_up_signs(plan, now)
        self.world = World()
        self.writer = Writer(plan)
        self.crowd = Crowd(plan)
        self.builder = Builder(plan, self.world, self.writer, self.crowd, seed)
        self.staff = Staff()

    def make(self) -> Summary:
        old = self._history()
        scripts, colleagues = self._recent()
        staged = self._staged()
        burst = self._burst()
        talks = self._talks()
        fresh = [script.life for script in [*scripts, *staged, *burst]]
        self._fail_some_letters(fresh)
        for life in fresh:
            life.clocks.sweep(self.now)
        rows = Rows(self.world, [*old, *fresh], talks)
        climbed = Climb(self.staff, self.writer, self.now, self.builder.rng("ladder"))
        rows.clocks.reached = climbed.of(fresh)
        rows.write(lambda share: self.report("writing", 0.45 + 0.5 * share))
        write_looks(self._looks(fresh))
        self.report("committing", 0.95)
        return Summary(
            len(rows.lives), len(rows.talks), len(rows.letters), len(rows.people), colleagues
        )

    # ---- The old months ----

    def _history(self) -> list[Life]:
        until = self.world.at(_LAST_DAY + timedelta(days=1), time.min) - timedelta(seconds=1)
        teller = Teller(self.writer, until, self._old_officials())
        settling = Settling(until, self.plan.agency_shares)
        lives: list[Life] = []
        for n, month in enumerate(self.plan.months):
            count, closed = round(month.total * self.scale), round(month.closed * self.scale)
            cohort = self.builder.old_month(month, count, until)
            settling.month(cohort, closed, self.builder.rng("settle", month.first))
            for old in cohort:
                teller.tell(old)
            lives += [old.life for old in cohort]
            self.report(f"{month.first:%Y-%m}", 0.4 * (n + 1) / len(self.plan.months))
        return lives

    def _old_officials(self) -> dict[str, Sequence[Actor]]:
        """Names of those who worked there then; they have no account today."""
        rng = self.builder.rng("officials")
        return {
            acronym: [
                Actor(Kind.AGENCY, None, self.crowd.name(rng)) for _n in range(_OFFICIALS_EACH)
            ]
            for acronym in sorted(self.world.agencies)
        }

    # ---- The last months ----

    def _recent(self) -> tuple[list[Script], int]:
        count = round(self.plan.recent_cases * self.scale)
        scripts = self.builder.recent(self.staff, self.now, count)
        today = self.now.astimezone(self.world.zone).date()
        colleagues = add_colleagues(
            self._units(scripts), self.world, self.crowd, self.builder.rng("colleagues"), today
        )
        self.staff = Staff.today()
        self.world.turns = Turns(self.staff.officials)
        for n, script in enumerate(scripts):
            script.staff = self.staff
            other = self._same_before(scripts, n)
            script.play(Script.natural if other is None else partial(repeated, other))
        self.report("recent", 0.45)
        return scripts, colleagues

    def _units(self, scripts: Sequence[Script]) -> Counter[Unit]:
        found: Counter[Unit] = Counter()
        for script in scripts:
            matter = script.life.matter
            route = self.world.route(matter.service, matter.place)
            if route.unit is not None:
                found[route.unit] += 1
        return found

    def _same_before(self, scripts: Sequence[Script], n: int) -> Script | None:
        """One of the last days about the same in the same district, in some of the cases."""
        script = scripts[n]
        told = script.life.matter
        if told.place is None or script.rng.random() > 0.35:
            return None
        for other in reversed(scripts[max(0, n - 250) : n]):
            there = other.life.matter.place
            same = (
                other.life.service == told.service
                and there is not None
                and there.district_id == told.place.district_id
                and other.life.duplicate_of is None
                and other.life.confidentiality == "open"
            )
            if same:
                return other
        return None

    def _staged(self) -> list[Script]:
        made: list[Script] = []
        for k, stage in enumerate(STAGES):
            for n in range(self._few(stage.count)):
                rng = self.builder.rng("staged", k, n)
                made.append(self._stage(rng, n, stage.codes, rng.uniform(*stage.days)))
                made[-1].play(stage.tale)
        for n in range(self._few(3)):
            rng = self.builder.rng("unmerged", n)
            other, script = (self._stage(rng, 0, ("MOP-01",), days + n) for days in (3, 2))
            other.play(not_begun)
            script.play(partial(unmerged, other.life))
            made += [other, script]
        return made

    def _few(self, count: int) -> int:
        """Small numbers stay what they are in most scales, and never vanish."""
        return max(1, round(count * min(self.scale * 4, 1)))

    def _stage(self, rng: Random, n: int, codes: Sequence[str], days: float) -> Script:
        """Most staged cases are where those who show the demonstration work."""
        known = [code for code in codes if code in self.world.services]
        return self.builder.script(
            rng,
            self.now - timedelta(days=days),
            self.now,
            self.staff,
            code=rng.choice(known) if known else "",
            spot=self.world.draw_spot(rng, self.plan.home) if n % 4 != 3 else None,
        )

    # ---- One event, many callers ----

    def _burst(self) -> list[Script]:
        burst = self.plan.burst
        spot = self.world.spot_of(burst.place)
        if spot is None or burst.service not in self.world.services:
            return []
        base = self.plan.matters[burst.service]
        matter = replace(
            base, say=burst.say, voices={**base.voices, "adds": burst.adds}, complete=True
        )
        made: list[Script] = []
        for n in range(max(4, round(burst.callers * min(self.scale * 4, 1)))):
            rng = self.builder.rng("burst", n)
            # Most call in the first hours; the last ones while somebody reads this.
            hours = _BURST_HOURS * (1 - (n / burst.callers) ** 1.7) + rng.uniform(0.05, 0.4)
            script = self.builder.script(
                rng,
                self.now - timedelta(hours=hours),
                self.now,
                self.staff,
                code=burst.service,
                spot=spot,
                matter=matter,
                point=near(burst.lat, burst.lon, 160, rng),
            )
            made.append(script)
            script.play(self._tale_of_burst(n, made[0]))
        return made

    def _tale_of_burst(self, n: int, first: Script) -> Callable[[Script], None]:
        if n == 0:
            return begun
        if n <= self.plan.burst.duplicates:
            return partial(repeated, first)
        return not_begun if n % 3 else left

    # ---- What is no case ----

    def _talks(self) -> list[Talk]:
        """Questions answered while talking, calls passed on, and some that were only noted."""
        rng = self.builder.rng("talks")
        inquiries = [
            matter
            for code, matter in self.plan.matters.items()
            if code in self.world.services and self.world.services[code].kind == "inquiry"
        ]
        moments = self.builder.recent_moments(
            self.now, round(self.plan.contacts * self.scale), "talks"
        )
        talks = []
        for moment, _n in moments:
            scene = Scene(rng, self.world.draw_spot(rng), moment)
            talks.append(self._talk(scene, rng.choice(inquiries) if inquiries else None))
        return talks

    def _talk(self, scene: Scene, matter: Matter | None) -> Talk:
        rng = scene.rng
        channel = rng.choices(("phone", "walk_in", "message", "social"), (80, 6, 10, 4))[0]
        outcome = rng.choices(("answered", "emergency", "note"), (86, 4, 10))[0]
        article, agency = None, None
        summary = "911" if rng.random() < 0.6 else "104"
        if outcome == "note":
            summary = self.writer.general("noted_contact", scene)
        elif outcome == "answered":
            agency = self.world.services[matter.code].agency if matter else None
            summary = self.writer.asked(matter, scene) if matter else ""
            article = self._article(agency, rng)
            summary = summary or (article.title if article else "")
        ended = scene.at + timedelta(minutes=1 + rng.expovariate(0.45))
        return Talk(
            channel,
            scene.at,
            min(ended, self.now),
            outcome,
            summary,
            operator=self.staff.operator(rng).id,
            person=None,
            article=article,
            agency_id=agency.pk if agency else None,
        )

    def _article(self, agency: Agency | None, rng: Random) -> Article | None:
        if agency is None:
            return None
        about = [a for a in self.world.articles if a.agency_id == agency.pk]
        return rng.choice(about) if about else None

    # ---- Odds and ends ----

    def _fail_some_letters(self, lives: Sequence[Life]) -> None:
        """Some addresses do not exist."""
        rng = self.builder.rng("letters")
        bad = {id(life.matter.person) for life in lives if rng.random() < 0.008}
        for life in lives:
            if life.matter.person is not None and id(life.matter.person) in bad:
                for letter in life.letters:
                    letter.failed = True

    def _looks(self, lives: Sequence[Life]) -> Iterator[Look]:
        """Confidential cases were opened by those who work them."""
        rng = self.builder.rng("looks")
        for life in lives:
            if life.confidentiality == "open" or rng.random() > 0.35:
                continue
            who = self.staff.officer(rng) if life.sealed else self.staff.supervisor(rng)
            at = life.opened_at + timedelta(hours=rng.uniform(0.5, 40))
            if who.id is not None and at < self.now:
                yield life, who.id, "case", "", at
                if rng.random() < 0.3:
                    why = self.writer.plain("looked", rng)
                    yield life, who.id, "reporter", why, min(at + timedelta(minutes=1), self.now)
