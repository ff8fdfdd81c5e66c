"""What the centre can answer at once."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from centro.knowledge.models import Article
from centro.knowledge.queries import emergency_numbers, search_articles
from centro.ops.pack import load_pack
from tests.ops.packs import MINI

pytestmark = pytest.mark.usefixtures("mini")


@pytest.fixture
def mini() -> None:
    load_pack(MINI)


@pytest.mark.parametrize(
    "text", ["renovar licencia", "renovación de la licencia", "LICENCIA vencida", "lisensia"]
)
def test_an_article_is_found_with_and_without_accents(text: str) -> None:
    assert search_articles(text)[0].slug == "licencia-renovar"


def test_an_article_in_the_language_of_the_person_comes_first() -> None:
    assert search_articles("foreign driving licence", language="en")[0].language == "en"
    assert search_articles("corte de agua programado", language="en")[0].slug == "corte-agua"


def test_an_article_out_of_use_is_not_found() -> None:
    Article.objects.filter(slug="licencia-renovar").update(active=False)
    assert "licencia-renovar" not in [a.slug for a in search_articles("renovar licencia")]


def test_what_no_article_answers_finds_none() -> None:
    assert search_articles("xyz") == []


def test_emergency_numbers_come_in_order_and_cost_nothing_when_warm() -> None:
    assert [number.number for number in emergency_numbers()] == ["911", "104", "103"]
    with CaptureQueriesContext(connection) as statements:
        emergency_numbers()
        search_articles("licencia")
        search_articles("licencia")
    assert len(statements) <= 3
