"""The President's page: what reached the top now, and what became of the last instructions.

A matter with an instruction rests until that instruction's day; then it comes back and says so.
The cost follows what is at the top now (a partial index of the clocks), never closed history.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.conf import settings
from django.utils.timezone import localdate

from centro.cases import rules
from centro.cases.bundles import Bundle, Topmost, bundled
from centro.cases.models import Case, Escalation, Instruction, SlaClock
from centro.cases.models.incidents import InstructionQuerySet
from centro.catalog.models import Confidentiality
from centro.kernel.clock import now, today

SHOWN_OF_LAST = 10
# So many instructions back are asked for: more than are given in the longest usual term.
_RECENT = 60
_COLUMNS = (
    "case_id", "case__confidentiality", "case__priority", "case__spoken_at", "case__due_at",
    "case__service_id", "case__service__name", "case__service__name_en",
    "case__agency_id", "case__agency__acronym", "case__agency__name",
    "case__place_id", "case__place__name",
    "case__place__district_id", "case__place__district__name", "case__place__province__name",
    "case__incident_id", "case__incident__title", "case__incident__also_affected",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Card:
    """A matter with what the entity promised, and the last instruction whose day has passed."""

    bundle: Bundle
    promise: Escalation | None
    before: Instruction | None


@dataclass(frozen=True, slots=True)
class Followed:
    """An instruction and how many of its cases are solved by now."""

    instruction: Instruction
    cases: int
    solved: int
    late: bool


@dataclass(frozen=True, slots=True)
class Board:
    """What is shown, how much more waits, and what came of the last instructions."""

    cards: list[Card]
    more: int
    sealed: int
    given_today: int
    last: list[Followed]


def board(*, beyond: bool = False) -> Board:
    """The page of today in five statements; `beyond` shows as many again as a day's limit."""
    cases, told, moment = _at_the_top(), _Told(now()), now()
    bundles = _waiting(cases, told, moment)
    limit = settings.PRESIDENT_BUNDLES
    room = max(limit - told.given_today, 0) + (limit if beyond else 0)
    return Board(
        cards=_cards(bundles[:room], told),
        more=max(len(bundles) - room, 0),
        sealed=sum(case.confidentiality == Confidentiality.SEALED for case in cases),
        given_today=told.given_today,
        last=[told.follow(one) for one in told.last[:SHOWN_OF_LAST]],
    )


def find_card(key: str) -> Card | None:
    """The matter with that key as it is now; None when it is solved, or rests."""
    told, moment = _Told(now()), now()
    found = [bundle for bundle in _waiting(_at_the_top(), told, moment) if bundle.key == key]
    return next(iter(_cards(found, told)), None)


def count_waiting() -> int:
    """How many matters wait for the President, in four statements."""
    return len(_waiting(_at_the_top(), _Told(now()), now()))


def follow(instructions: list[Instruction]) -> list[Followed]:
    """What became of these instructions, in one statement."""
    told = _Told(now(), instructions)
    return [told.follow(one) for one in instructions]


def _at_the_top() -> list[Topmost]:
    """The unsolved cases whose President's rung has fired in their present cycle."""
    clocks = SlaClock.objects.at_the_top().filter(
        escalations__rung=Escalation.Rung.PRESIDENT, case__status__in=rules.UNSOLVED
    )
    return [Topmost(*row) for row in clocks.order_by().values_list(*_COLUMNS)]


def _waiting(cases: list[Topmost], told: _Told, at: datetime) -> list[Bundle]:
    shown = [
        case
        for case in cases
        if case.confidentiality != Confidentiality.SEALED and case.case not in told.resting
    ]
    return bundled(shown, at)


class _Told:
    """The instructions that matter now and the states of their cases: three statements."""

    def __init__(self, at: datetime, instructions: list[Instruction] | None = None) -> None:
        self.at = at
        self.last = self._recent() if instructions is None else instructions
        unanswered = list(self._all().open()) if instructions is None else []
        self.all = {one.pk: one for one in [*unanswered, *self.last]}
        through = Instruction.cases.through.objects.filter(instruction__in=self.all)
        self.states: dict[int, dict[int, str]] = defaultdict(dict)
        for instruction, case, status in through.values_list(
            "instruction_id", "case_id", "case__status"
        ):
            self.states[instruction][case] = status

    def _recent(self) -> list[Instruction]:
        return list(self._all().order_by("-pk")[:_RECENT])

    def _all(self) -> InstructionQuerySet:
        return Instruction.objects.select_related("agency", "service", "place", "incident")

    @cached_property
    def given_today(self) -> int:
        kept = [one for one in self.last if one.state != Instruction.State.WITHDRAWN]
        return sum(localdate(one.given_at) == today() for one in kept)

    @cached_property
    def resting(self) -> set[int]:
        """The cases that an instruction in force covers."""
        in_force = [one.pk for one in self.all.values() if one.is_in_force(self.at)]
        return {case for pk in in_force for case in self.states[pk]}

    def before(self, bundle: Bundle) -> Instruction | None:
        """The newest instruction on any case of a matter whose day has passed."""
        ids = set(bundle.ids)
        passed = (
            one
            for one in sorted(self.all.values(), key=lambda one: -one.pk)
            if one.state != Instruction.State.WITHDRAWN and not ids.isdisjoint(self.states[one.pk])
        )
        return next(passed, None)

    def follow(self, instruction: Instruction) -> Followed:
        states = self.states[instruction.pk].values()
        solved = sum(status not in rules.UNSOLVED for status in states)
        return Followed(instruction, len(states), solved, instruction.is_overdue(self.at))


def _cards(bundles: list[Bundle], told: _Told) -> list[Card]:
    promises = _promises([pk for bundle in bundles for pk in bundle.ids])
    return [
        Card(
            bundle,
            next((promises[pk] for pk in bundle.ids if pk in promises), None),
            told.before(bundle),
        )
        for bundle in bundles
    ]


def _promises(cases: list[int]) -> dict[int, Escalation]:
    """The newest promise made on each case. One statement."""
    if not cases:
        return {}
    made = Escalation.objects.filter(case__in=cases, promised_for__isnull=False)
    return {one.case_id: one for one in made.order_by("acknowledged_at")}


def cases_of(card: Card) -> list[Case]:
    """The cases of a matter, the one due first in front."""
    found = Case.objects.filter(pk__in=card.bundle.ids).select_related(
        "place", "agency", "official"
    )
    return list(found.defer("search").order_by("due_at", "pk"))
