"""The database that comes along: start it for whoever needs it, end it with its last holder.

Every process that needs the database holds a shared lock on `VAR/postgres.hold`. A small keeper
process (`centro.ops.keeper`) owns the server and ends it when it can take that lock alone. The
kernel frees the locks of a killed process, so nobody has to say goodbye.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import psycopg

DATABASE = USER = "centro"
_PATIENCE = 120.0  # seconds: recovery after a power cut reads the whole log again
_PAUSE = 0.02


class EmbeddedError(Exception):
    """The embedded server cannot be had; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Paths:
    """The files of one embedded server, all under one folder."""

    var: Path

    @property
    def hold(self) -> Path:
        return self.var / "postgres.hold"

    @property
    def start(self) -> Path:
        return self.var / "postgres.start"

    @property
    def keeper(self) -> Path:
        return self.var / "postgres.keeper"

    @property
    def facts(self) -> Path:
        """Port and password of the running server, readable by its owner only."""
        return self.var / "postgres.json"

    @property
    def data(self) -> Path:
        return self.var / "postgres"

    @property
    def log(self) -> Path:
        return self.var / "log" / "postgres.log"


class Hold:
    """A share in the running server. It ends with `release()`, or with the process."""

    def __init__(self, paths: Paths, lock: IO[str]) -> None:
        self._paths = paths
        self._lock = lock
        self.url = ""

    def ensure(self) -> str:
        """Start the server if it is not running; the address of the database."""
        with _locked(self._paths.start, fcntl.LOCK_EX, "another command is starting the database"):
            told_before = _size(self._paths.log)
            if not keeper_lives(self._paths):
                _start_keeper(self._paths)
            self.url = _wait_ready(self._paths, told_before)
        return self.url

    @property
    def lives(self) -> bool:
        return keeper_lives(self._paths)

    def release(self) -> None:
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.release()


def hold(var: Path) -> Hold:
    """Hold the embedded server under `var`, starting it if nobody did.

    Raises EmbeddedError when it cannot be started."""
    paths = Paths(var.absolute())
    try:
        paths.log.parent.mkdir(parents=True, exist_ok=True)
        # The keeper has this lock alone only while it ends the server: a second, at most.
        lock = _locked(paths.hold, fcntl.LOCK_SH, "the database is shutting down")
    except PermissionError as error:
        raise EmbeddedError(
            f"{error.filename} belongs to another user. Run the command as the user who made it, "
            "or set CENTRO_VAR to a folder of your own."
        ) from error
    held = Hold(paths, lock)
    try:
        held.ensure()
    except BaseException:
        held.release()
        raise
    return held


def keeper_lives(paths: Paths) -> bool:
    """A living keeper has its own lock, so that no stale number of a process can mislead."""
    with paths.keeper.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def read_facts(paths: Paths) -> dict[str, Any]:
    try:
        facts: dict[str, Any] = json.loads(paths.facts.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return facts


def last_lines(log: Path, told_before: int, count: int = 12) -> str:
    """The end of a log, from a position on (or all of it, if a new one was begun meanwhile)."""
    told = log.read_bytes() if log.exists() else b""
    fresh = told[told_before:] if told_before <= len(told) else told
    lines = fresh.decode(errors="replace").splitlines()[-count:]
    return "\n".join(f"    {line}" for line in lines)


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def connect(facts: dict[str, Any], database: str = "postgres") -> psycopg.Connection[Any]:
    return psycopg.connect(
        host="127.0.0.1",
        port=facts["port"],
        user=USER,
        password=facts["password"],
        dbname=database,
        connect_timeout=5,
        autocommit=True,
    )


def _locked(path: Path, mode: int, waiting_for: str) -> IO[str]:
    """The file, locked. Closing it frees the lock; programs started from here do not inherit it."""
    file = path.open("a")
    ends = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(file, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > ends:
                file.close()
                raise EmbeddedError(f"Gave up after {_PATIENCE:.0f} s: {waiting_for}.") from None
            time.sleep(_PAUSE)
        except BaseException:
            file.close()
            raise
        else:
            return file


def _start_keeper(paths: Paths) -> None:
    """The command returns when the keeper, gone to the background, has its lock."""
    with paths.log.open("a") as log:
        subprocess.run(
            [sys.executable, "-m", "centro.ops.keeper", str(paths.var)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
            start_new_session=True,
            check=False,
        )


def _wait_ready(paths: Paths, told_before: int) -> str:
    ends = time.monotonic() + _PATIENCE
    while time.monotonic() < ends:
        facts = read_facts(paths)
        if facts.get("ready") and (url := _answering(facts)):
            return url
        if not keeper_lives(paths):
            break
        time.sleep(_PAUSE)
    raise EmbeddedError(
        "The embedded database did not start. The end of its log "
        f"({paths.log}) says why:\n{last_lines(paths.log, told_before)}"
    )


def _answering(facts: dict[str, Any]) -> str:
    """The address of the database if the server answers, or nothing yet."""
    try:
        with connect(facts) as connection:
            _make_database(connection)
    except psycopg.OperationalError:
        return ""
    return f"postgresql://{USER}:{facts['password']}@127.0.0.1:{facts['port']}/{DATABASE}"


def _make_database(connection: psycopg.Connection[Any]) -> None:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
    if not found.fetchone():
        connection.execute("CREATE DATABASE centro")
