"""Who in a unit gets a case: the official with the fewest, or nobody until the liaison says.

Nobody waits for anybody: whoever is being given a case at this very moment is passed over for the
next, so two cases opened at once go to two people where there are two. When all of them are being
given one, the choice is made as if nobody were, and the next case evens it out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from centro.accounts.roles import Role
from centro.agencies.models import Assignment, Distribution, Unit
from centro.cases.models import Case
from centro.cases.route_steps import to_the_entity
from centro.cases.routing import Route
from centro.cases.rules import Status
from centro.kernel.clock import now, today

# The present officials of a unit who are not away, first the one with the fewest active cases,
# among equals who was given one longest ago.
_CANDIDATES = """
    SELECT post.id, post.user_id,
        coalesce(nullif(trim(concat(person.first_name, ' ', person.last_name)), ''),
                 person.username) AS name,
        (SELECT count(*) FROM cases_case own
         WHERE own.official_id = post.user_id AND own.status NOT IN (%(closed)s, %(duplicate)s)) AS load
    FROM agencies_assignment post JOIN accounts_user person ON person.id = post.user_id
    WHERE post.role = %(role)s AND post.unit_id = %(unit)s AND person.is_active
      AND post.starts <= %(day)s AND (post.ends IS NULL OR post.ends >= %(day)s)
      AND (post.province_id IS NULL OR post.province_id = %(province)s)
      AND post.user_id IS DISTINCT FROM %(but)s
      AND NOT EXISTS (SELECT 1 FROM agencies_absence away WHERE away.user_id = post.user_id
                      AND away.starts <= %(day)s AND away.ends >= %(day)s)
    ORDER BY load, post.given_at NULLS FIRST, post.user_id LIMIT 1"""
_NEXT = f"SELECT user_id, name, load FROM ({_CANDIDATES}) AS free"  # noqa: S608 our own text
_TAKE = f"""
    WITH turn AS MATERIALIZED ({_CANDIDATES} FOR NO KEY UPDATE OF post SKIP LOCKED),
    taken AS (
        UPDATE agencies_assignment SET given_at = %(moment)s FROM turn
        WHERE agencies_assignment.id = turn.id
        RETURNING turn.user_id, turn.name, turn.load
    )
    SELECT user_id, name, load FROM taken
    UNION ALL
    SELECT user_id, name, load FROM ({_CANDIDATES}) AS free WHERE NOT EXISTS (SELECT 1 FROM taken)
"""  # noqa: S608 our own text


@dataclass(frozen=True, slots=True)
class Choice:
    """An official whose turn it is, and how many active cases they had before this one."""

    user_id: int
    name: str
    load: int


def hand_case(case: Case, route: Route) -> Route:
    """The route of this case to its end: whose turn it is takes it. At most one statement.

    To be called in the transaction that gives the case; the caller saves `route.hands`. A sealed
    case gets neither unit nor official; somebody whose solution the citizen did not accept is
    passed over.
    """
    return end_route(route, sealed=case.is_sealed, ask=lambda unit: _ask(case, unit, _TAKE))


def foresee_official(case: Case, route: Route) -> Route:
    """The same without taking the turn: who would get such a case now."""
    return end_route(route, sealed=case.is_sealed, ask=lambda unit: _ask(case, unit, _NEXT))


def note_given(unit: Unit, official_id: int) -> None:
    """An official was given a case by hand: among equals the next one goes to another."""
    posts = Assignment.objects.filter(role=Role.OFFICIAL, unit=unit, user_id=official_id)
    free = posts.select_for_update(skip_locked=True, no_key=True)
    Assignment.objects.filter(pk__in=free.values("pk")).update(given_at=now())


def end_route(route: Route, *, sealed: bool, ask: Callable[[Unit], Choice | None]) -> Route:
    """The route to its end, `ask` being asked for the official where the entity goes by load."""
    if route.agency is None:
        return route
    if sealed:
        return Route(route.agency, steps=to_the_entity(route.steps)).because("sealed")
    if route.agency.distribution == Distribution.LIAISON:
        return route.because("liaison", agency=route.agency.acronym)
    found = ask(route.unit) if route.unit else None
    if found is None:
        return route.because("nobody")
    chosen = replace(route, official_id=found.user_id, official_name=found.name)
    return chosen.because("load", official=found.name, n=found.load)


def _ask(case: Case, unit: Unit, statement: str) -> Choice | None:
    given: dict[str, Any] = {
        "role": Role.OFFICIAL.value,
        "unit": unit.pk,
        "day": today(),
        "province": case.province_id,
        "but": case.last_official_id,
        "closed": Status.CLOSED.value,
        "duplicate": Status.DUPLICATE.value,
        "moment": now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        found = cursor.fetchone()
    return Choice(*found) if found else None
