"""A counter without light, and what the press tells."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.timezone import localtime

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.doctor import check_everything
from centro.cases.models import Case, NumberBlock, PressMention, ReservedNumber
from centro.cases.press import capacity_of
from centro.kernel.actor import SYSTEM
from centro.kernel.clock import now, today
from centro.kernel.errors import Refused
from centro.kernel.numbers import number_for
from tests import make
from tests.web.desk.test_case_page import content_of


@pytest.fixture(autouse=True)
def _healthy():
    yield
    assert check_everything() == []


@pytest.fixture
def operator() -> Any:
    return make.user(Role.OPERATOR)


@pytest.fixture
def client(operator) -> Client:
    client = Client()
    client.force_login(operator)
    return client


def reserved(user, count: int = 3) -> list[str]:
    block = actions.reserve_numbers(
        counter="La Chorrera", count=count, agency=None, user=user, by=actor_of(user)
    )
    return [each.number for each in block.numbers.all()]


def paper(service, **fields: Any) -> dict[str, Any]:
    spoken = localtime(now() - timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M")
    base = {
        "token": str(uuid4()), "spoken_at": spoken, "description": "Se cayó un poste",
        "service": service.code, "name": "Ana", "phone": "6600-0001",
    }  # fmt: skip
    return base | fields


# ---- Papers ----


def test_a_paper_of_a_day_without_light_becomes_the_case_with_its_number(client, operator):
    number, *_others = reserved(operator)
    service = make.service()
    meanwhile = make.case(service=service)
    page = client.post("/mesa/mostrador/", paper(service, paper=number))
    assert page.status_code == 302
    case = Case.objects.get(channel="walk_in")
    assert case.number == number != meanwhile.number
    assert now() - case.spoken_at > timedelta(hours=4)
    assert case.timeline.filter(kind="opened").exists()
    assert ReservedNumber.objects.get(serial=case.pk).used_at is not None


def test_no_other_case_ever_gets_a_reserved_number(operator):
    first = make.case()
    numbers = set(reserved(operator, 50))
    later = {make.case().number for _n in range(5)}
    assert not numbers & later
    assert first.number not in numbers


def test_a_paper_is_entered_once_however_often_it_is_sent(client, operator):
    number, *_others = reserved(operator)
    service = make.service()
    client.post("/mesa/mostrador/", paper(service, paper=number))
    again = client.post("/mesa/mostrador/", paper(service, paper=number))
    assert again.status_code == 422
    assert "ya se registró" in again.content.decode()
    assert Case.objects.filter(channel="walk_in").count() == 1


def test_the_same_form_sent_twice_is_one_case(client, operator):
    data = paper(make.service())
    client.post("/mesa/mostrador/", data)
    client.post("/mesa/mostrador/", data)
    assert Case.objects.filter(channel="walk_in").count() == 1


@pytest.mark.parametrize(
    "number", ["311-00000001-1", "12345", "nada", number_for(99_999_999), "\x00", "9" * 40]
)
def test_a_number_that_no_paper_has_is_said_to_be_wrong(client, number: str):
    page = client.post("/mesa/mostrador/", paper(make.service(), paper=number))
    assert page.status_code == 422
    assert not Case.objects.exists()


def test_a_spoilt_paper_is_voided_and_not_used(client, operator):
    number, *_others = reserved(operator)
    block = NumberBlock.objects.get()
    client.post(f"/mesa/mostrador/numeros/{block.pk}/anular/", {"numero": number})
    page = client.post("/mesa/mostrador/", paper(make.service(), paper=number))
    assert "se anuló" in page.content.decode()
    with pytest.raises(Refused):
        actions.void_number(number=number, by=SYSTEM)


def test_a_printed_block_carries_number_and_code_for_the_person(client, operator):
    page = client.post(
        "/mesa/mostrador/numeros/", {"counter": "Chorrera", "count": "4"}, follow=True
    )
    text = page.content.decode()
    for each in ReservedNumber.objects.all():
        assert text.count(each.number) >= 2
    assert text.count("paper__code") == 4


def test_the_pages_cost_the_same_however_much_was_printed_and_told(
    client, operator, django_assert_max_num_queries
):
    for n in range(4):
        reserved(operator, 5)
        actions.note_press(
            case=make.case(), medium="radio", outlet=f"Radio {n}", published_on=today(),
            headline="Sin agua", user=operator, by=actor_of(operator),
        )  # fmt: skip
    block = NumberBlock.objects.order_by("-pk")[0]
    for path, most in {
        "/mesa/mostrador/": 10, "/mesa/mostrador/numeros/": 6,
        f"/mesa/mostrador/numeros/{block.pk}/": 7, "/mesa/prensa/": 7,
    }.items():  # fmt: skip
        client.get(path)
        with django_assert_max_num_queries(most):
            assert client.get(path).status_code == 200


@pytest.mark.parametrize("count", ["0", "201", "-1", "x", "99999999999"])
def test_blocks_have_a_sensible_size(client, count: str):
    assert (
        client.post("/mesa/mostrador/numeros/", {"counter": "A", "count": count}).status_code == 422
    )
    assert not NumberBlock.objects.exists()


def test_an_entity_sees_its_own_blocks_alone(client, operator):
    reserved(operator)
    official = make.user(Role.OFFICIAL)
    theirs = Client()
    theirs.force_login(official)
    block = NumberBlock.objects.get()
    assert theirs.get(f"/mesa/mostrador/numeros/{block.pk}/").status_code == 404
    theirs.post("/mesa/mostrador/numeros/", {"counter": "Su mostrador", "count": "2"})
    assert NumberBlock.objects.exclude(agency=None).count() == 1


# ---- The press ----


def piece(**fields: Any) -> dict[str, Any]:
    base = {
        "token": str(uuid4()), "medium": "newspaper", "outlet": "La Nación",
        "published_on": today().isoformat(), "headline": "Vecinos sin agua",
        "link": "https://diario.example/nota",
    }  # fmt: skip
    return base | fields


def test_a_piece_of_the_press_becomes_a_case_with_its_clip(client):
    service = make.service()
    clip = SimpleUploadedFile("recorte.pdf", b"%PDF-1.4 x", "application/pdf")
    page = client.post(
        "/mesa/prensa/nueva/",
        piece(description="Una semana sin agua", service=service.code, clip=clip),
    )
    mention = PressMention.objects.get()
    assert page.url == f"/mesa/casos/{mention.case.number}/"
    assert (mention.case.channel, mention.case.person) == ("press", None)
    listed = client.get("/mesa/prensa/").content.decode()
    assert "Vecinos sin agua" in listed
    got = client.get(f"/mesa/prensa/{mention.pk}/recorte/")
    assert content_of(got) == b"%PDF-1.4 x"
    assert "attachment" in got["Content-Disposition"]
    assert "sandbox" in got["Content-Security-Policy"]


def test_a_piece_about_a_case_there_is_joins_it_once(client):
    case = make.case()
    client.post("/mesa/prensa/nueva/", piece(number=case.number))
    again = client.post("/mesa/prensa/nueva/", piece(number=case.number))
    assert again.status_code == 422
    assert case.press_mentions.count() == 1
    assert case.timeline.filter(kind="press_noted").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"published_on": "2999-01-01"}, {"medium": "rumor"}, {"outlet": ""},
        {"link": "javascript:alert(1)"}, {"number": "311-99999999-0"}, {"number": ""},
    ],
)  # fmt: skip
def test_a_wrong_piece_is_said_to_be_wrong(client, wrong: dict[str, str]):
    case = make.case()
    data = piece(number=case.number) | wrong
    assert client.post("/mesa/prensa/nueva/", data).status_code in {404, 422}
    assert not PressMention.objects.exists()


def test_how_an_entity_answers_the_press(operator):
    agency = make.agency(acronym="AGUA")
    cases = [make.case(agency=agency) for _n in range(3)]
    other = make.case()
    for case in [*cases, other]:
        actions.note_press(
            case=case, medium="radio", outlet="Radio Uno", published_on=today(), headline="Nota",
            user=operator, by=actor_of(operator),
        )  # fmt: skip
    actions.resolve_case(case=cases[0], text="Se arregló.", by=SYSTEM)
    Case.objects.filter(pk=cases[1].pk).update(due_at=now() - timedelta(days=1))
    (first, *_rest) = capacity_of(today() - timedelta(days=1), today(), operator)
    assert (first.acronym, first.cases, first.solved, first.on_time, first.late) == ("AGUA", 3, 1, 1, 1)  # fmt: skip
    liaison = make.user(Role.LIAISON, agency)
    assert [one.acronym for one in capacity_of(today(), today(), liaison)] == ["AGUA"]
    Case.objects.filter(pk=cases[1].pk).update(due_at=cases[1].due_at)
