"""Whom a case is given to inside an entity, and who must not have it again."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count

from centro.accounts.models import User
from centro.agencies.models import Absence, Agency, Unit
from centro.agencies.scopes import candidates_for
from centro.cases.models import Case, TimelineEntry


def least_loaded(agency: Agency, unit: Unit | None, *, but: Collection[int] = ()) -> User | None:
    """The official of a unit with the fewest active cases, the first by name among equals.

    Who is away today and who is named in `but` (ids of users) are left out; None when nobody is
    left. Three statements.
    """
    away = set(Absence.objects.current().values_list("user", flat=True))
    present = [u for u in candidates_for(agency, unit) if u.pk not in away and u.pk not in but]
    held = Case.objects.active().filter(official__in=present).order_by().values("official")
    load = dict(held.annotate(cases=Count("pk")).values_list("official", "cases"))
    return min(present, key=lambda user: load.get(user.pk, 0), default=None)


def refused_officials(case: Case) -> frozenset[int]:
    """The ids of those whose solution the citizen did not accept, in any cycle of the case.

    Whoever had it in hand, and whoever said that it was solved: somebody else must try.
    """
    if case.cycle == 1:
        return frozenset()
    past = TimelineEntry.objects.filter(case=case, kind__in=["resolved", "reopened"])
    refused = {case.last_official_id}
    for kind, actor, data, cycle in past.values_list("kind", "actor_id", "data", "cycle"):
        if kind == "reopened":
            refused.add(data.get("before", {}).get("official"))
        elif cycle < case.cycle:
            refused.add(actor)
    return frozenset(pk for pk in refused if pk)
