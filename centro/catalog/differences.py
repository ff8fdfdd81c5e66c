"""What two versions of a calendar say differently, and how changes of both are joined. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

# A special day as a version keeps it: "day", "name", "hours", "places" (catalog.models.calendars).
Special = Mapping[str, Any]
Key = tuple[str, tuple[str, ...]]


class Dated(Protocol):
    """The two fields of a calendar version that count time."""

    week: list[list[list[int]]]
    special: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where and when two versions count time differently.

    `places` are codes of provinces and districts, None for the whole country; `until` is the last
    day that differs, None when the hours of the week differ.
    """

    places: frozenset[str] | None
    until: date | None


def difference(before: Dated, after: Dated) -> Difference | None:
    """What `after` changes for terms, or None when it only says the same in other words."""
    if before.week != after.week:
        return Difference(None, None)
    changed = _counted(before.special) ^ _counted(after.special)
    if not changed:
        return None
    until = date.fromisoformat(max(day for day, _hours, _places in changed))
    if any(not places for _day, _hours, places in changed):
        return Difference(None, until)
    return Difference(frozenset(code for *_, places in changed for code in places), until)


def key_of(special: Special) -> Key:
    """What a special day is about: its date and its places. A version has each at most once."""
    return special["day"], tuple(sorted(special["places"]))


def rebased(base: Dated, draft: Dated, current: Dated) -> tuple[list[Any], list[dict[str, Any]]]:
    """The week and the special days of `current` with what `draft` had changed of `base`.

    Where both changed the same day, the draft counts.
    """
    week = draft.week if draft.week != base.week else current.week
    return week, merged(base.special, draft.special, current.special)


def merged(
    base: Iterable[Special], changed: Iterable[Special], current: Iterable[Special]
) -> list[dict[str, Any]]:
    """The special days of `current` with what `changed` adds to `base`, alters and takes away."""
    had = {key_of(each): each for each in base}
    has = {key_of(each): each for each in changed}
    found = {key_of(each): dict(each) for each in current}
    for key in had.keys() - has.keys():
        found.pop(key, None)
    found |= {key: dict(each) for key, each in has.items() if had.get(key) != each}
    return in_order(found.values())


def in_order(special: Iterable[Special]) -> list[dict[str, Any]]:
    """By date; the whole country before single places."""
    return sorted((dict(each) for each in special), key=key_of)


def _counted(special: Iterable[Special]) -> set[tuple[str, tuple[Any, ...], tuple[str, ...]]]:
    """The special days without what does not count: their names and their order."""
    return {
        (each["day"], tuple(tuple(hours) for hours in each["hours"]), tuple(sorted(each["places"])))
        for each in special
    }
