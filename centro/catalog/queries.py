"""Questions about the catalogue: what a citizen means, what to ask them, when a term ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from centro.catalog.calendars import STAMP
from centro.catalog.models import Question, ServiceType
from centro.catalog.ranking import Described, Ranking
from centro.places.stamps import Kept

# Below this share of the meaning, or of what the best one covers, a suggestion is only noise.
_WORTH_SHOWING, _BESIDE_THE_BEST = 0.08, 0.2
# A matter for everyone ("a complaint") gives way to one that somebody in particular answers.
_FOR_NOBODY = 0.5


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A service type that a citizen may mean; `score` from 0 to 1, the best first."""

    service: ServiceType
    score: float


def suggest_services(text: str, limit: int = 5) -> list[Suggestion]:
    """The active service types that a citizen's words point at, best first; maybe none.

    Accents, endings and the spelling of text messages are forgiven. The rows are shared between
    calls (with `agency` loaded): read them, do not change them.
    """
    found = _suggestions.get().find(text, limit)
    least = max(_WORTH_SHOWING, found[0].score * _BESIDE_THE_BEST) if found else 0
    return [Suggestion(match.item, match.score) for match in found if match.score >= least]


def service_with(code: str) -> ServiceType | None:
    """The active service type of a code, with `agency` loaded; usually without a statement.

    The row is shared between calls: read it, do not change it.
    """
    found = _by_code.get().get(code)
    if found is None and code:
        # Perhaps it is newer than our copy.
        newer = ServiceType.objects.select_related("agency").filter(code=code, active=True)
        found = newer.first()
    return found


def questions_for(service: ServiceType) -> list[Question]:
    """What a service type asks besides the common questions, in order."""
    return _questions.get().get(service.pk, [])


def rank_services(services: Iterable[ServiceType]) -> Ranking[ServiceType]:
    """The index that `suggest_services` asks, over these types."""
    return Ranking(_described(service) for service in services)


def _read_suggestions() -> Ranking[ServiceType]:
    services = ServiceType.objects.filter(active=True).select_related("agency")
    return rank_services(services.order_by("code"))


def _read_by_code() -> dict[str, ServiceType]:
    services = ServiceType.objects.filter(active=True).select_related("agency")
    return {service.code: service for service in services}


def _described(service: ServiceType) -> Described[ServiceType]:
    agency = service.agency
    about = f"{service.category} {agency.acronym if agency else ''}"
    weight = 1.0 if agency else _FOR_NOBODY
    phrases = (*service.keywords, service.name_en)
    return Described(service, service.name, phrases, category=about, weight=weight)


def _read_questions() -> dict[int, list[Question]]:
    by_service: dict[int, list[Question]] = {}
    for question in Question.objects.order_by("position", "id"):
        by_service.setdefault(question.service_type_id, []).append(question)
    return by_service


_suggestions: Kept[Ranking[ServiceType]] = Kept(STAMP, _read_suggestions)
_by_code: Kept[dict[str, ServiceType]] = Kept(STAMP, _read_by_code)
_questions: Kept[dict[int, list[Question]]] = Kept(STAMP, _read_questions)
