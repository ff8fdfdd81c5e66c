"""What would change for the cases under way if a version came into force now. Nothing is saved."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from centro.cases.actions.changes import Change
from centro.cases.actions.turning import Turned, TurnedCase, next_clocks, turn_cases
from centro.cases.models import Case
from centro.kernel.clock import now
from centro.kernel.numbers import number_for

_BATCH = 2000  # clocks
EXAMPLES = 10


@dataclass(frozen=True, slots=True)
class Shift:
    """A case whose date would move."""

    case: int
    agency: int | None
    service: int
    before: datetime
    after: datetime

    @property
    def number(self) -> str:
        return number_for(self.case)

    @property
    def by(self) -> timedelta:
        return self.after - self.before

    @property
    def later(self) -> bool:
        return self.after > self.before

    @property
    def days(self) -> int:
        """How many whole days of the calendar, at least one."""
        return max(abs(round(self.by / timedelta(days=1))), 1)


@dataclass(slots=True)
class OfAgency:
    """The cases of an entity whose date would move; None is triage."""

    agency: int | None
    cases: int = 0
    later: int = 0
    largest: timedelta = timedelta(0)

    @property
    def sooner(self) -> int:
        return self.cases - self.later


@dataclass(slots=True)
class Preview:
    """What a change comes to. Sealed cases follow it as well and are counted nowhere."""

    clocks: int = 0  # whose end would move
    cases: int = 0  # whose date would move
    later: int = 0
    # Cases that would be late at once, and those that would no longer be.
    made_late: int = 0
    made_timely: int = 0
    agencies: list[OfAgency] = field(default_factory=list)
    examples: list[Shift] = field(default_factory=list)

    @property
    def sooner(self) -> int:
        return self.cases - self.later


def preview_change(change: Change, *, agencies: frozenset[int] | None = None) -> Preview:
    """What a change would move: how much, for which entities, the largest shifts first.

    Examples are only of `agencies`, of all when None. Memory does not grow with the cases.
    """
    preview, moment = Preview(), now()
    by_agency: dict[int | None, OfAgency] = {}
    largest: list[tuple[timedelta, int, Shift]] = []
    for turned in _every_case(change):
        if turned.case.is_sealed:
            continue
        preview.clocks += sum(each.moved for each in turned.clocks)
        if turned.solution is None:
            continue
        shift = _shift(turned.case, turned.solution)
        _count(preview, shift, moment)
        _count_agency(by_agency.setdefault(shift.agency, OfAgency(shift.agency)), shift)
        if agencies is None or shift.agency in agencies:
            _keep_largest(largest, shift)
    preview.agencies = sorted(by_agency.values(), key=lambda of: (-of.largest, -of.cases))
    preview.examples = [shift for *_rank, shift in sorted(largest, reverse=True)]
    return preview


def _every_case(change: Change) -> Iterator[TurnedCase]:
    """Each case once: with the batch that holds the first of its clocks."""
    for source in change.sources():
        last = 0
        while found := next_clocks(change, source, last, _BATCH):
            before, last = last, found[-1][0]
            for turned in turn_cases(change, (case for _pk, case in found)):
                first = min((each.source, each.clock.pk) for each in turned.clocks)
                if (source, before) < first <= (source, last):
                    yield turned


def _shift(case: Case, solution: Turned) -> Shift:
    return Shift(
        case=case.pk,
        agency=case.agency_id,
        service=case.service_id,
        before=solution.was_due,
        after=solution.clock.due_at,
    )


def _count(preview: Preview, shift: Shift, moment: datetime) -> None:
    preview.cases += 1
    preview.later += shift.later
    preview.made_late += shift.after <= moment < shift.before
    preview.made_timely += shift.before <= moment < shift.after


def _count_agency(of: OfAgency, shift: Shift) -> None:
    of.cases += 1
    of.later += shift.later
    of.largest = max(of.largest, abs(shift.by))


def _keep_largest(largest: list[tuple[timedelta, int, Shift]], shift: Shift) -> None:
    ranked = (abs(shift.by), -shift.case, shift)
    if len(largest) < EXAMPLES:
        heapq.heappush(largest, ranked)
    else:
        heapq.heappushpop(largest, ranked)
