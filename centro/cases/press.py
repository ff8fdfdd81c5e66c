"""What the press told, what became of it, and how well each entity answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Min, Q

from centro.accounts.models import User
from centro.cases.models import Case, PressMention
from centro.kernel.clock import now


@dataclass(frozen=True, slots=True)
class Capacity:
    """How an entity answers what the press tells of it. `days` from the piece to the solution."""

    acronym: str
    cases: int
    solved: int
    on_time: int
    late: int
    days: float | None

    @property
    def solved_share(self) -> float:
        return self.solved * 100 / self.cases


def capacity_of(first: date, last: date, user: User) -> list[Capacity]:
    """Each entity's cases that the press told of in these days, most first. One statement."""
    told = Case.objects.visible_to(user).filter(
        press_mentions__published_on__range=(first, last), agency__isnull=False
    )
    cases = Case.objects.filter(pk__in=told.values("pk")).annotate(
        told_on=Min("press_mentions__published_on")
    )
    rows = (
        cases.values("agency__acronym")
        .annotate(
            cases=Count("pk", distinct=True),
            solved=Count("pk", filter=Q(resolved_at__isnull=False), distinct=True),
            on_time=Count("pk", filter=Q(resolved_at__lte=F("due_at")), distinct=True),
            late=Count(
                "pk", filter=Q(resolved_at=None, closed_at=None, due_at__lt=now()), distinct=True
            ),
            took=Avg(
                ExpressionWrapper(F("resolved_at") - F("spoken_at"), output_field=DurationField())
            ),
        )
        .order_by("-cases", "agency__acronym")
    )
    return [
        Capacity(
            row["agency__acronym"], row["cases"], row["solved"], row["on_time"], row["late"],
            row["took"].total_seconds() / 86_400 if row["took"] else None,
        )
        for row in rows
    ]  # fmt: skip


def mentions_for(user: User) -> list[PressMention]:
    """The newest pieces about cases that this user may see."""
    seen = Case.objects.visible_to(user)
    found = PressMention.objects.filter(case__in=seen).select_related(
        "case__agency", "case__service"
    )
    return list(found[:100])
