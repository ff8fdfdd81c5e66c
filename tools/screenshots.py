"""Pictures of the main pages, wide and narrow, light and dark, into docs/pictures/.

Run by `make screenshots`: starts a demonstration of its own under var/screenshots, walks through
one complaint as a citizen, looks at it as the staff does, and ends what it started.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
VAR = ROOT / "var" / "screenshots"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = {1440: 900, 360: 740}
SCHEMES = ("light", "dark")
# A picture is for looking at, not for reading to the end.
TALLEST = 2000
PASSWORD = "demostracion-311"
# What is asked of a dashboard where the usual question would not show it best.
FIGURES = {
    "efectividad": "?desde=2010-09&hasta=2011-05&corte=2011-05-31",
    "entidad": "?entidad=IDAAN",
    "presupuesto": "?entidad=IDAAN",
}
WORDS = "Hay una tubería rota frente a la escuela y se bota el agua desde el lunes."


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running() -> Iterator[str]:
    """A demonstration on a free port; its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    env = os.environ | {"CENTRO_VAR": str(VAR), "PORT": str(port)}
    command = [sys.executable, "-m", "centro.ops", "up"]
    server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=sys.stderr)
    try:
        wait_for(url, server)
        yield url
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _second in range(300):
        if server.poll() is not None:
            raise SystemExit("centro up ended; see its messages above.")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(1)
    raise SystemExit("centro up did not answer in five minutes.")


class Camera:
    """Takes the same page in both widths and both schemes."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url

    def person(self) -> Page:
        context = self._browser.new_context(base_url=self._url, locale="es-PA")
        return context.new_page()

    def staff(self, user: str) -> Page:
        page = self.person()
        page.goto("/mesa/")
        page.get_by_label("Usuario o correo").fill(user)
        page.get_by_label("Contraseña").fill(PASSWORD)
        page.get_by_role("button", name="Entrar").click()
        page.wait_for_url("**/mesa/")
        return page

    def take(self, page: Page, name: str) -> None:
        """The page as it stands, without leaving it."""
        print(f"  {name}", file=sys.stderr)
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                page.wait_for_timeout(400)
                png = page.screenshot(full_page=True, animations="disabled")
                self._keep(png, f"{name}-{width}-{scheme}.webp")
        page.set_viewport_size({"width": 1440, "height": WIDTHS[1440]})

    def _keep(self, png: bytes, name: str) -> None:
        with Image.open(io.BytesIO(png)) as image:
            tall = min(image.height, TALLEST)
            image.crop((0, 0, image.width, tall)).save(PICTURES / name, quality=78, method=6)


def next_step(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="Continuar").click()


def report(camera: Camera) -> str:
    """A citizen's way through the form to the follow-up; the number of the case."""
    page = camera.person()
    page.goto("/")
    camera.take(page, "home")
    page.goto("/reportar/")
    page.get_by_label("¿Qué pasó?").fill(WORDS)
    camera.take(page, "report-1-what")
    next_step(page)
    page.get_by_label("Fuga de agua en vía pública").check()
    camera.take(page, "report-2-topic")
    next_step(page)
    page.get_by_role("combobox").first.fill("bella vista")
    page.locator("[role=listbox] [role=option]").first.click()
    page.get_by_label("Señas para llegar").fill("Frente a la escuela")
    page.wait_for_timeout(800)
    camera.take(page, "report-3-where")
    next_step(page)
    page.get_by_label("Un chorro").check()
    camera.take(page, "report-4-details")
    next_step(page)
    camera.take(page, "report-5-photos")
    next_step(page)
    page.get_by_label("Nombre").fill("Ana Ríos")
    page.get_by_label("Correo").fill("ana@correo.example")
    camera.take(page, "report-6-contact")
    next_step(page)
    camera.take(page, "report-7-review")
    with page.expect_navigation():
        page.get_by_role("button", name="Enviar").click()
    camera.take(page, "receipt")
    number = re.search(r"311-\d{8,}-\d", page.inner_text("main"))
    assert number
    with page.expect_navigation():
        page.get_by_role("button", name="Ver mi caso").click()
    camera.take(page, "follow-up")
    return number[0]


def desk(camera: Camera, number: str) -> None:
    operator = camera.staff("operadora")
    camera.take(operator, "desk-home")
    operator.goto("/mesa/clasificar/")
    camera.take(operator, "triage")
    operator.goto("/mesa/atender/")
    operator.get_by_role("button", name="Teléfono").click()
    operator.wait_for_url("**/atender/*/")
    camera.take(operator, "operator")
    operator.goto("/mesa/conversaciones/")
    camera.take(operator, "talks")
    operator.locator("#lista a[data-row-link]").first.click()
    operator.wait_for_selector("#sugerencias h2")
    camera.take(operator, "talk")
    liaison = camera.staff("enlace")
    liaison.goto("/mesa/bandeja/")
    camera.take(liaison, "inbox")
    liaison.goto(f"/mesa/casos/{number}/")
    camera.take(liaison, "case")
    supervisor = camera.staff("supervisora")
    supervisor.goto("/mesa/supervision/")
    camera.take(supervisor, "supervision")


def ways_in(camera: Camera) -> None:
    """Where people reach the centre, and what the desk sees of it."""
    person = camera.person()
    person.goto("/chat/")
    person.get_by_label("Su mensaje").fill("Buenas. ¿Cuándo vuelve el agua a Betania?")
    with person.expect_navigation():
        person.get_by_role("button", name="Enviar").click()
    camera.take(person, "chat")
    administrator = camera.staff("administradora")
    administrator.goto("/mesa/canales/")
    camera.take(administrator, "channels")
    supervisor = camera.staff("supervisora")
    for name, path in {
        "press": "prensa/",
        "counter": "mostrador/",
        "papers": "mostrador/numeros/1/",
    }.items():
        supervisor.goto(f"/mesa/{path}")
        camera.take(supervisor, name)


def figures(camera: Camera) -> None:
    """Every dashboard, once the worker has counted what was just reported."""
    director = camera.staff("directora")
    director.goto("/mesa/cifras/")
    boards = director.locator(".figures__boards a").evaluate_all("all => all.map(a => a.pathname)")
    for board in boards:
        name = board.strip("/").split("/")[-1]
        director.goto(f"{board}{FIGURES.get(name, '')}")
        camera.take(director, f"figures-{name}")


def main() -> None:
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if executable is None:
        raise SystemExit("Chromium is missing: apt-get install chromium, or set CHROMIUM.")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with running() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        camera = Camera(browser, url)
        desk(camera, report(camera))
        ways_in(camera)
        figures(camera)
        browser.close()


if __name__ == "__main__":
    main()
