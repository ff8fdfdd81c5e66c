"""Questions about the catalogue: what a citizen means, what to ask them, when a term ends."""

from __future__ import annotations

from dataclasses import dataclass

from centro.catalog.calendars import STAMP
from centro.catalog.models import Question, ServiceType
from centro.catalog.suggesting import rank_services, service_index, service_with
from centro.catalog.understanding.answering import Verdict, understand
from centro.places.stamps import Kept

__all__ = [
    "Suggestion",
    "questions_for",
    "rank_services",
    "service_with",
    "suggest_services",
    "suggest_words",
]

# Below this share of the meaning, or of what the best one covers, a suggestion is only noise.
_WORTH_SHOWING, _BESIDE_THE_BEST = 0.08, 0.2
# The same for the probabilities of a model, which fall faster than shares of words do.
_LIKELY_ENOUGH, _BESIDE_THE_LIKELIEST = 0.01, 0.02


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A service type that a citizen may mean; `score` from 0 to 1, the best first."""

    service: ServiceType
    score: float


def suggest_services(text: str, limit: int = 5) -> list[Suggestion]:
    """The active service types that a citizen's words point at, best first; maybe none.

    Accents, endings and the spelling of text messages are forgiven. The rows are shared between
    calls (with `agency` loaded): read them, do not change them. The model of understanding
    answers once there is one; until then the index of the catalogue's words does.
    """
    understood = understand(text, limit=limit, places=False)
    if understood is None:
        return suggest_words(text, limit)
    if understood.verdict == Verdict.OUT_OF_SCOPE:
        return []
    found = understood.services
    least = max(_LIKELY_ENOUGH, found[0].probability * _BESIDE_THE_LIKELIEST) if found else 0
    return [
        Suggestion(each.service, each.probability) for each in found if each.probability >= least
    ]


def suggest_words(text: str, limit: int) -> list[Suggestion]:
    """As `suggest_services`, by the index of the catalogue's words alone."""
    found = service_index().find(text, limit)
    least = max(_WORTH_SHOWING, found[0].score * _BESIDE_THE_BEST) if found else 0
    return [Suggestion(match.item, match.score) for match in found if match.score >= least]


def questions_for(service: ServiceType) -> list[Question]:
    """What a service type asks besides the common questions, in order."""
    return _questions.get().get(service.pk, [])


def _read_questions() -> dict[int, list[Question]]:
    by_service: dict[int, list[Question]] = {}
    for question in Question.objects.order_by("position", "id"):
        by_service.setdefault(question.service_type_id, []).append(question)
    return by_service


_questions: Kept[dict[int, list[Question]]] = Kept(STAMP, _read_questions)
