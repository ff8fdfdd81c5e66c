"""The keeper: owns the embedded server while anybody holds it, then ends it and itself.

Run as `python -m centro.ops.keeper VAR` by `centro.ops.embedded`, never by hand. Its output is
the server's log.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import IO, Any, NoReturn

import psycopg

from centro.kernel.tied import tied
from centro.ops.embedded import USER, EmbeddedError, Paths, connect, read_facts
from centro.ops.quarters import check_version, find_quarters

_POLL = 0.1
_STOP_WITHIN = 30.0
_LARGEST_LOG = 8 * 1024 * 1024
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


class Keeper:
    """One server and the lock that tells whether anybody still needs it."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.fast = os.environ.get("CENTRO_FAST_DATABASE") == "1"
        self.quarters = find_quarters(paths)
        self.server: subprocess.Popen[bytes] | None = None
        self.asked_to_end = False
        # Never closed by hand: whoever holds next must find no keeper (see the end of main).
        self.hold = paths.hold.open("a")

    def keep(self) -> None:
        """Start the server; restart it if it dies; end it when nobody holds it any more."""
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGINT, self._end)
        failures = 0
        while not self.asked_to_end:
            self._start()
            started = time.monotonic()
            if self._until_needless(self.hold):
                break
            failures = 0 if time.monotonic() - started > 60 else failures + 1
            if failures > 5:
                raise EmbeddedError("The server died six times in a row. Gave up.")
            time.sleep(0.2 * failures)
        self._stop()

    def _end(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked_to_end = True

    def _until_needless(self, hold: IO[str]) -> bool:
        """True when nobody needs the server, False when it died."""
        while not self.asked_to_end:
            if self.server is None or self.server.poll() is not None:
                say("the server ended by itself; starting it again")
                return False
            with contextlib.suppress(BlockingIOError):
                # Kept until this process ends: a new holder waits until the server is down.
                fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            time.sleep(_POLL)
        return True

    def _start(self) -> None:
        self._wait_for_predecessor()
        facts = read_facts(self.paths)
        password = facts.get("password") or secrets.token_urlsafe(24)
        port = _port(facts.get("port"))
        # "ready" comes last: a starter must not take the facts of the server before for these.
        facts = {"port": port, "password": password, "ready": False}
        self._write(facts)
        if not (self.quarters.data / "PG_VERSION").exists():
            self._make_data(password)
        check_version(self.quarters.data)
        self.server = self._run(facts)
        self._wait_until_it_answers(facts)
        self._write({**facts, "ready": True, "server": self.server.pid, "keeper": os.getpid()})

    def _write(self, facts: dict[str, Any]) -> None:
        new = self.paths.facts.with_suffix(".new")
        new.unlink(missing_ok=True)
        with open(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:  # noqa: PTH123 a mode is needed
            json.dump(facts, file)
        new.rename(self.paths.facts)

    def _make_data(self, password: str) -> None:
        """In a folder beside, so that a broken-off attempt is never taken for data."""
        data = self.quarters.data
        if data.exists() and any(data.iterdir()):
            raise EmbeddedError(f"{data} is neither empty nor a PostgreSQL folder. Move it away.")
        new = data.with_name(data.name + ".new")
        secret = data.with_name(data.name + ".password")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        secret.touch(mode=0o600)
        secret.write_text(password + "\n")
        self.quarters.give(new)
        self.quarters.give(secret)
        options = ["--no-sync"] if self.fast else []
        try:
            self._command(
                "initdb", "-D", str(new), "-U", USER, "-E", "UTF8", "--locale=C.UTF-8",
                "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "-A", "scram-sha-256",
                f"--pwfile={secret}", "--no-instructions", *options,
            )  # fmt: skip
        finally:
            secret.unlink()
        if data.exists():
            data.rmdir()
        new.rename(data)

    def _command(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.quarters.binaries / program, *arguments],
            env=_ENVIRONMENT,
            cwd="/",
            stdout=subprocess.DEVNULL,
            check=False,
            **self._identity(),
        )
        if done.returncode != 0:
            raise EmbeddedError(f"{program} failed: see above")

    def _identity(self) -> dict[str, Any]:
        user = self.quarters.user
        if user is None:
            return {}
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def _run(self, facts: dict[str, Any]) -> subprocess.Popen[bytes]:
        settings: dict[str, object] = {
            "listen_addresses": "127.0.0.1",
            "port": facts["port"],
            "unix_socket_directories": "",
            "max_connections": 200,
            "shared_buffers": "256MB",
            "jit": "off",
            "log_timezone": "UTC",
        }
        if self.fast:
            # Commits still reach the operating system: a killed server loses nothing either.
            settings |= {"fsync": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return subprocess.Popen(
            [self.quarters.binaries / "postgres", "-D", self.quarters.data, *options],
            env=_ENVIRONMENT,
            cwd="/",
            start_new_session=True,
            # SIGINT is PostgreSQL's fast shutdown: whatever ends the keeper, no server stays.
            preexec_fn=tied(signal.SIGINT),  # noqa: PLW1509 this process has one thread
            **self._identity(),
        )

    def _wait_until_it_answers(self, facts: dict[str, Any]) -> None:
        assert self.server is not None
        reset = False
        while self.server.poll() is None and not self.asked_to_end:
            try:
                connect(facts).close()
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error) and not reset:
                    # postgres.json was lost or replaced; the data is ours all the same.
                    reset = True
                    self._renew_password(facts)
                time.sleep(0.05)
            else:
                return
        if not self.asked_to_end:
            raise EmbeddedError("The server ended while starting.")

    def _renew_password(self, facts: dict[str, Any]) -> None:
        say("the password in postgres.json is not the server's; setting it anew")
        self._stop()
        subprocess.run(
            [self.quarters.binaries / "postgres", "--single", "-D", self.quarters.data, "postgres"],
            input=f"ALTER ROLE {USER} PASSWORD '{facts['password']}'\n".encode(),
            env=_ENVIRONMENT,
            cwd="/",
            stdout=subprocess.DEVNULL,
            check=False,
            **self._identity(),
        )
        self.server = self._run(facts)

    def _wait_for_predecessor(self) -> None:
        """A server whose keeper was killed needs a moment to end; its last file may stay behind."""
        ends = time.monotonic() + _STOP_WITHIN
        while found := _working_in(self.quarters.data):
            if time.monotonic() > ends:
                raise EmbeddedError(
                    f"Process {found} is still using {self.quarters.data}. End it and try again."
                )
            time.sleep(0.05)
        # Nobody works in the folder: the number in this file may by now be another program's.
        (self.quarters.data / "postmaster.pid").unlink(missing_ok=True)

    def _stop(self) -> None:
        if self.server is None:
            return
        self.server.send_signal(signal.SIGINT)
        try:
            self.server.wait(_STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self.server.send_signal(signal.SIGQUIT)
            self.server.wait()


def say(text: str) -> None:
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} keeper: {text}", file=sys.stderr, flush=True)  # noqa: T201 this is the log


def _port(wanted: int | None) -> int:
    """The port of last time if it is free (who runs already knows it), or any free one."""
    for port in (wanted or 0, 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            # As the server does: connections of before that linger do not keep the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise EmbeddedError("No free port on 127.0.0.1.")


def _working_in(data: Path) -> int | None:
    """A process whose folder is the data folder: PostgreSQL and all its children work there."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if (entry / "cwd").readlink() == data.resolve():
                    return int(entry.name)
    return None


def _trim(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LARGEST_LOG:
        log.rename(log.with_suffix(".log.1"))


def main() -> NoReturn:
    paths = Paths(Path(sys.argv[1]))
    lock = paths.keeper.open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(0)
    _trim(paths.log)
    # The lock passes to the child, and the starter goes on knowing that a keeper lives.
    if os.fork():
        os._exit(0)
    status = 0
    try:
        Keeper(paths).keep()
    except (EmbeddedError, OSError) as error:
        say(str(error))
        status = 1
    # The kernel closes files in the order of their numbers: the keeper's lock, opened first, is
    # free before the hold is, so a new holder never takes a keeper that is leaving for one that
    # stays.
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
