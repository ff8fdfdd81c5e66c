"""What every benchmark needs: progress to standard error, one line of JSON, percentiles."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


def say(text: str) -> None:
    """Progress, where it does not mix with the result."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 this is what standard error is for


def emit(result: dict[str, Any]) -> None:
    """The result: exactly one line on standard output."""
    print(json.dumps(result, ensure_ascii=False), flush=True)  # noqa: T201 the result


@contextmanager
def doing(what: str) -> Iterator[None]:
    """Say what is done and, at its end, how long it took."""
    started = time.perf_counter()
    say(f"{what} …")
    yield
    say(f"{what}: {time.perf_counter() - started:.1f} s")


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def p95_ms(seconds: Sequence[float]) -> float:
    return round(percentile(seconds, 0.95) * 1000, 2)


def p50_ms(seconds: Sequence[float]) -> float:
    return round(percentile(seconds, 0.5) * 1000, 2)
