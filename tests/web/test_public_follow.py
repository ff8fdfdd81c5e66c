"""How is my case: number and code, and what a citizen may do from there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from centro.accounts.roles import Role
from centro.cases.actions import (
    ask_citizen,
    close_case,
    confirm_case,
    interim_reply,
    resolve_case,
    start_case,
)
from centro.cases.models import Case
from centro.kernel.actor import citizen
from centro.kernel.clock import now
from centro.kernel.numbers import number_for
from centro.web.public.grants import LASTS
from tests import make


def enter(client: Client, case: Case):
    return client.post("/seguimiento/", {"number": case.number, "code": case.code})


def address(case: Case, door: str = "") -> str:
    return f"/seguimiento/{case.number}/{door}"


def page(response) -> Any:
    return BeautifulSoup(response.content, "html.parser")


def worker(case: Case):
    return make.user(Role.LIAISON, of=case.agency).actor


def resolved(case: Case) -> Case:
    by = worker(case)
    start_case(case=case, by=by)
    return resolve_case(case=case, text="Se tapó el hueco.", by=by)


def test_number_and_code_open_the_case(client):
    case = make.case()
    assert enter(client, case)["Location"] == address(case)
    shown = page(client.get(address(case)))
    assert case.service.name in shown.h1.text
    assert case.agency
    assert case.agency.name in shown.text
    assert shown.select_one('.steps [aria-current="step"]').text.startswith("Asignado")


@pytest.mark.parametrize("typed", ["{n}", "{short}", " {n} ", "{spaced}"])
def test_the_number_may_be_typed_as_people_do(client, typed: str):
    case = make.case()
    forms = {"n": case.number, "short": case.number.removeprefix("311-").lstrip("0"),
             "spaced": case.number.replace("-", " ")}  # fmt: skip
    given = {"number": typed.format(**forms), "code": case.code.lower().replace("-", " ")}
    assert client.post("/seguimiento/", given)["Location"] == address(case)


def test_a_wrong_code_and_an_absent_case_look_the_same(client):
    case = make.case()
    absent = number_for(case.pk + 5_000)
    wrong = client.post("/seguimiento/", {"number": case.number, "code": "AAAA-AAAA"})
    nothing = client.post("/seguimiento/", {"number": absent, "code": "AAAA-AAAA"})
    garbage = client.post("/seguimiento/", {"number": "no es", "code": "AAAA-AAAA"})
    assert wrong.status_code == nothing.status_code == garbage.status_code == 404
    said = {page(r).select_one(".errors").text for r in (wrong, nothing, garbage)}
    assert len(said) == 1


def test_the_right_code_of_an_absent_case_is_no_better(client, settings):
    from centro.kernel.numbers import access_code

    absent = number_for(99_999_999)
    code = access_code(absent, settings.ACCESS_KEY)
    assert client.post("/seguimiento/", {"number": absent, "code": code}).status_code == 404


def test_guessing_codes_is_slowed_even_for_the_right_one(client):
    case = make.case()
    tries = [
        client.post("/seguimiento/", {"number": case.number, "code": f"AAAA-{n:04d}"})
        for n in range(16)
    ]
    assert tries[0].status_code == 404
    assert tries[-1].status_code == 429
    assert (
        Client(REMOTE_ADDR="203.0.113.9")
        .post("/seguimiento/", {"number": case.number, "code": case.code})
        .status_code
        == 429
    )


def test_guessing_at_one_case_does_not_close_another(client):
    case, other = make.case(), make.case()
    for n in range(16):
        client.post("/seguimiento/", {"number": case.number, "code": f"AAAA-{n:04d}"})
    assert enter(client, other).status_code == 302


def test_another_session_sees_nothing(client):
    case = make.case()
    enter(client, case)
    stranger = Client()
    for door in ("", "desistir/"):
        assert "/seguimiento/?numero=" in stranger.get(address(case, door))["Location"]
    for door in ("informacion/", "resuelto/", "reabrir/", "desistir/"):
        answer = stranger.post(address(case, door), {"add-text": "x", "reopen-text": "x"})
        assert "/seguimiento/?numero=" in answer["Location"]
    case.refresh_from_db()
    assert case.status == "assigned"


def test_opening_one_case_opens_no_other(client):
    mine, theirs = make.case(), make.case()
    enter(client, mine)
    assert client.get(address(theirs)).status_code == 302


def test_the_door_closes_by_itself(client, monkeypatch):
    case = make.case()
    enter(client, case)
    later = now() + LASTS + timedelta(minutes=1)
    monkeypatch.setattr("centro.web.public.grants.now", lambda: later)
    assert client.get(address(case)).status_code == 302


def test_leaving_closes_it_on_this_machine(client):
    case = make.case()
    enter(client, case)
    client.post("/seguimiento/salir/")
    assert client.get(address(case)).status_code == 302


@pytest.mark.parametrize("level", ["open", "reserved", "sealed"])
def test_the_citizen_sees_their_own_case_whatever_its_confidentiality(client, level: str):
    case = make.case(confidentiality=level)
    enter(client, case)
    assert client.get(address(case)).status_code == 200


def test_the_timeline_tells_what_is_public_and_names_no_official(client):
    case = make.case()
    official = make.user(Role.LIAISON, of=case.agency, first_name="Secundino", last_name="Quirós")
    start_case(case=case, by=official.actor)
    interim_reply(case=case, text="Vamos mañana.", by=official.actor)
    from centro.cases.actions import add_note

    add_note(case=case, text="Dato interno", by=official.actor)
    enter(client, case)
    shown = client.get(address(case)).content.decode()
    assert "Vamos mañana." in shown
    assert "Dato interno" not in shown
    assert "Secundino" not in shown


def test_adding_information(client):
    case = make.case()
    enter(client, case)
    answer = client.post(
        address(case, "informacion/"), {"add-text": "Ya son dos huecos."}, follow=True
    )
    assert "Ya son dos huecos." in answer.content.decode()
    assert case.timeline.get(kind="information_added").actor_kind == "citizen"


def test_an_empty_addition_keeps_the_page_and_says_why(client):
    case = make.case()
    enter(client, case)
    answer = client.post(address(case, "informacion/"), {"add-text": ""})
    assert answer.status_code == 422
    assert page(answer).select_one('.errors a[href="#id_add-text"]')


def test_answering_a_question_takes_up_the_work_again(client):
    case = make.case()
    by = worker(case)
    start_case(case=case, by=by)
    ask_citizen(case=case, text="¿De qué lado de la calle?", until=now() + timedelta(days=5), by=by)
    enter(client, case)
    assert "¿De qué lado de la calle?" in client.get(address(case)).content.decode()
    client.post(address(case, "informacion/"), {"add-text": "Del derecho."})
    case.refresh_from_db()
    assert case.status == "in_progress"


def test_confirming_closes_the_case_satisfied(client):
    case = resolved(make.case())
    enter(client, case)
    assert "¿Quedó resuelto?" in client.get(address(case)).content.decode()
    client.post(address(case, "resuelto/"))
    case.refresh_from_db()
    assert (case.status, case.satisfied) == ("closed", True)


def test_saying_no_reopens_with_the_reason(client):
    case = resolved(make.case())
    enter(client, case)
    assert client.post(address(case, "reabrir/"), {"reopen-text": ""}).status_code == 422
    client.post(address(case, "reabrir/"), {"reopen-text": "Sigue igual."})
    case.refresh_from_db()
    assert (case.status, case.cycle) == ("in_progress", 2)


def test_a_closed_case_may_be_reopened_for_thirty_days(client):
    case = confirm_case(case=resolved(make.case()), by=citizen())
    enter(client, case)
    assert page(client.get(address(case))).select_one(f'form[action="{address(case, "reabrir/")}"]')
    Case.objects.filter(pk=case.pk).update(closed_at=now() - timedelta(days=31))
    assert not page(client.get(address(case))).select_one(
        f'form[action="{address(case, "reabrir/")}"]'
    )
    late = client.post(address(case, "reabrir/"), {"reopen-text": "Volvió."})
    assert late.status_code == 409
    assert "Volvió." in late.content.decode()


def test_withdrawing_asks_first(client):
    case = make.case()
    enter(client, case)
    assert "¿Quiere desistir" in client.get(address(case, "desistir/")).content.decode()
    client.post(address(case, "desistir/"), {"withdraw-text": "Ya lo arreglaron."})
    case.refresh_from_db()
    assert (case.status, case.reason) == ("closed", "withdrawn")


def test_pressing_yes_twice_is_harmless(client):
    case = resolved(make.case())
    enter(client, case)
    client.post(address(case, "resuelto/"))
    again = client.post(address(case, "resuelto/"))
    assert again.status_code == 409
    case.refresh_from_db()
    assert case.status == "closed"


def test_what_was_typed_survives_a_case_that_changed_meanwhile(client):
    case = make.case(service=make.service(agency=None))
    enter(client, case)
    supervisor = make.user(Role.SUPERVISOR).actor
    close_case(case=case, reason="not_applicable", text="No procede.", by=supervisor)
    answer = client.post(address(case, "informacion/"), {"add-text": "Mi texto largo."})
    assert answer.status_code == 409


def test_a_photo_is_shown_only_to_who_opened_the_case(client):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from centro.web.public.photos import keep_photos
    from tests.web.test_public_intake import picture

    photo = keep_photos([SimpleUploadedFile("foto.jpg", picture().read(), "image/jpeg")])[0]
    case = make.case(photos=[photo])
    url = address(case, f"fotos/{photo.key}/")
    assert client.get(url).status_code == 404
    enter(client, case)
    assert client.get(url)["Content-Type"].startswith("image/")
    assert "attachment" in client.get(url + "?t=full")["Content-Disposition"]
