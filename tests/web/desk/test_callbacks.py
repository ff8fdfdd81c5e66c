"""Ringing back those who left only a telephone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases.actions import (
    ask_citizen,
    close_unanswered,
    confirm_case,
    interim_reply,
    resolve_case,
)
from centro.cases.doctor import check_everything
from centro.cases.models import Case, Look
from centro.contacts.models import CallBack, Contact
from centro.kernel.actor import citizen
from tests import make

CALLERS = {Role.OPERATOR, Role.SUPERVISOR, Role.DENUNCIATIONS}


@pytest.fixture(autouse=True)
def _healthy():
    yield
    assert check_everything() == []


@pytest.fixture
def operator():
    return make.user(Role.OPERATOR)


@pytest.fixture
def desk(operator) -> Client:
    return as_(operator)


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def words(response) -> str:
    return BeautifulSoup(response.content, "html.parser").get_text(" ", strip=True)


def reported(phone: str = "6600-0001", **fields) -> Case:
    """A case of somebody who left nothing but a telephone."""
    return make.case(reporter=make.reporter(name="Ana Ríos", email="", phone=phone), **fields)


def solved(**fields) -> Case:
    case = reported(**fields)
    liaison = make.user(Role.LIAISON, case.agency)
    return resolve_case(case=case, text="Se tapó el hueco.", by=actor_of(liaison))


def take(client: Client) -> str:
    return client.post("/mesa/llamadas/tomar/")["Location"]


def test_nobody_waits(desk):
    assert "Nadie espera una llamada" in words(desk.get("/mesa/llamadas/"))
    assert take(desk) == "/mesa/llamadas/"


def test_the_queue_shows_no_telephone_until_the_call_is_taken(desk):
    case = solved()
    queue = words(desk.get("/mesa/llamadas/"))
    assert case.number in queue
    assert "6600" not in queue
    assert "Ana" not in queue
    page = words(desk.get(take(desk)))
    assert "6600-0001" in page
    assert "Ana Ríos" in page
    assert "Se tapó el hueco." in page


def test_a_call_is_given_to_one_operator_only(desk):
    solved()
    mine = take(desk)
    other = as_(make.user(Role.OPERATOR))
    assert take(other) == "/mesa/llamadas/"
    assert other.get(mine).status_code == 404
    assert other.post(mine, {"result": "solved"}).status_code == 404
    assert take(desk) == mine


def test_yes_closes_the_case_and_is_a_contact(desk, operator):
    case = solved()
    desk.post(take(desk), {"result": "solved"})
    case.refresh_from_db()
    assert (case.status, case.reason, case.satisfied) == ("closed", "satisfied", True)
    contact = Contact.objects.get()
    assert (contact.direction, contact.outcome, contact.reference) == ("out", "case", case.number)
    assert contact.operator == operator
    assert CallBack.objects.get().state == "done"


def test_no_reopens_the_case_with_the_persons_words(desk):
    case = solved()
    address = take(desk)
    assert desk.post(address, {"result": "not_solved", "text": ""}).status_code == 422
    desk.post(address, {"result": "not_solved", "text": "El hueco sigue igual"})
    case.refresh_from_db()
    assert (case.status, case.cycle) == ("in_progress", 2)
    assert case.timeline.get(kind="reopened").text == "El hueco sigue igual"


def test_the_operator_reads_what_to_say_and_what_to_ask(desk):
    case = solved()
    said = words(desk.get(take(desk)))
    assert f"Le llamamos del Centro 3-1-1 por su caso {case.number}" in said
    assert "La entidad dice que ya lo atendió: Se tapó el hueco. ¿Quedó resuelto?" in said


@pytest.mark.parametrize(
    ("phone", "kind"), [("6600-0001", "Celular"), ("212-3456", "Teléfono fijo")]
)
def test_a_telephone_in_the_pocket_is_told_from_one_at_home(desk, phone: str, kind: str):
    solved(phone=phone)
    assert kind in words(desk.get(take(desk)))


def test_an_answer_ends_the_wait(desk):
    case = reported()
    liaison = actor_of(make.user(Role.LIAISON, case.agency))
    until = timezone.now() + timedelta(days=5)
    ask_citizen(case=case, text="¿Cuál es su número de medidor?", until=until, by=liaison)
    address = take(desk)
    assert "¿Cuál es su número de medidor?" in words(desk.get(address))
    desk.post(address, {"result": "answered", "text": "Es el A-77"})
    case.refresh_from_db()
    assert case.status == "in_progress"
    assert case.timeline.get(kind="information_added").text == "Es el A-77"


def test_somebody_is_informed(desk):
    case = reported()
    interim_reply(case=case, text="Vamos mañana", by=actor_of(make.user(Role.LIAISON, case.agency)))
    desk.post(take(desk), {"result": "informed"})
    assert CallBack.objects.get().state == "done"
    assert Contact.objects.get().summary == "Contestó y quedó informada"


def test_nobody_answered_is_documented_and_tried_again_later(desk):
    case = solved()
    desk.post(take(desk), {"result": "not_reached"})
    call = CallBack.objects.get()
    assert (call.state, call.attempts, call.claimed_by) == ("waiting", 1, None)
    assert call.due_at > timezone.now()
    assert case.timeline.get(kind="attempted").text == "Se llamó y no contestó."
    assert take(desk) == "/mesa/llamadas/"
    assert "1 más se intentará" in words(desk.get("/mesa/llamadas/"))


def test_after_the_third_time_nobody_answered_silence_may_close(desk):
    case = solved()
    for n in range(3):
        CallBack.objects.update(due_at=timezone.now() - timedelta(minutes=1))
        desk.post(take(desk), {"result": "not_reached"})
        assert CallBack.objects.get().attempts == n + 1
    assert CallBack.objects.get().state == "failed"
    Case.objects.filter(pk=case.pk).update(answer_by=timezone.now() - timedelta(minutes=1))
    assert close_unanswered() == 1
    case.refresh_from_db()
    assert case.reason == "no_answer"
    assert case.timeline.filter(kind="attempted").count() == 3


def test_sending_the_result_twice_counts_once(desk):
    solved()
    address = take(desk)
    desk.post(address, {"result": "solved"})
    assert desk.post(address, {"result": "solved"}).status_code == 404
    assert Contact.objects.count() == 1


def test_a_case_that_moved_on_meanwhile_is_only_told_about(desk):
    case = solved()
    confirm_case(case=case, by=citizen())
    address = take(desk)
    assert "quedó informada" in words(desk.get(address))
    assert desk.post(address, {"result": "solved"}).status_code == 422
    assert desk.post(address, {"result": "informed"}).status_code == 302


@pytest.mark.parametrize(
    "garbage", [{}, {"result": "x"}, {"result": "answered", "text": "x"}, {"result": "\x00"}]
)
def test_a_result_that_does_not_fit_is_refused(desk, garbage):
    solved()
    assert desk.post(take(desk), garbage).status_code == 422
    assert CallBack.objects.get().state == "waiting"


def test_taking_a_call_about_a_reserved_case_is_a_look_at_its_reporter(desk, operator):
    case = solved(confidentiality="reserved")
    page = words(desk.get(take(desk)))
    assert "Caso confidencial" in page
    look = Look.objects.get()
    assert (look.case, look.user, look.what) == (case, operator, "reporter")


def test_calls_about_sealed_cases_are_for_denunciation_officers_alone(desk):
    sealed = reported(confidentiality="sealed", kind="denunciation")
    officer = make.user(Role.DENUNCIATIONS)
    resolve_case(case=sealed, text="Se investigó.", by=actor_of(officer))
    plain = solved(phone="6600-0002")
    assert sealed.number not in words(desk.get("/mesa/llamadas/"))
    assert "1 persona espera" in words(desk.get("/mesa/llamadas/"))
    assert plain.number in words(desk.get(take(desk)))
    theirs = as_(officer)
    assert plain.number not in words(theirs.get("/mesa/llamadas/"))
    assert sealed.number in words(theirs.get(take(theirs)))


def test_the_pages_cost_at_most_eight_statements(desk, django_assert_max_num_queries):
    for n in range(5):
        solved(phone=f"6600-000{n}")
    with django_assert_max_num_queries(8):
        desk.get("/mesa/llamadas/")
    address = take(desk)
    with django_assert_max_num_queries(8):
        desk.get(address)


ROUTES = [
    ("get", "/mesa/llamadas/", 200),
    ("post", "/mesa/llamadas/tomar/", 302),
    ("get", "/mesa/llamadas/tomar/", 405),
    ("get", "/mesa/llamadas/1/", 404),
    ("post", "/mesa/llamadas/1/", 404),
    ("get", "/mesa/llamadas/999999999999/", 404),
]


@pytest.mark.slow
@pytest.mark.parametrize("role", Role)
def test_only_those_who_ring_reach_the_queue(role):
    client = as_(make.user(role))
    for method, path, status in ROUTES:
        expected = status if role in CALLERS or status == 405 else 403
        assert getattr(client, method)(path).status_code == expected, (role, path)
