"""Answering "was it solved?" from the letter: links that only their page's button uses."""

from __future__ import annotations

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.doctor import check_everything
from centro.channels.models import OutboundMessage
from centro.kernel.actor import SYSTEM, citizen
from centro.kernel.numbers import answer_key, number_for
from tests import make


@pytest.fixture(autouse=True)
def _healthy():
    yield
    assert check_everything() == []


def solved(**fields: Any) -> Any:
    case = make.case(reporter=make.reporter(), **fields)
    by = SYSTEM if case.is_sealed else actor_of(make.user(Role.LIAISON, case.agency))
    return actions.resolve_case(case=case, text="Se tapó el hueco.", by=by)


def links(case: Any, name: str = "case_resolved") -> list[str]:
    """The addresses of yes and no in the letter, as the citizen gets it."""
    letter = OutboundMessage.objects.filter(reference=case.number, name=name).latest("pk")
    found = re.findall(r"https?://[^/\s]+(/respuesta/\S+)", letter.body_as_sent)
    in_html = BeautifulSoup(letter.html_as_sent, "html.parser").select('a[href*="/respuesta/"]')
    assert [a["href"].partition("/respuesta/")[2] for a in in_html] == [
        address.removeprefix("/respuesta/") for address in found
    ]
    return found


def press(client: Client, address: str, **given: str) -> Any:
    """Press the button of the page behind a link."""
    page = BeautifulSoup(client.get(address).content, "html.parser")
    form = page.select_one('form[action^="/respuesta/"]')
    assert form is not None
    hidden = {box["name"]: box["value"] for box in form.select("input[type=hidden]")}
    return client.post(str(form["action"]), hidden | given)


def words(response: Any) -> str:
    return BeautifulSoup(response.content, "html.parser").get_text(" ", strip=True)


def test_yes_with_one_button(client: Client):
    case = solved()
    yes, _no = links(case)
    assert "Se tapó el hueco." in words(client.get(yes))
    answer = press(client, yes)
    assert answer["Location"] == f"/seguimiento/?numero={case.number}"
    assert "Gracias por confirmarlo" in words(client.get(answer["Location"]))
    case.refresh_from_db()
    assert (case.status, case.reason, case.satisfied) == ("closed", "satisfied", True)


def test_no_reopens_with_the_words_of_the_person(client: Client):
    case = solved()
    _yes, no = links(case)
    press(client, no, text="El hueco sigue igual.")
    case.refresh_from_db()
    assert (case.status, case.cycle) == ("in_progress", 2)
    assert case.timeline.get(kind="reopened").text == "El hueco sigue igual."


def test_a_no_without_words_is_a_no(client: Client):
    case = solved()
    press(client, links(case)[1])
    assert "desde el correo" in case.timeline.get(kind="reopened").text


def test_opening_the_links_changes_nothing_as_often_as_it_happens(client: Client):
    case = solved()
    for address in links(case) * 3:
        assert client.get(address).status_code == 200
        assert client.head(address).status_code == 200
    case.refresh_from_db()
    assert case.status == "resolved"


def test_the_keys_are_nowhere_in_the_database():
    case = solved()
    letter = OutboundMessage.objects.get(name="case_resolved")
    keys = {address.partition("k=")[2] for address in links(case)}
    assert len(keys) == 2
    assert not any(key in letter.body + letter.html for key in keys)


def test_whatever_is_wrong_with_a_link_it_is_one_plain_page(client: Client, settings):
    case, answered, reopened = solved(), solved(), solved()
    old = links(reopened)[0]
    used = links(answered)[0]
    actions.confirm_case(case=answered, by=citizen())
    reopened = actions.reopen_case(case=reopened, text="Sigue.", by=citizen())
    actions.resolve_case(case=reopened, text="Otra vez.", by=SYSTEM)
    absent = number_for(99_999_999)
    key = answer_key(absent, 1, "yes", settings.ACCESS_KEY)
    stolen = links(case)[0].replace(case.number, reopened.number)
    wrong = [
        used, old, stolen, f"/respuesta/{absent}/?k={key}", f"/respuesta/{case.number}/",
        f"/respuesta/{case.number}/?k=", f"/respuesta/{case.number}/?k=%00%ff",
        f"/respuesta/{case.number}/?k=__yes_1__", "/respuesta/no-es/?k=1",
    ]  # fmt: skip
    pages = [client.get(address) for address in wrong]
    pages += [client.post(a.partition("?")[0], {"k": a.partition("k=")[2]}) for a in wrong]
    assert {page.status_code for page in pages} == {410}
    assert len({re.sub(r'value="[^"]*"', "", page.content.decode()) for page in pages}) == 1
    for one in (case, reopened):
        one.refresh_from_db()
        assert one.status == "resolved"


@pytest.mark.parametrize("level", ["reserved", "sealed"])
def test_a_letter_about_a_confidential_case_answers_nothing(client: Client, level: str, settings):
    case = solved(confidentiality=level)
    letter = OutboundMessage.objects.filter(reference=case.number, name="case_resolved").get()
    assert "/respuesta/" not in letter.body_as_sent + letter.html_as_sent
    key = answer_key(case.number, 1, "yes", settings.ACCESS_KEY)
    assert client.get(f"/respuesta/{case.number}/?k={key}").status_code == 410


def test_a_case_that_became_confidential_is_not_answered_by_link(client: Client):
    case = solved()
    yes, _no = links(case)
    by = actor_of(make.user(Role.SUPERVISOR))
    actions.set_confidentiality(case=case, level="reserved", text="Teme represalias.", by=by)
    assert client.get(yes).status_code == 410


def test_trying_keys_is_slowed(client: Client):
    case = solved()
    answers = [client.get(f"/respuesta/{case.number}/?k={n:032x}").status_code for n in range(62)]
    assert answers == [410] * 60 + [429] * 2


def test_a_long_no_is_asked_again(client: Client):
    case = solved()
    answer = press(client, links(case)[1], text="x" * 3001)
    assert answer.status_code == 422
    case.refresh_from_db()
    assert case.status == "resolved"


def test_the_page_fits_a_letter_in_english(client: Client):
    case = solved(language="en")
    letter = OutboundMessage.objects.get(name="case_resolved")
    assert "Yes, it is solved" in letter.body
    client.cookies["django_language"] = "en"
    assert "Is it solved?" in words(client.get(links(case)[0]))
