"""Children that end with their parent, even when the parent is killed (Linux)."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def tie(to: int, with_signal: signal.Signals) -> None:
    """Have this process receive a signal when its parent, of number `to`, ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)
    if os.getppid() != to:  # it ended before we asked
        os.kill(os.getpid(), with_signal)


def tied(with_signal: signal.Signals) -> Callable[[], None]:
    """For `Popen(preexec_fn=…)`: the child receives a signal when this process ends."""
    parent = os.getpid()
    return lambda: tie(parent, with_signal)
