"""Telling people of the State about a case: rows that the desk lists and that digests carry.

Called under the case's row lock, in the transaction of what happened.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from centro.accounts.models import User
from centro.cases.ladders import ladder_of
from centro.cases.models import Case, Escalation, Notice
from centro.cases.rungs import Roster, Told
from centro.catalog.agreements import policy_for
from centro.catalog.models import Priority
from centro.kernel.clock import now

Kind = Notice.Kind
_MOST_MARKED = 5_000


def notices_for(
    people: Iterable[Told],
    case: Case,
    kind: Notice.Kind,
    *,
    escalation: int | None = None,
    **data: Any,
) -> list[Notice]:
    """The notices of these people, not yet written."""
    return [
        Notice(
            user_id=told.user_id,
            instead_of_id=told.instead_of,
            case=case,
            escalation_id=escalation,
            kind=kind,
            urgent=is_urgent(case),
            data={"ladder": ladder_of(sealed=case.is_sealed, agency=case.agency_id), **data},
        )
        for told in people
    ]


def is_urgent(case: Case) -> bool:
    """Whether it cannot wait for the morning: an urgent matter, or a service that never closes."""
    return case.priority == Priority.URGENT or case.service.around_the_clock


def tell_rung(
    case: Case, rung: int, kind: Notice.Kind, *, escalation: int | None = None, **data: Any
) -> int:
    """Tell whoever answers at a rung now; where nobody does, the next rung that has somebody.

    Returns how many people were told.
    """
    people, at = roster_of(case).climb(case, rung)
    if at != rung:
        data |= {"nobody_at": rung}
    made = notices_for(people, case, kind, escalation=escalation, rung=at, **data)
    return len(Notice.objects.bulk_create(made))


def pass_on(case: Case) -> int:
    """Tell the liaisons of the entity that got the case which rungs were passed before it came.

    The ladder goes on from there: a transfer begins nothing anew. Returns how many were told.
    """
    passed = Escalation.objects.filter(case=case, cycle=case.cycle).order_by("rung")
    rungs = list(passed.values_list("rung", flat=True))
    if not rungs:
        return 0
    return tell_rung(case, Escalation.Rung.LIAISON, Kind.PASSED_ON, rungs=rungs)


def roster_of(case: Case) -> Roster:
    """The people of one case's ladder, by the agreement in force for it."""
    return Roster([(case, policy_for(case.service, case.place, case.priority).pk)])


@transaction.atomic
def mark_notices_seen(*, user: User, notices: Iterable[int] | None = None) -> int:
    """The user has seen these notices of theirs, or all of them. Returns how many were new."""
    unseen = Notice.objects.filter(user=user, seen_at=None)
    if notices is not None:
        unseen = unseen.filter(pk__in=notices)
    newest = unseen.order_by("-pk").values("pk")[:_MOST_MARKED]
    return Notice.objects.filter(pk__in=newest).update(seen_at=now())
