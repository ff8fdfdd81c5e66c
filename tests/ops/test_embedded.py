"""The embedded server: one for all who hold it, gone with the last, back after any death."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psycopg
import pytest

from centro.ops.embedded import EmbeddedError, Hold, Paths, hold, keeper_lives, read_facts
from centro.ops.environment import fill_secrets
from centro.ops.keeper import _working_in as working_in
from centro.ops.quarters import forget_outside
from centro.ops.resetting import reset_everything

pytestmark = pytest.mark.slow

HOLDER = """
import sys
from pathlib import Path
from centro.ops.embedded import hold
held = hold(Path(sys.argv[1]))
print(held.url, flush=True)
sys.stdin.read()
"""


class Holder:
    """Another process that holds the server until it is told to let go, or killed."""

    def __init__(self, var: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(var)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def url(self) -> str:
        out: IO[str] | None = self.process.stdout
        assert out is not None
        return out.readline().strip()

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that the server's user can enter; pytest keeps its own closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="centro-"))
    folder.chmod(0o755)
    yield folder
    paths = Paths(folder)
    until(lambda: not paths.keeper.exists() or not keeper_lives(paths))
    for outside in (folder, folder / "installation"):
        forget_outside(outside)
    shutil.rmtree(folder)


@pytest.fixture
def var() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture
def holders(var: Path) -> Iterator[Callable[[], Holder]]:
    made: list[Holder] = []

    def one_more() -> Holder:
        made.append(Holder(var))
        return made[-1]

    yield one_more
    for holder in made:
        holder.end()


def until(true: Callable[[], bool]) -> None:
    """Wait for a thing; the limit only keeps a failure from hanging."""
    ends = time.monotonic() + 240
    while not true():
        assert time.monotonic() < ends, "waited four minutes in vain"
        time.sleep(0.02)


def ask(url: str, question: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(question).fetchone()
        return row[0] if row else None


def do(url: str, command: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(command)


def test_two_starters_at_once_make_one_server(var: Path, holders: Callable[[], Holder]):
    first, second, third = holders(), holders(), holders()
    assert first.url == second.url == third.url


def test_the_last_holder_ends_it(var: Path, holders: Callable[[], Holder]):
    one, two = holders(), holders()
    url = one.url
    assert two.url == url
    one.end()
    assert ask(url, "SELECT 1") == 1
    two.end()
    until(lambda: not keeper_lives(Paths(var)))
    assert working_in(Paths(var).data) is None


def test_commands_in_a_row_never_meet_a_server_that_is_leaving(var: Path):
    for _turn in range(8):
        with hold(var) as held:
            assert ask(held.url, "SELECT 1") == 1


def test_a_killed_holder_leaves_nothing_and_loses_nothing(var: Path, holders: Callable[[], Holder]):
    holder = holders()
    do(holder.url, "CREATE TABLE said AS SELECT 'acknowledged' AS word")
    holder.end()
    until(lambda: not keeper_lives(Paths(var)))
    with hold(var) as again:
        assert ask(again.url, "SELECT word FROM said") == "acknowledged"


def test_the_server_ends_with_a_killed_keeper_and_the_next_command_brings_it_back(var: Path):
    with hold(var) as held:
        do(held.url, "CREATE TABLE said AS SELECT 'acknowledged' AS word")
        before = held.url
        os.kill(read_facts(Paths(var))["keeper"], signal.SIGKILL)
        until(lambda: not held.lives)
        held.ensure()
        assert ask(held.url, "SELECT word FROM said") == "acknowledged"
        assert held.url == before, "who runs already knows this address"


def test_a_killed_server_is_started_again_by_its_keeper(var: Path):
    with hold(var) as held:
        do(held.url, "CREATE TABLE said AS SELECT 'acknowledged' AS word")
        server = read_facts(Paths(var))["server"]
        os.kill(server, signal.SIGKILL)
        until(lambda: read_facts(Paths(var)).get("server") not in {server, None})
        until(lambda: bool(read_facts(Paths(var)).get("ready")))
        assert ask(held.url, "SELECT word FROM said") == "acknowledged"


def test_the_number_of_another_program_in_a_stale_file_does_not_mislead(var: Path):
    with hold(var):
        pass
    until(lambda: not keeper_lives(Paths(var)))
    (Paths(var).data / "postmaster.pid").write_text(f"{os.getpid()}\n{Paths(var).data}\n")
    with hold(var) as held:
        assert ask(held.url, "SELECT 1") == 1


def test_a_lost_password_is_set_anew(var: Path):
    with hold(var) as held:
        do(held.url, "CREATE TABLE said AS SELECT 'acknowledged' AS word")
    until(lambda: not keeper_lives(Paths(var)))
    Paths(var).facts.unlink()
    with hold(var) as held:
        assert ask(held.url, "SELECT word FROM said") == "acknowledged"


def test_only_the_owner_reads_the_password(var: Path):
    with hold(var) as held:
        assert stat.S_IMODE(Paths(var).facts.stat().st_mode) == 0o600
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(held.url.replace(read_facts(Paths(var))["password"], "guess"))


def test_data_of_another_version_is_left_alone_and_said(var: Path):
    with hold(var):
        pass
    until(lambda: not keeper_lives(Paths(var)))
    version = Paths(var).data / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(EmbeddedError, match="PostgreSQL 17"):
        hold(var)
    version.write_text("18\n")


def test_a_server_that_cannot_start_says_what_its_log_says(var: Path):
    with hold(var):
        pass
    until(lambda: not keeper_lives(Paths(var)))
    settings = Paths(var).data / "postgresql.conf"
    healthy = settings.read_text()
    settings.write_text("no_such_setting = 1\n")
    with pytest.raises(EmbeddedError, match="no_such_setting"):
        hold(var)
    settings.write_text(healthy)


def test_a_reset_waits_for_nobody_and_then_removes_all(var: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("centro.ops.resetting._PATIENCE", 0.5)
    installation = var / "installation"
    held: Hold = hold(installation)
    with pytest.raises(EmbeddedError, match="in use"):
        reset_everything(installation)
    held.release()
    monkeypatch.undo()
    reset_everything(installation)
    assert not installation.exists()


def test_secrets_are_made_once_and_only_the_owner_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("SECRET_KEY", "ACCESS_KEY", "PERSON_KEY", "CHANNEL_KEY"):
        monkeypatch.delenv(name)
    file = tmp_path / "var" / "secrets.json"
    fill_secrets(file)
    made = json.loads(file.read_text())
    assert len(set(made.values())) == 4
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.environ["ACCESS_KEY"] == made["ACCESS_KEY"]

    monkeypatch.delenv("ACCESS_KEY")
    fill_secrets(file)
    assert os.environ["ACCESS_KEY"] == made["ACCESS_KEY"]
    assert json.loads(file.read_text()) == made
