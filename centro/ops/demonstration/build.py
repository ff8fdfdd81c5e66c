"""Cases before anything happens to them: when, what, where, by whom, in which words."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from math import cos, radians
from random import Random

from centro.catalog.models import ServiceType
from centro.kernel.actor import citizen
from centro.ops.demonstration import belongings
from centro.ops.demonstration.history import CENTRE, Old
from centro.ops.demonstration.life import Life
from centro.ops.demonstration.people import Crowd
from centro.ops.demonstration.plan import Matter, Month, Plan, Shares
from centro.ops.demonstration.recent import Script
from centro.ops.demonstration.staff import Staff
from centro.ops.demonstration.texts import Scene, Writer
from centro.ops.demonstration.world import Spot, World
from centro.places.queries import locate

_METRES_PER_DEGREE = 111_320
# The centre opened to everybody on this day; before it there were trials.
_LAUNCH = date(2010, 10, 8)
_BY_DAY = (1.12, 1.1, 1.05, 1.05, 1.0, 0.6, 0.45)


@dataclass(slots=True)
class Builder:
    """Draws cases from the plan's shares."""

    plan: Plan
    world: World
    writer: Writer
    crowd: Crowd
    seed: int
    _recent: Shares[str] = field(init=False)
    _old: Shares[str] = field(init=False)

    def __post_init__(self) -> None:
        known = {c: m for c, m in self.plan.matters.items() if c in self.world.services}
        if not known:
            raise LookupError("The plan of the demonstration names no service type of this pack.")
        self._recent = Shares({code: matter.weight for code, matter in known.items()})
        # No sealed ones then: too few in a month to be shown, they would be missing from its figure.
        self._old = Shares(
            {
                code: matter.weight * matter.in_history
                for code, matter in known.items()
                if self.world.services[code].confidentiality != "sealed"
            }
        )

    def rng(self, *parts: object) -> Random:
        return Random(":".join(map(str, (self.seed, *parts))))  # noqa: S311 not for secrets

    # ---- The old months ----

    def old_month(self, month: Month, count: int, until: datetime) -> list[Old]:
        """The cohort of a month, opened, in the order of the clock."""
        rng = self.rng("month", month.first)
        moments = sorted(self._moments_of(month.first, count, rng))
        cohort: list[Old] = []
        for n, moment in enumerate(moments):
            cohort.append(self._old_case(self.rng("old", month.first, n), moment, cohort, until))
        return cohort

    def _moments_of(self, first: date, count: int, rng: Random) -> Iterator[datetime]:
        last = monthrange(first.year, first.month)[1]
        days = {first.replace(day=n): _BY_DAY[first.replace(day=n).weekday()]
                for n in range(1, last + 1)}  # fmt: skip
        if first == _LAUNCH.replace(day=1):
            days = {day: weight * (0.1 if day < _LAUNCH else 1) for day, weight in days.items()}
        shares = Shares(days)
        for _n in range(count):
            yield self.world.at(shares.draw(rng), self._clock(rng))

    def _clock(self, rng: Random) -> time:
        return time(self.plan.hours.draw(rng), int(rng.random() * 60), int(rng.random() * 60))

    def _old_case(self, rng: Random, moment: datetime, cohort: list[Old], until: datetime) -> Old:
        twin_of = self._twin(rng, moment, cohort, until)
        code = self._old.draw(rng)
        spot = None
        if twin_of is not None:
            code, spot = twin_of.matter.code, twin_of.scene.spot
        told, scene, matter = self._told(
            rng, code, moment, self.plan.old_channels.draw(rng), spot, old=True
        )
        made = Life(told, self.world, until + timedelta(days=500), moment, moment, quiet=True)
        by_citizen = told.channel in {"web", "sms"}
        name = told.person.name if told.person else ""
        made.open(citizen(name) if by_citizen else CENTRE)
        old = Old(made, scene, matter)
        if twin_of is not None:
            old.twin_of = twin_of
            old.merged_at = moment + timedelta(hours=rng.uniform(1, 30))
            twin_of.open_until = max(old.merged_at, twin_of.open_until or old.merged_at)
        elif made.agency is None and rng.random() < 0.55:
            self._route_old(made, rng)
        return old

    def _twin(
        self, rng: Random, moment: datetime, cohort: list[Old], until: datetime
    ) -> Old | None:
        """One in sixty repeats another of the last days."""
        if rng.random() > 1 / 60 or not cohort or moment > until - timedelta(days=3):
            return None
        other = cohort[-1 - int(rng.random() * min(len(cohort), 60))]
        usable = (
            other.twin_of is None
            and other.life.agency is not None
            and other.acronym not in self.plan.agency_shares
            and not other.life.sealed
        )
        return other if usable else None

    def _route_old(self, made: Life, rng: Random) -> None:
        names = [name for name in self.plan.paces if name not in self.plan.agency_shares]
        some = [self.world.agencies[n] for n in names if n in self.world.agencies]
        if some:
            at = made.opened_at + timedelta(hours=rng.uniform(0.5, 9))
            made.route_to(rng.choice(some), at, CENTRE)

    # ---- The last months ----

    def recent(self, staff: Staff, now: datetime, count: int) -> list[Script]:
        """Cases of the last days in the order of the clock, not opened yet."""
        made = []
        for moment, n in self.recent_moments(now, count, "moment"):
            made.append(self.script(self.rng("recent", n), moment, now, staff))
        return made

    def recent_moments(self, now: datetime, count: int, what: str) -> list[tuple[datetime, int]]:
        """Whole days, of which what lies in the future is left out."""
        today = now.astimezone(self.world.zone).date()
        days = {}
        rng = self.rng("days")
        for ago in range(self.plan.recent_days, -1, -1):
            day = today - timedelta(days=ago)
            growth = 1 + 0.5 * (1 - ago / self.plan.recent_days)
            rain = 1.9 if rng.random() < 0.06 else 1.0
            days[day] = _BY_DAY[day.weekday()] * growth * rain
        shares = Shares(days)
        drawn = []
        for n in range(count):
            own = self.rng(what, n)
            moment = self.world.at(shares.draw(own), self._clock(own))
            if moment < now - timedelta(minutes=4):
                drawn.append((moment, n))
        return sorted(drawn)

    def script(
        self,
        rng: Random,
        moment: datetime,
        now: datetime,
        staff: Staff,
        *,
        code: str = "",
        spot: Spot | None = None,
        channel: str = "",
        matter: Matter | None = None,
        point: tuple[float, float] | None = None,
    ) -> Script:
        """A case of now, with everything that is not given drawn."""
        given = bool(code)
        code = code or self._recent.draw(rng)
        channel = channel or self.plan.channels.draw(rng)
        told, scene, spoken_of = self._told(rng, code, moment, channel, spot, matter=matter)
        real_code = "" if given else self._hide(told, rng)
        if point is not None:
            told.lat, told.lon = point
        elif told.place is not None and rng.random() < 0.6:
            told.lat, told.lon = self._point(scene.spot, rng)
        spoken = moment
        if channel in {"press", "email", "social"}:
            spoken -= timedelta(hours=rng.uniform(0.2, 16))
        made = Life(told, self.world, now, spoken, moment)
        return Script(made, staff, self.writer, scene, spoken_of, self.plan.pace_of, real_code)

    def _hide(self, told: belongings.Matter, rng: Random) -> str:
        """Some are opened as "to be classified": triage finds out what they are. The real type."""
        unknown = self.world.services.get("GEN-99")
        service = told.service
        if unknown is None or service.agency is None or service.confidentiality != "open":
            return ""
        if rng.random() > 0.025:
            return ""
        told.service, told.answers = unknown, {}
        return service.code

    # ---- What is told ----

    def _told(
        self,
        rng: Random,
        code: str,
        moment: datetime,
        channel: str,
        spot: Spot | None,
        *,
        matter: Matter | None = None,
        old: bool = False,
    ) -> tuple[belongings.Matter, Scene, Matter]:
        service = self.world.services[code]
        matter = matter or self.plan.matters[code]
        spot = spot or self.world.draw_spot(rng, self._districts(matter, service, rng))
        scene = Scene(rng, spot, moment)
        anonymous = self._is_anonymous(service, channel, rng)
        person = None
        if not anonymous and (not old or rng.random() < 0.7):
            person = self.crowd.somebody(rng, channel, scene.area, moment, old=old)
        language, text = self._words(matter, service, channel, scene, person)
        placed = service.requires_place or rng.random() < 0.6
        told = belongings.Matter(
            service=service,
            description=text,
            channel=channel,
            place=spot.place if placed else None,
            reference=self.writer.reference(scene) if placed and rng.random() < 0.55 else "",
            answers={} if old else self.writer.answers(
                service, self.world.questions[service.pk], scene
            ),
            person=person,
            anonymous=anonymous,
            language=language,
            against_handler=service.kind == "denunciation" and not old and rng.random() < 0.012,
        )  # fmt: skip
        return told, scene, matter

    def _words(
        self,
        matter: Matter,
        service: ServiceType,
        channel: str,
        scene: Scene,
        person: belongings.Reporter | None,
    ) -> tuple[str, str]:
        if matter.english and person and person.language == "en":
            return "en", self.writer.phrase(matter.english, scene)
        return "es", self.writer.description(matter, service, channel, scene)

    def _districts(self, matter: Matter, service: ServiceType, rng: Random) -> frozenset[str]:
        # What no municipality of ours answers for goes to triage.
        if service.municipal and rng.random() < 0.1:
            return frozenset()
        if matter.districts:
            return matter.districts
        agency = service.agency
        if agency and agency.jurisdiction_id and not service.municipal:
            place = agency.jurisdiction
            return frozenset({place.code}) if place else frozenset()
        return frozenset()

    def _is_anonymous(self, service: ServiceType, channel: str, rng: Random) -> bool:
        share = {"open": 0.05, "reserved": 0.3, "sealed": 0.55}[service.confidentiality]
        return rng.random() < share * (0.4 if channel in {"sms", "message"} else 1.0)

    def _point(self, spot: Spot, rng: Random) -> tuple[float, float] | tuple[None, None]:
        """A point in the corregimiento, near a landmark or its middle; none if that fails."""
        exact = [mark for mark in spot.landmarks if not mark.approximate]
        for _n in range(4):
            if exact:
                mark = rng.choice(exact)
                lat, lon = near(mark.lat, mark.lon, 170, rng)
            elif spot.place.lat is not None and spot.place.lon is not None:
                lat, lon = near(spot.place.lat, spot.place.lon, 450, rng)
            else:
                break
            found = locate(lat, lon)
            if found is not None and found.code == spot.place.code:
                return lat, lon
        return None, None


def near(lat: float, lon: float, metres: float, rng: Random) -> tuple[float, float]:
    """A point around another, most often within so many metres."""
    north, east = rng.gauss(0, metres), rng.gauss(0, metres)
    return (
        round(lat + north / _METRES_PER_DEGREE, 6),
        round(lon + east / _METRES_PER_DEGREE / cos(radians(lat)), 6),
    )
