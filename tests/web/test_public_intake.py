"""The guided form, as a browser without scripts uses it."""

from __future__ import annotations

import io
import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from centro.cases.models import Case
from centro.catalog.models import Question, ServiceType
from centro.contacts.models import Draft
from centro.files.models import StoredFile
from centro.people.models import Person
from centro.web.public import limits
from tests import make

WORDS = "Hay una tubería rota frente a la escuela y nadie viene"


def begin(client: Client, **fields: str) -> UUID:
    """Send the first step; the token of the draft."""
    token = uuid4()
    given = {"token": str(token), "description": WORDS} | fields
    response = client.post("/reportar/", given)
    assert response.status_code == 302, response.content.decode()
    return token


def go(client: Client, token: UUID, step: str, **fields: object):
    return client.post(f"/reportar/{token}/{step}/", fields)


def ready(client: Client, **service_fields: object) -> UUID:
    """A draft that only has to be sent."""
    service = make.service(**service_fields)
    return begin(client, service=service.code)


def sent(client: Client, **contact: str) -> Case:
    token = ready(client)
    go(client, token, "contacto", language="es", **contact)
    response = go(client, token, "revisar")
    assert response["Location"] == f"/recibo/{token}/"
    return Case.objects.get(intake_token=token)


def picture(size: tuple[int, int] = (40, 30), kind: str = "JPEG") -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, kind)
    file.name = f"foto.{kind.lower()}"
    file.seek(0)
    return file


def page(response) -> Any:
    return BeautifulSoup(response.content, "html.parser")


def test_the_whole_form_without_javascript(client):
    service = make.service(
        requires_place=True, search_key="tuberia rota", keywords=["tuberia rota"]
    )
    Question.objects.create(
        service_type=service, key="desde", label="¿Desde cuándo?", required=True
    )
    place: Any = make.place("Bella Vista")

    start = page(client.get("/reportar/"))
    token = start.select_one("[name=token]")["value"]
    answer = client.post("/reportar/", {"token": token, "description": WORDS}, follow=True)
    assert answer.redirect_chain[-1][0] == f"/reportar/{token}/tema/"
    assert "Paso 2 de" in page(answer).title.text

    answer = client.post(
        f"/reportar/{token}/tema/", {"service": service.code, "other": ""}, follow=True
    )
    if service.code not in answer.request["PATH_INFO"] and page(answer).select_one(".errors"):
        answer = client.post(f"/reportar/{token}/tema/", {"other": service.code}, follow=True)
    assert answer.request["PATH_INFO"].endswith("/donde/")

    answer = client.post(
        f"/reportar/{token}/donde/", {"province": place.province.code, "elegir": "si"}, follow=True
    )
    assert place.district.code in [o["value"] for o in page(answer).select("#id_district option")]
    answer = client.post(
        f"/reportar/{token}/donde/",
        {"district": place.district.code, "corregimiento": place.code, "reference": "Calle 50"},
        follow=True,
    )
    assert answer.request["PATH_INFO"].endswith("/detalles/")

    answer = client.post(f"/reportar/{token}/detalles/", {"q-desde": "ayer"}, follow=True)
    assert answer.request["PATH_INFO"].endswith("/fotos/")
    answer = client.post(f"/reportar/{token}/fotos/", {"photos": picture()}, follow=True)
    assert answer.request["PATH_INFO"].endswith("/contacto/")
    answer = client.post(
        f"/reportar/{token}/contacto/",
        {"name": "Ana Díaz", "phone": "6123-4567", "language": "es"},
        follow=True,
    )
    assert answer.request["PATH_INFO"].endswith("/revisar/")
    shown = page(answer).text
    for said in (WORDS, service.name, "Bella Vista", "Calle 50", "ayer", "Ana Díaz"):
        assert said in shown

    answer = client.post(f"/reportar/{token}/revisar/", follow=True)
    case = Case.objects.get(intake_token=UUID(str(token)))
    receipt = page(answer).text
    assert case.number in receipt
    assert case.code in receipt
    assert (case.place, case.reference, case.answers) == (place, "Calle 50", {"desde": "ayer"})
    assert case.photos.count() == 1
    assert case.person
    assert case.person.name == "Ana Díaz"


def test_sending_twice_makes_one_case_and_shows_the_same_receipt(client):
    token = ready(client)
    first = go(client, token, "revisar")
    again = go(client, token, "revisar")
    assert first["Location"] == again["Location"] == f"/recibo/{token}/"
    assert Case.objects.filter(intake_token=token).count() == 1
    once, twice = (client.get(f"/recibo/{token}/") for _ in range(2))
    assert page(once).select_one(".ticket__keys") == page(twice).select_one(".ticket__keys")


def test_sending_the_first_step_twice_makes_one_draft(client):
    token = str(uuid4())
    for _ in range(2):
        client.post("/reportar/", {"token": token, "description": WORDS})
    assert Draft.objects.count() == 1


def test_going_back_after_sending_leads_to_the_receipt(client):
    token = ready(client)
    go(client, token, "revisar")
    for step in ("que-paso", "tema", "fotos", "contacto", "revisar"):
        assert client.get(f"/reportar/{token}/{step}/")["Location"] == f"/recibo/{token}/"
    again = client.post("/reportar/", {"token": str(token), "description": WORDS})
    assert again["Location"] == f"/recibo/{token}/"


def test_reloading_any_step_keeps_what_was_said(client):
    token = ready(client)
    go(client, token, "contacto", name="Ana", language="es")
    assert page(client.get(f"/reportar/{token}/contacto/")).select_one("#id_name")["value"] == "Ana"
    assert WORDS in page(client.get(f"/reportar/{token}/que-paso/")).textarea.text


def test_an_unknown_draft_gets_a_friendly_page_not_an_error(client):
    response = client.get(f"/reportar/{uuid4()}/donde/")
    assert response.status_code == 410
    assert "Empezar de nuevo" in response.content.decode()
    assert client.get(f"/recibo/{uuid4()}/").status_code == 410


def test_an_unknown_step_is_not_found(client):
    assert client.get(f"/reportar/{uuid4()}/nada/").status_code == 404


def test_the_review_sends_back_to_what_is_missing(client):
    service = make.service(requires_place=True)
    token = begin(client, service=service.code)
    assert client.get(f"/reportar/{token}/revisar/")["Location"].endswith("/donde/")
    assert go(client, token, "revisar")["Location"].endswith("/donde/")
    assert not Case.objects.exists()


def test_a_place_is_asked_only_where_it_matters(client):
    token = ready(client)
    assert go(client, token, "tema", other=Draft.objects.get().data["service"]).status_code == 302
    assert client.get(f"/reportar/{token}/revisar/").status_code == 200
    needs = make.service(requires_place=True)
    token = begin(client, service=needs.code)
    response = go(client, token, "donde", reference="por ahí")
    assert response.status_code == 422
    assert "Marque el lugar" in response.content.decode()


def test_who_does_not_know_what_it_is_leaves_it_to_the_centre(client):
    general = make.service(agency=None, kind="request", name="Por clasificar")
    token = begin(client)
    go(client, token, "tema", service="otro", other="")
    go(client, token, "revisar")
    case = Case.objects.get(intake_token=token)
    assert (case.service, case.status) == (general, "received")


def test_an_idea_goes_to_the_type_for_ideas(client):
    make.service(agency=None, kind="request")
    ideas = make.service(agency=None, kind="idea")
    assert page(client.get("/reportar/?tipo=idea")).select_one("[name=kind]")["value"] == "idea"
    token = begin(client, kind="idea")
    go(client, token, "tema", service="otro", other="")
    assert Draft.objects.get(token=token).data["service"] == ideas.code


def test_changing_from_the_review_comes_back_to_it(client):
    token = ready(client)
    response = client.post(
        f"/reportar/{token}/que-paso/?desde=revisar", {"description": WORDS + " todavía"}
    )
    assert response["Location"].endswith("/revisar/")
    assert Draft.objects.get(token=token).data["description"].endswith("todavía")


def test_another_type_forgets_the_answers_of_the_first(client):
    token = ready(client)
    other = make.service()
    report = Draft.objects.get(token=token)
    report.data["answers"] = {"desde": "ayer"}
    report.save()
    go(client, token, "tema", other=other.code)
    assert Draft.objects.get(token=token).data["answers"] == {}


def test_an_anonymous_report_keeps_no_person(client):
    token = ready(client)
    go(client, token, "contacto", anonymous="on", name="Ana", phone="6123-4567", language="es")
    assert Draft.objects.get(token=token).data["contact"] == {"anonymous": True, "language": "es"}
    go(client, token, "revisar")
    case = Case.objects.get(intake_token=token)
    assert case.anonymous
    assert case.person is None
    assert not Person.objects.exists()


def test_a_denunciation_against_its_own_handler_is_sealed(client):
    token = ready(client, kind="denunciation")
    assert "misma entidad" in client.get(f"/reportar/{token}/detalles/").content.decode()
    go(client, token, "detalles", against_handler="si")
    go(client, token, "revisar")
    assert Case.objects.get(intake_token=token).is_sealed


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("phone", "123", "tel"), ("email", "ana@", "correo"), ("cedula", "abc", "cédula")],
)
def test_a_wrong_contact_says_what_would_be_right(client, field: str, value: str, said: str):
    token = ready(client)
    response = go(client, token, "contacto", language="es", **{field: value})
    assert response.status_code == 422
    shown = page(response)
    box = shown.select_one(f"#id_{field}")
    assert box["aria-invalid"] == "true"
    assert f"id_{field}_error" in box["aria-describedby"]
    assert box["value"] == value
    assert shown.select_one(f'.errors a[href="#id_{field}"]')
    assert shown.title.text.strip().startswith("Error")


def test_the_description_must_say_something(client):
    response = client.post("/reportar/", {"token": str(uuid4()), "description": "  "})
    assert response.status_code == 422
    assert not Draft.objects.exists()


@pytest.mark.parametrize("token", ["", "x", "0", "'; drop table"])
def test_a_forged_token_makes_no_draft(client, token: str):
    response = client.post("/reportar/", {"token": token, "description": WORDS})
    assert response.status_code == 422
    assert not Draft.objects.exists()


def test_a_program_that_fills_the_trap_makes_no_draft(client):
    response = client.post(
        "/reportar/", {"token": str(uuid4()), "description": WORDS, "website": "http://x.example"}
    )
    assert response.status_code == 422
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    "text", ["a\x00b" * 10, "\ud7ff" * 30, "💧" * 500, "<script>alert(1)</script>" * 3]
)
def test_odd_texts_never_break_the_form(client, text: str):
    make.service(agency=None)
    response = client.post("/reportar/", {"token": str(uuid4()), "description": text}, follow=True)
    assert response.status_code in {200, 422}
    assert b"<script>alert(1)" not in response.content


@pytest.mark.parametrize("data", [
    {"lat": "nan", "lon": "inf"}, {"lat": "91", "lon": "0"}, {"lat": "8.98", "lon": ""},
    {"province": "zz\x00", "district": "9" * 50}, {"corregimiento": "nada"}, {"lat": "0", "lon": "0"},
])  # fmt: skip
def test_odd_places_never_break_the_form(client, data: dict[str, str]):
    token = begin(client, service=make.service(requires_place=True).code)
    response = client.post(f"/reportar/{token}/donde/", data)
    assert response.status_code in {302, 422}
    assert client.get(f"/reportar/{token}/donde/").status_code == 200


def test_photos_can_be_added_one_by_one_and_taken_out(client):
    token = ready(client)
    for _ in range(2):
        response = client.post(f"/reportar/{token}/fotos/", {"photos": picture(), "subir": "si"})
        assert response["Location"].endswith("/fotos/")
    files = list(StoredFile.objects.filter(draft_token=token))
    assert len(files) == 2
    assert client.get(f"/reportar/{token}/fotos/{files[0].key}/").status_code == 200
    client.post(f"/reportar/{token}/fotos/{files[0].key}/quitar/")
    assert len(page(client.get(f"/reportar/{token}/fotos/")).select(".photos li")) == 1


def test_another_draft_does_not_show_my_photos(client):
    token, other = ready(client), ready(client)
    client.post(f"/reportar/{token}/fotos/", {"photos": picture()})
    key = StoredFile.objects.get().key
    assert client.get(f"/reportar/{other}/fotos/{key}/").status_code == 404
    client.post(f"/reportar/{other}/fotos/{key}/quitar/")
    assert StoredFile.objects.get().draft_token == token


def test_no_more_than_five_photos(client):
    token = ready(client)
    response = client.post(f"/reportar/{token}/fotos/", {"photos": [picture() for _ in range(6)]})
    assert response.status_code == 422
    assert not StoredFile.objects.exists()


def test_what_is_no_photo_is_refused_with_its_reason(client):
    token = ready(client)
    fake = io.BytesIO(b"<html><script>alert(1)</script></html>")
    fake.name = "foto.jpg"
    response = client.post(f"/reportar/{token}/fotos/", {"photos": fake})
    assert response.status_code == 422
    assert page(response).select_one(".errors")


def test_too_many_cases_from_one_address_are_refused(client, monkeypatch):
    token = ready(client)
    monkeypatch.setattr(limits, "count_attempt", refuse)
    assert go(client, token, "revisar").status_code == 429
    assert not Case.objects.exists()


def refuse(key: str, **_: object) -> None:
    from centro.kernel.errors import TooMany

    raise TooMany("Espere un rato.")


def test_a_town_behind_one_address_may_report(client):
    for _ in range(12):
        sent(Client(REMOTE_ADDR="190.34.1.1"))
    assert Case.objects.count() == 12


def test_the_receipt_says_what_happens_next(client):
    case = sent(client, email="ana@correo.example")
    shown = page(client.get(f"/recibo/{case.intake_token}/"))
    assert case.agency
    assert case.agency.name in shown.text
    assert "ana@correo.example" in shown.text
    assert shown.select_one(".ticket__qr svg")
    assert re.search(r"\d{1,2} de \w+ de \d{4}", shown.text)


def test_the_code_of_the_receipt_is_in_no_address(client):
    case = sent(client)
    shown = page(client.get(f"/recibo/{case.intake_token}/"))
    assert not any(case.code in str(link.get("href", "")) for link in shown.select("a"))


def test_sending_a_report_costs_few_statements(client):
    sent(client)
    token = ready(client)
    go(client, token, "contacto", name="Eva", email="eva@correo.example", language="es")
    # What was made for this test renewed the copies in memory; a case warms them again.
    make.case(service=ServiceType.objects.latest("pk"), reporter=make.reporter())
    with CaptureQueriesContext(
        connection,
    ) as sentences:
        go(client, token, "revisar")
    data = [
        q["sql"] for q in sentences if not re.match(r"(SAVEPOINT|RELEASE|BEGIN|COMMIT)", q["sql"])
    ]
    assert len(data) <= 12, "\n".join(data)


def test_choices_are_read_in_the_language_of_the_reader_and_kept_in_one(client):
    service = make.service(name="Fuga de agua", search_key="fuga de agua")
    Question.objects.create(
        service_type=service, key="cuanta", label="¿Cuánta?", label_en="How much?", kind="choice",
        choices=["Poca", "Mucha"], choices_en=["A little", "A lot"], required=True,
    )  # fmt: skip
    client.cookies["django_language"] = "en"
    token = page(client.get("/reportar/")).select_one("[name=token]")["value"]
    client.post("/reportar/", {"token": token, "description": WORDS})
    client.post(f"/reportar/{token}/tema/", {"service": "", "other": service.code})
    asked = page(client.get(f"/reportar/{token}/detalles/"))
    assert "How much?" in asked.text
    assert [box["value"] for box in asked.select("[name=q-cuanta]")] == ["Poca", "Mucha"]
    assert "A lot" in asked.text
    client.post(f"/reportar/{token}/detalles/", {"q-cuanta": "Mucha"})
    assert "A lot" in page(client.get(f"/reportar/{token}/revisar/")).text
