"""Begin anew: remove everything that an installation wrote."""

from __future__ import annotations

import fcntl
import shutil
import time
from contextlib import ExitStack
from pathlib import Path

from centro.ops.embedded import EmbeddedError, Paths, keeper_lives
from centro.ops.quarters import forget_outside

_PATIENCE = 5.0


def reset_everything(var: Path) -> None:
    """Remove VAR and what lies outside of it for its sake.

    Raises EmbeddedError while anybody uses the database."""
    if not var.exists():
        return
    with ExitStack() as locks:
        # The tests keep a database of their own below (var/test).
        folders = [var, *(file.parent for file in var.glob("*/postgres.hold"))]
        for folder in folders:
            paths = Paths(folder)
            _wait_alone(paths, locks.enter_context(paths.hold.open("a")).fileno())
        for folder in folders:
            forget_outside(folder)
        shutil.rmtree(var)


def _wait_alone(paths: Paths, hold: int) -> None:
    ends = time.monotonic() + _PATIENCE
    while time.monotonic() < ends:
        try:
            fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            if not keeper_lives(paths):
                return
            fcntl.flock(hold, fcntl.LOCK_UN)  # the keeper is about to end; let it have the lock
            time.sleep(0.05)
    raise EmbeddedError("The database is in use (is `make run` up?). End that first.")
