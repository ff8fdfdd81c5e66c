"""Two people at one case: the second is told what changed, by whom and when, and keeps the words."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup, Tag

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.doctor import check_everything
from centro.cases.models import Case
from centro.kernel.actor import citizen
from tests import make
from tests.web.desk.test_case_page import HTMX, address, as_, do, official_unit, shown, solved

WORDS = "La cuadrilla cambió el tubo el martes;\nquedó seco."


@pytest.fixture(autouse=True)
def _healthy():
    yield
    assert check_everything() == []


def opened(user, case: Case, slug: str) -> dict[str, str]:
    """The form of a doing as its page shows it: the hidden part that is sent along."""
    page = shown(as_(user).get(address(case, slug)))
    boxes = page.select(f"form[action='{address(case, slug)}'] input[type=hidden][name]")
    return {str(b["name"]): str(b["value"]) for b in boxes if b["name"] != "csrfmiddlewaretoken"}


def told(page: BeautifulSoup) -> str:
    news = page.select_one("[aria-labelledby=mientras-titulo]")
    assert isinstance(news, Tag)
    assert news.select_one("time")
    return news.get_text(" ", strip=True)


def test_a_form_shown_before_a_change_is_shown_again_with_its_words():
    case = make.case(reporter=make.reporter())
    one, other = (make.user(Role.LIAISON, case.agency) for _ in range(2))
    form = opened(one, case, "resolver")
    actions.start_case(case=case, by=actor_of(other))
    response = as_(one).post(address(case, "resolver"), form | {"text": WORDS})
    page = shown(response)
    assert response.status_code == 409
    assert "Nada de lo que escribió se perdió" in page.select_one("#errores").text
    assert page.select_one("#id_text").text.strip() == WORDS
    assert "En proceso" in told(page)
    assert other.get_full_name() in told(page)
    again = {str(b["name"]): str(b["value"]) for b in page.select("#accion input[name=seen]")}
    do(one, case, "resolver", 302, **again, text=WORDS)
    assert case.status == "resolved"


def test_two_who_hand_out_one_case_do_not_overrule_each_other_unseen():
    case = make.case()
    unit = official_unit(case)
    one, other = (make.user(Role.LIAISON, case.agency) for _ in range(2))
    official = make.user(Role.OFFICIAL, unit=unit)
    form = opened(one, case, "encargar")
    do(other, case, "encargar", to=f"{unit.pk}:{official.pk}")
    response = as_(one).post(address(case, "encargar"), form | {"to": str(unit.pk)})
    assert response.status_code == 409
    assert official.get_full_name() in told(shown(response))
    case.refresh_from_db()
    assert case.official == official


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_can_no_longer_be_done_leaves_its_words_to_be_kept(headers: dict[str, str]):
    case = make.case(reporter=make.reporter())
    liaison = make.user(Role.LIAISON, case.agency)
    form = opened(liaison, case, "resolver")
    actions.withdraw_case(case=case, text="Ya no", by=citizen())
    sent = form | {"text": WORDS}
    response = as_(liaison).post(address(case, "resolver"), sent, headers=headers)
    page = shown(response)
    assert response.status_code == 409
    assert "La persona que reportó" in told(page)
    kept = page.select_one("textarea")
    assert kept.text.strip() == WORDS
    note = kept.find_parent("form")
    assert note["action"] == address(case, "nota")
    do(liaison, case, "nota", text=kept.text)
    assert WORDS in [e.text for e in case.timeline.filter(kind="noted")]


def test_what_only_adds_is_done_whatever_else_changed():
    case = make.case(reporter=make.reporter())
    one, other = (make.user(Role.LIAISON, case.agency) for _ in range(2))
    form = opened(one, case, "nota")
    actions.start_case(case=case, by=actor_of(other))
    do(one, case, "nota", 302, **form, text=WORDS)
    assert case.timeline.filter(kind="noted").exists()


def test_a_case_of_triage_that_somebody_else_sent_on_keeps_what_was_written():
    case = make.case(service=make.service(agency=None))
    to, operator, other = make.agency(), make.user(), make.user()
    triage = f"/mesa/clasificar/{case.number}/derivar/"
    form = {"seen": str(shown(as_(operator).get(triage)).select_one("[name=seen]")["value"])}
    actions.route_case(case=case, agency=make.agency(), text="", by=actor_of(other))
    sent = form | {"agency": to.acronym, "text": WORDS}
    response = as_(operator).post(triage, sent)
    page = shown(response)
    assert response.status_code == 409
    assert page.select_one("#id_text").text.strip() == WORDS
    assert other.get_full_name() in told(page)


@pytest.mark.parametrize("seen", ["", "x", "nan ", "1e400 x", "-1 x", "\x00", "9" * 400 + " x"])
def test_a_forged_memory_of_the_case_does_no_harm(seen: str):
    case = make.case(reporter=make.reporter())
    liaison = make.user(Role.LIAISON, case.agency)
    response = as_(liaison).post(address(case, "resolver"), {"text": WORDS, "seen": seen})
    assert response.status_code in {302, 409}


def test_a_citizen_and_the_desk_at_once_leave_one_truth_and_the_words():
    case = solved(make.case(reporter=make.reporter()))
    operator = make.user()
    form = opened(operator, case, "reabrir")
    actions.confirm_case(case=case, by=citizen())
    response = as_(operator).post(address(case, "reabrir"), form | {"text": WORDS})
    page = shown(response)
    assert response.status_code == 409
    assert page.select_one("#id_text").text.strip() == WORDS
    assert "Cerrado" in told(page)
