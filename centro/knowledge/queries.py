"""What the centre can answer at once: articles by a citizen's words, numbers for emergencies."""

from __future__ import annotations

from django.utils.translation import get_language

from centro.catalog.ranking import Described, Ranking
from centro.knowledge.models import Article, EmergencyNumber
from centro.places.stamps import Kept

STAMP = "knowledge"
_WORTH_SHOWING = 0.08


def search_articles(text: str, limit: int = 5, language: str = "") -> list[Article]:
    """The active articles that answer these words, best first; maybe none.

    Only those in `language` (by default the one in use), or in Spanish when none of it answers.
    The rows are shared between calls (with `agency` loaded): read them, do not change them.
    """
    wanted = (language or get_language() or "es")[:2]
    rankings = _articles.get()
    for each in dict.fromkeys((wanted, "es")):
        ranking = rankings.get(each)
        found = ranking.find(text, limit) if ranking else []
        fitting = [match.item for match in found if match.score >= _WORTH_SHOWING]
        if fitting:
            return fitting
    return []


def emergency_numbers() -> list[EmergencyNumber]:
    """The numbers to show before anything else, in order."""
    return _numbers.get()


def _read_articles() -> dict[str, Ranking[Article]]:
    by_language: dict[str, list[Described[Article]]] = {}
    for article in Article.objects.filter(active=True).select_related("agency").order_by("slug"):
        by_language.setdefault(article.language, []).append(_described(article))
    return {language: Ranking(articles) for language, articles in by_language.items()}


def _described(article: Article) -> Described[Article]:
    agency = article.agency.acronym if article.agency else ""
    return Described(article, article.title, article.keywords, category=agency, body=article.body)


def _read_numbers() -> list[EmergencyNumber]:
    return list(EmergencyNumber.objects.filter(active=True))


_articles: Kept[dict[str, Ranking[Article]]] = Kept(STAMP, _read_articles)
_numbers: Kept[list[EmergencyNumber]] = Kept(STAMP, _read_numbers)
