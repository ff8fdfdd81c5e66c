"""A case as its citizen sees it: the steps, the timeline, what may be done now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from centro.cases.explaining import explanation_of
from centro.cases.models import Case, SlaClock, TimelineEntry
from centro.cases.statuses import Reason, Status
from centro.cases.timeline import Audience
from centro.kernel.actor import Kind
from centro.kernel.clock import now

# (icon, tone) of each kind a citizen may read; anything new looks ordinary.
LOOK: dict[str, tuple[str, str]] = {
    "opened": ("flag", "ok"),
    "routed": ("building", ""),
    "reclassified": ("tag", ""),
    "started": ("wrench", ""),
    "held": ("pause", ""),
    "resumed": ("play", ""),
    "wait_ended": ("play", ""),
    "due_moved": ("calendar", ""),
    "question_asked": ("question", ""),
    "interim_reply": ("chat", ""),
    "information_added": ("user", "citizen"),
    "photo_added": ("camera", ""),
    "resolved": ("check", "ok"),
    "confirmed": ("heart", "ok"),
    "reopened": ("refresh", "citizen"),
    "withdrawn": ("close", "citizen"),
    "closed": ("check", ""),
    "transfer_accepted": ("transfer", ""),
    "escalated_high": ("stairs", ""),
    "merged": ("merge", ""),
    "unmerged": ("merge", ""),
    "incident_joined": ("merge", ""),
    "incident_left": ("merge", ""),
}
# What the citizen did is told to them in the second person.
YOURS = {
    "opened": gettext_noop("Usted presentó el caso."),
    "information_added": gettext_noop("Usted añadió información."),
    "confirmed": gettext_noop("Usted confirmó que está resuelto."),
    "withdrawn": gettext_noop("Usted desistió del caso."),
    "reopened": gettext_noop("Usted dijo que no está resuelto: el caso se reabrió."),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the public timeline."""

    at: datetime
    title: str
    text: str
    who: str
    icon: str
    tone: str


@dataclass(frozen=True, slots=True)
class Stage:
    title: str
    done: bool
    current: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Doors:
    """What the citizen may do with the case now."""

    add: bool
    answer: bool
    withdraw: bool
    confirm: bool
    reopen: bool


def tell(case: Case) -> list[Told]:
    """The public timeline, newest first."""
    entries = case.timeline.readable_by(Audience.PUBLIC)
    agency = case.agency.acronym if case.agency else ""
    return [_told(entry, agency) for entry in reversed(entries)]


def _told(entry: TimelineEntry, agency: str) -> Told:
    icon, tone = LOOK.get(entry.kind, ("info", ""))
    yours = entry.actor_kind == Kind.CITIZEN and entry.kind in YOURS
    return Told(
        at=entry.at,
        title=_(YOURS[entry.kind]) if yours else entry.sentence,
        text=entry.text or _first_stop(entry),
        who=_who(entry, agency),
        icon=icon,
        tone=tone,
    )


def _first_stop(entry: TimelineEntry) -> str:
    """A new case says at once where it went."""
    agency = entry.data.get("agency") if entry.kind == "opened" else ""
    return _("Pasó a %(agency)s.") % {"agency": agency} if agency else ""


def _who(entry: TimelineEntry, agency: str) -> str:
    """An entity or the centre; never the name of an official."""
    if entry.actor_kind == Kind.AGENCY:
        return str(entry.data.get("agency") or agency)
    return _("Centro 3-1-1") if entry.actor_kind == Kind.STAFF else ""


_STAGE_OF = {
    Status.RECEIVED: 0,
    Status.ASSIGNED: 1,
    Status.IN_PROGRESS: 2,
    Status.WAITING: 2,
    Status.RESOLVED: 3,
    Status.CLOSED: 4,
    Status.DUPLICATE: 4,
}


def stages(case: Case) -> list[Stage]:
    """The five steps in the life of a case and where this one is."""
    at = _STAGE_OF[Status(case.status)]
    titles = [_("Recibido"), _("Asignado"), _("En proceso"), _("Resuelto"), _("Cerrado")]
    finished = case.status in {Status.CLOSED, Status.DUPLICATE}
    skipped = finished and case.resolved_at is None
    return [
        Stage(
            title=title,
            done=(n < at or finished) and not (skipped and n == 3),
            current=n == at and not finished,
            note=str(case.get_reason_display()) if n == at else "",
        )
        for n, title in enumerate(titles)
    ]


def doors(case: Case) -> Doors:
    """What may be done; the actions themselves refuse whatever slips through."""
    status = Status(case.status)
    active = case.is_active
    waiting = status == Status.WAITING and case.reason == Reason.CITIZEN
    recent = case.closed_at is not None and now() - case.closed_at <= timedelta(
        days=settings.REOPENING_DAYS
    )
    closed = status == Status.CLOSED and recent and case.agency_id is not None
    return Doors(
        add=active and not waiting and status != Status.RESOLVED,
        answer=waiting,
        withdraw=active and status != Status.RESOLVED,
        confirm=status == Status.RESOLVED,
        reopen=status == Status.RESOLVED or closed,
    )


def last_question(told: Sequence[Told], case: Case) -> str:
    """What the entity asked last, while the case waits for the answer."""
    if not doors(case).answer:
        return ""
    return next((t.text for t in told if t.icon == LOOK["question_asked"][0]), "")


def facts(case: Case) -> dict[str, Any]:
    """Everything the page of a case shows."""
    told = tell(case)
    return {
        "case": case,
        "told": told,
        "stages": stages(case),
        "doors": doors(case),
        "question": last_question(told, case),
        "photos": list(case.photos.select_related("file")),
        "overdue": case.is_overdue(now()),
        "news_by": _news_by(case),
        "why_date": explanation_of(case) if case.is_active else None,
    }


def _news_by(case: Case) -> datetime | None:
    """By when the citizen was promised to hear again."""
    if not case.is_active:
        return None
    promised = SlaClock.objects.going().filter(
        case=case, metric=SlaClock.Metric.INTERIM, term_amount=0
    )
    return promised.values_list("due_at", flat=True).first()
