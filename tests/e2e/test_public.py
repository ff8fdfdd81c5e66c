"""The public face in a real browser: axe on every page, a telephone of 320 px, no mouse, no script."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from playwright.sync_api import Page, expect

from centro.cases.models import Case
from centro.catalog.models import Question, ServiceType
from centro.knowledge.models import Article, EmergencyNumber
from centro.places.models import Boundary, Landmark, Place
from tests import make
from tests.e2e.axe import assert_accessible

if TYPE_CHECKING:
    from tests.browser import Visitors

WORDS = "No hay agua desde el lunes en toda la calle"
PAGES = ["/", "/reportar/", "/reportar/?tipo=denuncia", "/seguimiento/", "/preguntas/", "/preguntas/cedula/",
         "/buscar/?q=agua", "/buscar/?q=zzzz", "/emergencias/", "/privacidad/", "/accesibilidad/", "/sobre/", "/cifras/",
         "/cuenta/entrar/", "/no-existe/"]  # fmt: skip


@pytest.fixture(autouse=True)
def _country(transactional_db: None) -> None:
    EmergencyNumber.objects.create(number="911", label="Emergencias médicas", position=1)
    Article.objects.create(slug="cedula", title="Renovar la cédula", body="Vaya con la anterior.")
    place: Any = make.place("Bella Vista", lat=8.985, lon=-79.525)
    square = shapely.box(-79.6, 8.9, -79.4, 9.05)
    for one in (place, place.district, place.province):
        wkb = shapely.to_wkb(square) if one == place else None
        Boundary.objects.create(place=one, wkb=wkb, outline=shapely.to_wkb(square))
    Place.objects.update(lat=8.985, lon=-79.525)
    Landmark.objects.create(
        source_id="x",
        name="Parque Urracá",
        kind="park",
        lat=8.986,
        lon=-79.524,
        place=place,
        search_key="parque urraca",
    )
    water = make.service(
        code="AGUA-01",
        name="Falta de agua",
        requires_place=True,
        keywords=["no hay agua"],
        search_key="falta de agua",
    )
    Question.objects.create(
        service_type=water,
        key="desde",
        label="¿Desde cuándo?",
        kind="choice",
        choices=["Hoy", "Antes"],
        required=True,
    )


def narrow(page: Page) -> None:
    """Nothing sticks out sideways."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, page.url


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (320, "dark")])
def test_every_public_page_is_accessible_and_fits(
    visitors: Visitors, path: str, width: int, scheme: str
) -> None:
    page = visitors(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.goto(path)
    assert_accessible(page)
    narrow(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_step_is_accessible_on_a_small_telephone(visitors: Visitors, scheme: str) -> None:
    page = visitors(viewport={"width": 320, "height": 640}, color_scheme=scheme)

    def check(step: int) -> None:
        expect(page).to_have_title(re.compile(f"Paso {step} de 7"))
        assert_accessible(page)
        narrow(page)

    page.goto("/reportar/")
    check(1)
    page.get_by_label("¿Qué pasó?").fill(WORDS)
    page.get_by_role("button", name="Continuar").click()
    check(2)
    page.get_by_label("Falta de agua", exact=True).check()
    page.get_by_role("button", name="Continuar").click()
    page.locator("[data-map] .leaflet-control-zoom").wait_for()
    check(3)
    page.get_by_label("Busque su barrio").fill("parque")
    page.get_by_role("option", name=re.compile("Parque Urracá")).wait_for()
    assert_accessible(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("[data-map-place]")).to_contain_text("Bella Vista")
    assert_accessible(page)
    page.get_by_role("button", name="Continuar").click()
    check(4)
    page.get_by_label("Hoy").check()
    page.get_by_role("button", name="Continuar").click()
    check(5)
    page.get_by_role("button", name="Continuar").click()
    check(6)
    page.get_by_label("Teléfono").fill("12")
    page.get_by_role("button", name="Continuar").click()
    expect(page.locator(".errors")).to_be_focused()
    assert_accessible(page)
    page.get_by_label("Teléfono").fill("6123-4567")
    page.get_by_role("button", name="Continuar").click()
    check(7)
    page.get_by_role("button", name="Enviar").click()
    expect(page.get_by_role("heading", name="Recibimos su caso")).to_be_focused()
    assert_accessible(page)
    narrow(page)
    page.get_by_role("button", name="Ver mi caso").click()
    expect(page.get_by_role("heading", name="Falta de agua")).to_be_visible()
    assert_accessible(page)
    narrow(page)
    page.get_by_role("link", name="desistir").click()
    assert_accessible(page)
    case: Any = Case.objects.get()
    assert (case.place.name, case.lat) == ("Bella Vista", 8.986)


def test_without_scripts_everything_can_be_done(visitors: Visitors) -> None:
    page = visitors(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page.goto("/")
    page.get_by_role("link", name="Reportar un daño").click()
    page.get_by_label("¿Qué pasó?").fill(WORDS)
    page.get_by_role("button", name="Continuar").click()
    page.get_by_label("Falta de agua", exact=True).check()
    page.get_by_role("button", name="Continuar").click()
    page.get_by_text("Elegir en las listas").click()
    place = Place.objects.select_related("province", "district").get(level="corregimiento")
    assert place.province
    assert place.district
    page.get_by_label("Provincia o comarca").select_option(place.province.code)
    page.get_by_role("button", name="Mostrar lo que sigue").click()
    page.get_by_label("Distrito", exact=True).select_option(place.district.code)
    page.get_by_role("button", name="Mostrar lo que sigue").click()
    page.get_by_label("Corregimiento", exact=True).select_option(place.code)
    page.get_by_role("button", name="Continuar").click()
    page.get_by_label("Antes").check()
    for _ in range(3):
        page.get_by_role("button", name="Continuar").click()
    page.get_by_role("button", name="Enviar").click()
    expect(page.get_by_role("heading", name="Recibimos su caso")).to_be_visible()
    page.get_by_role("button", name="Ver mi caso").click()
    page.get_by_text("Añadir información").click()
    page.get_by_label("Lo que quiere añadir").fill("Sigue igual.")
    page.get_by_role("button", name="Añadir", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("Sigue igual.")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the focus is on what has this name, as somebody without a mouse does."""
    for _ in range(60):
        page.keyboard.press("Tab")
        here = page.evaluate(
            "(e => (e.labels?.[0]?.textContent || e.getAttribute('aria-label') || e.textContent || '').trim())(document.activeElement)"
        )
        if name in here:
            return
    pytest.fail(f"no way to {name} by keyboard on {page.url}")


def test_a_report_by_keyboard_alone(visitors: Visitors) -> None:
    ServiceType.objects.filter(code="AGUA-01").update(requires_place=False)
    Question.objects.all().delete()
    page = visitors()
    page.goto("/reportar/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skip to the content
    tab_to(page, "¿Qué pasó?")
    page.keyboard.type(WORDS)
    tab_to(page, "Continuar")
    page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile("Paso 2"))
    tab_to(page, "Falta de agua")
    page.keyboard.press("Space")
    tab_to(page, "Continuar")
    page.keyboard.press("Enter")
    for step in ("Fotos", "Cómo avisarle"):
        expect(page).to_have_title(re.compile(step))
        tab_to(page, "Continuar")
        page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile("Revisar"))
    tab_to(page, "Enviar")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Recibimos su caso")).to_be_focused()


def test_two_clicks_on_send_make_one_case(visitors: Visitors) -> None:
    ServiceType.objects.filter(code="AGUA-01").update(requires_place=False)
    Question.objects.all().delete()
    page = visitors()
    page.goto("/reportar/?servicio=AGUA-01")
    page.get_by_label("¿Qué pasó?").fill(WORDS)
    for _ in range(3):
        page.get_by_role("button", name="Continuar").click()
    page.get_by_role("button", name="Enviar").dblclick()
    expect(page.get_by_role("heading", name="Recibimos su caso")).to_be_visible()
    assert Case.objects.count() == 1
    page.go_back()
    expect(page.get_by_role("heading", name="Recibimos su caso")).to_be_visible()


def test_the_code_of_a_receipt_reaches_its_box_and_no_address(visitors: Visitors) -> None:
    case = make.case()
    page = visitors()
    page.goto(f"/seguimiento/?numero={case.number}#{case.code}")
    expect(page.get_by_label("Clave")).to_have_value(case.code)
    assert case.code not in page.url
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(case.number))


def test_the_page_in_english_is_accessible_too(visitors: Visitors) -> None:
    page = visitors(viewport={"width": 360, "height": 740})
    page.goto("/")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tell the State what is going on")
    assert_accessible(page)
    page.goto("/reportar/")
    assert_accessible(page)


def test_what_was_typed_survives_a_reload(visitors: Visitors) -> None:
    page = visitors()
    page.goto("/reportar/")
    page.get_by_label("¿Qué pasó?").fill(WORDS)
    page.reload()
    expect(page.get_by_label("¿Qué pasó?")).to_have_value(WORDS)


@pytest.mark.parametrize("path", ["/", "/reportar/", "/seguimiento/", "/cifras/"])
def test_nothing_is_lost_at_twice_the_size(visitors: Visitors, path: str) -> None:
    """A browser at 200 % has half the width for twice the letters; here the letters alone grow."""
    page = visitors(viewport={"width": 1280, "height": 800})
    page.goto(path)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    narrow(page)
    cut = page.evaluate(
        """[...document.querySelectorAll('main h1, main h2, main p, main label, main .btn, main a')]
        .filter(e => e.offsetParent && !e.closest('.trap') && e.scrollWidth > e.clientWidth + 2
            && getComputedStyle(e).display !== 'inline' && getComputedStyle(e).overflowX !== 'visible')
        .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert cut == []
    page.set_viewport_size({"width": 640, "height": 400})
    narrow(page)


def test_the_map_of_the_first_page_is_chosen_by_keyboard_and_without_scripts(
    visitors: Visitors,
) -> None:
    place: Any = Place.objects.get(level="corregimiento")
    make.case(service=ServiceType.objects.get(code="AGUA-01"), place=place)
    for scripts in (True, False):
        page = visitors(java_script_enabled=scripts, viewport={"width": 360, "height": 740})
        page.goto("/")
        box = page.get_by_label("Provincia o comarca")
        box.select_option(place.province.code)
        box.press("Tab")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(rf"/\?provincia={place.province.code}#cerca$"))
        expect(
            page.get_by_role("heading", name=re.compile("Lo que se reporta en "))
        ).to_be_visible()
        listed = page.get_by_role("region", name=re.compile("Lo que se reporta")).get_by_role(
            "listitem"
        )
        expect(listed).to_contain_text("Bella Vista")
        expect(listed).to_contain_text("1 caso")
        if scripts:
            assert_accessible(page)
        narrow(page)
