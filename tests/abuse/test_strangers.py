"""Programs and the curious: traps, limits, tokens of others, guessed codes. A town is no program."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client, RequestFactory

from centro.cases.doctor import check_everything
from centro.cases.models import Case
from centro.contacts.models import Draft
from centro.files.models import StoredFile
from centro.kernel.errors import TooMany
from centro.kernel.numbers import access_code, number_for
from centro.web.public import limits
from tests import make
from tests.web.desk.test_case_page import as_
from tests.web.test_public_follow import address, enter
from tests.web.test_public_intake import WORDS, begin, go, picture, ready, sent

pytestmark = pytest.mark.slow  # hundreds of requests each

TOWN = "190.34.1.1"


@pytest.fixture(autouse=True)
def _healthy():
    yield
    assert check_everything() == []


def same(content: bytes) -> str:
    """A page without what differs each time it is drawn, and without what was asked."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", content.decode())
    return re.sub(r'name="(number|code)" value="[^"]*"', "", text)


# ---- Programs ----


def test_the_trap_of_the_last_page_catches_too(client: Client):
    token = ready(client)
    assert go(client, token, "revisar", website="http://x.example").status_code == 422
    assert not Case.objects.exists()
    assert go(client, token, "revisar").status_code == 302


def test_one_session_begins_few_reports(client: Client):
    enter(client, make.case())  # a session
    given = {"description": WORDS}
    answers = [
        client.post("/reportar/", given | {"token": str(uuid4())}).status_code for _ in range(31)
    ]
    assert answers == [302] * 30 + [429]
    assert Draft.objects.count() == 30


def test_three_hundred_people_behind_one_address_are_within_the_limits(rf: RequestFactory):
    for _ in range(300):
        request = rf.post("/reportar/", REMOTE_ADDR=TOWN)
        request.session = SessionStore()
        limits.count_start(request)
        limits.count_opening(request)
    with pytest.raises(TooMany):
        limits.count_opening(request)


@pytest.mark.slow
def test_three_hundred_people_behind_one_address_may_report():
    service = make.service()
    for n in range(300):
        client = Client(REMOTE_ADDR=TOWN)
        token = begin(client, service=service.code)
        assert go(client, token, "revisar").status_code == 302, n
    assert Case.objects.count() == 300
    client = Client(REMOTE_ADDR=TOWN)
    response = go(client, begin(client, service=service.code), "revisar")
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    elsewhere = Client(REMOTE_ADDR="190.34.1.2")
    assert go(elsewhere, begin(elsewhere, service=service.code), "revisar").status_code == 302


def test_one_case_is_not_buried_in_words(client: Client):
    case = make.case()
    enter(client, case)
    answers = [
        client.post(address(case, "informacion/"), {"add-text": f"Más {n}"}).status_code
        for n in range(21)
    ]
    assert answers == [302] * 20 + [429]


# ---- Tokens of others ----


def test_nothing_of_a_draft_is_found_with_another_token(client: Client):
    token = ready(client)
    go(client, token, "fotos", photos=picture())
    key, other = StoredFile.objects.get().key, uuid4()
    stranger = Client()
    assert stranger.get(f"/reportar/{other}/fotos/{key}/").status_code == 404
    for step in ("que-paso", "tema", "donde", "detalles", "fotos", "contacto", "revisar"):
        for answer in (stranger.get(f"/reportar/{other}/{step}/"), go(stranger, other, step)):
            assert answer.status_code == 410
            assert WORDS not in answer.content.decode()
    assert not Draft.objects.filter(token=other).exists()
    assert stranger.get(f"/recibo/{other}/").status_code == 410
    stranger.post(f"/reportar/{other}/fotos/{key}/quitar/")
    assert StoredFile.objects.get().draft_token == token


def test_a_draft_of_the_desk_is_no_draft_of_the_public(client: Client):
    as_(make.user()).post("/mesa/atender/", {"channel": "phone"})
    token = Draft.objects.get(face="desk").token
    before = Draft.objects.get().data
    assert client.get(f"/reportar/{token}/revisar/").status_code == 410
    assert go(client, token, "que-paso", description=WORDS).status_code == 410
    client.raise_request_exception = False
    given = {"token": str(token), "description": WORDS}
    assert client.post("/reportar/", given).status_code < 500
    kept = Draft.objects.get(token=token)
    assert (kept.face, kept.data) == ("desk", before)


def test_a_sent_report_is_not_sent_again_with_other_words(client: Client):
    case = sent(client)
    stranger = Client()
    given = {"token": str(case.intake_token), "description": "Otra cosa muy distinta"}
    assert stranger.post("/reportar/", given)["Location"] == f"/recibo/{case.intake_token}/"
    assert Case.objects.get().description == WORDS
    assert not Draft.objects.exists()


def test_a_photo_of_a_case_needs_the_case(client: Client):
    token = ready(client)
    go(client, token, "fotos", photos=picture())
    go(client, token, "revisar")
    case, key = Case.objects.get(), StoredFile.objects.get().key
    assert client.get(f"/reportar/{token}/fotos/{key}/").status_code == 404
    stranger, other = Client(), make.case()
    enter(stranger, other)
    for number in (case.number, other.number, number_for(99_999_999), "x"):
        assert stranger.get(f"/seguimiento/{number}/fotos/{key}/").status_code == 404


def test_what_one_does_not_have_looks_like_what_there_is_not(client: Client):
    case, absent = make.case(), number_for(99_999_999)
    for door in ("", "informacion/", "resuelto/", "reabrir/", "desistir/"):
        for method in ("GET", "POST"):
            there, nowhere = (
                client.generic(method, f"/seguimiento/{number}/{door}")
                for number in (case.number, absent)
            )
            assert there.status_code == nowhere.status_code
            assert there.get("Location", "").replace(case.number, absent) == nowhere.get(
                "Location", ""
            )


def test_a_session_made_up_opens_nothing():
    case = make.case()
    client = Client()
    client.cookies["sessionid"] = "a" * 32
    assert client.get(address(case)).status_code == 302
    assert client.cookies["sessionid"].value == "", "it is taken away, never taken over"


# ---- Guessed codes ----


def test_a_wrong_code_an_absent_case_and_its_right_code_are_one_page(client: Client, settings):
    case, absent = make.case(), number_for(99_999_999)
    tries = [
        (case.number, "AAAA-AAAA"),
        (absent, "AAAA-AAAA"),
        (absent, access_code(absent, settings.ACCESS_KEY)),
        ("311-00000001-0", "AAAA-AAAA"),
        ("no es", "' OR 1=1 --"),
    ]
    answers = [client.post("/seguimiento/", {"number": n, "code": c}) for n, c in tries]
    assert {a.status_code for a in answers} == {404}
    assert len({same(a.content) for a in answers}) == 1
    assert "sessionid" not in client.cookies


@pytest.mark.parametrize("exists", [True, False])
def test_guessing_is_slowed_alike_whether_the_case_exists_or_not(exists: bool):
    number = make.case().number if exists else number_for(99_999_999)
    given = {"number": number, "code": "AAAA-AAAA"}
    # From many addresses: it is the case that is guarded.
    answers = [
        Client(REMOTE_ADDR=f"203.0.113.{n}").post("/seguimiento/", given).status_code
        for n in range(17)
    ]
    assert answers == [404] * 15 + [429] * 2


def test_trying_many_numbers_from_one_address_is_slowed(settings):
    answers = [
        Client(REMOTE_ADDR=TOWN)
        .post("/seguimiento/", {"number": number_for(5_000 + n), "code": "AAAA-AAAA"})
        .status_code
        for n in range(121)
    ]
    assert answers == [404] * 120 + [429]


def test_an_address_that_is_claimed_is_not_believed():
    given = {"code": "AAAA-AAAA"}
    answers = [
        Client(REMOTE_ADDR=TOWN)
        .post(
            "/seguimiento/",
            given | {"number": number_for(5_000 + n)},
            headers={"X-Forwarded-For": f"198.51.100.{n}"},
        )
        .status_code
        for n in range(121)
    ]
    assert answers[-1] == 429
