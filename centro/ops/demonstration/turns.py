"""Whose turn it is in each unit, at moments of the past: as `centro.cases.distribution`, in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from centro.accounts.models import User
from centro.agencies.models import Unit
from centro.cases.distribution import Choice, end_route
from centro.cases.routing import Route

_NEVER = datetime(1, 1, 1, tzinfo=UTC)


class Held(Protocol):
    """What is asked of a life: who has it, who may not have it again, when it closed."""

    closed_at: datetime | None
    official: User | None
    last_official: User | None

    @property
    def sealed(self) -> bool: ...


class Turns:
    """Who of a unit's officials has the fewest cases at a moment, as far as has been told.

    Lives are told one after the other in the order of their opening, each to its end: of the
    earlier ones it is known when they closed.
    """

    def __init__(self, officials: Mapping[int, Sequence[User]]) -> None:
        self._of_unit = officials
        self._users = {user.pk: user for users in officials.values() for user in users}
        self._hands: dict[int, list[Held]] = defaultdict(list)
        self._given_at: dict[int, datetime] = {}

    def hand(self, life: Held, route: Route, at: datetime) -> Route:
        """The route of a case to its end; whose turn it is takes it."""
        return end_route(route, sealed=life.sealed, ask=lambda unit: self._next(unit, life, at))

    def user(self, pk: int | None) -> User | None:
        return self._users[pk] if pk is not None else None

    def given(self, life: Held, at: datetime) -> None:
        """A case was given to its official by hand."""
        if life.official is not None:
            self._take(life.official, life, at)

    def _next(self, unit: Unit, life: Held, at: datetime) -> Choice | None:
        team = [user for user in self._of_unit.get(unit.pk, ()) if user != life.last_official]
        if not team:
            return None
        loads = {user.pk: self._load(user, at) for user in team}
        chosen = min(team, key=lambda u: (loads[u.pk], self._given_at.get(u.pk, _NEVER), u.pk))
        self._take(chosen, life, at)
        return Choice(chosen.pk, chosen.actor.label, loads[chosen.pk])

    def _take(self, user: User, life: Held, at: datetime) -> None:
        self._hands[user.pk].append(life)
        self._given_at[user.pk] = at

    def _load(self, user: User, at: datetime) -> int:
        """The cases in these hands that were open at that moment."""
        return len(
            {
                id(life)
                for life in self._hands[user.pk]
                if life.official == user and (life.closed_at is None or life.closed_at > at)
            }
        )
