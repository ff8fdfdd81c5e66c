"""The search box, and the short articles that answer a question at once."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from centro.kernel.errors import Invalid
from centro.kernel.numbers import parse_number
from centro.knowledge.models import Article
from centro.knowledge.queries import search_articles
from centro.web.public import known
from centro.web.public.steps import services_like

LONGEST_QUERY = 200
SHOWN = 60


@require_safe
@login_not_required
def search(request: HttpRequest) -> HttpResponse:
    """A case number leads to its follow-up; words, to what can be reported and read."""
    words = _words(request)
    number = _number(words)
    if number:
        return redirect(f"{reverse('public:follow')}?numero={number}")
    services = services_like(words, 6) if words else []
    found = {
        "words": words,
        "known": known.about(services, request),
        "services": services,
        "articles": search_articles(words, limit=6) if words else [],
    }
    return render(request, "public/search.html", found)


@require_safe
@login_not_required
def answers(request: HttpRequest) -> HttpResponse:
    """The articles: those that match the words asked, or all by title."""
    words = _words(request)
    articles = search_articles(words, limit=20) if words else list(_readable()[:SHOWN])
    return render(request, "public/answers.html", {"words": words, "articles": articles})


@require_safe
@login_not_required
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """One article, in the reader's language if there is one."""
    language = get_language() or "es"
    versions = Article.objects.select_related("agency").filter(slug=slug, active=True)
    by_language = {a.language: a for a in versions}
    found = by_language.get(language) or by_language.get("es")
    if found is None:
        raise Http404
    return render(request, "public/article.html", {"article": found})


def _readable() -> list[Article]:
    language = get_language() or "es"
    found = Article.objects.select_related("agency").filter(active=True)
    chosen: dict[str, Article] = {}
    for one in found.filter(language__in={language, "es"}).order_by("title"):
        if one.slug not in chosen or one.language == language:
            chosen[one.slug] = one
    return sorted(chosen.values(), key=lambda a: a.title)


def _words(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]


def _number(words: str) -> str:
    """The case number that the words are, or nothing. Short figures alone are words."""
    if sum(c.isdigit() for c in words) < 4 or any(c.isalpha() for c in words):
        return ""
    try:
        return parse_number(words)
    except Invalid:
        return ""
