"""A burst main in a browser: announced, counted with one click and one key, solved for all; and the
President on a telephone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.models import Case, Escalation, Incident, Instruction
from centro.contacts.models import Contact
from centro.kernel.actor import SYSTEM
from centro.kernel.clock import now
from tests import make
from tests.e2e.axe import assert_accessible
from tests.e2e.test_desk import WAYS, enter

if TYPE_CHECKING:
    from tests.browser import Visitors

WORDS = "No hay agua en mi casa desde anoche"


@pytest.fixture
def street(transactional_db: None) -> Any:
    agency = make.agency(acronym="IDAAN", name="Instituto de Acueductos y Alcantarillados")
    service = make.service(
        name="Sin agua", requires_place=True, keywords=["no hay agua"], agency=agency
    )
    return {"service": service, "place": make.place("Betania", lat=9.01, lon=-79.53)}


def burst(street: Any, cases: int = 3, **fields: Any) -> Incident:
    reports = [
        make.case(
            **street,
            lat=9.01 + n / 1000,
            lon=-79.53,
            reference="Frente al parque",
            reporter=make.reporter(),
            description=f"Se rompió un tubo frente a la casa {n} y no hay agua.",
        )
        for n in range(cases)
    ]
    told: dict[str, Any] = {
        "title": "Tubo roto en Betania",
        "told": "Se rompió un tubo grande. Hay cisternas en el parque.",
        "expected_at": now() + timedelta(hours=4),
    }
    return make.incident(cases=reports, **street, **told | fields)


def matters(street: Any) -> list[Any]:
    """What reached the President: an event, and cases elsewhere, one of them promised."""
    cases = [make.at_the_top(**street, days=12) for _ in range(3)]
    make.incident(cases=cases, title="Tubo roto en Betania")
    bridge = {
        "service": make.service(name="Puente peatonal dañado", requires_place=True),
        "place": make.place("Chitré"),
    }
    others = [make.at_the_top(**bridge, days=40) for _ in range(2)]
    Escalation.objects.filter(case=others[0], rung=4).update(
        acknowledged_by=make.user(), acknowledged_at=now(),
        promise="La cuadrilla va el lunes.", promised_for=now() + timedelta(days=1),
    )  # fmt: skip
    make.at_the_top(confidentiality="sealed")
    done = make.at_the_top(service=street["service"], place=make.place())
    given = actions.instruct_agency(
        agency=done.agency, cases=[done], text="Quiero agua hoy.", days=3,
        by=actor_of(make.user(Role.PRESIDENCY)),
    )  # fmt: skip
    head = actor_of(make.user(Role.HEAD, done.agency))
    actions.answer_instruction(instruction=given, text="Ya hay agua.", by=head)
    return [*cases, *others]


def looks_right(page: Page, address: str, width: int) -> None:
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200, address
    assert_accessible(page)
    beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert beyond <= 0, (address, width)


@pytest.mark.parametrize(("width", "height", "scheme"), WAYS)
def test_the_desk_s_screens_are_accessible_and_fit(
    visitors: Visitors, street: Any, width: int, height: int, scheme: str
):
    event = burst(street)
    for _ in range(2):
        make.case(**street)
    elsewhere = make.place("Arraiján")
    gone = [make.case(service=street["service"], place=elsewhere) for _ in range(3)]
    over = make.incident(service=street["service"], place=make.place())
    actions.resolve_incident(incident=over, text="Volvió el agua.", by=SYSTEM)
    cases = matters(street)
    given = Instruction.objects.get()
    open_one = actions.instruct_agency(
        agency=cases[4].agency, cases=[cases[4]], text="Resuelvan.", days=2,
        by=actor_of(make.user(Role.PRESIDENCY)),
    )  # fmt: skip
    screens = {
        make.user(Role.SUPERVISOR): [
            "/mesa/eventos/", f"/mesa/eventos/?caso={gone[0].number}",
            f"/mesa/eventos/nuevo/?servicio={street['service'].code}&lugar={elsewhere.code}",
            f"/mesa/eventos/{event.pk}/", f"/mesa/eventos/{over.pk}/",
            f"/mesa/casos/{event.cases.all()[0].number}/",
        ],
        make.user(Role.PRESIDENCY): [
            "/mesa/", "/mesa/presidencia/", f"/mesa/presidencia/c{cases[3].pk}/",
            "/mesa/instrucciones/", f"/mesa/instrucciones/{given.pk}/",
        ],
        make.user(Role.HEAD, open_one.agency): [
            "/mesa/", "/mesa/instrucciones/", f"/mesa/instrucciones/{open_one.pk}/",
        ],
    }  # fmt: skip
    for user, addresses in screens.items():
        page = enter(
            visitors(viewport={"width": width, "height": height}, color_scheme=scheme), user
        )
        for address in addresses:
            looks_right(page, address, width)


@pytest.mark.parametrize(("width", "height", "scheme"), WAYS)
def test_the_public_pages_are_accessible_and_fit(
    visitors: Visitors, street: Any, width: int, height: int, scheme: str
):
    event = burst(street)
    make.incident(service=street["service"], place=make.place("Chitré"), told="Aviso.")
    case = event.cases.all()[0]
    page = visitors(viewport={"width": width, "height": height}, color_scheme=scheme)
    for address in ("/", "/eventos/", f"/eventos/{event.pk}/", "/buscar/?q=no+hay+agua"):
        looks_right(page, address, width)
    page.get_by_role("button", name="A mí también").first.click()
    assert_accessible(page)
    page.goto("/seguimiento/")
    page.get_by_label("Número de caso").fill(case.number)
    page.get_by_label("Clave").fill(case.code)
    page.get_by_role("main").get_by_role("button", name="Ver mi caso").click()
    expect(page.get_by_text("Su caso es parte de:")).to_be_visible()
    assert_accessible(page)


def test_a_citizen_learns_it_while_typing_and_is_counted_with_one_click(
    visitors: Visitors, street: Any
):
    event = burst(street)
    page = visitors()
    page.goto("/reportar/")
    page.get_by_label("¿Qué pasó?").fill(WORDS)
    expect(page.locator(".known h3")).to_have_text(event.title)
    assert_accessible(page)
    page.get_by_role("button", name="A mí también").click()
    expect(page.get_by_text("4 personas avisaron")).to_be_visible()
    expect(page.get_by_text("Usted ya está entre ellas")).to_be_visible()
    page.get_by_role("link", name="Abrir un caso y que me avisen").click()
    expect(page.get_by_label("¿Qué pasó?")).to_have_value(f"Me pasa lo mismo: {event.title}.")
    page.get_by_role("button", name="Continuar").click()
    expect(page.get_by_text("Su caso irá unido a este evento")).to_be_visible()
    assert_accessible(page)
    while page.get_by_role("button", name="Enviar").count() == 0:
        page.get_by_role("button", name="Continuar").click()
    page.get_by_role("button", name="Enviar").click()
    expect(page.get_by_text("Recibimos su caso")).to_be_visible()
    assert event.cases.count() == 4
    event.refresh_from_db()
    assert event.also_affected == 0


def test_without_scripts_the_next_page_says_it(visitors: Visitors, street: Any):
    event = burst(street)
    page = visitors(java_script_enabled=False)
    page.goto("/reportar/")
    page.get_by_label("¿Qué pasó?").fill(WORDS)
    page.get_by_role("button", name="Continuar").click()
    expect(page.locator(".known h3")).to_have_text(event.title)
    page.get_by_role("button", name="Es esto, y quiero que me avisen").click()
    expect(page.get_by_text("Su caso irá unido a este evento")).to_be_visible()
    page.get_by_role("button", name="No es lo mismo").click()
    expect(page.get_by_role("button", name="A mí también")).to_be_visible()


def test_the_next_caller_is_answered_with_a_few_words_and_one_key(visitors: Visitors, street: Any):
    event = burst(street)
    page = enter(visitors(), make.user(Role.OPERATOR))
    page.goto("/mesa/")
    page.keyboard.press("1")
    page.get_by_label("En palabras de la persona").press_sequentially("no hay agua")
    told = page.locator("#eventos")
    expect(told).to_contain_text("Hay cisternas en el parque.")
    assert_accessible(page)
    page.keyboard.press("F6")
    expect(page.locator(".toasts")).to_contain_text(event.title)
    event.refresh_from_db()
    assert event.also_affected == 1
    assert Contact.objects.get().outcome == "answered"


def test_a_supervisor_gathers_announces_and_solves_without_scripts(visitors: Visitors, street: Any):
    for _ in range(3):
        make.case(**street, reporter=make.reporter())
    page = enter(visitors(java_script_enabled=False), make.user(Role.SUPERVISOR))
    page.goto("/mesa/eventos/")
    page.get_by_role("button", name="Unir los 3").click()
    expect(page.locator(".toasts")).to_contain_text("El evento está abierto.")
    page.get_by_label("Qué se le dice a la gente").fill("Se rompió un tubo.")
    page.get_by_role("button", name="Anunciar").click()
    expect(page.locator(".toasts")).to_contain_text("Ya se anuncia")
    page.get_by_label("Cómo se resolvió").fill("Se cambió el tubo.")
    page.get_by_role("button", name="Resolver 3 casos").click()
    expect(page.locator(".toasts")).to_contain_text("Quedó resuelto")
    assert {case.status for case in Case.objects.all()} == {"resolved"}


def test_the_president_instructs_with_one_tap_on_a_telephone(visitors: Visitors, street: Any):
    cases = matters(street)
    president = make.user(Role.PRESIDENCY)
    telephone = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
    page = enter(visitors(**telephone), president)
    page.goto("/mesa/presidencia/")
    first = page.locator(".matter").first
    button = first.get_by_role("button")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 48
    title = first.locator("h2").inner_text()
    button.tap()
    expect(page.locator(".toasts")).to_contain_text("tiene la instrucción")
    expect(page.locator(".matter h2").filter(has_text=title)).to_have_count(0)
    expect(page.locator(".followed").first).to_contain_text("resueltos")
    assert set(Instruction.objects.latest("pk").cases.all()) == set(cases[3:])
    assert_accessible(page)


def test_the_president_instructs_by_keyboard_with_other_words(visitors: Visitors, street: Any):
    matters(street)
    page = enter(visitors(), make.user(Role.PRESIDENCY))
    page.goto("/mesa/presidencia/")
    page.keyboard.press("j")
    expect(page.locator(".matter h2 a").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Un asunto y sus casos")).to_be_visible()
    page.locator(".matter summary").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Días hábiles para responder").fill("1")
    page.get_by_label("Qué se le instruye").fill("Quiero verlo resuelto mañana.")
    page.locator(".matter").get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".toasts")).to_contain_text("tiene la instrucción")
    assert Instruction.objects.latest("pk").text == "Quiero verlo resuelto mañana."
