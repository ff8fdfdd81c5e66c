"""The pages anyone may read, and the small answers machines ask for."""

from __future__ import annotations

import gzip
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext

from centro.knowledge.models import Article
from tests import make

PAGES = ["/", "/reportar/", "/seguimiento/", "/preguntas/", "/buscar/", "/buscar/?q=agua",
         "/emergencias/", "/privacidad/", "/accesibilidad/", "/sobre/", "/cifras/", "/cuenta/entrar/"]  # fmt: skip


def page(response) -> Any:
    return BeautifulSoup(response.content, "html.parser")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_its_landmarks_and_one_heading(client, path: str):
    response = client.get(path)
    assert response.status_code == 200
    shown = page(response)
    assert shown.html["lang"] == "es"
    assert len(shown.select("main#contenido")) == 1
    assert len(shown.select("h1")) == 1
    assert shown.select_one("a.skip")["href"] == "#contenido"
    assert shown.title.text.strip()
    ids = [tag["id"] for tag in shown.select("[id]")]
    assert len(ids) == len(set(ids))
    levels = [int(h.name[1]) for h in shown.select("h1, h2, h3, h4")]
    assert all(b - a <= 1 for a, b in pairwise(levels))


@pytest.mark.parametrize("path", PAGES)
def test_every_control_has_a_name(client, path: str):
    shown = page(client.get(path))
    labels = {label.get("for") for label in shown.select("label")}
    for control in shown.select("input:not([type=hidden]), select, textarea"):
        assert control.get("id") in labels or control.find_parent("label"), control
    for button in shown.select("button, a[href]"):
        assert button.text.strip() or button.get("aria-label"), button


@pytest.mark.parametrize("path", PAGES)
def test_the_policy_allows_no_inline_script(client, path: str):
    policy = client.get(path)["Content-Security-Policy"]
    assert "'unsafe" not in policy
    assert "script-src 'self'" in policy


HEAVIEST_FIRST, HEAVIEST = 100_000, 150_000


def weight_of(response) -> int:
    """What travels before any picture: the page, styles, scripts and font, packed as served.

    With what scripts load later: the map's library counts where there is a map.
    """
    shown = page(response)
    names = [tag.get("href") or tag.get("src") for tag in shown.select("link[href], script[src]")]
    names += [tag[name] for tag in shown.select("[data-map]") for name in ("data-leaflet", "data-leaflet-css")]  # fmt: skip
    weight = len(gzip.compress(response.content))
    for name in dict.fromkeys(names):
        if not name.startswith("/static/") or name.endswith(".svg"):
            continue
        plain = re.sub(r"\.[0-9a-f]{12}(?=\.\w+$)", "", name.removeprefix("/static/"))
        content = Path(finders.find(plain) or "").read_bytes()
        weight += len(content) if name.endswith(".woff2") else len(gzip.compress(content))
    return weight


def test_the_first_page_is_light(client):
    assert weight_of(client.get("/")) <= HEAVIEST_FIRST


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_light(client, path: str):
    assert weight_of(client.get(path)) <= HEAVIEST


def test_every_step_of_the_form_and_the_case_are_light(client):
    service = make.service(requires_place=True)
    token = uuid4()
    client.post(
        "/reportar/",
        {"token": token, "description": "No hay agua en la calle", "service": service.code},
    )
    for step in ("que-paso", "tema", "donde", "fotos", "contacto"):
        response = client.get(f"/reportar/{token}/{step}/")
        assert response.status_code == 200
        assert weight_of(response) <= HEAVIEST, step
    sent = make.case(intake_token=uuid4())
    assert weight_of(client.get(f"/recibo/{sent.intake_token}/")) <= HEAVIEST
    client.post("/seguimiento/", {"number": sent.number, "code": sent.code})
    response = client.get(f"/seguimiento/{sent.number}/")
    assert response.status_code == 200
    assert weight_of(response) <= HEAVIEST


def test_the_home_page_costs_few_statements(client):
    client.get("/")
    with CaptureQueriesContext(connection) as sentences:
        client.get("/")
    assert len(sentences) <= 3


def test_a_case_number_in_the_search_leads_to_its_follow_up(client):
    case = make.case()
    response = client.get("/buscar/", {"q": case.number})
    assert response["Location"] == f"/seguimiento/?numero={case.number}"
    assert page(client.get(response["Location"])).select_one("#id_number")["value"] == case.number


def test_words_in_the_search_lead_to_what_can_be_reported(client):
    make.service(
        name="Falta de agua potable", search_key="falta de agua potable", keywords=["no hay agua"]
    )
    shown = page(client.get("/buscar/", {"q": "no hay agua"}))
    assert "Falta de agua potable" in shown.text
    assert shown.select_one('a[href^="/reportar/?servicio="]')


@pytest.mark.parametrize(
    "words", ["", " ", "x" * 5000, "\x00", "%", "'", "<b>", "311", "zzzz qqqq"]
)
def test_odd_searches_never_break(client, words: str):
    for path in ("/buscar/", "/preguntas/", "/lugares/"):
        assert client.get(path, {"q": words}).status_code == 200


def test_an_article_is_shown_in_the_language_of_the_reader(client):
    make_article("cedula", "es", "Renovar la cédula")
    make_article("cedula", "en", "Renew the ID card")
    make_article("agua", "es", "Pagar el agua")
    assert "Renovar la cédula" in client.get("/preguntas/cedula/").content.decode()
    client.post("/idioma/", {"language": "en", "next": "/"})
    assert "Renew the ID card" in client.get("/preguntas/cedula/").content.decode()
    assert 'lang="es"' in str(page(client.get("/preguntas/agua/")).article)


def make_article(slug: str, language: str, title: str, **fields: object) -> Article:
    return Article.objects.create(
        slug=slug, language=language, title=title, body="Texto.", **fields
    )


def test_an_absent_or_withdrawn_article_is_not_found(client):
    make_article("viejo", "es", "Viejo", active=False)
    assert client.get("/preguntas/viejo/").status_code == 404
    assert client.get("/preguntas/nada/").status_code == 404


def test_the_page_changes_language_by_a_form(client):
    form = page(client.get("/sobre/")).select_one("form.lang")
    assert form["method"] == "post"
    client.post(form["action"], {"language": "en", "next": "/sobre/"})
    shown = page(client.get("/sobre/"))
    assert shown.html["lang"] == "en"
    assert shown.h1.text == "What it is and how it works"


def test_health_says_how_the_database_and_the_queue_are(client):
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["database"] == "ok"


def test_robots_are_kept_from_what_is_private(client):
    text = client.get("/robots.txt").content.decode()
    for path in ("/mesa/", "/seguimiento/", "/recibo/"):
        assert f"Disallow: {path}" in text


def test_the_manifest_is_json(client):
    assert json.loads(client.get("/manifest.webmanifest").content)["icons"]


@pytest.mark.parametrize(
    "query", [{}, {"lat": "x", "lon": "y"}, {"lat": "nan", "lon": "1"}, {"lat": "0", "lon": "0"}]
)
def test_a_point_outside_the_country_says_so(client, query: dict[str, str]):
    answer = client.get("/mapa/aqui/", query).json()
    assert answer["code"] == ""
    assert answer["text"]


def test_the_lists_of_places_narrow_one_another(client):
    place: Any = make.place("Bella Vista")
    found = client.get(f"/lugares/{place.district.code}/").json()
    assert {"value": place.code, "label": "Bella Vista"} in found
    assert client.get("/lugares/nada/").json() == []


def test_an_unknown_page_is_a_friendly_404(client):
    response = client.get("/no-existe/")
    assert response.status_code == 404
    assert "No encontramos esa página" in response.content.decode()
