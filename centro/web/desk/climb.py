"""The ladder of a case as its page shows it: rungs passed, who was told, who answered, what is next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.scopes import Scope, scope_of
from centro.cases.clockwork import TOP, base_of
from centro.cases.explaining import Explanation
from centro.cases.ladders import Ladder, ladder_of, rung_name
from centro.cases.models import Case, Notice
from centro.cases.statuses import Status

_HOLDERS = {2: Role.LIAISON, 3: Role.EXECUTIVE, 4: Role.HEAD}
_OF_CENTRE = {1: Role.SUPERVISOR, 2: Role.SUPERVISOR, 3: Role.DIRECTOR, 4: Role.DIRECTOR}
_MOMENTS = ("moment", "acknowledged_at", "promised_for")
_OPEN = {Status.RECEIVED, Status.ASSIGNED, Status.IN_PROGRESS, Status.WAITING}


@dataclass(frozen=True, slots=True)
class Passed:
    """The record of a rung that the case reached, and what was answered to it."""

    pk: int
    cycle: int
    number: int
    share: int
    moment: datetime
    nobody: bool
    acknowledged_at: datetime | None
    promise: str
    promised_for: datetime | None
    promise_kept: bool | None
    by: str

    @property
    def name(self) -> str:
        return rung_name(self.number)

    @property
    def word_given(self) -> str:
        """What became of a dated promise: open, kept or broken; empty when none was made."""
        if self.promised_for is None and self.promise_kept is None:
            return ""
        return {None: "open", True: "kept", False: "broken"}[self.promise_kept]


@dataclass(frozen=True, slots=True)
class Rung:
    """A rung of the present cycle: passed when it has a record; `next_at` when it comes next.

    `answer_at` is the address where this reader may answer for it, if they may.
    """

    number: int
    name: str
    record: Passed | None = None
    told: tuple[str, ...] = ()
    next_at: datetime | None = None
    answer_at: str = ""


@dataclass(frozen=True, slots=True)
class Climb:
    """The rungs of the present cycle from the lowest, and those passed in earlier ones."""

    rungs: tuple[Rung, ...]
    before: tuple[Passed, ...]

    @property
    def climbed(self) -> bool:
        return any(rung.record for rung in self.rungs)


def climb_of(case: Case, user: User, why: Explanation | None) -> Climb:
    """From what was read to explain the date: no statement, and one once the case has climbed."""
    if why is None:
        return Climb((), ())
    found = [_read(record) for record in why.records]
    next_rung, next_at = why.clock.next_rung, why.clock.next_at
    told = _told(found)
    now = {record.number: record for record in found if record.cycle == case.cycle}
    ladder = ladder_of(sealed=case.is_sealed, agency=case.agency_id)
    rungs = [
        Rung(
            number=number,
            name=rung_name(number, ladder),
            record=now.get(number),
            told=_names(told[now[number].pk]) if number in now else (),
            next_at=next_at if number == next_rung else None,
            answer_at=_answer_at(case, now.get(number), told, user),
        )
        for number in range(base_of(case.cycle) + 1, TOP + 1)
    ]
    return Climb(tuple(rungs), tuple(record for record in found if record.cycle != case.cycle))


def _read(record: Mapping[str, Any]) -> Passed:
    """A rung passed, from its row of JSON."""
    moments = {name: _moment(record[name]) for name in _MOMENTS}
    name = f"{record['first_name'] or ''} {record['last_name'] or ''}".strip()
    return Passed(
        pk=record["pk"],
        cycle=record["cycle"],
        number=record["rung"],
        share=record["share"],
        nobody=record["nobody"],
        promise=record["promise"],
        promise_kept=record["promise_kept"],
        by=name or record["username"] or "",
        **moments,
    )


def _moment(text: str | None) -> Any:
    return datetime.fromisoformat(text) if text else None


def _told(records: list[Passed]) -> dict[int, list[Notice]]:
    """Who was told of each rung. One statement, none before the first."""
    told: dict[int, list[Notice]] = defaultdict(list)
    if records:
        kinds = [Notice.Kind.RUNG, Notice.Kind.WARNING]
        notices = Notice.objects.filter(escalation__in=[r.pk for r in records], kind__in=kinds)
        for notice in notices.select_related("user", "instead_of").order_by("pk"):
            told[notice.escalation_id or 0].append(notice)
    return told


def _names(notices: list[Notice]) -> tuple[str, ...]:
    return tuple(
        f"{notice.user.actor.label} ({notice.instead_of.actor.label})"
        if notice.instead_of
        else notice.user.actor.label
        for notice in notices
    )


def _answer_at(case: Case, record: Passed | None, told: dict[int, list[Notice]], user: User) -> str:
    """The address of the answer, for those who seem to hold the rung; the action asks exactly."""
    if record is None or record.acknowledged_at is not None or case.status not in _OPEN:
        return ""
    heard = {notice.user_id for notice in told[record.pk]}
    if user.pk not in heard and not _holds(case, record.number, scope_of(user)):
        return ""
    return reverse("desk:case_rung", kwargs={"number": case.number, "pk": record.pk})


def _holds(case: Case, rung: int, scope: Scope) -> bool:
    ladder = ladder_of(sealed=case.is_sealed, agency=case.agency_id)
    if ladder == Ladder.SEALED:
        return rung < TOP  # whoever sees a sealed case answers for it
    if rung == TOP:
        return scope.has(Role.PRESIDENCY)
    if ladder == Ladder.CENTRE:
        return scope.has(_OF_CENTRE[rung])
    if rung == 1:
        return any(post.holder_id == case.official_id for post in scope.posts)
    return case.agency_id in scope.agencies_for(_HOLDERS[rung])
