"""The cases that climbed, for whoever watches over them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import OuterRef, Q, Subquery

from centro.accounts.models import User
from centro.cases.models import Case, CaseQuerySet, Escalation
from centro.cases.queries import among

PAGE = 50
_LISTED = ("service", "agency", "official", "place__district", "place__province")
_UNSHOWN = ("search", "solution", "answers")


@dataclass(frozen=True, slots=True)
class Climbed:
    """A case with the highest rung that it reached in its present cycle."""

    case: Case
    record: Escalation


@dataclass(frozen=True, slots=True)
class ClimbedPage:
    """One page of a list, and the key of the next one if there is one."""

    climbed: list[Climbed]
    next_after: str


def escalated_cases(user: User, *, rung: int | None = None, after: str = "") -> ClimbedPage:
    """Unsolved cases in the user's sight that reached a rung: unanswered ones first, of each part
    the longest overdue first. `rung` keeps those whose highest it is; `after` is the key of the
    page before. At most four statements.

    Read in the order in which active cases fall due, so closed history costs nothing.
    """
    answered_only, last = _parse(after)
    found: list[Case] = []
    if not answered_only:
        found = _part(user, rung, last, answered=False, limit=PAGE + 1)
    if len(found) <= PAGE:
        start = last if answered_only else None
        found += _part(user, rung, start, answered=True, limit=PAGE + 1 - len(found))
    shown = found[:PAGE]
    records = _records(shown)
    climbed = [Climbed(case, records[case.pk]) for case in shown if case.pk in records]
    return ClimbedPage(climbed, _key(climbed[-1]) if len(found) > PAGE and climbed else "")


def _part(
    user: User, rung: int | None, last: int | None, *, answered: bool, limit: int
) -> list[Case]:
    wanted = Q(reached__isnull=False) if rung is None else Q(reached=rung)
    wanted &= Q(answered__isnull=not answered)
    if last is not None:
        due = Subquery(Case.objects.filter(pk=last).values("due_at"))
        wanted &= Q(due_at__gte=due) & (Q(due_at__gt=due) | Q(pk__gt=last))
    parts = [
        _with_top(part.unsolved()).filter(wanted).order_by("due_at", "pk").values("pk")[:limit]
        for part in Case.objects.parts_visible_to(user)
    ]
    found = among(parts).select_related(*_LISTED).defer(*_UNSHOWN)
    return list(found.order_by("due_at", "pk")[:limit])


def _with_top(cases: CaseQuerySet) -> CaseQuerySet:
    """Each case with the highest rung of its cycle, and when that was answered."""
    records = Escalation.objects.filter(case=OuterRef("pk"), cycle=OuterRef("cycle"))
    top = records.order_by("-rung")
    return cases.annotate(
        reached=Subquery(top.values("rung")[:1]),
        answered=Subquery(top.values("acknowledged_at")[:1]),
    )


def _records(cases: list[Case]) -> dict[int, Escalation]:
    """The highest record of the present cycle of each case. One statement."""
    cycles = {case.pk: case.cycle for case in cases}
    found = Escalation.objects.filter(case__in=cycles).select_related("acknowledged_by")
    ordered = found.order_by("rung")
    return {one.case_id: one for one in ordered if one.cycle == cycles[one.case_id]}


def _key(last: Climbed) -> str:
    return f"{'n' if last.record.acknowledged_at is None else 'l'}{last.case.pk}"


def _parse(after: str) -> tuple[bool, int | None]:
    """`n12`: what is unanswered behind case 12; `l12`: what is answered."""
    part, number = after[:1], after[1:]
    if part not in {"n", "l"} or not number.isdecimal() or len(number) > 18:
        return False, None
    return part == "l", int(number)
