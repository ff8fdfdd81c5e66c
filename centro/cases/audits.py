"""What audits of closures show: the work of a quality analyst, and the score of each entity."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from math import ceil, floor, sqrt

from django.conf import settings
from django.db.models import Count, Q

from centro.accounts.models import User
from centro.agencies.models import Agency
from centro.cases.models import Case, ClosureAudit
from centro.cases.models.audits import ClosureAuditQuerySet
from centro.cases.rules import Status
from centro.kernel.clock import now

DAYS = 90
# The quantile of the normal distribution for an interval of 95 %.
_Z = 1.959964
_SHOWN = 50
Why = ClosureAudit.Why


def wilson(yes: int, n: int) -> tuple[float, float]:
    """Between which shares the true one lies with 95 % confidence, for `yes` out of `n` ≥ 1.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of
    the American Statistical Association 22 (1927), 209–212. Holds for few cases and near 0 and 1.
    """
    share, z2 = yes / n, _Z * _Z
    middle = share + z2 / (2 * n)
    spread = _Z * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max((middle - spread) / (1 + z2 / n), 0.0), min((middle + spread) / (1 + z2 / n), 1.0)


# ---- What a quality analyst works through ----


def audit_queue(user: User) -> ClosureAuditQuerySet:
    """What waits to be judged by this user, oldest first."""
    return ClosureAudit.objects.to_do().for_analyst(user).order_by("drawn_at", "pk")


# ---- Scores ----


@dataclass(frozen=True, slots=True)
class Score:
    """How many closures turned out to be real solutions. `unclear` could not be found out: they
    count for nobody and against nobody."""

    solved: int
    unsolved: int
    unclear: int
    agency: Agency | None = None

    @property
    def n(self) -> int:
        return self.solved + self.unsolved

    @property
    def percent(self) -> int | None:
        """The share in whole percent, never rounded up; None where nothing was found out."""
        return 100 * self.solved // self.n if self.n else None

    @property
    def interval(self) -> tuple[int, int] | None:
        """The Wilson interval in whole percent, rounded outwards."""
        if not self.n:
            return None
        low, high = wilson(self.solved, self.n)
        return floor(100 * low), ceil(100 * high)


@dataclass(frozen=True, slots=True)
class Finding:
    """A closure that was no real solution, and what became of the case since."""

    audit: ClosureAudit

    @property
    def still_closed(self) -> bool:
        case = self.audit.case
        return case.status == Status.CLOSED and case.cycle == self.audit.cycle

    @property
    def may_reopen(self) -> bool:
        """Whether a supervisor may still reopen the case for it."""
        closed = self.audit.case.closed_at
        days = timedelta(days=settings.REOPENING_DAYS)
        return self.still_closed and closed is not None and now() - closed <= days


def findings(user: User, agencies: Collection[int] | None = None) -> list[Finding]:
    """The last closures that were no real solution, newest first, of the cases in this user's
    sight and of these entities."""
    found = _recent().filter(real=False).exclude(_UNCLEAR)
    if agencies is not None:
        found = found.filter(agency__in=agencies)
    found = found.filter(case__in=Case.objects.visible_to(user))
    rows = found.select_related("agency", "case__service").defer("case__search")
    return [Finding(audit) for audit in rows.order_by("-done_at", "-pk")[:_SHOWN]]


def national_score() -> Score:
    """Of all entities together, over the last DAYS."""
    return Score(**_recent().aggregate(**_COUNTS))


def scores(agencies: Collection[int] | None = None) -> list[Score]:
    """Of each of these entities (of all that were audited, when none are named), worst first."""
    found = _recent() if agencies is None else _recent().filter(agency__in=agencies)
    rows = {row.pop("agency"): row for row in found.values("agency").annotate(**_COUNTS)}
    known = Agency.objects.in_bulk(rows if agencies is None else agencies)
    none = {"solved": 0, "unsolved": 0, "unclear": 0}
    made = [Score(agency=agency, **rows.get(pk, none)) for pk, agency in known.items()]
    return sorted(made, key=_worst_first)


def _worst_first(score: Score) -> tuple[float, str]:
    """By what can be said at best of an entity: few audits excuse, many do not."""
    assert score.agency is not None
    return wilson(score.solved, score.n)[1] if score.n else 2.0, score.agency.sort_key


_UNCLEAR = Q(real=False, why=Why.NOT_REACHED)
_COUNTS = {
    "solved": Count("pk", filter=Q(real=True)),
    "unsolved": Count("pk", filter=Q(real=False) & ~_UNCLEAR),
    "unclear": Count("pk", filter=_UNCLEAR),
}


def _recent() -> ClosureAuditQuerySet:
    return ClosureAudit.objects.filter(done_at__gte=now() - timedelta(days=DAYS))
