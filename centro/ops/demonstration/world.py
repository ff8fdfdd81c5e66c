"""The country as the demonstration needs it: read once, asked thousands of times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from centro.agencies.models import Agency, Unit
from centro.cases.actions.clocks import calendar_and_term
from centro.cases.models import SlaClock
from centro.cases.routing import Route, find_route
from centro.catalog.agreements import find_or_make_policy, forget_agreements, policy_for
from centro.catalog.calendars import calendar_at, office_calendar, version_in_force
from centro.catalog.models import CalendarVersion, PolicyVersion, Question, ServiceType
from centro.kernel import calendar as business
from centro.kernel.text import STOP_WORDS, fold, stem, words
from centro.knowledge.models import Article
from centro.ops.demonstration.plan import Shares
from centro.ops.demonstration.turns import Turns
from centro.places.models import Landmark, Place

_LONGEST_TERM = 60


@dataclass(slots=True)
class Spot:
    """A corregimiento with what its people call it, and the landmarks in it."""

    place: Place
    names: Sequence[str]
    landmarks: list[Landmark] = field(default_factory=list)


class World:
    """Services, places, entities and calendars, with memories of what was asked before."""

    def __init__(self) -> None:
        services = ServiceType.objects.filter(active=True).select_related("agency__jurisdiction")
        self.services = {service.code: service for service in services.order_by("code")}
        self.agencies = {
            agency.acronym: agency
            for agency in Agency.objects.filter(active=True).order_by("acronym")
        }
        self.articles = list(Article.objects.filter(active=True, language="es").order_by("slug"))
        self.spots = _spots()
        self.weights = {pk: max(spot.place.population, 1) ** 0.9 for pk, spot in self.spots.items()}
        self._anywhere = Shares(self.weights)
        self._within: dict[frozenset[str], Shares[int]] = {}
        self.questions: dict[int, list[Question]] = defaultdict(list)
        for question in Question.objects.order_by("position", "id"):
            self.questions[question.service_type_id].append(question)
        self.office = office_calendar()
        self.zone: ZoneInfo = self.office.zone
        hours = next(day for day in self.office.week if day)
        self.opens, self.closes = _time(hours[0].opens), _time(hours[-1].closes)
        self._terms: dict[tuple[date, int], datetime] = {}
        _make_agreements(self.services.values())
        self._policies: dict[tuple[int, int | None, str], PolicyVersion] = {}
        self._versions: dict[str, CalendarVersion] = {}
        self._routes: dict[tuple[int, int | None], Route] = {}
        # Nobody in the old months: their officials have no account.
        self.turns = Turns({})
        self._lexemes: dict[str, frozenset[str]] = {}

    def agency(self, unit: Unit) -> Agency | None:
        """The entity of a unit, without asking the database again."""
        return next((a for a in self.agencies.values() if a.pk == unit.agency_id), None)

    # ---- Places ----

    def draw_spot(self, rng: Random, districts: frozenset[str] = frozenset()) -> Spot:
        """A corregimiento by its population, inside the districts if this country has them."""
        return self.spots[self._among(districts).draw(rng)]

    def _among(self, districts: frozenset[str]) -> Shares[int]:
        if not districts:
            return self._anywhere
        if districts not in self._within:
            inside = {
                pk: weight
                for pk, weight in self.weights.items()
                if (district := self.spots[pk].place.district) and district.code in districts
            }
            self._within[districts] = Shares(inside or self.weights)
        return self._within[districts]

    def spot_of(self, code: str) -> Spot | None:
        return next((spot for spot in self.spots.values() if spot.place.code == code), None)

    # ---- Routes and terms ----

    def route(self, service: ServiceType, place: Place | None) -> Route:
        """Where routing sends it, and why."""
        key = (service.pk, place.pk if place else None)
        if key not in self._routes:
            self._routes[key] = find_route(service, place)
        return self._routes[key]

    def _policy(self, service: ServiceType, place: Place | None, priority: str) -> PolicyVersion:
        """The agreement that holds; asked once for each district, since we ask for thousands."""
        key = (service.pk, place.district_id if place else None, priority)
        if key not in self._policies:
            self._policies[key] = policy_for(service, place, priority)
        return self._policies[key]

    def _version(self, code: str) -> CalendarVersion:
        if code not in self._versions:
            self._versions[code] = version_in_force(code)
        return self._versions[code]

    def set_terms(
        self, clock: SlaClock, service: ServiceType, place: Place | None, priority: str
    ) -> None:
        """Give a clock the agreement that holds for a matter, and the calendar in force."""
        policy = self._policy(service, place, priority)
        code, term = calendar_and_term(policy, SlaClock.Metric(clock.metric))
        clock.policy, clock.calendar = policy, self._version(code)
        if term is not None:
            clock.term_amount, clock.term_unit = term.amount, term.unit.value

    def calendar_of(self, clock: SlaClock, place: Place | None) -> business.Calendar:
        return calendar_at(clock.calendar, place)

    def office_days_after(self, moment: datetime, days: int) -> datetime:
        """The closing time of the n-th office day after a moment."""
        local = moment.astimezone(self.zone)
        key = (local.date(), days)
        if key not in self._terms:
            term = business.Term(days, business.Unit.WORKING_DAYS)
            self._terms[key] = business.term_end(self.office, local, term)
        return self._terms[key]

    def in_office(self, moment: datetime, rng: Random) -> datetime:
        """The moment itself in office hours; otherwise some time on the next working morning."""
        local = moment.astimezone(self.zone)
        working = self.office.is_working_day(local.date())
        if self.office.is_open(local):
            return local
        day = local.date()
        if not working or local.time() >= self.closes:
            day += timedelta(days=1)
        for _n in range(_LONGEST_TERM):
            if self.office.is_working_day(day):
                break
            day += timedelta(days=1)
        return self.at(day, self.opens) + timedelta(seconds=int(rng.random() ** 2 * 14_400))

    def at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone)

    # ---- Search ----

    def search_vector(self, *texts: str) -> str:
        """What centro.cases.actions.step.index_of stores, written for COPY."""
        found: set[str] = set()
        for text in texts:
            for word in text.split():
                kept = self._lexemes.get(word)
                if kept is None:
                    kept = self._lexemes[word] = _lexemes_of(word)
                found |= kept
        return " ".join(sorted(found))


def _make_agreements(services: Iterable[ServiceType]) -> None:
    """What a pack did not bring is made now, once, and not asked for by each case."""
    known = PolicyVersion.objects.filter(
        state=PolicyVersion.State.IN_FORCE, policy__place=None, policy__priority=""
    )
    having = set(known.values_list("policy__service", flat=True))
    missing = [service for service in services if service.pk not in having]
    for service in missing:
        find_or_make_policy(service)
    if missing:
        forget_agreements()


def _lexemes_of(text: str) -> frozenset[str]:
    plain = words(text)
    stems = {stem(word)[:60] for word in plain if word not in STOP_WORDS}
    return frozenset(word[:60] for word in plain) | stems


def _spots() -> dict[int, Spot]:
    places = Place.objects.filter(active=True, level=Place.Level.CORREGIMIENTO)
    rows = places.select_related("district", "province").order_by("code")
    found = {place.pk: Spot(place, _names(place)) for place in rows}
    marks = Landmark.objects.filter(active=True, place_id__in=found).order_by("source_id")
    for mark in marks:
        assert mark.place_id is not None
        found[mark.place_id].landmarks.append(mark)
    return found


def _names(place: Place) -> list[str]:
    """The name, twice as often as each of the neighbourhoods among its aliases."""
    aliases = [alias for alias in place.aliases if not fold(alias).startswith("comarca")]
    return [place.name, place.name, *aliases]


def _time(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)
