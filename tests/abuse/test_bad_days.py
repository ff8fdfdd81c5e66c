"""Bad days of a running site: its database gone, its worker killed, everything killed at once.

Each is a real `centro up` under a folder of its own, asked over HTTP as a browser would.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener
from uuid import uuid4

import psycopg
import pytest

from centro.ops.embedded import USER, Paths, keeper_lives, read_facts
from centro.ops.keeper import _working_in as working_in
from tests.channels.mail_server import mail_server
from tests.ops.test_embedded import open_folder
from tests.ops.test_up import Site
from tests.ports import free_port

pytestmark = pytest.mark.slow
WORDS = "Se rompió un tubo frente a la escuela y corre el agua"
# Longer than the pool waits for a connection, shorter than a person waits for a page.
PATIENCE = 15


class Visitor:
    """A browser without scripts: keeps cookies, sends forms with their token."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._jar = CookieJar()
        self._open = build_opener(HTTPCookieProcessor(self._jar)).open

    def ask(self, path: str, data: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, text and the address where one ends."""
        sent = urlencode(data).encode() if data is not None else None
        try:
            with self._open(self.url + path, sent, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode(), answer.url
        except HTTPError as error:
            with error:
                return error.code, error.read().decode(), error.url or ""

    def send(self, path: str, page: str, **data: str) -> tuple[int, str, str]:
        """A form of a page."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token, page[:500]
        return self.ask(path, {"csrfmiddlewaretoken": token[1]} | data)

    def report(self, email: str) -> str:
        """Everything up to the last page; its address."""
        _status, page, _url = self.ask("/reportar/")
        token = str(uuid4())
        given = {"token": token, "description": WORDS, "service": "", "kind": ""}
        status, page, _url = self.send("/reportar/", page, **given)
        assert status == 200
        status, page, _url = self.send(f"/reportar/{token}/tema/", page, service="otro")
        assert status == 200
        contact = {"name": "Ana", "email": email, "language": "es"}
        status, page, _url = self.send(f"/reportar/{token}/contacto/", page, **contact)
        assert status == 200
        return f"/reportar/{token}/revisar/"

    def finish(self, last: str) -> str:
        """Send it; the address of the receipt."""
        _status, page, _url = self.ask(last)
        status, page, url = self.send(last, page)
        assert status == 200, page[:2000]
        assert "/recibo/" in url
        return url.removeprefix(self.url)


def eventually(true: Callable[[], bool], within: float = 240) -> None:
    """Wait for a thing; the limit only keeps a failure from hanging."""
    ends = time.monotonic() + within
    while True:
        with suppress(OSError, HTTPException, psycopg.OperationalError):
            if true():
                return
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.1)


@contextmanager
def running(var: Path) -> Iterator[Site]:
    site = Site(var, free_port())
    try:
        site.wait_open()
        yield site
    finally:
        if site.process.poll() is None:
            site.process.send_signal(signal.SIGINT)
            site.process.wait(timeout=60)
        site.wait_gone()


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as var:
        yield var


def ask_database(site: Site, question: str) -> Any:
    facts = read_facts(Paths(site.var))
    with psycopg.connect(
        host="127.0.0.1", port=facts["port"], user=USER, password=facts["password"],
        dbname="centro", connect_timeout=5,
    ) as connection:  # fmt: skip
        row = connection.execute(question).fetchone()
        return row[0] if row else None


def letters(site: Site) -> list[str]:
    """The status of each message, oldest first."""
    return ask_database(
        site, "SELECT coalesce(array_agg(status ORDER BY id), '{}') FROM channels_outboundmessage"
    )


def worker_of(site: Site) -> int:
    found = [
        pid
        for pid in site.family()
        if b"centro.ops.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    return found[0] if found else 0


@contextmanager
def without_database(site: Site) -> Iterator[None]:
    """The server ends, and its keeper is held from bringing it back."""
    facts = read_facts(Paths(site.var))
    os.kill(facts["keeper"], signal.SIGSTOP)
    try:
        os.kill(facts["server"], signal.SIGINT)
        eventually(lambda: not _listens(facts["port"]))
        yield
    finally:
        os.kill(facts["keeper"], signal.SIGCONT)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def doctor_is_content(site: Site) -> bool:
    """The promises of the domain, asked from a process that has this site's database."""
    code = (
        "from centro.ops import environment; environment.prepare();"
        "from centro.cases.doctor import check_everything; assert check_everything() == []"
    )
    left = ("DATABASE_URL", "DATABASE_POOL")
    environment = {k: v for k, v in os.environ.items() if k not in left}
    environment["CENTRO_VAR"] = str(site.var)
    return (
        subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
    )


def test_a_database_that_hangs_is_told_in_words(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STATEMENT_SECONDS", "1")
    with running(folder) as site:
        person = Visitor(site.url)
        last = person.report("colgado@correo.example")
        _status, review, _url = person.ask(last)
        facts = read_facts(Paths(site.var))
        with psycopg.connect(
            host="127.0.0.1", port=facts["port"], user=USER, password=facts["password"],
            dbname="centro",
        ) as held:  # fmt: skip
            held.execute("LOCK TABLE cases_case IN ACCESS EXCLUSIVE MODE")
            status, page, _url = person.send(last, review)
            assert status == 503
            assert "no se perdió" in page
        assert "/recibo/" in person.send(last, review)[2]
        assert doctor_is_content(site)


def test_a_database_gone_for_a_while_costs_nobody_anything(folder: Path):
    with running(folder) as site:
        person = Visitor(site.url)
        person.finish(person.report("antes@correo.example"))
        last = person.report("durante@correo.example")
        _status, review, _url = person.ask(last)
        _status, empty, _url = person.ask("/reportar/")
        worker = worker_of(site)
        with without_database(site):
            for path in ("/healthz", "/seguimiento/311-00000001-0/", "/mesa/", last):
                assert person.ask(path)[0] in {200, 503}, path
            assert person.ask("/healthz")[0] == 503
            status, page, _url = person.send(last, review)
            assert status == 503
            given = {"token": str(uuid4()), "description": WORDS}
            status, page, _url = person.send("/reportar/", empty, **given)
            assert status == 503
            assert WORDS in page, "what was typed is in the page that says to wait"
        eventually(lambda: person.ask("/healthz")[0] == 200)
        eventually(lambda: "/recibo/" in person.send(last, review)[2])
        eventually(lambda: letters(site) == ["sent", "sent"])
        assert worker, "the worker was there before"
        assert ask_database(site, "SELECT count(*) FROM cases_case") == 2
        assert doctor_is_content(site)


def test_what_was_queued_while_all_was_bad_is_delivered(folder: Path):
    with running(folder) as site:
        person = Visitor(site.url)
        eventually(lambda: bool(worker_of(site)))
        os.kill(worker := worker_of(site), signal.SIGSTOP)
        person.finish(person.report("ana@correo.example"))
        assert letters(site) == ["queued"]
        with without_database(site):
            os.kill(worker, signal.SIGCONT)
            assert person.ask("/healthz")[0] == 503
        eventually(lambda: letters(site) == ["sent"])
        assert doctor_is_content(site)


def test_a_worker_killed_in_the_middle_of_a_letter_loses_no_letter(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    with socket.socket() as mute:
        mute.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # another comes after it
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        port = mute.getsockname()[1]
        monkeypatch.setenv("EMAIL_HOST", "127.0.0.1")
        monkeypatch.setenv("EMAIL_PORT", str(port))
        with running(folder) as site:
            person = Visitor(site.url)
            person.finish(person.report("ana@correo.example"))
            mute.settimeout(60)
            heard, _address = mute.accept()  # the worker is in the middle of it
            worker = worker_of(site)
            os.kill(worker, signal.SIGKILL)
            heard.close()
            mute.close()
            eventually(lambda: worker_of(site) not in {0, worker})
            assert letters(site) == ["queued"]
            with mail_server(port) as post:
                eventually(lambda: letters(site) == ["sent"])
                assert len(post.letters) >= 1
                assert post.letters[0]["To"] == "ana@correo.example"
            assert doctor_is_content(site)


def test_what_was_acknowledged_survives_the_death_of_everything(folder: Path):
    with running(folder) as site:
        person = Visitor(site.url)
        eventually(lambda: bool(worker_of(site)))
        os.kill(worker_of(site), signal.SIGSTOP)  # so that the message is still to be sent
        receipt = person.finish(person.report("ana@correo.example"))
        facts = read_facts(Paths(folder))
        for pid in (facts["server"], facts["keeper"], site.process.pid, *site.family()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        site.process.wait()
        eventually(lambda: not site.family() and not keeper_lives(Paths(folder)))
        eventually(lambda: working_in(Paths(folder).data) is None)
    with running(folder) as again:
        status, page, _url = Visitor(again.url).ask(receipt)
        assert status == 200
        assert "311-" in page
        assert ask_database(again, "SELECT count(*) FROM cases_timelineentry") >= 1
        assert ask_database(again, "SELECT description FROM cases_case") == WORDS
        eventually(lambda: letters(again) == ["sent"])
        assert doctor_is_content(again)
