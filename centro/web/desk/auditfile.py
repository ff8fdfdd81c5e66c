"""What the page of an audit shows: never who solved the case, nor who reported it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from centro.cases.models import Case, CasePhoto, ClosureAudit, TimelineEntry
from centro.cases.statuses import Reason, Status
from centro.web.desk.casefile import answers_in_words


@dataclass(frozen=True)
class AuditFile:
    """A closed cycle as its judge sees it: what was asked for and what was done, and by nobody.

    Each property that reads sends one statement.
    """

    audit: ClosureAudit

    @property
    def case(self) -> Case:
        return self.audit.case

    @cached_property
    def _entries(self) -> dict[str, TimelineEntry]:
        """The last line of each kind that tells how the cycle ended."""
        kinds = ("resolved", "confirmed", "closed")
        lines = self.case.timeline.filter(cycle=self.audit.cycle, kind__in=kinds)
        return {line.kind: line for line in lines.order_by("at", "id")}

    @property
    def solution(self) -> str:
        return self._entries["resolved"].text if "resolved" in self._entries else ""

    @property
    def solved_at(self) -> datetime | None:
        return self._entries["resolved"].at if "resolved" in self._entries else None

    @property
    def closed_as(self) -> str:
        """In words: the person said so, or did not answer."""
        confirmed = "confirmed" in self._entries
        return str((Reason.SATISFIED if confirmed else Reason.NO_ANSWER).label)

    @property
    def came_back(self) -> bool:
        """Whether the case was reopened after this cycle: its present solution is another."""
        return self.case.cycle > self.audit.cycle or self.case.status != Status.CLOSED

    @cached_property
    def _photos(self) -> list[CasePhoto]:
        taken = self.case.photos.filter(added_at__lte=self.audit.drawn_at)
        return list(taken.select_related("file").order_by("added_at", "pk"))

    @property
    def citizen_photos(self) -> list[CasePhoto]:
        return [photo for photo in self._photos if not photo.evidence]

    @property
    def evidence(self) -> list[CasePhoto]:
        return [photo for photo in self._photos if photo.evidence]

    @cached_property
    def answers(self) -> list[tuple[str, str]]:
        """The type's own questions with what was answered, in words."""
        return answers_in_words(self.case)
