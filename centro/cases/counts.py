"""How many cases wait where: live numbers over active cases, never over closed history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Q

from centro.accounts.models import User
from centro.cases import rules
from centro.cases.models import Case
from centro.cases.queries import Folder, in_folder, union_of
from centro.cases.rules import Status
from centro.kernel.clock import now

# Beyond this a folder says "999+": nobody needs the exact number, and counting it costs.
MOST_COUNTED = 1_000


def folder_counts(user: User, folders: Iterable[Folder]) -> dict[Folder, int]:
    """The size of each folder up to MOST_COUNTED, in one statement of bounded cost."""
    names = [name for name in folders if name != "all"]
    parts: list[str] = []
    given: list[Any] = []
    for name in names:
        found = [in_folder(part, name, user) for part in Case.objects.parts_visible_to(user)]
        # In an order that an index has, so that it is read no further than to the limit.
        order = "due_at" if name == "overdue" else "-pk"
        sql, params = union_of([part.order_by(order).values("pk")[:MOST_COUNTED] for part in found])
        # An official's unit and own cases overlap.
        parts.append(f"(SELECT least(count(DISTINCT pk), {MOST_COUNTED}) FROM ({sql}) AS f (pk))")  # noqa: S608 by the ORM
        given += params
    if not parts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", given)
        return dict(zip(names, cursor.fetchone(), strict=True))


@dataclass(frozen=True, slots=True)
class Load:
    """What an entity has in hand. `agency` is None for what waits in triage."""

    agency: int | None
    active: int
    overdue: int
    unassigned: int
    waiting: int
    resolved: int
    proposed: int


def agency_loads(user: User) -> list[Load]:
    """The active cases in this user's sight by entity, in one statement."""
    late = Q(status__in=rules.UNSOLVED, due_at__lt=now())
    rows = (
        Case.objects.visible_to(user)
        .active()
        .order_by()
        .values("agency")
        .annotate(
            active=Count("pk"),
            overdue=Count("pk", filter=late),
            unassigned=Count("pk", filter=Q(official=None, status__in=rules.UNSOLVED)),
            waiting=Count("pk", filter=Q(status=Status.WAITING)),
            resolved=Count("pk", filter=Q(status=Status.RESOLVED)),
            proposed=Count("pk", filter=Q(proposed_agency__isnull=False)),
        )
    )
    return [Load(**row) for row in rows]
