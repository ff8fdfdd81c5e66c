"""The rules of a case, with no database in sight: what may follow what, why, and by whom.

The tables are the life of a case in docs/explanation/life-of-a-case.md, as data.
"""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from centro.accounts.roles import Role
from centro.catalog.models import Confidentiality
from centro.kernel.actor import Actor, Kind
from centro.kernel.errors import Invalid, NotAllowed, Refused
from centro.kernel.privacy import find_personal

ATTEMPTS_BEFORE_UNREACHABLE = 3
LONGEST_WAIT = timedelta(days=90)
LONGEST_TEXT = 5000


class Status(TextChoices):
    RECEIVED = "received", gettext_lazy("Recibido")
    ASSIGNED = "assigned", gettext_lazy("Asignado")
    IN_PROGRESS = "in_progress", gettext_lazy("En proceso")
    WAITING = "waiting", gettext_lazy("En espera")
    RESOLVED = "resolved", gettext_lazy("Resuelto")
    CLOSED = "closed", gettext_lazy("Cerrado")
    DUPLICATE = "duplicate", gettext_lazy("Duplicado")


class Reason(TextChoices):
    """The *razón de estatus*: every status carries one."""

    TRIAGE = "triage", gettext_lazy("En clasificación")
    TRANSFER_REFUSED = "transfer_refused", gettext_lazy("Traslado rechazado")
    TRANSFER_EXPIRED = "transfer_expired", gettext_lazy("Traslado sin respuesta")
    ROUTED = "routed", gettext_lazy("Derivado a la entidad")
    REASSIGNED = "reassigned", gettext_lazy("Reasignado")
    TRANSFER_ACCEPTED = "transfer_accepted", gettext_lazy("Traslado aceptado")
    UNMERGED = "unmerged", gettext_lazy("Separado de otro caso")
    WORKING = "working", gettext_lazy("En atención")
    CITIZEN_ANSWERED = "citizen_answered", gettext_lazy("La persona respondió")
    WAIT_ENDED = "wait_ended", gettext_lazy("Terminó la espera")
    REOPENED = "reopened", gettext_lazy("Reabierto")
    CITIZEN = "citizen", gettext_lazy("Falta información de la persona")
    VISIT = "visit", gettext_lazy("Visita programada")
    MATERIALS = "materials", gettext_lazy("Faltan materiales o equipo")
    THIRD_PARTY = "third_party", gettext_lazy("Depende de un tercero")
    WEATHER = "weather", gettext_lazy("El clima lo impide")
    SOLVED = "solved", gettext_lazy("Con solución, por confirmar")
    SATISFIED = "satisfied", pgettext_lazy("closing reason", "Satisfactorio")
    NO_ANSWER = "no_answer", gettext_lazy("Sin respuesta del ciudadano")
    FIRST_CONTACT = "first_contact", gettext_lazy("Atendido en primer contacto")
    NOT_APPLICABLE = "not_applicable", gettext_lazy("No procede")
    OUT_OF_SCOPE = "out_of_scope", gettext_lazy("Fuera de competencia")
    SPAM = "spam", gettext_lazy("Spam")
    WITHDRAWN = "withdrawn", gettext_lazy("Desistido")
    UNREACHABLE = "unreachable", gettext_lazy("Sin contacto posible")
    DUPLICATE = "duplicate", gettext_lazy("Duplicado de otro caso")


S, R = Status, Reason

NEXT: dict[Status, dict[Status, frozenset[Reason]]] = {
    S.RECEIVED: {
        S.ASSIGNED: frozenset({R.ROUTED}),
        S.CLOSED: frozenset(
            {R.FIRST_CONTACT, R.NOT_APPLICABLE, R.OUT_OF_SCOPE, R.SPAM, R.WITHDRAWN}
        ),
        S.DUPLICATE: frozenset({R.DUPLICATE}),
    },
    S.ASSIGNED: {
        S.IN_PROGRESS: frozenset({R.WORKING}),
        S.WAITING: frozenset({R.CITIZEN, R.VISIT, R.MATERIALS, R.THIRD_PARTY, R.WEATHER}),
        S.RESOLVED: frozenset({R.SOLVED}),
        S.RECEIVED: frozenset({R.TRANSFER_REFUSED, R.TRANSFER_EXPIRED}),
        S.DUPLICATE: frozenset({R.DUPLICATE}),
        S.CLOSED: frozenset({R.WITHDRAWN, R.NOT_APPLICABLE}),
    },
    S.IN_PROGRESS: {
        S.WAITING: frozenset({R.CITIZEN, R.VISIT, R.MATERIALS, R.THIRD_PARTY, R.WEATHER}),
        S.RESOLVED: frozenset({R.SOLVED}),
        S.ASSIGNED: frozenset({R.REASSIGNED, R.TRANSFER_ACCEPTED}),
        S.DUPLICATE: frozenset({R.DUPLICATE}),
        S.CLOSED: frozenset({R.WITHDRAWN}),
    },
    S.WAITING: {
        S.IN_PROGRESS: frozenset({R.WORKING, R.CITIZEN_ANSWERED, R.WAIT_ENDED}),
        S.RESOLVED: frozenset({R.SOLVED}),
        S.CLOSED: frozenset({R.WITHDRAWN, R.UNREACHABLE}),
    },
    S.RESOLVED: {
        S.CLOSED: frozenset({R.SATISFIED, R.NO_ANSWER}),
        S.IN_PROGRESS: frozenset({R.REOPENED}),
    },
    S.CLOSED: {S.IN_PROGRESS: frozenset({R.REOPENED})},
    S.DUPLICATE: {S.ASSIGNED: frozenset({R.UNMERGED})},
}

ACTIVE = frozenset(Status) - {S.CLOSED, S.DUPLICATE}
UNSOLVED = ACTIVE - {S.RESOLVED}
WAITS = NEXT[S.ASSIGNED][S.WAITING]
# Waiting for these is not the entity's fault: they alone may stop a clock.
WAITS_THAT_PAUSE = frozenset({R.CITIZEN, R.WEATHER})
# Told why it cannot be done, the citizen has been answered, though nothing was solved.
CLOSINGS_THAT_ANSWER = frozenset({R.NOT_APPLICABLE, R.OUT_OF_SCOPE})
# Whoever is asked whether it is solved answers one of these.
CLOSINGS_WITH_SOLUTION = frozenset({R.SATISFIED, R.NO_ANSWER})
TRANSFERABLE = frozenset({S.ASSIGNED, S.IN_PROGRESS})


class NotNow(Refused):
    """The case is not in a state in which this may happen."""

    code = "not_now"


def require(current: Status, to: Status, reason: Reason) -> None:
    """Refuse a change of status that the life of a case does not list."""
    if reason not in NEXT[current].get(to, frozenset()):
        raise NotNow(
            _("Un caso «%(now)s» no puede pasar a «%(to)s» (%(why)s).")
            % {"now": current.label, "to": to.label, "why": reason.label}
        )


def require_one_of(current: Status, allowed: Set[Status], doing: str) -> None:
    """Refuse something that does not change the status but needs a certain one."""
    if current not in allowed:
        raise NotNow(
            _("No se puede %(doing)s: el caso está «%(now)s».")
            % {"doing": doing, "now": current.label}
        )


def require_closing(current: Status, reason: Reason, by: Actor, attempts: int) -> None:
    """Who may close, from where, and with which reason.

    An entity solves, or hands over; it closes nothing but what waits for a person whom nobody can
    reach. "Does not apply" takes a supervisor once an entity has the case.
    """
    require(current, S.CLOSED, reason)
    if reason in CLOSINGS_WITH_SOLUTION:
        raise NotNow(_("Sólo la persona que reportó dice si quedó resuelto."))
    if reason == R.WITHDRAWN:
        raise NotNow(_("Para un desistimiento use «La persona desiste»."))
    if by.kind == Kind.AGENCY and reason != R.UNREACHABLE:
        raise NotAllowed(
            _(
                "La entidad no cierra un caso: lo resuelve o propone trasladarlo a la que corresponde."
            )
        )
    from_entity = current != S.RECEIVED
    if from_entity and reason == R.NOT_APPLICABLE and Role.SUPERVISOR not in by.roles:
        raise NotAllowed(_("Sólo un supervisor puede cerrar como «No procede»."))
    if reason == R.UNREACHABLE and attempts < ATTEMPTS_BEFORE_UNREACHABLE:
        raise NotNow(
            _("Antes de cerrar como «Sin contacto posible» anote al menos %(n)s intentos.")
            % {"n": ATTEMPTS_BEFORE_UNREACHABLE}
        )


def require_withdrawal(by: Actor) -> None:
    """Only the citizen gives up a case, or the centre for them; never the entity that owes it."""
    if by.kind == Kind.AGENCY:
        raise NotAllowed(
            _("Sólo la persona que reportó, o el centro por ella, desiste de un caso.")
        )


def require_reopening(
    status: Status, closed_at: datetime | None, now: datetime, days: int, by: Actor
) -> None:
    """A citizen or a supervisor may reopen; a closed case only within `days` days."""
    require(status, S.IN_PROGRESS, R.REOPENED)
    if by.kind != Kind.CITIZEN and not {Role.SUPERVISOR, Role.OPERATOR} & by.roles:
        raise NotAllowed(_("Sólo la persona que reportó o un supervisor puede reabrir un caso."))
    if closed_at is not None and now - closed_at > timedelta(days=days):
        raise NotNow(
            _("El caso se cerró hace más de %(days)s días. Abra uno nuevo y mencione este número.")
            % {"days": days}
        )


def require_wait(reason: Reason, until: datetime, now: datetime) -> None:
    """A wait needs a listed reason and an end in the near future."""
    if reason not in WAITS:
        raise Invalid(_("Elija por qué espera el caso."))
    if not now < until <= now + LONGEST_WAIT:
        raise Invalid(
            _("La espera debe terminar en el futuro y antes de %(days)s días.")
            % {"days": LONGEST_WAIT.days}
        )


def require_text(text: str, what: str) -> str:
    """The text without stray spaces or NUL bytes; refuse an empty or an oversize one."""
    clean = text.replace("\x00", "").strip()
    if not clean:
        raise Invalid(_("Falta %(what)s.") % {"what": what})
    if len(clean) > LONGEST_TEXT:
        raise Invalid(
            _("El texto es muy largo: use como máximo %(n)s caracteres.") % {"n": LONGEST_TEXT}
        )
    return clean


def require_impersonal(text: str, longest: int) -> str:
    """A text that everybody will read, in clean; refuse one that holds somebody's data."""
    clean = text.replace("\x00", "").strip()
    if len(clean) > longest:
        raise Invalid(
            _("El texto es muy largo: use como máximo %(n)s caracteres.") % {"n": longest}
        )
    found = find_personal(clean)
    if found:
        raise Invalid(
            _("Esto lo lee todo el mundo: quite «%(what)s», que parece el dato de una persona.")
            % {"what": found}
        )
    return clean


def may_see_reporter(roles: frozenset[str], confidentiality: str) -> bool:
    """Whether holders of these posts may learn who reported a case of this confidentiality.

    Open: those who act on it. Reserved: only those who must call back. Sealed: only
    denunciation officers (and those they name, which is asked elsewhere).
    """
    if confidentiality == Confidentiality.SEALED:
        return Role.DENUNCIATIONS in roles
    if confidentiality == Confidentiality.RESERVED:
        return bool(roles & {Role.OPERATOR, Role.SUPERVISOR})
    return bool(
        roles
        & {
            Role.OPERATOR,
            Role.SUPERVISOR,
            Role.DIRECTOR,
            Role.LIAISON,
            Role.EXECUTIVE,
            Role.OFFICIAL,
        }
    )


_STRICTNESS = (Confidentiality.OPEN, Confidentiality.RESERVED, Confidentiality.SEALED)


def stricter(one: str, other: str) -> str:
    """The more confidential of two levels: a correction never lays a reporter open."""
    return max(one, other, key=lambda level: _STRICTNESS.index(Confidentiality(level)))
