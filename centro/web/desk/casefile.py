"""What the page of a case shows, read with few statements and cut to what this user may know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.scopes import scope_of
from centro.cases.access import may_see_reporter
from centro.cases.clockwork import base_of, first_rung
from centro.cases.explaining import Explanation, explanation_of
from centro.cases.ladders import ladder_of, rung_name
from centro.cases.models import Case, CasePhoto, Grant, Incident, TimelineEntry, Transfer
from centro.cases.route_steps import Step, handed_over, read_steps
from centro.cases.statuses import UNSOLVED
from centro.cases.timeline import KINDS, Audience
from centro.catalog.queries import questions_for
from centro.channels.models import OutboundMessage
from centro.kernel.actor import Kind
from centro.kernel.clock import now
from centro.kernel.errors import NotFound
from centro.people.models import ContactPoint, Person
from centro.web.desk.climb import Climb, climb_of
from centro.web.desk.doings import Doing, offered
from centro.web.desk.posts import FRONT, GATHERERS, OF_THE_CENTRE, TALKERS, WRITERS
from centro.web.desk.ways import name_of
from centro.web.templatetags.look import answer
from centro.web.templatetags.look import label as label_of

# The rule is the case's own (it refuses a closing before); here it is only explained.
ATTEMPTS_BEFORE_UNREACHABLE = 3
# kind of entry → (icon, tone); what is not here is a plain note of the system.
LOOK: dict[str, tuple[str, str]] = {
    "opened": ("inbox", "citizen"),
    "routed": ("building", ""),
    "reclassified": ("tag", ""),
    "confidentiality_set": ("lock", ""),
    "access_granted": ("key", ""),
    "access_revoked": ("key", ""),
    "assigned": ("user", ""),
    "started": ("play", ""),
    "held": ("pause", ""),
    "resumed": ("play", ""),
    "wait_ended": ("clock", ""),
    "due_moved": ("calendar", ""),
    "question_asked": ("question", ""),
    "interim_reply": ("reply", ""),
    "information_added": ("chat", "citizen"),
    "press_noted": ("megaphone", ""),
    "conversation_linked": ("chat", ""),
    "conversation_unlinked": ("chat", ""),
    "reported_again": ("users", "citizen"),
    "photo_added": ("camera", ""),
    "noted": ("note", ""),
    "attempted": ("phone-out", ""),
    "resolved": ("check", "ok"),
    "reminded": ("mail", ""),
    "undelivered": ("alert", "danger"),
    "undelivered_rings": ("phone-out", "danger"),
    "audited_real": ("shield", "ok"),
    "audited_unclear": ("shield", ""),
    "audited_not_real": ("shield", "danger"),
    "confirmed": ("star", "ok"),
    "reopened": ("refresh", "danger"),
    "withdrawn": ("sign-out", "citizen"),
    "closed": ("check", ""),
    "merged": ("merge", ""),
    "absorbed": ("merge", ""),
    "unmerged": ("merge", ""),
    "incident_joined": ("merge", ""),
    "incident_left": ("merge", ""),
    "instructed": ("flag", "danger"),
    "instruction_answered": ("reply", ""),
    "instruction_withdrawn": ("flag", ""),
    "transfer_proposed": ("transfer", ""),
    "transfer_accepted": ("transfer", "ok"),
    "transfer_cancelled": ("transfer", ""),
    "transfer_refused": ("transfer", "danger"),
    "transfer_expired": ("transfer", "danger"),
    "escalated": ("stairs", ""),
    "escalated_high": ("stairs", "danger"),
    "escalated_past": ("stairs", "danger"),
    "escalation_answered": ("reply", ""),
    "promise_broken": ("alert", "danger"),
}
# After these nobody has the case until a person sends it on.
BACK_IN_TRIAGE = frozenset({"transfer_refused", "transfer_expired"})
_MESSAGE_LOOK = {
    "queued": "badge--sun",
    "sent": "badge--ok",
    "delivered": "badge--ok",
    "read": "badge--ok",
    "failed": "badge--danger",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the timeline as this user may read it."""

    entry: TimelineEntry
    who: str
    icon: str
    tone: str
    hidden_from_citizen: bool
    message: OutboundMessage | None
    cycle_begins: bool

    @property
    def hands(self) -> str:
        """The unit and the official that the case came to with this entry."""
        data = self.entry.data
        parts = (data.get("unit"), data.get("official")) if data.get("route") else ()
        return " · ".join(part for part in parts if part)

    @property
    def talk(self) -> int | None:
        """The conversation that the entry speaks of."""
        found = self.entry.data.get("conversation")
        return found if isinstance(found, int) else None

    @property
    def message_look(self) -> str:
        return _MESSAGE_LOOK[self.message.status] if self.message else ""


@dataclass(frozen=True)
class CaseFile:
    """A case with all that its page shows. Each property that reads sends one statement."""

    case: Case
    user: User
    works: bool

    @cached_property
    def doings(self) -> list[Doing]:
        return offered(self.case, self.user, works=self.works)

    @property
    def main_offers(self) -> list[tuple[Doing, str]]:
        """What one expects to do next, with its address."""
        return [self._offer(d) for d in self.doings if self.case.status in d.main]

    @property
    def other_offers(self) -> list[tuple[Doing, str]]:
        return [self._offer(d) for d in self.doings if self.case.status not in d.main]

    def _offer(self, doing: Doing) -> tuple[Doing, str]:
        return doing, doing.address(self.case)

    @property
    def channel(self) -> str:
        return name_of(self.case.channel)

    @property
    def talks(self) -> bool:
        """Whether this user reads conversations (which ones, their pages say)."""
        return scope_of(self.user).has(*TALKERS)

    @property
    def keeps_seal(self) -> bool:
        """Whether this user lets others into the sealed case."""
        return Role.DENUNCIATIONS in scope_of(self.user).roles

    @property
    def term(self) -> str:
        """How the due date comes about, in a few words."""
        if self.why_date is None:
            return ""
        since = _("desde que se reabrió") if self.case.cycle > 1 else _("desde que habló")
        return f"{self.why_date.term()} {since}"

    @cached_property
    def why_date(self) -> Explanation | None:
        """The facts behind the due date: one statement."""
        return explanation_of(self.case)

    @property
    def why_not(self) -> str:
        """Why something one might look for is not offered; empty when nothing needs a word."""
        if not self.works or not self.doings:
            return ""
        case = self.case
        if case.is_sealed and case.status in {"assigned", "in_progress", "waiting"}:
            return _("Un caso sellado no se encarga ni se traslada: lo trabaja quien tiene acceso.")
        if case.proposed_agency_id:
            return _("No se puede proponer otro traslado mientras éste espera respuesta.")
        if case.status == "waiting":
            return self._attempts_left()
        if case.status == "resolved" and not scope_of(self.user).has(*FRONT):
            return _(
                "Falta que la persona diga si está de acuerdo. Si no responde, se cierra solo."
            )
        return ""

    def _attempts_left(self) -> str:
        cycle = self.case.cycle
        made = sum(e.kind == "attempted" and e.cycle == cycle for e in self.entries)
        if made >= ATTEMPTS_BEFORE_UNREACHABLE:
            return ""
        return _(
            "Para cerrar como «Sin contacto posible» hacen falta %(n)d intentos anotados; hay %(made)d."
        ) % {"n": ATTEMPTS_BEFORE_UNREACHABLE, "made": made}

    @property
    def late(self) -> bool:
        return self.case.is_overdue(now())

    @cached_property
    def owed_reply(self) -> datetime | None:
        """By when the citizen is owed an interim reply; None when nothing is owed."""
        return self.why_date.owed_reply if self.why_date else None

    @property
    def owed_late(self) -> bool:
        return self.owed_reply is not None and self.owed_reply < now()

    @property
    def begins_at(self) -> str:
        """The rung of the ladder at which a reopened case began; empty in its first cycle."""
        if self.case.cycle == 1:
            return ""
        ladder = ladder_of(sealed=self.case.is_sealed, agency=self.case.agency_id)
        return rung_name(first_rung(base_of(self.case.cycle)), ladder)

    @cached_property
    def may_know(self) -> bool:
        """Whether this user may learn who reported (at once if open, on request if not)."""
        return may_see_reporter(self.case, self.user)

    @property
    def knows(self) -> bool:
        """Whether the page may name the reporter without asking why."""
        return self.may_know and not self.case.is_confidential

    @cached_property
    def reporter(self) -> Person | None:
        return self.case.person if self.knows else None

    @cached_property
    def points(self) -> list[ContactPoint]:
        return list(self.reporter.contact_points.all()) if self.reporter else []

    @cached_property
    def entries(self) -> list[TimelineEntry]:
        centre = scope_of(self.user).has(*OF_THE_CENTRE)
        audience = Audience.INTERNAL if centre else Audience.AGENCY
        return list(self.case.timeline.readable_by(audience))

    @cached_property
    def lines(self) -> list[Line]:
        """The timeline, newest first, with what became of the messages it sent."""
        messages = self._messages
        lines: list[Line] = []
        cycle = 1
        for entry in self.entries:
            lines.append(self._line(entry, messages, begins=entry.cycle > cycle))
            cycle = entry.cycle
        return lines[::-1]

    @property
    def why_here(self) -> list[Step]:
        """How the case came to who has it, in order; nothing for a case from before this was kept."""
        steps: list[Step] = []
        for entry in self.entries:
            if entry.data.get("route"):
                steps = read_steps(entry.data["route"])
            elif entry.kind == "assigned" and steps:
                steps = list(handed_over(steps, entry.data["who"]))
            elif entry.kind in BACK_IN_TRIAGE:
                steps = [Step("triage")]
        return [step for step in steps if self._still_true(step)]

    def _still_true(self, step: Step) -> bool:
        """A reopening, or work begun without being told to, changes hands without a new way."""
        official = self.case.official
        unit = self.case.unit
        now_has_it = {official.actor.label if official else "", unit.name if unit else ""}
        named = {"load": "official", "handed": "who"}.get(step.code)
        return named is None or step.data[named] in now_has_it

    def since(self, moment: datetime | None) -> list[Line]:
        """What happened after a moment, newest first; at least the last thing that did."""
        fresh = [line for line in self.lines if moment and line.entry.at > moment]
        return fresh[:5] or self.lines[:1]

    def _line(
        self, entry: TimelineEntry, messages: dict[int, OutboundMessage], *, begins: bool
    ) -> Line:
        icon, tone = LOOK.get(entry.kind, ("info", ""))
        inside = KINDS[entry.kind].audience != Audience.PUBLIC
        return Line(
            entry=entry,
            who=self._who(entry),
            icon=icon,
            tone=tone or ("internal" if inside else ""),
            hidden_from_citizen=inside,
            message=messages.get(entry.data.get("message") or 0),
            cycle_begins=begins,
        )

    def _who(self, entry: TimelineEntry) -> str:
        if entry.actor_kind == Kind.CITIZEN:
            return _("La persona que reportó")
        if entry.actor_kind == Kind.SYSTEM:
            return _("Sistema")
        return entry.actor_label

    @cached_property
    def _messages(self) -> dict[int, OutboundMessage]:
        if not any(entry.data.get("message") for entry in self.entries):
            return {}
        sent = OutboundMessage.objects.filter(reference=self.case.number)
        return {m.pk: m for m in sent.only("id", "kind", "status", "error", "address", "sent_at")}

    @cached_property
    def photos(self) -> list[CasePhoto]:
        return list(self.case.photos.select_related("file"))

    @property
    def citizen_photos(self) -> list[CasePhoto]:
        return [p for p in self.photos if not p.evidence]

    @property
    def evidence(self) -> list[CasePhoto]:
        return [p for p in self.photos if p.evidence]

    @cached_property
    def pending_transfer(self) -> Transfer | None:
        if self.case.proposed_agency_id is None:
            return None
        pending = self.case.transfers.filter(decision=Transfer.Decision.PENDING)
        return pending.select_related("from_agency", "to_agency").first()

    @cached_property
    def duplicates(self) -> list[Case]:
        """The cases that this one stands for, when its timeline says that there are any."""
        if not any(entry.kind == "absorbed" for entry in self.entries):
            return []
        return list(Case.objects.visible_to(self.user).filter(duplicate_of=self.case).only("pk"))

    @property
    def stands_for_it(self) -> str:
        """The number of the case that stands for this one."""
        return Case(pk=self.case.duplicate_of_id).number if self.case.duplicate_of_id else ""

    @cached_property
    def event(self) -> Incident | None:
        """The event that the case is part of."""
        return self.case.incident if self.case.incident_id else None

    @property
    def may_join(self) -> bool:
        """Whether this user could look for the event of a case that has none."""
        fitting = self.case.status in UNSOLVED and not self.case.is_sealed
        return self.works and fitting and scope_of(self.user).has(*GATHERERS)

    @cached_property
    def grants(self) -> list[Grant]:
        if not self.case.is_sealed:
            return []
        held = self.case.grants.filter(revoked_at=None).select_related("user", "granted_by")
        return list(held.order_by("granted_at"))

    @cached_property
    def climb(self) -> Climb:
        """The rungs of its ladder: one statement once it has climbed."""
        return climb_of(self.case, self.user, self.why_date)

    @cached_property
    def answers(self) -> list[tuple[str, str]]:
        return answers_in_words(self.case)


def answers_in_words(case: Case) -> list[tuple[str, str]]:
    """The type's own questions with what was answered, in words."""
    if not case.answers:
        return []
    asked = {question.key: question for question in questions_for(case.service)}
    return [
        (label_of(asked[key]), answer(value, asked[key])) if key in asked else (key, str(value))
        for key, value in case.answers.items()
    ]


def open_file(number: str, user: User) -> CaseFile:
    """The case page's content for this user: one statement for those who work the case."""
    if scope_of(user).has(*WRITERS):
        try:
            return CaseFile(Case.objects.reach(number, user, to="work"), user, works=True)
        except NotFound:
            pass
    return CaseFile(Case.objects.reach(number, user), user, works=False)
