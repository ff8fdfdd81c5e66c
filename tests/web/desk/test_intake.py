"""The operator's screen: a case opened while talking, a question answered, a call handed over."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.utils import timezone

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases.doctor import check_everything
from centro.cases.models import Case, Look
from centro.catalog.models import Question
from centro.contacts.models import Contact, Draft
from centro.knowledge.models import Article, EmergencyNumber
from centro.people.models import Person
from centro.places.models import Landmark
from centro.places.stamps import forget_copies
from tests import make

HTMX = {"HX-Request": "true"}
FRONT = {Role.OPERATOR, Role.SUPERVISOR}


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


def begin(client: Client, channel: str = "phone", **more) -> str:
    """The address of a new screen."""
    response = client.post("/mesa/atender/", {"channel": channel, **more})
    assert response.status_code == 302
    return response["Location"]


def told(service, **more) -> dict[str, str]:
    base = {"channel": "phone", "language": "es", "description": "Hay un hueco enorme"}
    return base | {"service": service.code if service else ""} | more


def page(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def words(response) -> str:
    return page(response).get_text(" ", strip=True)


def piece(response, name: str) -> str:
    """A part of the screen without what only travels with a fragment."""
    section = page(response).select_one(f"#{name}")
    section.attrs.pop("hx-swap-oob", None)
    return section.prettify()


def emergency(number: str = "911") -> EmergencyNumber:
    return EmergencyNumber.objects.create(number=number, label="Emergencias médicas")


# ---- Opening a case ----


def test_a_call_becomes_a_case_with_its_number_and_code(desk, operator):
    place = make.place("Bella Vista")
    service = make.service(requires_place=True)
    screen = begin(desk)
    saved = desk.post(
        screen,
        told(
            service,
            place=place.code,
            reference="Frente a la iglesia",
            who="6600-0001",
            name="Ana Ríos",
        ),
    )
    case = Case.objects.get()
    assert saved["Location"] == f"{screen}listo/"
    receipt = words(desk.get(saved["Location"]))
    assert case.number in receipt
    assert case.code in receipt
    assert "Kilo" in receipt or "cero" in receipt
    assert (case.place, case.reference, case.channel) == (place, "Frente a la iglesia", "phone")
    assert (case.person.name, case.person.phone) == ("Ana Ríos", "+50766000001")
    assert case.opened_by == operator


def test_saving_ends_the_contact_and_forgets_the_draft(desk, operator):
    screen = begin(desk)
    desk.post(screen, told(make.service(), who="6600-0001"))
    case, contact = Case.objects.get(), Contact.objects.get()
    assert (contact.outcome, contact.reference) == ("case", case.number)
    assert (contact.operator, contact.person) == (operator, case.person)
    assert contact.ended_at >= contact.started_at
    assert case.contact == contact
    assert not Draft.objects.exists()


def test_saving_twice_gives_one_case(desk):
    screen, service = begin(desk), make.service()
    first = desk.post(screen, told(service))
    second = desk.post(screen, told(service))
    assert first["Location"] == second["Location"]
    assert Case.objects.count() == Contact.objects.count() == 1


def test_going_back_after_saving_shows_what_was_saved(desk):
    screen = begin(desk)
    desk.post(screen, told(make.service()))
    assert desk.get(screen)["Location"] == f"{screen}listo/"


def test_what_is_missing_is_said_and_nothing_typed_is_lost(desk):
    service = make.service(requires_place=True)
    screen = begin(desk)
    response = desk.post(screen, told(service, who="Ana", reference="Casa azul", phone="12"))
    assert response.status_code == 422
    text = words(response)
    assert "Diga dónde ocurre" in text
    assert "El teléfono no es correcto" in text
    again = page(desk.get(screen))
    assert again.select_one("#id_reference")["value"] == "Casa azul"
    assert again.select_one("#id_description").text.strip() == "Hay un hueco enorme"
    assert again.select_one("input[name=service][checked]")["value"] == service.code
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    "garbage",
    [
        {"service": "NO-EXISTE"},
        {"service": "\x00'; DROP"},
        {"place": "zz@9,9"},
        {"person": "99999999999999999999"},
        {"person": "7777777"},
        {"channel": "paloma"},
        {"language": "xx"},
        {"spoken_at": "ayer"},
        {"email": "no es"},
        {"cedula": "esto no"},
        {"description": "   "},
        {"description": ""},
    ],
)
def test_garbage_is_refused_in_words(desk, garbage):
    screen = begin(desk)
    response = desk.post(screen, told(make.service()) | garbage)
    assert response.status_code == 422
    assert page(response).select("#errores li")
    assert not Case.objects.exists()


def test_a_nul_byte_and_very_long_words_do_no_harm(desk):
    screen = begin(desk)
    desk.post(screen, told(make.service(), description="hueco\x00" + "x" * 9000, who="\x00"))
    assert Case.objects.get().description.startswith("huecox")


def test_the_questions_of_the_service_are_asked_and_kept(desk):
    service = make.service()
    Question.objects.create(
        service_type=service, key="medidor", label="Número de medidor", required=True
    )
    screen = begin(desk)
    response = desk.post(screen, told(service))
    assert response.status_code == 422
    assert "Número de medidor" in words(response)
    desk.post(screen, told(service, **{"q-medidor": "A-77"}))
    assert Case.objects.get().answers == {"medidor": "A-77"}


def test_the_clock_may_start_when_the_person_spoke(desk):
    screen = begin(desk, "press")
    spoken = timezone.localtime() - timedelta(days=1)
    desk.post(
        screen, told(make.service(), channel="press", spoken_at=spoken.strftime("%Y-%m-%dT%H:%M"))
    )
    case = Case.objects.get()
    assert case.channel == "press"
    assert abs(case.spoken_at - spoken) < timedelta(minutes=1)


def test_a_person_may_stay_anonymous(desk):
    screen = begin(desk)
    desk.post(screen, told(make.service(), who="6600-0001", person="anonymous"))
    case = Case.objects.get()
    assert case.anonymous
    assert not Person.objects.exists()


def test_a_known_person_is_not_made_twice(desk):
    known = make.case(reporter=make.reporter(phone="6600-0001")).person
    screen = begin(desk)
    desk.post(screen, told(make.service(), who="6600-0001", person=str(known.pk)))
    assert Case.objects.latest("pk").person == known
    assert Person.objects.count() == 1


def test_coordinates_find_their_place_by_themselves(desk, monkeypatch):
    place = make.place("Bella Vista")
    monkeypatch.setattr("centro.web.desk.spots.place_at", lambda lat, lon: place)
    screen = begin(desk)
    desk.post(screen, told(make.service(requires_place=True), where="8.98, -79.52"))
    case = Case.objects.get()
    assert (case.place, case.lat, case.lon) == (place, 8.98, -79.52)


def test_a_landmark_says_where_it_is_when_nobody_says_better(desk):
    place = make.place("Bella Vista")
    Landmark.objects.create(
        source_id="h", name="Hospital Santo Tomás", kind="health", lat=8.96, lon=-79.53,
        place=place, search_key="hospital santo tomas",
    )  # fmt: skip
    screen = begin(desk)
    typed = told(make.service(), where="santo tomas")
    found = desk.post(f"{screen}parte/lugares/", typed, headers=HTMX)
    value = page(found).select_one("input[name=place]")["value"]
    desk.post(screen, typed | {"place": value})
    case = Case.objects.get()
    assert (case.place, case.lat, case.lon) == (place, 8.96, -79.53)
    assert case.reference == "Hospital Santo Tomás"


@pytest.mark.django_db(transaction=True)
def test_one_screen_saved_four_times_at_once_is_one_case(operator):
    screen, service = begin(as_(operator)), make.service()
    seats = [as_(operator) for _ in range(4)]

    def save(seat):
        try:
            return seat.post(screen, told(service, who="6600-0001"))["Location"]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(save, seats)) == {f"{screen}listo/"}
    assert Case.objects.count() == Contact.objects.count() == Person.objects.count() == 1


def test_a_denunciation_against_the_entity_is_sealed_and_leaves_no_trace_in_the_contact(desk):
    service = make.service(kind="denunciation")
    screen = begin(desk)
    done = desk.post(screen, told(service, against="1", who="6600-0001", name="Ana"))
    case, contact = Case.objects.get(), Contact.objects.get()
    assert case.confidentiality == "sealed"
    assert (contact.summary, contact.person) == ("", None)
    receipt = desk.get(done["Location"])
    assert case.code in words(receipt)
    assert f"/casos/{case.number}" not in receipt.content.decode()
    assert desk.get(f"/mesa/casos/{case.number}/").status_code == 404


def test_against_means_nothing_for_a_complaint(desk):
    desk.post(begin(desk), told(make.service(kind="complaint"), against="1"))
    assert Case.objects.get().confidentiality == "open"


def test_the_code_is_shown_only_to_who_opened_the_case_and_only_for_some_hours(desk, monkeypatch):
    screen = begin(desk)
    desk.post(screen, told(make.service()))
    assert as_(make.user(Role.OPERATOR)).get(f"{screen}listo/").status_code == 404
    case = Case.objects.get()
    monkeypatch.setattr("centro.web.desk.intake.now", lambda: timezone.now() + timedelta(hours=13))
    later = desk.get(f"{screen}listo/")
    assert later["Location"] == f"/mesa/casos/{case.number}/"


# ---- Looking things up while talking ----


def test_words_find_the_service_and_the_articles(desk):
    service = make.service(name="Fuga de agua en la calle", keywords=["tubo roto"])
    article = Article.objects.create(
        slug="fuga", title="Fuga de agua: qué hacer", body="Cierre la llave."
    )
    forget_copies()
    screen = begin(desk)
    response = desk.post(
        f"{screen}parte/servicios/", told(None, description="fuga de agua"), headers=HTMX
    )
    found = page(response)
    assert found.select_one(f"input[value='{service.code}']")
    assert article.title in found.text


@pytest.mark.parametrize(
    "part", ["servicios", "preguntas", "lugares", "cercanos", "personas", "historia"]
)
def test_each_part_equals_that_of_the_page(desk, part):
    place = make.place("Bella Vista")
    service = make.service(name="Hueco en la calle")
    other = make.case(
        service=service, place=place, reporter=make.reporter(name="Ana Ríos", phone="6600-0001")
    )
    forget_copies()
    screen = begin(desk)
    typed = told(
        service, where="Bella", place=place.code, who="6600-0001", person=str(other.person.pk)
    )
    fragment = desk.post(f"{screen}parte/{part}/", typed, headers=HTMX)
    whole = desk.get(screen)
    names = [str(tag["id"]) for tag in page(fragment).find_all(recursive=False) if tag.get("id")]
    assert names
    for name in names:
        assert piece(fragment, name) == piece(whole, name)


def test_without_javascript_every_lookup_comes_back_to_the_whole_screen(desk):
    place = make.place("Chilibre")
    screen = begin(desk)
    response = desk.post(f"{screen}parte/lugares/", told(make.service(), where="chilib"))
    assert response["Location"] == f"{screen}#donde"
    found = page(desk.get(screen))
    assert found.select_one(f"input[name=place][value='{place.code}']")


def test_the_first_button_of_the_form_never_hands_the_call_over(desk):
    emergency()
    screen = begin(desk)
    form = page(desk.get(screen)).select_one("#atencion")
    assert form.select("button, input[type=submit]")[0]["formaction"].endswith("/parte/todo/")


def test_a_person_is_found_with_what_they_brought_before(desk, operator):
    old = make.case(reporter=make.reporter(name="Ana Ríos", phone="6600-0001"))
    screen = begin(desk)
    found = desk.post(
        f"{screen}parte/personas/", told(make.service(), who="66000001"), headers=HTMX
    )
    assert "Ana Ríos" in words(found)
    chosen = told(make.service(), who="66000001", person=str(old.person.pk))
    history = desk.post(f"{screen}parte/historia/", chosen, headers=HTMX)
    assert old.number in words(history)


def test_learning_who_reported_a_reserved_case_is_written_down_once(desk, operator):
    old = make.case(confidentiality="reserved", reporter=make.reporter(phone="6600-0001"))
    screen = begin(desk)
    chosen = told(make.service(), who="66000001", person=str(old.person.pk))
    for _ in range(3):
        desk.post(f"{screen}parte/historia/", chosen, headers=HTMX)
    look = Look.objects.get()
    assert (look.case, look.user, look.what) == (old, operator, "reporter")


def test_a_sealed_case_is_not_in_the_history_of_its_reporter(desk):
    old = make.case(
        confidentiality="sealed", kind="denunciation", reporter=make.reporter(phone="6600-0001")
    )
    screen = begin(desk)
    chosen = told(make.service(), who="66000001", person=str(old.person.pk))
    history = desk.post(f"{screen}parte/historia/", chosen, headers=HTMX)
    assert old.number not in history.content.decode()


# ---- The other ends of a call ----


def test_a_question_answered_at_once_is_a_contact_and_no_case(desk):
    of = make.agency()
    article = Article.objects.create(slug="horario", title="Horario", body="De 8 a 4.", agency=of)
    screen = begin(desk)
    desk.post(
        f"{screen}responder/", {"description": "¿A qué hora abren?", "article": str(article.pk)}
    )
    contact = Contact.objects.get()
    assert (contact.outcome, contact.article, contact.agency) == ("answered", article, of)
    assert contact.summary == "¿A qué hora abren?"
    assert not Case.objects.exists()
    assert not Draft.objects.exists()


def test_an_answer_needs_to_say_what_was_asked(desk):
    screen = begin(desk)
    assert desk.post(f"{screen}responder/", {"description": " "}).status_code == 422
    assert Contact.objects.get().outcome == "unfinished"


def test_a_caller_is_added_to_a_case_that_is_already_open(desk):
    place, service = make.place(), make.service()
    case = make.case(service=service, place=place)
    screen = begin(desk)
    near = desk.post(f"{screen}parte/cercanos/", told(service, place=place.code), headers=HTMX)
    assert case.number in words(near)
    desk.post(f"{screen}sumar/", told(service, place=place.code, who="Luis Paz", join=case.number))
    entry = case.timeline.get(kind="noted")
    assert entry.text == "Hay un hueco enorme"
    assert case.timeline.filter(kind="reported_again").exists()
    contact = Contact.objects.get()
    assert (contact.reference, contact.person.name) == (case.number, "Luis Paz")
    assert Case.objects.count() == 1


def test_a_caller_is_not_added_to_a_case_out_of_sight(desk):
    sealed = make.case(confidentiality="sealed", kind="denunciation")
    screen = begin(desk)
    assert desk.post(f"{screen}sumar/", told(make.service(), join=sealed.number)).status_code == 404
    assert desk.post(f"{screen}sumar/", told(make.service(), join="nada")).status_code == 404


def test_a_call_is_handed_over_and_what_was_typed_stays(desk):
    number = emergency()
    screen = begin(desk)
    response = desk.post(
        f"{screen}emergencia/", {"description": "Se ahoga", "emergency": "911"}, follow=True
    )
    assert number.label in words(response)
    assert "Se ahoga" in words(response)
    assert Contact.objects.get().outcome == "emergency"
    again = desk.get(screen)
    assert "Ya pasó esta llamada al 911" in words(again)
    desk.post(screen, told(make.service()))
    assert sorted(Contact.objects.values_list("outcome", flat=True)) == ["case", "emergency"]


def test_a_call_is_handed_over_only_to_a_listed_number(desk):
    screen = begin(desk)
    assert desk.post(f"{screen}emergencia/", {"emergency": "123"}).status_code == 404
    assert Contact.objects.get().outcome == "unfinished"


def test_the_page_of_a_hand_over_needs_one(desk):
    screen = begin(desk)
    assert desk.get(f"{screen}emergencia/").status_code == 404


def test_a_discarded_screen_leaves_a_noted_contact(desk):
    screen = begin(desk)
    desk.post(f"{screen}descartar/", told(make.service(), description="Colgó"))
    contact = Contact.objects.get()
    assert (contact.outcome, contact.summary) == ("note", "Colgó")
    assert not Draft.objects.exists()


# ---- Drafts ----


def test_what_is_typed_survives_a_reload(desk):
    screen = begin(desk)
    kept = desk.post(
        f"{screen}borrador/", told(make.service(), description="A medias"), headers=HTMX
    )
    assert "Borrador guardado" in words(kept)
    assert "A medias" in words(desk.get(screen))
    assert "A medias" in words(desk.get("/mesa/atender/"))


def test_what_is_kept_by_itself_after_the_case_was_opened_is_no_error(desk):
    service = make.service()
    screen = begin(desk)
    desk.post(screen, told(service))
    late = desk.post(f"{screen}borrador/", told(service, description="Tarde"), headers=HTMX)
    assert (late.status_code, late.content) == (204, b"")
    assert Case.objects.get().description == "Hay un hueco enorme"
    assert not Draft.objects.exists()


def test_what_is_kept_by_itself_after_the_screen_was_given_up_is_no_error(desk):
    service = make.service()
    screen = begin(desk)
    desk.post(f"{screen}descartar/", {})
    assert desk.post(f"{screen}borrador/", told(service), headers=HTMX).status_code == 204
    # Whoever asks for it to be kept, or to be a case, is told.
    assert desk.post(f"{screen}borrador/", told(service)).status_code == 404
    assert desk.post(screen, told(service)).status_code == 404


def test_nothing_is_kept_in_what_is_anothers(desk):
    service = make.service()
    screen = begin(desk)
    other = as_(make.user(Role.OPERATOR))
    assert other.post(f"{screen}borrador/", told(service), headers=HTMX).status_code == 404
    desk.post(screen, told(service))
    assert other.post(f"{screen}borrador/", told(service), headers=HTMX).status_code == 404


def test_an_unticked_box_is_forgotten(desk):
    service = make.service(kind="denunciation")
    screen = begin(desk)
    desk.post(f"{screen}borrador/", told(service, against="1"))
    desk.post(f"{screen}borrador/", told(service))
    assert not page(desk.get(screen)).select_one("#id_against").has_attr("checked")


def test_a_telephone_given_at_the_start_is_looked_up(desk):
    make.case(reporter=make.reporter(name="Ana Ríos", phone="6600-0001"))
    screen = begin(desk, who="6600-0001")
    assert "Ana Ríos" in words(desk.get(screen))


@pytest.mark.parametrize(
    ("end", "data"),
    [
        ("", {}),
        ("borrador/", {}),
        ("parte/personas/", {"who": "6600"}),
        ("responder/", {"description": "x"}),
        ("sumar/", {"join": "x"}),
        ("emergencia/", {"emergency": "911"}),
    ],
)
def test_another_operators_screen_does_not_exist(desk, end, data):
    emergency()
    screen = begin(desk)
    other = as_(make.user(Role.OPERATOR))
    assert other.get(screen).status_code == 404
    assert other.post(f"{screen}{end}", data).status_code in {404, 422}
    assert Contact.objects.filter(outcome="unfinished").count() == 1
    assert not Case.objects.exists()


def test_another_operator_cannot_discard_my_screen(desk):
    screen = begin(desk)
    as_(make.user(Role.OPERATOR)).post(f"{screen}descartar/", {"description": "x"})
    assert desk.get(screen).status_code == 200


def test_another_operators_drafts_are_not_listed(desk):
    screen = begin(desk)
    desk.post(f"{screen}borrador/", told(make.service(), description="Sólo mío"))
    assert "Sólo mío" not in words(as_(make.user(Role.OPERATOR)).get("/mesa/atender/"))


def test_an_unknown_part_or_channel_is_refused(desk):
    screen = begin(desk)
    assert desk.post(f"{screen}parte/otra/", {}).status_code == 404
    assert desk.post("/mesa/atender/", {"channel": "paloma"}).status_code == 422


# ---- Who, and at what cost ----

TOKEN = uuid.UUID(int=1)
ROUTES = [
    ("get", "/mesa/atender/", 200),
    ("get", f"/mesa/atender/{TOKEN}/", 404),
    ("post", f"/mesa/atender/{TOKEN}/borrador/", 404),
    ("post", f"/mesa/atender/{TOKEN}/parte/servicios/", 404),
    ("post", f"/mesa/atender/{TOKEN}/responder/", 404),
    ("post", f"/mesa/atender/{TOKEN}/emergencia/", 404),
    ("post", f"/mesa/atender/{TOKEN}/sumar/", 404),
    ("post", f"/mesa/atender/{TOKEN}/descartar/", 302),
    ("get", f"/mesa/atender/{TOKEN}/listo/", 404),
    ("get", f"/mesa/atender/{TOKEN}/responder/", 405),
    ("get", f"/mesa/atender/{TOKEN}/borrador/", 405),
]


@pytest.mark.slow
@pytest.mark.parametrize("role", Role)
def test_only_the_front_of_the_centre_attends(role):
    client = as_(make.user(role))
    for method, path, status in ROUTES:
        expected = status if role in FRONT or status == 405 else 403
        assert getattr(client, method)(path).status_code == expected, (role, path)


def test_a_stranger_is_sent_to_sign_in(client):
    for method, path, _status in ROUTES:
        response = getattr(client, method)(path)
        assert response.status_code in {302, 405}
        assert response.status_code == 405 or response["Location"].startswith("/cuenta/entrar/")


def test_an_empty_screen_costs_at_most_eight_statements(desk, django_assert_max_num_queries):
    emergency()
    screen = begin(desk)
    desk.get(screen)
    with django_assert_max_num_queries(8):
        desk.get(screen)


def test_a_full_screen_costs_little_more(desk, operator, django_assert_max_num_queries):
    place, service = make.place(), make.service(name="Hueco")
    reporter = make.reporter(name="Ana", phone="6600-0001")
    cases = [make.case(service=service, place=place, reporter=reporter) for _ in range(6)]
    screen = begin(desk)
    typed = told(
        service, where=place.name, place=place.code, who="6600-0001", person=str(cases[0].person.pk)
    )
    desk.post(f"{screen}borrador/", typed)
    desk.get(screen)
    with django_assert_max_num_queries(14):
        desk.get(screen)


def test_a_lookup_costs_at_most_eight_statements(desk, django_assert_max_num_queries):
    screen = begin(desk)
    typed = told(None, description="no hay agua")
    desk.post(f"{screen}parte/servicios/", typed, headers=HTMX)
    with django_assert_max_num_queries(8):
        desk.post(f"{screen}parte/servicios/", typed, headers=HTMX)


def test_the_actor_on_the_timeline_is_the_operator(desk, operator):
    desk.post(begin(desk), told(make.service()))
    entry = Case.objects.get().timeline.get(kind="opened")
    assert entry.actor_label == actor_of(operator).label
