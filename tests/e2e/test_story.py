"""The whole story, with the people who live it: from the first word to a satisfied citizen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Page, expect

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.cases.models import Case
from centro.channels.delivery import deliver_message
from centro.channels.models import OutboundMessage
from centro.knowledge.models import EmergencyNumber
from tests import make
from tests.e2e.axe import assert_accessible

if TYPE_CHECKING:
    from tests.browser import Visitors

PASSWORD = "una-clave-de-prueba"
WORDS = "Hay una tubería rota frente a la escuela y se bota el agua desde el lunes"


def sign_in(visitors: Visitors, user: User, **options: Any) -> Page:
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    page = visitors(**options)
    page.goto("/mesa/")
    page.get_by_label("Usuario o correo").fill(user.username)
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    expect(page).to_have_url(re.compile(r"/mesa/$"))
    return page


def do(page: Page, number: str, label: str, /, **fields: str) -> None:
    """Open the case and do one thing to it, as somebody at the desk does."""
    page.goto(f"/mesa/casos/{number}/")
    button = page.get_by_role("group", name="Qué se puede hacer")
    link = button.get_by_role("link", name=label, exact=True)
    if not link.is_visible() and not button.get_by_role("button", name=label, exact=True).count():
        button.get_by_text("Más", exact=True).click()
    if not link.count():
        with page.expect_response(lambda response: response.request.method == "POST"):
            button.get_by_role("button", name=label, exact=True).click()
        return
    link.click()
    form = page.locator("#accion form")
    for name, value in fields.items():
        field = form.locator(f"[name={name}]")
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    form.get_by_role("button").last.click()
    expect(page.locator("#accion form")).to_have_count(0)


def look(page: Page, number: str, status: str) -> None:
    page.goto(f"/mesa/casos/{number}/")
    expect(page.locator("#case")).to_contain_text(status)
    assert_accessible(page)


def answer(visitors: Visitors, number: str, code: str) -> Page:
    """The citizen comes back with number and code."""
    page = visitors()
    page.goto("/seguimiento/")
    page.get_by_label("Número de caso").fill(number)
    page.get_by_label("Clave").fill(code.lower())
    page.get_by_role("button", name="Ver mi caso").click()
    expect(page).to_have_url(re.compile(rf"/seguimiento/{number}/"))
    return page


def report(page: Page) -> tuple[str, str]:
    """The guided form, one step after another. Returns number and code."""
    page.goto("/reportar/")
    page.get_by_label("¿Qué pasó?").fill(WORDS)
    page.get_by_role("button", name="Continuar").click()
    page.get_by_label("Fuga de agua en vía pública").check()
    page.get_by_role("button", name="Continuar").click()
    page.get_by_text("Elegir en las listas").click()
    page.get_by_label("Provincia o comarca").select_option(label="Panamá")
    page.get_by_label("Distrito", exact=True).select_option(label="Panamá")
    page.get_by_label("Corregimiento", exact=True).select_option(label="Bella Vista")
    page.get_by_label("Señas para llegar").fill("Frente a la escuela")
    assert_accessible(page)
    page.get_by_role("button", name="Continuar").click()
    page.get_by_role("button", name="Continuar").click()  # no photo
    page.get_by_label("Nombre").fill("Ana Ríos")
    page.get_by_label("Correo").fill("ana@correo.example")
    page.get_by_role("button", name="Continuar").click()
    expect(page.get_by_role("main")).to_contain_text("Bella Vista")
    page.get_by_role("button", name="Enviar").click()
    expect(page).to_have_url(re.compile("/recibo/"))
    assert_accessible(page)
    text = page.get_by_role("main").inner_text()
    number = re.search(r"311-\d{8}-\d", text)
    code = re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b", text)
    assert number
    assert code
    return number[0], code[0]


def test_one_complaint_from_the_first_word_to_a_satisfied_citizen(visitors: Visitors) -> None:
    water, works, service = country()
    unit = water.units.get()
    people: dict[str, Any] = {
        "operator": make.user(Role.OPERATOR),
        "water": make.user(Role.LIAISON, water),
        "works": make.user(Role.LIAISON, works),
        "first": make.user(Role.OFFICIAL, unit=unit, first_name="Primera", last_name="Oficial"),
        "second": make.user(Role.OFFICIAL, unit=unit, first_name="Segundo", last_name="Oficial"),
    }
    number, code = report(visitors())
    case = Case.objects.numbered(number).get()
    assert (case.agency, case.service, case.place.name) == (water, service, "Bella Vista")

    # Not ours, says the water company; not ours either, say the public works.
    liaison = sign_in(visitors, people["water"])
    liaison.goto("/mesa/bandeja/")
    expect(liaison.get_by_role("main")).to_contain_text(number)
    assert_accessible(liaison)
    do(liaison, number, "Proponer un traslado", agency=works.acronym, text="Es un desagüe.")
    look(liaison, number, works.acronym)
    other = sign_in(visitors, people["works"])
    do(other, number, "Rechazar el traslado", text="Es agua potable.")
    case.refresh_from_db()
    assert (case.status, case.reason) == ("received", "transfer_refused")

    # Triage reads both reasons and decides.
    operator = sign_in(visitors, people["operator"])
    operator.goto("/mesa/clasificar/")
    operator.get_by_role("link", name="Hay una tubería rota").click()
    expect(operator.get_by_role("main")).to_contain_text("Es un desagüe.")
    expect(operator.get_by_role("main")).to_contain_text("Es agua potable.")
    assert_accessible(operator)
    do(operator, number, "Enviar a una entidad", agency=water.acronym)
    look(operator, number, "Asignado")

    # In this entity the liaison distributes; the page says so. An official gets it and solves it.
    liaison.goto(f"/mesa/casos/{number}/")
    liaison.get_by_text("¿Por qué aquí?").click()
    expect(
        liaison.locator("#case details", has_text="¿Por qué aquí?").locator("ol")
    ).to_contain_text("El enlace operativo de IDAAN reparte")
    do(liaison, number, "Encargar", to=f"{unit.pk}:{people['first'].pk}")
    first = sign_in(visitors, people["first"])
    do(first, number, "Empezar")
    look(first, number, "En proceso")
    do(first, number, "Resolver", text="Cerramos la llave de paso.")
    look(first, number, "Resuelto")

    # The citizen is asked by the way they used, and says no.
    for message in OutboundMessage.objects.filter(status="queued"):
        deliver_message(message_id=message.pk)
    asked = OutboundMessage.objects.get(name="case_resolved")
    assert (asked.address, asked.status) == ("ana@correo.example", "sent")
    citizen = answer(visitors, number, code)
    expect(citizen.get_by_role("main")).to_contain_text("Cerramos la llave de paso.")
    assert_accessible(citizen)
    citizen.get_by_text("No, ", exact=False).first.click()
    citizen.get_by_role("textbox").first.fill("La tubería sigue rota.")
    citizen.get_by_role("button", name="Reabrir el caso").click()
    expect(citizen.get_by_role("main")).to_contain_text("La tubería sigue rota.")

    # Somebody else takes it, and this time it holds.
    case.refresh_from_db()
    assert (case.cycle, case.official) == (2, None), "the liaison of this entity distributes"
    do(liaison, number, "Encargar", to=f"{unit.pk}:{people['second'].pk}")
    second = sign_in(visitors, people["second"])
    do(second, number, "Resolver", text="Cambiamos el tramo de tubería.")
    citizen = answer(visitors, number, code)
    citizen.get_by_role("button", name="Sí, está resuelto").click()
    expect(citizen.get_by_role("main")).to_contain_text("Cerrado")
    assert_accessible(citizen)
    case.refresh_from_db()
    assert (case.status, case.reason, case.satisfied) == ("closed", "satisfied", True)


def country():
    """Two entities, one matter and one place."""
    province = make.place("Panamá", level="province")
    district = make.place("Panamá", level="district", parent=province)
    make.place("Bella Vista", parent=district)
    water = make.agency(acronym="IDAAN", name="Instituto de Acueductos", distribution="liaison")
    works = make.agency(acronym="MOP", name="Ministerio de Obras Públicas")
    service = make.service(
        agency=water,
        name="Fuga de agua en vía pública",
        keywords=["tuberia rota", "se bota el agua"],
        requires_place=True,
    )
    make.service(agency=None, code="OTRO", name="Otra queja", requires_place=False)
    EmergencyNumber.objects.create(number="911", label="Emergencias", position=1)
    return water, works, service
