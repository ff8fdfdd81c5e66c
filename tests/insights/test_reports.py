"""A dashboard on paper: what it says, how it looks to a machine, and what no name can do to it."""

from __future__ import annotations

import io
import json
import time
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.insights import press, reports
from centro.insights.actions import annotate_days
from centro.insights.dashboards import all_dashboards, dashboard_named
from centro.insights.dashboards.panel import Dashboard
from centro.insights.facts import refresh_facts
from centro.insights.questions import Filters, Question, ask
from centro.kernel.errors import Refused, TooMany
from tests import make
from tests.moments import Frozen

HOSTILE = r'#panic("x") *b* $a$ `c` <lbl> @ref [x] \u{0} "; #read("/etc/passwd") //' + "\u202e\x01"


def board(slug: str) -> Dashboard:
    found = dashboard_named(slug)
    assert found is not None
    return found


def year(**filters: Any) -> Question:
    return ask(date(2026, 1, 1), date(2026, 3, 31), filters=Filters(**filters))


def read(content: bytes) -> PdfReader:
    assert content.startswith(b"%PDF-")
    return PdfReader(io.BytesIO(content))


def words_of(content: bytes) -> str:
    """All the words, on one line, with those put together that a hyphen divides."""
    text = "\n".join(page.extract_text() for page in read(content).pages)
    return " ".join(text.replace("\u00ad\n", "").replace("-\n", "").split())


@pytest.fixture
def _cases(frozen: Frozen) -> None:
    for month in ("2026-01-12", "2026-02-10", "2026-03-02"):
        frozen.to(f"{month} 09:00")
        for _ in range(2):
            make.case(place=make.place(), reporter=make.reporter())
    refresh_facts()


@pytest.mark.usefixtures("_cases")
def test_it_says_what_the_page_says_and_of_when():
    agency = make.agency(acronym="IDA", name="Instituto de Aguas")
    content = reports.as_pdf(board("efectividad"), year(agency=agency.pk))
    text = words_of(content)
    for part in (
        "Efectividad operativa", "Del 1 ene 2026 al 31 mar 2026", "2 mar 2026", "Entidad: IDA",
        "Datos del:", "Página 1 de",
    ):  # fmt: skip
        assert part in text
    assert "Sin filtros" not in text


@pytest.mark.usefixtures("_cases")
def test_each_panel_has_its_sentence_and_its_numbers():
    text = words_of(reports.as_pdf(board("nacional"), year()))
    for panel in board("nacional").panels:
        assert str(panel.title or panel.metric.title) in text
        assert str(panel.metric.sentence)[:30] in text
    assert "Formulario web 6 100.0 %" in text
    assert "Sin filtros" in text


@pytest.mark.usefixtures("_cases")
@pytest.mark.parametrize("slug", [one.slug for one in all_dashboards()])
def test_every_dashboard_can_be_set(slug: str):
    pdf = read(reports.as_pdf(board(slug), year()))
    assert 1 <= len(pdf.pages) <= 8
    assert pdf.metadata is not None
    assert pdf.metadata.title == str(board(slug).title)
    root = pdf.trailer["/Root"]
    assert root["/Lang"] == "es-PA"
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root


def test_a_country_without_cases_has_a_report_too():
    refresh_facts()
    assert "Nada en este período." in words_of(reports.as_pdf(board("nacional"), year()))


def test_lines_show_notes_and_the_table_names_them(frozen: Frozen):
    for month in ("2026-01-12", "2026-02-10"):
        frozen.to(f"{month} 09:00")
        make.case()
    refresh_facts()
    by = actor_of(make.user(Role.DIRECTOR))
    annotate_days(day=date(2026, 2, 3), words="Tormenta en Colón", by=by)
    content = reports.content_of(board("efectividad"), year())
    assert [note["words"] for note in content["notes"]] == ["Tormenta en Colón"]
    created = next(one for one in content["panels"] if one["title"] == "Creados por mes")
    assert [row[0] for row in created["rows"]] == ["ene 2026", "feb 2026 [1]"]
    assert ">1</text>" in created["drawing"]
    text = words_of(reports._pressed(content))
    assert "[1] 3 feb 2026 Tormenta en Colón" in text


def test_no_name_says_anything_to_the_press():
    agency = make.agency(acronym="HOSTIL", name=HOSTILE)
    service = make.service(agency=agency, name=HOSTILE)
    make.case(service=service)
    refresh_facts()
    content = reports.as_pdf(board("nacional"), year(service=service.pk))
    text = words_of(content).replace(" ", "")
    for part in ('#panic("x")*b*$a$`c`<lbl>', r"\u{0}", '#read("/etc/passwd")//'):
        assert part in text
    assert "root:" not in text


@pytest.mark.parametrize(
    "words",
    ["\ud800", "\x00\x07", "\u202e" * 50, "😀" * 3000, "漢字 ﷽", "a" * 100_000, "  "],
    ids=["surrogate", "control", "bidi", "emoji", "other", "long", "blank"],
)
def test_garbage_in_any_word_is_set_all_the_same(words: str):
    content = reports._clean(blank(title=words, about=words))
    pdf = read(reports._pressed(content))
    assert pdf.pages
    assert "/StructTreeRoot" in pdf.trailer["/Root"]


def blank(**fields: object) -> dict[str, object]:
    usual = {
        "lang": "es", "title": "T", "about": "A", "period": "P", "facts": [["a", "b"]],
        "whole": True, "numbers": [], "panels": [], "notes": [], "words": reports._words(),
    }  # fmt: skip
    return usual | fields


def test_the_largest_report_takes_bounded_time_and_room():
    row = ["palabra " * 20, *(["1,234"] * 10)]
    columns = [{"title": "Columna", "figure": n > 0} for n in range(11)]
    panel = {
        "title": "Tabla", "sentence": "Qué es.", "drawing": "", "keys": [], "alt": "x",
        "columns": columns, "rows": [row] * reports.MOST_ROWS, "bars": [], "ranges": [], "more": "",
    }  # fmt: skip
    started = time.monotonic()
    content = reports._pressed(reports._clean(blank(panels=[panel] * 15)))
    assert time.monotonic() - started < press.MOST_SECONDS
    assert len(content) < 4_000_000


@pytest.mark.usefixtures("_cases")
def test_a_long_table_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reports, "MOST_ROWS", 1)
    text = words_of(reports.as_pdf(board("equidad"), year()))
    assert "que están en la mesa y en el XLSX" in text


@pytest.mark.parametrize("wrong", ["{}", "no JSON", '{"words": 3}'])
def test_what_cannot_be_set_is_refused_in_words(monkeypatch: pytest.MonkeyPatch, wrong: str):
    monkeypatch.setattr(json, "dumps", lambda _content: wrong)
    with pytest.raises(Refused, match="No se pudo componer"):
        reports._pressed({})


def test_what_takes_too_long_is_refused_in_words(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(press, "MOST_SECONDS", 0.001)
    with pytest.raises(Refused, match="No se pudo componer"):
        reports._pressed(blank())


def test_who_would_wait_long_is_told(monkeypatch: pytest.MonkeyPatch):
    refresh_facts()
    monkeypatch.setattr(reports, "_WAIT", 0.01)
    with reports._turn, pytest.raises(TooMany):
        reports.as_pdf(board("centro"), year())


@pytest.mark.usefixtures("_cases")
def test_the_page_offers_it_and_serves_it():
    client = Client()
    client.force_login(make.user(Role.DIRECTOR))
    where = reverse("desk:dashboard_file", args=["nacional", "pdf"])
    assert where in client.get(reverse("desk:dashboard", args=["nacional"])).content.decode()
    response = client.get(where, {"desde": "2026-01", "hasta": "2026-03"})
    assert response["Content-Type"] == "application/pdf"
    assert 'filename="nacional-2026-01-2026-03.pdf"' in response["Content-Disposition"]
    assert read(response.content).pages


@pytest.mark.usefixtures("_cases")
def test_an_entity_gets_its_own_numbers_only():
    own, other = make.agency(), make.agency()
    make.case(service=make.service(agency=own, name="Cosa nuestra"))
    make.case(service=make.service(agency=other, name="Cosa ajena"))
    refresh_facts()
    client = Client()
    client.force_login(make.user(Role.EXECUTIVE, own))
    get = lambda slug, **query: client.get(  # noqa: E731
        reverse("desk:dashboard_file", args=[slug, "pdf"]), query
    )
    text = words_of(get("nacional").content)
    assert "Cosa nuestra" in text
    assert "Cosa ajena" not in text
    assert get("presidencia").status_code == 404
