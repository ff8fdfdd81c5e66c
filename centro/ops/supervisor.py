"""Runs the site: web and worker as children, restarted when they die, ended together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import click

from centro.kernel.tied import tied
from centro.ops.embedded import EmbeddedError
from centro.ops.environment import ROOT, held_database, var

_STOP_WITHIN = 2.4
_TICK = 0.1
_LONGEST_PAUSE = 30.0
_WELL_AFTER = 30.0
# A thread waits on the database most of its time; each may hold one of the pool's connections.
THREADS = 8


class SiteError(Exception):
    """The site cannot be started; the message says what to do."""


@dataclass
class Child:
    """A program that shall run: how it is started and how it fared."""

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    due: float = 0.0

    def start(self, log: Path) -> None:
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=ROOT,
                env={**os.environ, **self.environment},
                start_new_session=True,  # Ctrl-C reaches us alone, and we end the children
                # Not SIGTERM: with us gone the database goes too, and whoever then ends in good
                # order waits for it in vain. All of them survive a kill anyway.
                preexec_fn=tied(signal.SIGKILL),  # noqa: PLW1509 nothing else forks meanwhile
            )
        self.started = time.monotonic()

    def signal(self, number: signal.Signals) -> None:
        """To the whole group: a server has workers of its own."""
        if self.process is not None and self.process.returncode is None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                return

    def lives(self) -> bool:
        return self.process is not None and self.process.poll() is None


def address(host: str, port: int) -> str:
    return f"http://{host}:{port}" if port != 80 else f"http://{host}"


def check_port(host: str, port: int) -> None:
    """Raise SiteError when somebody else listens there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise SiteError(f"Port {port} needs root. Choose another: PORT=8311.") from error
        except OSError as error:
            raise SiteError(
                f"Port {port} on {host} is taken (is another `make run` up?). "
                f"End that program, or choose another port: PORT={port + 1} make run"
            ) from error


def web(host: str, port: int) -> Child:
    workers = max(1, min(os.cpu_count() or 1, 4))
    return Child(
        "web",
        [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host,
            "--port", str(port), "--workers", str(workers), "--blocking-threads", str(THREADS),
            "--backpressure", str(THREADS * 4), "--backlog", "1024",
            "--workers-kill-timeout", "2", "--respawn-failed-workers", "--respawn-interval", "0.5",
            "--no-ws", "--access-log", "--log-config", str(Path(__file__).parent / "granian.json"),
            "centro.ops.web:application",
        ],
    )  # fmt: skip


def worker() -> Child:
    return Child("worker", [sys.executable, "-m", "centro.ops.worker"])


def listener() -> Child:
    return Child("listener", [sys.executable, "-m", "centro.ops.listener"])


class Supervisor:
    """Keeps the children running until asked to stop."""

    def __init__(self, children: list[Child]) -> None:
        self.children = children
        self.log = var() / "log"
        self._stopping = threading.Event()
        self._forced = False

    def run(self, host: str, port: int, when_open: Callable[[], None]) -> None:
        """Start all, call `when_open` when the site answers, and return when all have ended."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        self.log.mkdir(parents=True, exist_ok=True)
        for child in self.children:
            child.start(self.log / f"{child.name}.log")
        opened = False
        try:
            while not self._stopping.wait(_TICK):
                self._look_after_database()
                for child in self.children:
                    self._look_after(child)
                if not opened and _answers(host, port):
                    opened = True
                    when_open()
        finally:
            self._end_all()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._forced = self._stopping.is_set()
        self._stopping.set()

    def _look_after_database(self) -> None:
        """Somebody may have killed the keeper of the embedded server: bring it back."""
        held = held_database()
        if held is not None and not held.lives:
            click.secho("! The database was gone; starting it again.", fg="yellow")
            try:
                held.ensure()
            except EmbeddedError as error:
                click.secho(f"! {error}", fg="red", err=True)
                self._stopping.set()

    def _look_after(self, child: Child) -> None:
        if child.lives():
            if child.failures and time.monotonic() - child.started > _WELL_AFTER:
                child.failures = 0
            return
        if child.process is not None:
            self._say_how_it_ended(child)
        if time.monotonic() >= child.due and not self._stopping.is_set():
            child.start(self.log / f"{child.name}.log")

    def _say_how_it_ended(self, child: Child) -> None:
        assert child.process is not None
        child.signal(signal.SIGKILL)
        pause = min(0.5 * 2**child.failures, _LONGEST_PAUSE)
        child.failures += 1
        child.due = time.monotonic() + pause
        click.secho(
            f"! {child.name} ended ({_ending(child.process.returncode)}); starting it again in "
            f"{pause:g} s. See {self.log / child.name}.log",
            fg="yellow",
        )
        child.process = None

    def _end_all(self) -> None:
        for child in self.children:
            if child.lives() and child.process is not None:
                child.process.terminate()
        ends = time.monotonic() + _STOP_WITHIN
        while time.monotonic() < ends and not self._forced:
            if not any(child.lives() for child in self.children):
                break
            time.sleep(0.02)
        for child in self.children:
            child.signal(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def _answers(host: str, port: int) -> bool:
    """Whether something accepts connections there; every request after that waits its turn."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 a comparison
    try:
        socket.create_connection((target, port), timeout=1).close()
    except OSError:
        return False
    return True
