"""Copies in memory of data that changes a few times a year, renewed when the data changes.

Each set of data has a stamp in the database that changes with it. A process reads the stamp at
most every few seconds, so a warm answer costs no statement and an old one lives for seconds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar
from uuid import uuid4

from centro.places.models import DataStamp

# Seconds that a process may go on answering with data that another process has just changed.
FRESH_FOR = 15.0
T = TypeVar("T")
_kept: list[Kept[object]] = []


class Kept(Generic[T]):
    """A value built from the database and kept until the stamp with its name changes."""

    def __init__(self, stamp: str, build: Callable[[], T]) -> None:
        self._stamp = stamp
        self._build = build
        self._lock = threading.Lock()
        self._state: tuple[str, T] | None = None
        self._checked_at = 0.0
        _kept.append(self)  # type: ignore[arg-type]  # only ever told to forget

    def get(self) -> T:
        state = self._state
        if state is not None and monotonic() - self._checked_at < FRESH_FOR:
            return state[1]
        with self._lock:
            return self._renewed()

    def forget(self) -> None:
        self._state = None

    def _renewed(self) -> T:
        value = stamp_of(self._stamp)
        # Read before building: a change in between makes the copy look old, never new.
        if self._state is None or self._state[0] != value:
            self._state = (value, self._build())
        self._checked_at = monotonic()
        return self._state[1]


def stamp_of(name: str) -> str:
    """The present stamp of a set of data, or an empty text if it was never loaded."""
    found = DataStamp.objects.filter(name=name).values_list("value", flat=True).first()
    return found or ""


def renew_stamp(name: str, value: str = "") -> None:
    """Say that a set of data changed. To be called in the transaction that changes it."""
    DataStamp.objects.update_or_create(name=name, defaults={"value": value or uuid4().hex})


def forget_copies() -> None:
    """Drop every copy in this process (after loading a pack, and between tests)."""
    for kept in _kept:
        kept.forget()
