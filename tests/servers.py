"""Real servers of others, each on loopback, in a folder of its own, ended by its own number."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_ports

_DOVECOT = """
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {run}/run
state_dir = {run}/state
log_path = {run}/dovecot.log
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
mail_home = {run}/boxes/%u
mail_location = maildir:~/Maildir
mail_uid = {user}
mail_gid = {group}
lmtp_save_to_detail_mailbox = no
recipient_delimiter = +
passdb {{
  driver = static
  args = password=secreto
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={run}/boxes/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until something listens there; what the server said, when it ended instead."""
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(log.read_text() if log.exists() else f"nothing listens on {port}")


@contextmanager
def own_folder(prefix: str) -> Iterator[tuple[Path, str, str]]:
    """A folder for a server, and who shall run it: never root."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    who = pwd.getpwuid(os.getuid())
    if who.pw_uid == 0:
        who = pwd.getpwnam("nobody")
    group = subprocess.check_output(["id", "-gn", who.pw_name], text=True).strip()
    os.chown(folder, who.pw_uid, who.pw_gid)
    folder.chmod(0o755)
    try:
        yield folder, who.pw_name, group
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def end(process: subprocess.Popen[bytes]) -> None:
    """The server and what it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)


@dataclass(frozen=True)
class Dovecot:
    """Any address is a mailbox; the password of all is `secreto`."""

    imap: int
    lmtp: int
    folder: Path

    def renumber(self, user: str) -> None:
        """Lose the numbers of a mailbox, as a restored backup does."""
        for name in ("dovecot-uidlist", "dovecot-uidvalidity"):
            for found in (self.folder / "boxes" / user / "Maildir").glob(f"{name}*"):
                found.unlink()
        for found in (self.folder / "boxes" / user / "Maildir").glob("dovecot.index*"):
            found.unlink()


@contextmanager
def dovecot() -> Iterator[Dovecot]:
    """A real IMAP and LMTP server, as an ordinary user."""
    with own_folder("dovecot-") as (folder, user, group):
        (folder / "boxes").mkdir(mode=0o777)
        (folder / "boxes").chmod(0o777)
        imap, lmtp = free_ports(2)
        config = folder / "dovecot.conf"
        config.write_text(_DOVECOT.format(run=folder, user=user, group=group, imap=imap, lmtp=lmtp))
        with (folder / "out").open("wb") as out:
            process = subprocess.Popen(
                ["/usr/sbin/dovecot", "-F", "-c", str(config)],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        try:
            wait_for(imap, process, folder / "dovecot.log")
            yield Dovecot(imap, lmtp, folder)
        finally:
            end(process)
