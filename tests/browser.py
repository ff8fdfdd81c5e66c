"""A pytest plugin: Debian's Chromium on a live server (`page`), for the tests in tests/e2e.

At the end of every story: no error in the page, nothing fetched from elsewhere, and a healthy
database according to `centro doctor`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A refusal (403, 409…) is an answer, and whoever leaves a page breaks off what it was asking.
HARMLESS = ("Failed to load resource", "htmx:afterRequest", "htmx:sendAbort")
PATIENCE = 15_000  # milliseconds: generous, since a test waits for a thing and never for a time


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import expect, sync_playwright

    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if executable is None:
        pytest.fail("Chromium is missing: apt-get install chromium, or set CHROMIUM to its path.")
    # Playwright keeps an event loop in this thread; Django would take our own ORM calls for async.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield launched
        launched.close()


class Visitors:
    """Opens one browser profile per person of a story, and listens to what goes wrong there."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url
        self._contexts: list[BrowserContext] = []
        self.faults: list[str] = []

    def __call__(self, **options: Any) -> Page:
        """A page of a new person: no cookies of anybody else's. Options as `new_context` takes."""
        context = self._browser.new_context(
            base_url=self._url, **{"locale": "es-PA", "timezone_id": "America/Panama"} | options
        )
        context.set_default_timeout(PATIENCE)
        self._contexts.append(context)
        page = context.new_page()
        self._listen(page)
        return page

    def _listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._heard(page, message.type, message.text))
        page.on("request", lambda request: self._asked(page, request.url))

    def _heard(self, page: Page, kind: str, text: str) -> None:
        if kind == "error" and not text.startswith(HARMLESS):
            self.faults.append(f"{page.url}: {text}")

    def _asked(self, page: Page, url: str) -> None:
        if urlsplit(url).scheme in {"http", "https"} and not url.startswith(self._url):
            self.faults.append(f"{page.url} asks {url}")

    def leave(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def visitors(
    browser: Browser, empty_queue: None, transactional_db: None, live_server: Any, settings: Any
) -> Iterator[Visitors]:
    """A function that opens a page for one more person."""
    from centro.cases.doctor import check_everything

    settings.SITE_URL = live_server.url
    opened = Visitors(browser, live_server.url)
    yield opened
    opened.leave()
    assert opened.faults == []
    assert check_everything() == []


@pytest.fixture
def page(visitors: Visitors) -> Page:
    """A page of one person."""
    return visitors()
