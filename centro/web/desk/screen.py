"""What the operator's screen shows: each part is worked out from what is typed so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.cases.access import may_see_reporter
from centro.cases.actions import record_look
from centro.cases.incidents import going_on
from centro.cases.models import Case, Look
from centro.cases.queries import nearby_cases
from centro.catalog.agreements import policy_for
from centro.catalog.models import ServiceType
from centro.catalog.queries import questions_for, suggest_services
from centro.catalog.understanding.answering import Understanding, understand
from centro.catalog.wording import say_solution
from centro.contacts.models import Contact, Draft
from centro.knowledge.queries import search_articles
from centro.people.models import Person
from centro.people.queries import find_people
from centro.places.models import Place
from centro.web.desk.forms.intake import IntakeForm, is_id
from centro.web.desk.forms.questions import PREFIX, QuestionsForm
from centro.web.desk.spots import Spot, parse_pair, parse_spot, spots_for

LONGEST = 5_000
_MOST_ANSWERS = 40
_EARLIER = 5
_FOUND = 6
_LIKELY = 3
_FEWEST_LETTERS = 3
# What the draft keeps beside the form.
_OWN = frozenset({"contact", "started", "handed_over", "conversation", "seen"})
# The form's fields, and the words of its two boxes that only search.
NAMES = (*IntakeForm.base_fields, "words", "where")

Typed = dict[str, str]


def typed_of(draft: Draft) -> Typed:
    """What the draft keeps of the form, every field of it, as texts."""
    kept = {name: str(value) for name, value in draft.data.items() if name not in _OWN}
    return dict.fromkeys(NAMES, "") | kept


def read(posted: Mapping[str, str]) -> Typed:
    """What the form says now. Every field is named, so that an unticked box is forgotten."""
    names = (*NAMES, *_answers_in(posted))
    return settled({n: posted.get(n, "").replace("\x00", "")[:LONGEST] for n in names})


def _answers_in(posted: Iterable[str]) -> list[str]:
    return [name for name in posted if name.startswith(PREFIX)][:_MOST_ANSWERS]


def settled(typed: Typed) -> Typed:
    """Coordinates choose their place at once; other words leave the choice to the operator."""
    if parse_pair(typed["where"]) is None:
        return typed
    found = spots_for(typed["where"])
    return typed | {"place": found[0].value if found else ""}


def earlier_cases(person: Person, user: User) -> list[Case]:
    """The newest cases of a person whose reporter this user may know."""
    found = Case.objects.visible_to(user).filter(person=person).select_related("service", "place")
    cases = found.defer("search").order_by("-pk")[:_EARLIER]
    return [case for case in cases if may_see_reporter(case, user)]


def look_at(person: Person, user: User) -> None:
    """Write down that this user learnt which confidential cases this person reported."""
    for case in earlier_cases(person, user):
        record_look(case=case, user=user, what=Look.What.REPORTER, why=_("Atención a la persona"))


def _chosen_service(typed: Typed) -> ServiceType | None:
    code = typed.get("service", "")[:30]
    if not code:
        return None
    return ServiceType.objects.select_related("agency").filter(code=code, active=True).first()


class Screen:
    """Works out the parts of one screen, and asks each question of the database once."""

    def __init__(self, typed: Typed, user: User, asked: QuestionsForm | None = None) -> None:
        self.typed = typed
        self.user = user
        self.asked = asked
        self.service = _chosen_service(typed)

    @property
    def words(self) -> str:
        return self.typed.get("words") or self.typed.get("description", "")

    @cached_property
    def suggested(self) -> list[ServiceType]:
        return [suggestion.service for suggestion in suggest_services(self.words, limit=5)]

    @cached_property
    def understood(self) -> Understanding | None:
        """What the words mean beside their service types; nothing before there are words."""
        return understand(self.words) if self.words.strip() else None

    def services(self) -> dict[str, Any]:
        """Service types for the words, the chosen one always first, and articles that answer."""
        found = self.suggested
        if self.service is not None:
            found = [self.service, *(s for s in found if s.pk != self.service.pk)]
        articles = search_articles(self.words, limit=3)
        return {"services": found, "articles": articles, "understood": self.understood}

    def events(self) -> dict[str, Any]:
        """Events that this may be: of the chosen type, or of those that the words mean, where the
        chosen place lies. A case is joined to the one that fits both, unless the operator said no.
        """
        services = [self.service] if self.service else self.suggested[:_LIKELY]
        found = going_on(services, self.place)[:_LIKELY] if services else []
        fits = found[0] if found and self.service and self.place else None
        seen = self.typed.get("event_seen", "")
        if fits is not None and seen != str(fits.pk):
            return {"events": found, "fits": fits, "joins": True}
        return {"events": found, "fits": fits, "joins": bool(self.typed.get("event"))}

    def questions(self) -> dict[str, Any]:
        """The chosen type's own questions, with what was answered so far."""
        service = self.service
        if service is None:
            return {"service": None, "questions": ()}
        form = self.asked or QuestionsForm(questions_for(service), initial=self.typed)
        policy = policy_for(service, self.place, service.priority)
        return {"service": service, "questions": list(form), "term": say_solution(policy)}

    @cached_property
    def spots(self) -> list[Spot]:
        return spots_for(self.typed.get("where", ""), self.typed.get("place", ""))

    def places(self) -> dict[str, Any]:
        """Places for the words; coordinates choose theirs at once."""
        return {"spots": self.spots}

    def nearby(self) -> dict[str, Any]:
        """Open cases of the chosen type near the chosen place."""
        spot, place = parse_spot(self.typed.get("place", "")), self.place
        if place is None or spot is None or self.service is None:
            return {"nearby": []}
        lat, lon = spot.point or (None, None)
        near = nearby_cases(service=self.service, place=place, lat=lat, lon=lon, user=self.user)
        # Who reports what was just called solved says that it is not: that is no echo of it.
        return {"nearby": [case for case in near if case.status != "resolved"]}

    @cached_property
    def place(self) -> Place | None:
        """The place chosen on the screen."""
        chosen = parse_spot(self.typed.get("place", ""))
        known = (spot.place for spot in self.spots if chosen and spot.code == chosen.code)
        return next(known, None)

    @cached_property
    def found(self) -> list[Person]:
        """People for the telephone, cédula or name."""
        who = self.typed.get("who", "").strip()
        return find_people(who, limit=_FOUND) if len(who) >= _FEWEST_LETTERS else []

    @cached_property
    def person(self) -> Person | None:
        """The person chosen on the screen."""
        value = self.typed.get("person", "")
        if not is_id(value):
            return None
        known = next((person for person in self.found if str(person.pk) == value), None)
        return known or Person.objects.prefetch_related("contact_points").filter(pk=value).first()

    def people(self) -> dict[str, Any]:
        """Whom the operator may mean, the chosen one always among them."""
        chosen = [self.person] if self.person else []
        return {"people": [*chosen, *(p for p in self.found if p not in chosen)]}

    def history(self) -> dict[str, Any]:
        """What the chosen person brought before, as far as this user may know."""
        person = self.person
        if person is None:
            return {"person": None}
        return {
            "person": person,
            "earlier_cases": earlier_cases(person, self.user),
            "earlier_contacts": list(
                Contact.objects.filter(person=person).order_by("-started_at")[:_EARLIER]
            ),
        }

    def part(self, name: str) -> dict[str, Any]:
        return PARTS[name][1](self)


# Each part of the screen: its template and how it is worked out.
PARTS: Mapping[str, tuple[str, Callable[[Screen], dict[str, Any]]]] = {
    "services": ("desk/_intake_services.html", Screen.services),
    "events": ("desk/_intake_events.html", Screen.events),
    "questions": ("desk/_intake_questions.html", Screen.questions),
    "places": ("desk/_intake_places.html", Screen.places),
    "nearby": ("desk/_intake_nearby.html", Screen.nearby),
    "people": ("desk/_intake_people.html", Screen.people),
    "history": ("desk/_intake_history.html", Screen.history),
}
# What the screen asks for (the last piece of the address) and the parts that change with it.
ASKED: Mapping[str, tuple[str, ...]] = {
    "servicios": ("services", "events"),
    "preguntas": ("questions", "nearby", "events"),
    # A place may have a term of its own, which the questions tell.
    "lugares": ("places", "nearby", "events", "questions"),
    "cercanos": ("nearby", "events"),
    "personas": ("people", "history"),
    "historia": ("history",),
    "todo": tuple(PARTS),
}
