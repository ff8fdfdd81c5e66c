"""`centro up` as a whole: comes up, ends at once, and leaves nothing when it is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from centro.ops.embedded import Paths, keeper_lives
from centro.ops.keeper import _working_in as working_in
from tests.ops.test_embedded import open_folder, until
from tests.ports import free_port

pytestmark = pytest.mark.slow
SETTINGS_OF_TESTS = ("DATABASE_URL", "DATABASE_POOL", "SITE_URL", "DEMONSTRATION")
Start = Callable[[], "Site"]


class Site:
    """A running `centro up` under a folder of its own, on a free port."""

    def __init__(self, var: Path, port: int) -> None:
        self.var = var
        self.url = f"http://127.0.0.1:{port}"
        self.out = var / "out.txt"
        environment = {k: v for k, v in os.environ.items() if k not in SETTINGS_OF_TESTS}
        with self.out.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "centro.ops", "up", "--port", str(port), "--pack", MINI],
                env=environment | {"CENTRO_VAR": str(var), "PLAIN_STATIC": "1"},
                stdout=out,
                stderr=out,
            )

    def wait_open(self) -> None:
        until(lambda: "Open" in self.said or self.process.poll() is not None)
        assert self.process.poll() is None, self.said

    @property
    def said(self) -> str:
        return self.out.read_text()

    def family(self) -> list[int]:
        """Every process with this folder in its environment, but the embedded server's."""
        mark = f"CENTRO_VAR={self.var}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    environment = (entry / "environ").read_bytes().split(b"\0")
                    dead = b"\nState:\tZ" in (entry / "status").read_bytes()
                except OSError:
                    continue
                if mark in environment and not dead:
                    found.append(int(entry.name))
        return found

    def processes_of_web(self) -> list[int]:
        return [pid for pid in self.family() if b"granian" in command_of(pid)]

    def wait_gone(self) -> None:
        until(lambda: not self.family())
        until(lambda: not keeper_lives(Paths(self.var)))
        assert working_in(Paths(self.var).data) is None

    def get(self, path: str) -> int:
        with urlopen(self.url + path, timeout=30) as response:
            return int(response.status)


MINI = str(Path(__file__).resolve().parents[1] / "packs" / "mini")


def command_of(pid: int) -> bytes:
    """Its command line; nothing when it has just ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.fixture
def site() -> Iterator[Site]:
    with open_folder() as var:
        started = Site(var, free_port())
        yield started
        if started.process.poll() is None:
            started.process.kill()
            started.process.wait()
        started.wait_gone()


def test_it_comes_up_says_where_and_ends_at_once(site: Site):
    site.wait_open()
    assert site.get("/") == 200
    assert site.url in site.said
    assert "operadora" in site.said
    asked = time.monotonic()
    site.process.send_signal(signal.SIGINT)
    assert site.process.wait(timeout=30) == 0
    # Its own limit, after which children are killed: not a measure of this machine.
    assert time.monotonic() - asked < 30
    site.wait_gone()


def test_a_killed_parent_leaves_nothing_running(site: Site):
    # Not even what the worker has started in a process of its own.
    until(lambda: any(b"\0train\0" in command_of(pid) for pid in site.family()))
    site.wait_open()
    assert len(site.family()) > 3
    site.process.kill()
    site.process.wait()
    site.wait_gone()


def test_a_killed_child_is_started_again_and_said(site: Site):
    site.wait_open()
    before = set(site.processes_of_web())
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    until(lambda: "web ended (SIGKILL)" in site.said)
    until(lambda: bool(set(site.processes_of_web()) - before) and _answers(site))


def _answers(site: Site) -> bool:
    try:
        return site.get("/") == 200
    except OSError:
        return False


def test_a_taken_port_is_said_before_anything_is_started(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        site = Site(tmp_path, taken.getsockname()[1])
        assert site.process.wait(timeout=240) == 1
    assert "is taken" in site.said
    assert not Paths(tmp_path).data.exists()
