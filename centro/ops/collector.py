"""The garbage collector as a process that serves pages wants it."""

from __future__ import annotations

import gc


def settle() -> None:
    """To be called once all is loaded.

    What is loaded by now stays for ever: the collector need not look at it again and again. And a
    page makes tens of thousands of objects that die with it, so it need not look after each 700.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
