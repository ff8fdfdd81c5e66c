"""The page of a case: what it shows, what it lets one do, and what it costs."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate
from PIL import Image

from centro.accounts.roles import Role
from centro.agencies.models import Unit
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.doctor import check_everything
from centro.cases.models import Case, Look
from centro.cases.timeline import KINDS
from centro.channels.models import OutboundMessage
from centro.kernel.actor import citizen
from centro.web.desk.casefile import LOOK
from centro.web.desk.forms.fields import PlaceField
from tests import make

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _healthy():
    yield
    assert check_everything() == []


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(case: Case, slug: str = "") -> str:
    page = reverse("desk:case", kwargs={"number": case.number})
    return f"{page}{slug}/" if slug else page


def shown(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def do(user, case: Case, slug: str, status: int = 302, **data):
    response = as_(user).post(address(case, slug), data)
    assert response.status_code == status, shown(response).get_text(" ", strip=True)[:900]
    case.refresh_from_db()
    return response


def official_unit(case: Case) -> Unit:
    """The unit that has the case; a routed case always has one."""
    assert case.unit is not None
    return case.unit


def soon(days: int = 5) -> str:
    return (localdate() + timedelta(days=days)).isoformat()


def content_of(response: Any) -> bytes:
    """What was served, read to its end."""
    return b"".join(response.streaming_content) if response.streaming else response.content


def picture() -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (900, 700), "teal").save(file, "JPEG")
    file.seek(0)
    file.name = "foto.jpg"
    return file


def test_the_page_tells_the_whole_story():
    case = make.case(reporter=make.reporter(name="Rosa Diez"), reference="Frente a la iglesia")
    liaison = make.user(Role.LIAISON, case.agency)
    page = shown(as_(liaison).get(address(case)))
    text = page.get_text(" ", strip=True)
    for part in (
        case.number,
        case.service.name,
        case.description,
        "Rosa Diez",
        "Recibimos el caso",
        "Frente a la iglesia",
        "Sin encargado",
        case.agency.name,
        "Aviso a la persona: En cola",
    ):
        assert part in text, part
    assert case.code not in text


def test_a_page_full_of_things_costs_at_most_ten_statements(django_assert_max_num_queries):
    case = make.case(reporter=make.reporter(), photos=[stored() for _ in range(3)])
    official = make.user(Role.OFFICIAL, unit=case.unit)
    liaison = make.user(Role.LIAISON, case.agency)
    by = actor_of(liaison)
    actions.assign_case(case=case, unit=official_unit(case), official=official, by=by)
    other = make.case(service=case.service)
    actions.mark_duplicate(case=other, of=case, by=by)
    for n in range(20):
        actions.interim_reply(case=case, text=f"Avance {n}", by=by)
    client = as_(liaison)
    client.get(address(case))
    with django_assert_max_num_queries(10):
        assert client.get(address(case)).status_code == 200
    actions.propose_transfer(case=case, to=make.agency(), text="No es nuestro.", by=by)
    with django_assert_max_num_queries(11):
        client.get(address(case))


def stored():
    from centro.files.actions import keep_photo

    return keep_photo(upload=picture(), name="foto.jpg", by=citizen())


def test_from_assignment_to_a_reopening_through_the_desk():
    case = make.case(reporter=make.reporter())
    liaison = make.user(Role.LIAISON, case.agency)
    first, second = (make.user(Role.OFFICIAL, unit=case.unit) for _ in range(2))
    operator = make.user(Role.OPERATOR)
    do(liaison, case, "encargar", to=f"{case.unit_id}:{first.pk}")
    assert case.official == first
    do(first, case, "empezar")
    do(first, case, "nota", text="Hay que pedir asfalto.")
    do(
        first,
        case,
        "avance",
        text="Ya se pidió el asfalto.",
        promised_for=actions.usual_promise(case),
    )
    do(first, case, "preguntar", text="¿De qué lado?", until=soon())
    assert (case.status, case.reason) == ("waiting", "citizen")
    do(operator, case, "informacion", text="Del lado derecho.")
    assert case.status == "in_progress"
    do(first, case, "esperar", reason="weather", until=soon(), text="Llueve.")
    do(first, case, "continuar")
    response = as_(first).post(
        address(case, "resolver"), {"text": "Se tapó.", "evidence": [picture(), picture()]}
    )
    assert response.status_code == 302
    case.refresh_from_db()
    assert (case.status, case.solution, case.photos.filter(evidence=True).count()) == (
        "resolved", "Se tapó.", 2,
    )  # fmt: skip
    do(operator, case, "reabrir", text="Se volvió a abrir.")
    assert (case.status, case.cycle, case.official) == ("in_progress", 2, second)
    do(second, case, "resolver", text="Se repavimentó.")
    do(operator, case, "confirmar")
    assert (case.status, case.reason, case.satisfied) == ("closed", "satisfied", True)


def test_the_fragment_is_the_page_s_own():
    case = make.case(reporter=make.reporter())
    liaison = make.user(Role.LIAISON, case.agency)
    client = as_(liaison)
    answer = client.post(address(case, "empezar"), headers=HTMX)
    assert answer.status_code == 200
    fragment = shown(answer).select_one("#case")
    fragment.select_one("[data-say]").extract()
    heading = fragment.select_one("h1")
    del heading["tabindex"], heading["data-focus"]
    page = shown(client.get(address(case))).select_one("#case")
    for tag in [
        *fragment.select("input[name=csrfmiddlewaretoken]"),
        *page.select("input[name=csrfmiddlewaretoken]"),
    ]:
        tag.extract()
    assert fragment.get_text(" ", strip=True) == page.get_text(" ", strip=True)
    assert [t.name for t in fragment.find_all()] == [t.name for t in page.find_all()]


def test_a_form_opens_in_place_or_as_a_page():
    case = make.case()
    liaison = make.user(Role.LIAISON, case.agency)
    whole = shown(as_(liaison).get(address(case, "nota")))
    part = shown(as_(liaison).get(address(case, "nota"), headers=HTMX))
    assert whole.select_one("#accion form textarea[name=text]")
    assert part.select_one("form textarea[name=text]")
    assert not part.select_one("#case")


def test_a_form_left_empty_says_so_and_keeps_what_was_typed():
    case = make.case()
    liaison = make.user(Role.LIAISON, case.agency)
    page = shown(do(liaison, case, "preguntar", 422, text="¿Cuál es la calle?", until=""))
    assert "¿Cuál es la calle?" in page.select_one("#accion textarea").text
    assert page.select_one("#errores")


def test_a_refusal_of_the_rules_is_said_beside_the_form():
    case = make.case()
    liaison = make.user(Role.LIAISON, case.agency)
    page = shown(do(liaison, case, "preguntar", 422, text="¿Cuál?", until=soon(400)))
    assert "antes de 90 días" in page.select_one("#errores").text


def test_a_stale_page_is_told_how_the_case_stands():
    case = make.case(reporter=make.reporter())
    liaison = make.user(Role.LIAISON, case.agency)
    do(liaison, case, "empezar")
    page = shown(do(liaison, case, "empezar", 409))
    assert "«En proceso»" in page.select_one("[role=alert]").text


def test_only_what_can_be_done_is_offered():
    case = make.case(reporter=make.reporter())
    liaison = make.user(Role.LIAISON, case.agency)
    offered = offered_to(liaison, case)
    assert {"Empezar", "Resolver", "Encargar", "Proponer un traslado"} <= offered
    assert not {"Continuar", "Reabrir", "Cerrar sin solución", "Enviar a una entidad"} & offered
    assert offered_to(make.user(Role.AUDITOR), case) == set()
    assert "Reabrir" in offered_to(make.user(Role.OPERATOR), solved(case))


def offered_to(user, case: Case) -> set[str]:
    page = shown(as_(user).get(address(case)))
    return {
        tag.get_text(strip=True) for tag in page.select(".case__actions a, .case__actions button")
    }


def solved(case: Case) -> Case:
    by = actor_of(make.user(Role.LIAISON, case.agency))
    return actions.resolve_case(case=case, text="Listo.", by=by)


def test_a_reclassification_corrects_the_place_too():
    case = make.case(service=make.service(agency=make.agency()))
    right = make.service(agency=case.agency, name="Alcantarilla tapada")
    here = make.place("Ancón")
    liaison = make.user(Role.LIAISON, case.agency)
    do(
        liaison,
        case,
        "reclasificar",
        service=right.code,
        kind="request",
        place="ancon",
        text="Es otra cosa",
    )
    assert (case.service, case.kind, case.place) == (right, "request", here)


def test_a_duplicate_by_its_number_and_back():
    case, other = make.case(), None
    other = make.case(service=case.service)
    supervisor = make.user(Role.SUPERVISOR)
    near = shown(as_(supervisor).get(address(case, "duplicado")))
    assert near.select_one("#accion input[name=number]")
    do(supervisor, case, "duplicado", number=other.number.removeprefix("311-"))
    assert (case.status, case.duplicate_of) == ("duplicate", other)
    assert other.number in shown(as_(supervisor).get(address(case))).get_text()
    do(supervisor, case, "separar", agency=case.agency.acronym)
    assert case.status == "assigned"


def test_like_cases_nearby_are_offered():
    here = make.place()
    case = make.case(place=here)
    near = make.case(service=case.service, place=here)
    page = shown(as_(make.user(Role.OPERATOR)).get(address(case, "duplicado")))
    assert page.select_one(f'input[name=near][value="{near.number}"]')


def test_three_attempts_before_saying_that_nobody_can_be_reached():
    case = make.case(reporter=make.reporter())
    liaison = make.user(Role.LIAISON, case.agency)
    do(liaison, case, "esperar", reason="visit", until=soon())
    page = shown(do(liaison, case, "cerrar", 409, reason="unreachable", text="No contesta."))
    assert "al menos 3 intentos" in page.get_text()
    for _ in range(3):
        do(liaison, case, "intento", text="Se llamó y no contestó.")
    do(liaison, case, "cerrar", reason="unreachable", text="No contesta.")
    assert case.reason == "unreachable"


def test_the_page_says_what_became_of_each_message():
    case = make.case(reporter=make.reporter())
    liaison = make.user(Role.LIAISON, case.agency)
    OutboundMessage.objects.update(status="failed", error="buzón lleno")
    text = shown(as_(liaison).get(address(case))).get_text(" ", strip=True)
    assert "No se pudo entregar" in text
    assert "buzón lleno" in text


def test_photos_are_served_to_those_who_may_see_the_case_only():
    case = make.case(photos=[stored()])
    photo = case.photos.get()
    liaison = make.user(Role.LIAISON, case.agency)
    place = {"number": case.number, "pk": photo.pk}
    for name in ("case_photo_mini", "case_photo_full"):
        answer = as_(liaison).get(reverse(f"desk:{name}", kwargs=place))
        assert answer.status_code == 200
        assert answer["Content-Type"] == "image/jpeg"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Disposition"].startswith("attachment")
        assert "sandbox" in answer["Content-Security-Policy"]
        assert content_of(answer).startswith(b"\xff\xd8")
    stranger = make.user(Role.LIAISON)
    other = make.case(agency=make.agency())
    for who, number in (
        (stranger, case.number),
        (make.user(Role.LIAISON, other.agency), other.number),
    ):
        for name in ("case_photo", "case_photo_mini", "case_photo_full"):
            where = reverse(f"desk:{name}", kwargs={"number": number, "pk": photo.pk})
            assert as_(who).get(where).status_code == 404
    assert as_(liaison).get(reverse("desk:case_photo", kwargs=place)).status_code == 200


def test_what_cannot_be_a_photo_is_refused_and_nothing_is_lost():
    case = make.case()
    liaison = make.user(Role.LIAISON, case.agency)
    text = io.BytesIO(b"no soy una foto")
    text.name = "foto.jpg"
    answer = as_(liaison).post(address(case, "resolver"), {"text": "Se tapó.", "evidence": [text]})
    assert answer.status_code == 422
    assert "Se tapó." in shown(answer).select_one("textarea").text
    case.refresh_from_db()
    assert case.status == "assigned"


def test_the_reporter_of_a_reserved_case_is_told_on_request_and_written_down():
    case = make.case(confidentiality="reserved", reporter=make.reporter(name="Rosa Diez"))
    operator = make.user(Role.OPERATOR)
    client = as_(operator)
    assert "Rosa Diez" not in client.get(address(case)).content.decode()
    assert list(Look.objects.values_list("what", flat=True)) == ["case"]
    where = reverse("desk:case_reporter", kwargs={"number": case.number})
    assert client.post(where, {"why": ""}).status_code == 422
    told = client.post(where, {"why": "Hay que llamarle"})
    assert "Rosa Diez" in told.content.decode()
    look = Look.objects.get(what="reporter")
    assert (look.user, look.why) == (operator, "Hay que llamarle")
    assert "Rosa Diez" not in client.get(address(case)).content.decode()


def test_the_timeline_of_a_reserved_case_does_not_name_the_citizen():
    case = make.case(confidentiality="reserved", reporter=make.reporter(name="Rosa Diez"))
    actions.add_information(case=case, text="Algo más.", by=citizen("Rosa Diez"))
    for role in (Role.LIAISON, Role.OFFICIAL, Role.HEAD):
        user = make.user(role, case.agency, unit=case.unit if role == Role.OFFICIAL else None)
        assert "Rosa Diez" not in as_(user).get(address(case)).content.decode()


def test_sealing_takes_the_case_from_the_supervisor_s_sight():
    case = make.case(reporter=make.reporter())
    supervisor = make.user(Role.SUPERVISOR)
    response = do(supervisor, case, "confidencialidad", level="sealed", text="Es corrupción")
    assert response["Location"] == reverse("desk:inbox")
    assert as_(supervisor).get(address(case)).status_code == 404


def test_every_kind_of_entry_has_its_icon():
    assert set(LOOK) == set(KINDS)


def test_a_place_is_understood_as_people_write_it():
    here, there = make.place("Río Abajo"), make.place("Río Abajo Arriba")
    field = PlaceField(required=False, max_length=120)
    assert field.clean("") is None
    assert field.clean(here.full_name) == here
    assert field.clean("río abajo") == here
    assert field.clean("rio abajo arriba") == there
    with pytest.raises(ValidationError, match="Hay varios"):
        field.clean("rio aba")
    with pytest.raises(ValidationError, match="No se encontró"):
        field.clean("Atlántida")
