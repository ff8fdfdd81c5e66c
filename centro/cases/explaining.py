"""Why this date: how the deadline of a case comes about, fact by fact and in words.

Everything said here was kept when it happened (the clock, its events, the versions it points at);
nothing is guessed from the present rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q
from django.db.models.functions import JSONObject
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centro.cases.models import Case, ClockEvent, Escalation, SlaClock
from centro.cases.rules import Reason
from centro.cases.terms_in_words import (
    day_in_words,
    days_in_words,
    hours_in_words,
    length_in_words,
    moment_in_words,
    skipped_in_words,
    term_in_words,
    week_in_words,
)
from centro.catalog.calendars import calendar_at
from centro.catalog.models import Priority
from centro.kernel.calendar import Calendar, Skipped, Unit, seconds_between, skipped_days
from centro.kernel.clock import now

Metric, State, Event = SlaClock.Metric, SlaClock.State, ClockEvent.Kind
_CAUSES = {
    "reclassified": gettext_lazy("Se corrigió la clasificación"),
    "unmerged": gettext_lazy("El caso se separó de otro"),
    "calendar": gettext_lazy("Cambió el calendario"),
    "agreement": gettext_lazy("Cambió el acuerdo"),
}
# What is read of a rung that the case passed.
RECORD = {
    name: name
    for name in (
        "pk", "cycle", "rung", "share", "moment", "nobody", "acknowledged_at", "promise",
        "promised_for", "promise_kept",
    )
} | {
    "first_name": "acknowledged_by__first_name",
    "last_name": "acknowledged_by__last_name",
    "username": "acknowledged_by__username",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in which the clock stood still; `until` is planned while `over` is false.

    `seconds` of the calendar's time that did not count.
    """

    since: datetime
    until: datetime
    reason: str
    over: bool
    seconds: int

    def words(self, calendar: Calendar) -> str:
        reason = Reason(self.reason).label if self.reason in Reason.values else _("en espera")
        words = (
            _("El plazo se detuvo del %(since)s al %(until)s (%(length)s): %(reason)s.")
            if self.over
            else _(
                "El plazo está detenido desde el %(since)s y a más tardar hasta el %(until)s "
                "(%(length)s): %(reason)s."
            )
        )
        return words % {
            "since": moment_in_words(self.since),
            "until": moment_in_words(self.until),
            "length": length_in_words(self.seconds, calendar),
            "reason": reason,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """A change of agreement, calendar or classification that set the date anew.

    `before` is what the agreement said until then (see actions.clocks.terms_of).
    """

    at: datetime
    cause: str
    before: dict[str, Any]

    @property
    def due_before(self) -> datetime | None:
        return datetime.fromisoformat(self.before["due"]) if "due" in self.before else None

    def words(self, clock: SlaClock) -> str:
        cause = _CAUSES.get(self.cause) or _("Cambió el plazo")
        said = [f"{cause}: {moment_in_words(self.at)}."]
        term = self.before.get("term")
        if term and term != [clock.term_amount, clock.term_unit]:
            said.append(_("Antes eran %(term)s.") % {"term": term_in_words(*term)})
        if self.due_before is not None:
            due = moment_in_words(self.due_before)
            said.append(_("Antes vencía el %(before)s.") % {"before": due})
        return " ".join(said)


@dataclass(frozen=True, slots=True)
class Explanation:
    """The facts behind a date. `sentences` tells them in the reader's language.

    `owed_reply` is by when the citizen is owed an interim reply. `records` are the rungs that the
    case passed, in all its cycles, as rows of JSON (see `RECORD`).
    """

    case: Case
    clock: SlaClock
    calendar: Calendar
    skipped: Sequence[Skipped]
    pauses: Sequence[Pause]
    changes: Sequence[Change]
    owed_reply: datetime | None
    records: Sequence[dict[str, Any]]

    def sentences(self) -> list[str]:
        """One fact a line, from the start to the date."""
        # The Spanish of the calendars ends a moment in a full stop of its own.
        return [sentence.replace("..", ".") for sentence in self._sentences()]

    def term(self) -> str:
        """The length of the term: "5 días hábiles"."""
        return term_in_words(self.clock.term_amount, self.clock.term_unit)

    def total(self) -> str:
        """How long a reopened case has taken in all; empty for one in its first cycle."""
        if self.clock.cycle == 1:
            return ""
        first, last = localtime(self.case.spoken_at), localtime(self.case.closed_at or now())
        return _("En total, %(days)s desde que la persona habló por primera vez.") % {
            "days": days_in_words((last.date() - first.date()).days)
        }

    def _sentences(self) -> Iterator[str]:
        yield self._start()
        yield self._term()
        yield _("Calendario «%(name)s»: %(hours)s.") % {
            "name": self.clock.calendar.calendar.name,
            "hours": week_in_words(self.calendar),
        }
        if self.skipped:
            yield _("No contaron: %(days)s.") % {"days": skipped_in_words(self.skipped)}
        if odd := self._odd_days():
            yield _("Con otro horario: %(days)s.") % {"days": "; ".join(odd)}
        for pause in self.pauses:
            yield pause.words(self.calendar)
        for change in self.changes:
            yield change.words(self.clock)
        yield self._due()
        if self.clock.cycle > 1:
            yield self._cycles()

    def _start(self) -> str:
        when = moment_in_words(self.clock.started_at)
        if self.clock.cycle > 1:
            return _("El plazo cuenta desde que el caso se reabrió: %(when)s.") % {"when": when}
        return _("El plazo cuenta desde que la persona habló: %(when)s.") % {"when": when}

    def _term(self) -> str:
        policy = self.clock.policy.policy
        where = f" · {policy.place.full_name}" if policy.place else ""
        what = f" · {Priority(policy.priority).label}" if policy.priority else ""
        said = _("El acuerdo del servicio da %(term)s%(narrow)s.") % {
            "term": self.term(),
            "narrow": where + what,
        }
        match Unit(self.clock.term_unit):
            case Unit.WORKING_HOURS:
                rule = _("Sólo cuentan las horas en que se atiende.")
            case Unit.CALENDAR_DAYS:
                rule = _("El día en que llega no cuenta; vence al terminar el último.")
            case _:
                rule = _("El día en que llega no cuenta; vence cuando cierra el último.")
        return f"{said} {rule}"

    def _odd_days(self) -> list[str]:
        """Days on the way that open, but not at the hours of their weekday."""
        first, last = localtime(self.clock.started_at).date(), localtime(self.clock.due_at).date()
        return [
            f"{day_in_words(day)} ({special.name}) {hours_in_words(special.hours)}"
            for day, special in sorted(self.calendar.special.items())
            if first <= day <= last and special.hours and self._is_odd(day)
        ]

    def _is_odd(self, day: date) -> bool:
        return self.calendar.hours_on(day) != self.calendar.week[day.weekday()]

    def _due(self) -> str:
        clock = self.clock
        due = moment_in_words(clock.due_at)
        if clock.stopped_at is not None:
            words = (
                _("Vencía el %(due)s; se resolvió a tiempo, el %(when)s.")
                if clock.on_time
                else _("Vencía el %(due)s; se resolvió tarde, el %(when)s.")
            )
            return words % {"due": due, "when": moment_in_words(clock.stopped_at)}
        if clock.state == State.CANCELLED:
            return _("El plazo quedó sin efecto: el caso terminó sin solución propia.")
        return _("Por eso la fecha límite es el %(due)s.") % {"due": due}

    def _cycles(self) -> str:
        opened = _("Se abrió por primera vez el %(when)s; va por la vuelta %(n)s.") % {
            "when": moment_in_words(self.case.opened_at),
            "n": self.clock.cycle,
        }
        return f"{opened} {self.total()}"


def explanation_of(case: Case) -> Explanation | None:
    """Why the date of a case is what it is, in its present cycle. One statement.

    None for a case without a clock, which `centro doctor` calls a fault.
    """
    found = {clock.metric: clock for clock in _clocks(case)}
    clock = found.get(Metric.SOLUTION)
    if clock is None:
        return None
    interim = found.get(Metric.INTERIM)
    happened: list[dict[str, Any]] = clock.told
    calendar = calendar_at(clock.calendar, case.place)
    return Explanation(
        case=case,
        clock=clock,
        calendar=calendar,
        skipped=skipped_days(calendar, clock.started_at, max(clock.due_at, clock.started_at)),
        pauses=_pauses(happened, calendar),
        changes=_changes(happened),
        owed_reply=interim.due_at if interim and case.is_active else None,
        records=clock.records,
    )


def _clocks(case: Case) -> Iterable[Any]:
    """The solution clock of the present cycle with all that hangs on it, and the interim clock
    that is going."""
    events = ClockEvent.objects.filter(clock=OuterRef("pk")).order_by("id")
    rungs = Escalation.objects.filter(case=OuterRef("case")).order_by("cycle", "rung")
    wanted = Q(metric=Metric.SOLUTION, cycle=case.cycle) | Q(
        metric=Metric.INTERIM, state__in=[State.RUNNING, State.PAUSED]
    )
    clocks = SlaClock.objects.filter(wanted, case=case)
    companions = ("policy__policy__place__district", "policy__policy__place__province")
    return clocks.select_related(*companions, "calendar__calendar").annotate(
        told=ArraySubquery(events.values(one=JSONObject(kind="kind", at="at", data="data"))),
        records=ArraySubquery(rungs.values(one=JSONObject(**RECORD))),
    )


def _pauses(happened: Sequence[dict[str, Any]], calendar: Calendar) -> list[Pause]:
    """Each pause with its end; the last may still be going on, until its planned end."""
    pauses: list[Pause] = []
    since: datetime | None = None
    until, reason = None, ""
    for event in happened:
        at = datetime.fromisoformat(event["at"])
        if event["kind"] == Event.PAUSED:
            since, until = at, datetime.fromisoformat(event["data"]["until"])
            reason = str(event["data"].get("reason", ""))
        elif event["kind"] == Event.RESUMED and since is not None:
            pauses.append(Pause(since, at, reason, True, seconds_between(calendar, since, at)))
            since = None
    if since is not None and until is not None:
        pauses.append(Pause(since, until, reason, False, seconds_between(calendar, since, until)))
    return pauses


def _changes(happened: Sequence[dict[str, Any]]) -> list[Change]:
    return [
        Change(
            datetime.fromisoformat(event["at"]),
            str(event["data"].get("cause", "")),
            event["data"].get("before", {}),
        )
        for event in happened
        if event["kind"] == Event.RETARGETED
    ]
