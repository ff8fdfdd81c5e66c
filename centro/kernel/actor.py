"""Who is doing this. Every action takes one, and the timeline keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    STAFF = "staff"
    AGENCY = "agency"
    CITIZEN = "citizen"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or the system itself; `id` is the user's for staff, None otherwise.

    `roles` are the values of the posts held now, for the few rules that ask who does it.
    """

    kind: Kind
    id: int | None
    label: str
    roles: frozenset[str] = frozenset()


SYSTEM = Actor(Kind.SYSTEM, None, "sistema")


def citizen(label: str = "") -> Actor:
    """The citizen of the case, who has no account. The label is empty for an anonymous one."""
    return Actor(Kind.CITIZEN, None, label)
