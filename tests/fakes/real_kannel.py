"""A real Kannel on loopback: bearerbox, smsbox, and the fake SMS centre that comes with it.

It runs in a folder of its own, on free ports, as nobody where the tests run as root, and each
process is ended by its id. `tools/servers.sh` installs it.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

import pytest

from tests.ports import free_ports

FAKESMSC = "/usr/lib/kannel/test/fakesmsc"
PATIENCE = 30  # seconds; a test waits for a thing, never for a time
_GOT = re.compile(
    rb"Got message \d+: <(\S+) (\S+) (?:udh (\S+) )?(text|data|ucs-2) (.*?)>\n", re.DOTALL
)
_CONF = """group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = {admin}
smsbox-port = {box}
smsbox-interface = 127.0.0.1
log-file = "{root}/bearerbox.log"
log-level = 0
store-type = file
store-file = "{root}/store"
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = FAKE
host = localhost
port = {smsc}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {box}
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
log-file = "{root}/smsbox.log"
log-level = 0
http-request-retry = 5
http-queue-delay = 1

group = sendsms-user
username = {username}
password = {password}
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = yes
get-url = "{get_url}"
omit-empty = true
max-messages = 0
"""


@dataclass(frozen=True)
class Sms:
    """One text that reached a telephone, its parts joined."""

    sender: str
    receiver: str
    kind: str
    text: str
    parts: int = 1


@dataclass
class RealKannel:
    root: Path
    ports: dict[str, int]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    centre: subprocess.Popen[bytes] | None = None
    logs: list[Path] = field(default_factory=list)

    @property
    def sendsms(self) -> str:
        return f"http://127.0.0.1:{self.ports['sendsms']}/cgi-bin/sendsms"

    def start(self, *command: str, log: Path | None = None) -> subprocess.Popen[bytes]:
        nobody = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        with (log or Path(os.devnull)).open("ab") as out:
            return subprocess.Popen(
                command, stdout=out, stderr=subprocess.STDOUT, cwd=self.root,
                user=nobody.pw_uid if nobody else None, group=nobody.pw_gid if nobody else None,
                extra_groups=[] if nobody else None,
            )  # fmt: skip

    def start_box(self, program: str) -> None:
        """bearerbox or smsbox, until it takes connections."""
        port = self.ports[{"bearerbox": "box", "smsbox": "sendsms"}[program]]
        started = self.start(f"/usr/sbin/{program}", "-v", "4", str(self.root / "kannel.conf"))
        self.processes.append(started)
        self.wait_for(lambda: _listens(port), f"{program} to listen")

    def end_last_box(self) -> None:
        _end(self.processes.pop())

    def write(self, sender: str, kind: str, said: str) -> None:
        """A telephone writes: `text words`, `ucs2 %00…`, or a part: `udh-text %05… words`."""
        self._leave()
        log = self.root / f"centre-{len(self.logs)}.log"
        log.touch()
        self.logs.append(log)
        message = f"{sender} 311 {kind} {said}"
        self.centre = self.start(
            FAKESMSC, "-v", "0", "-H", "127.0.0.1", "-r", str(self.ports["smsc"]), "-i", "0.05",
            "-m", "1", message, log=log,
        )  # fmt: skip
        self.wait_for(lambda: b"sent message 1" in log.read_bytes(), "the text to leave")

    def received(self) -> list[Sms]:
        """Everything that telephones got so far, long ones joined, in the order of their ends."""
        found: list[Sms] = []
        waiting: dict[tuple[bytes, bytes], list[bytes]] = {}
        for log in self.logs:
            for sender, to, udh, kind, said in _GOT.findall(log.read_bytes()):
                raw = said if kind == b"text" else unquote_to_bytes(said.replace(b"+", b" "))
                parts = [raw]
                if udh:
                    head = unquote_to_bytes(udh)
                    parts = waiting.setdefault((to, head[3:4]), [])
                    parts.append(raw)
                    if len(parts) < head[4]:
                        continue
                found.append(_joined(sender, to, kind.decode(), parts))
        return found

    def wait_for(self, what: Callable[[], bool], why: str) -> None:
        end = time.monotonic() + PATIENCE
        while not what():
            if time.monotonic() > end:
                logs = [log.read_text(errors="replace")[-2000:] for log in self.root.glob("*.log")]
                pytest.fail(f"waited in vain for {why}:\n" + "\n--\n".join(logs))
            time.sleep(0.1)

    def _leave(self) -> None:
        if self.centre is not None:
            _end(self.centre)
            self.centre = None

    def end(self) -> None:
        self._leave()
        for process in reversed(self.processes):
            _end(process)


def _joined(sender: bytes, to: bytes, kind: str, parts: list[bytes]) -> Sms:
    raw = b"".join(parts)
    wide = kind == "ucs-2" or (kind == "data" and b"\x00" in raw)
    text = raw.decode("utf-16-be" if wide else "utf-8")
    return Sms(sender.decode(), to.decode(), "ucs2" if wide else "text", text, len(parts))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@contextmanager
def real_kannel(get_url: str, username: str, password: str) -> Iterator[RealKannel]:
    """A Kannel that asks `get_url` for every text; `%` in it as Kannel's manual says."""
    if shutil.which("bearerbox", path="/usr/sbin:/usr/bin") is None:
        pytest.fail("Kannel is missing: run tools/servers.sh as root.")
    root = Path(tempfile.mkdtemp(prefix="kannel-"))
    names = ("admin", "box", "smsc", "sendsms")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    (root / "kannel.conf").write_text(
        _CONF.format(root=root, get_url=get_url, username=username, password=password, **ports)
    )
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(root, nobody.pw_uid, nobody.pw_gid)
    kannel = RealKannel(root, ports)
    try:
        kannel.start_box("bearerbox")
        kannel.start_box("smsbox")
        yield kannel
    finally:
        kannel.end()
        shutil.rmtree(root, ignore_errors=True)


def utf16(text: str) -> str:
    """A text as the fake SMS centre takes the large alphabet."""
    return quote(text.encode("utf-16-be"), safe="")
