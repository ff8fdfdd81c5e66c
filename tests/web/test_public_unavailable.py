"""The database is gone: 503 with everything that was typed, and nothing secret, in the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from centro.cases.models import Case
from centro.contacts.models import Draft
from tests import make

WORDS = "No hay agua desde el lunes.\nLa calle entera está seca <b>y nadie viene</b>."


@contextmanager
def gone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever asks the database for anything finds nobody there: a real refused connection."""

    def refused(*_args: Any, **_kwargs: Any) -> None:
        with connection.wrap_database_errors:
            psycopg.connect("postgresql://nobody@127.0.0.1:1/none", connect_timeout=2)

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", refused)
        patch.setattr(connection, "chunked_cursor", refused)
        yield


@pytest.fixture
def browser() -> Client:
    """As strict as a browser's server: forgeries are refused, errors are answers."""
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


def page(response: Any) -> Any:
    return BeautifulSoup(response.content, "html.parser")


def fields(form: Any) -> dict[str, Any]:
    """What a browser would send of a form."""
    sent: dict[str, list[str]] = {}
    for control in form.select("input[name], textarea[name]"):
        value = control.get("value", "") if control.name == "input" else control.text
        sent.setdefault(control["name"], []).append(value)
    return sent


def test_a_report_survives_and_is_sent_again_from_the_page(
    browser: Client, monkeypatch: pytest.MonkeyPatch
):
    form = page(browser.get("/reportar/")).select_one("main form[method=post]")
    with gone(monkeypatch):
        answer = browser.post("/reportar/", fields(form) | {"description": WORDS})
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert "no-store" in answer["Cache-Control"]
    shown = page(answer)
    again = shown.select_one("form")
    assert "<b>y nadie" in again.textarea.text  # as text, not as a tag
    assert shown.select_one(f"label[for={again.textarea['id']}]")
    with gone(monkeypatch):
        assert browser.post(again["action"], fields(again)).status_code == 503
    sent = browser.post(again["action"], fields(again))
    assert sent.status_code == 302
    draft = Draft.objects.get()
    assert draft.data["description"].replace("\r", "") == WORDS


def test_a_later_step_keeps_its_choices(browser: Client, monkeypatch: pytest.MonkeyPatch):
    form = page(browser.get("/reportar/")).select_one("main form[method=post]")
    where = browser.post("/reportar/", fields(form) | {"description": WORDS})["Location"]
    token = page(browser.get(where)).select_one("[name=csrfmiddlewaretoken]")["value"]
    with gone(monkeypatch):
        answer = browser.post(where, {"csrfmiddlewaretoken": token, "service": "otro"})
    again = page(answer).select_one("form")
    assert again["action"] == where
    assert fields(again)["service"] == ["otro"]
    make.service(agency=None)
    assert browser.post(where, fields(again)).status_code == 302


def test_an_addition_to_a_case_survives_and_its_photos_are_asked_for_again(
    browser: Client, monkeypatch: pytest.MonkeyPatch
):
    case: Any = make.case()
    token = page(browser.get("/seguimiento/")).select_one("[name=csrfmiddlewaretoken]")["value"]
    sign = {"csrfmiddlewaretoken": token}
    browser.post("/seguimiento/", sign | {"number": case.number, "code": case.code})
    path = f"/seguimiento/{case.number}/informacion/"
    photo = SimpleUploadedFile("calle.jpg", b"x" * 100, content_type="image/jpeg")
    with gone(monkeypatch):
        answer = browser.post(path, sign | {"add-text": "Sigue igual hoy", "add-photos": photo})
    assert "Las fotos no se pudieron guardar" in answer.content.decode()
    again = page(answer).select_one("form")
    assert browser.post(again["action"], fields(again)).status_code == 302
    assert "Sigue igual hoy" in browser.get(f"/seguimiento/{case.number}/").content.decode()


def test_sending_again_what_had_arrived_makes_no_second_case(
    browser: Client, monkeypatch: pytest.MonkeyPatch
):
    token = uuid4()
    make.case(intake_token=token)
    csrf = page(browser.get("/reportar/")).select_one("[name=csrfmiddlewaretoken]")["value"]
    path = f"/reportar/{token}/revisar/"
    with gone(monkeypatch):
        answer = browser.post(path, {"csrfmiddlewaretoken": csrf})
    again = page(answer).select_one("form")
    assert browser.post(path, fields(again))["Location"] == f"/recibo/{token}/"
    assert Case.objects.count() == 1


@pytest.mark.parametrize("path", ["/", "/reportar/", "/preguntas/", "/cifras/", "/recibo/x/", "/mesa/"])  # fmt: skip
def test_a_page_that_cannot_be_read_says_so(
    browser: Client, monkeypatch: pytest.MonkeyPatch, path: str
):
    browser.cookies["sessionid"] = "a" * 32
    path = path.replace("/x/", f"/{uuid4()}/")
    with gone(monkeypatch):
        answer = browser.get(path)
        health = browser.get("/healthz")
    assert health.status_code == 503
    if answer.status_code == 200:
        return  # it needed nothing from the database
    assert answer.status_code == 503
    shown = page(answer)
    assert shown.select_one("h1").text == "El sistema no responde"
    assert shown.select_one("a.btn")["href"] == path
    assert not shown.select("[style], script:not([src])")


def test_a_password_is_never_written_back(browser: Client, monkeypatch: pytest.MonkeyPatch):
    form = page(browser.get("/cuenta/entrar/")).select_one("main form[method=post]")
    sent = fields(form) | {"login": "operadora", "password": "un secreto muy largo"}
    with gone(monkeypatch):
        answer = browser.post("/cuenta/entrar/", sent)
    assert answer.status_code == 503
    assert "un secreto" not in answer.content.decode()
    assert "operadora" not in answer.content.decode()


def test_a_part_of_a_page_gets_only_the_words(browser: Client, monkeypatch: pytest.MonkeyPatch):
    with gone(monkeypatch):
        answer = browser.get("/", headers={"HX-Request": "true"})
    assert answer.status_code == 503
    assert "<html" not in answer.content.decode()


def test_the_page_speaks_the_language_of_the_reader(
    browser: Client, monkeypatch: pytest.MonkeyPatch
):
    browser.cookies["django_language"] = "en"
    with gone(monkeypatch):
        shown = page(browser.get("/cifras/"))
    assert shown.html["lang"] == "en"
    assert shown.h1.text == "The system is not answering"
