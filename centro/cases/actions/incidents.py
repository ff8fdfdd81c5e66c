"""Events that many people report at once: gathering their cases, announcing, ending.

Locks are taken in one order: the event, then cases by their key.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from centro.agencies.models import Agency
from centro.cases import rules
from centro.cases.actions import step
from centro.cases.actions.sorting import route_case
from centro.cases.actions.work import resolve_case
from centro.cases.incidents import tell_announcements
from centro.cases.models import Case, CaseQuerySet, Incident, TimelineEntry
from centro.cases.routing import find_route
from centro.cases.rules import NotNow, Status
from centro.catalog.models import Confidentiality, ServiceType
from centro.kernel.actor import Actor
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, Refused
from centro.places.models import Place

# So many cases are solved in one transaction; more than that are solved by a job.
BATCH = 50
LONGEST_TITLE = 160
LONGEST_ANNOUNCEMENT = 1000
_FARTHEST = timedelta(days=30)
State = Incident.State


@transaction.atomic
def open_incident(
    *,
    service: ServiceType,
    place: Place,
    title: str = "",
    cases: Sequence[Case] = (),
    by: Actor,
) -> Incident:
    """Say that one event is behind many cases, and gather those given.

    While an event of that service in that place is going on, it is the one: two people who open
    it at once open it once. Raises Invalid for a sealed service.
    """
    if service.confidentiality == Confidentiality.SEALED:
        raise Invalid(_("Los casos de ese tipo de servicio están sellados: no se reúnen."))
    # Taking turns on the type of service sees to it that there is one event, not two.
    ServiceType.objects.select_for_update(no_key=True).only("pk").get(pk=service.pk)
    incident = Incident.objects.open().filter(service=service, place=place).first()
    if incident is None:
        incident = Incident.objects.create(
            service=service,
            place=place,
            agency=_agency_for(service, place, cases),
            title=_title(title, service, place),
            opened_by_id=by.id,
        )
    if cases:
        join_incident(incident=incident, cases=cases, by=by)
    return incident


def _agency_for(service: ServiceType, place: Place, cases: Sequence[Case]) -> Agency | None:
    owned = next((case.agency for case in cases if case.agency), None)
    return owned or find_route(service, place).agency


@transaction.atomic
def join_incident(*, incident: Incident, cases: Sequence[Case], by: Actor) -> list[Case]:
    """Let cases be part of the event; each keeps its own clocks and its own citizen.

    What was joined already is left as it is. Returns what was joined; when nothing could be,
    raises why the first one could not.
    """
    incident = step.lock_open_incident(incident)
    joined: list[Case] = []
    refusals: list[Refused] = []
    for case in _lock_all(Case.objects.filter(pk__in=[case.pk for case in cases])):
        if case.incident_id == incident.pk:
            continue
        try:
            _require_joinable(case, incident)
        except Refused as refusal:
            refusals.append(refusal)
        else:
            joined.append(case)
    if refusals and not joined:
        raise refusals[0]
    _bind(joined, incident, by)
    return joined


@transaction.atomic
def leave_incident(*, case: Case, by: Actor) -> Case:
    """The case is another matter after all."""
    incident = Incident.objects.filter(cases=case).first()
    if incident is None:
        raise NotNow(_("El caso no es parte de ningún evento."))
    step.lock_open_incident(incident)
    case = step.lock(case)
    if case.incident_id != incident.pk:
        raise NotNow(_("El caso ya no es parte de ese evento."))
    step.release_from_incident(case, by)
    return case


@transaction.atomic
def announce_incident(
    *,
    incident: Incident,
    text: str,
    text_en: str = "",
    expected_at: datetime | None = None,
    by: Actor,
) -> Incident:
    """Tell everybody: on the first page, the forms, the desk and the pages of its cases.

    `expected_at` is when the service should be back. The text is for everybody: a text with
    somebody's cédula, mail or mobile telephone is refused.
    """
    incident = step.lock_open_incident(incident)
    text = rules.require_text(text, _("el aviso para la gente"))
    incident.announcement = rules.require_impersonal(text, LONGEST_ANNOUNCEMENT)
    incident.announcement_en = rules.require_impersonal(text_en, LONGEST_ANNOUNCEMENT)
    if expected_at is not None and not now() < expected_at <= now() + _FARTHEST:
        raise Invalid(
            _("La hora en que vuelve debe estar en el futuro y antes de %(days)s días.")
            % {"days": _FARTHEST.days}
        )
    incident.expected_at = expected_at
    incident.announced = True
    incident.save(update_fields=["announcement", "announcement_en", "expected_at", "announced"])
    tell_announcements()
    return incident


@transaction.atomic
def hush_incident(*, incident: Incident, by: Actor) -> Incident:
    """Stop telling everybody; the event goes on."""
    incident = step.lock_open_incident(incident)
    incident.announced = False
    incident.save(update_fields=["announced"])
    tell_announcements()
    return incident


@transaction.atomic
def add_affected(*, incident: Incident, by: Actor) -> None:
    """One more person has the same and leaves no case. One statement; NotNow when it is over."""
    still = Incident.objects.open().filter(pk=incident.pk)
    if not still.update(also_affected=F("also_affected") + 1):
        raise NotNow(_("Ese evento ya terminó."))


@transaction.atomic
def resolve_incident(*, incident: Incident, text: str, by: Actor) -> Incident:
    """One solution for all its unsolved cases: each citizen is told, asked and confirms alone.

    Up to BATCH cases are solved at once; more are solved by a job, batch by batch.
    """
    incident = step.lock_open_incident(incident)
    text = rules.require_text(text, _("la solución"))
    if incident.agency_id is None:
        raise Invalid(_("Ninguna entidad tiene este evento: primero clasifique sus casos."))
    _end(incident, State.SOLVED, solution=text)
    if _left_unsolved(incident)[: BATCH + 1].count() > BATCH:
        job = app.configure_task("centro.cases.tasks.solve_incident", queue="events")
        job.defer(incident_id=incident.pk, user_id=by.id)
    else:
        solve_next_cases(incident=incident, by=by)
    return incident


@transaction.atomic
def solve_next_cases(*, incident: Incident, by: Actor) -> int:
    """Solve one batch of what a solved event has left. Returns how many cases were looked at.

    Each call is a transaction of its own, so whoever is killed between two batches leaves
    nothing half done, and the next call goes on from there. A case that is no longer of the
    entity that solved the event is released: that entity cannot speak for another.
    """
    unsolved = _lock_all(_left_unsolved(incident), limit=BATCH)
    for case in unsolved:
        _solve(case, incident, by)
    return len(unsolved)


def _solve(case: Case, incident: Incident, by: Actor) -> None:
    agency = incident.agency
    if case.agency_id is None and agency is not None and agency.active:
        case = route_case(case=case, agency=agency, by=by)
    if case.agency_id == incident.agency_id:
        resolve_case(case=case, text=incident.solution, by=by)
    else:
        step.release_from_incident(case, by)


@transaction.atomic
def dissolve_incident(*, incident: Incident, by: Actor) -> Incident:
    """It was no one event: every case goes on by itself, as it stands."""
    incident = step.lock_open_incident(incident)
    _end(incident, State.DISSOLVED)
    cases = _lock_all(Case.objects.filter(incident=incident))
    TimelineEntry.objects.bulk_create([case.entry("incident_left", by=by) for case in cases])
    Case.objects.filter(pk__in=[case.pk for case in cases]).update(incident=None)
    return incident


# ---- One event ----


def _end(incident: Incident, state: str, **changes: Any) -> None:
    changes |= {"state": state, "ended_at": now(), "announced": False}
    for name, value in changes.items():
        setattr(incident, name, value)
    incident.save(update_fields=list(changes))
    tell_announcements()


def _title(given: str, service: ServiceType, place: Place) -> str:
    told = " ".join(given.replace("\x00", "").split())
    if not told:
        return f"{service.name} · {place.full_name}"[:LONGEST_TITLE]
    return rules.require_impersonal(told, LONGEST_TITLE)


# ---- Its cases ----


def _lock_all(cases: CaseQuerySet, limit: int | None = None) -> list[Case]:
    """The cases as they are now, locked in the order of their keys."""
    locked = cases.select_for_update(of=("self",)).select_related(*Case.COMPANIONS)
    return list(locked.order_by("pk")[:limit])


def _left_unsolved(incident: Incident) -> CaseQuerySet:
    """What a solved event still has to solve: not what its citizen sent back since."""
    again = TimelineEntry.objects.filter(
        case=OuterRef("pk"), kind="reopened", at__gte=incident.ended_at or now()
    )
    return Case.objects.unsolved().filter(~Exists(again), incident=incident)


def _require_joinable(case: Case, incident: Incident) -> None:
    if case.is_sealed:
        raise Invalid(_("Un caso sellado no se une con otros."))
    rules.require_one_of(Status(case.status), rules.UNSOLVED, _("unirlo a un evento"))
    if case.incident_id is not None:
        raise NotNow(_("El caso %(number)s ya es parte de otro evento.") % {"number": case.number})
    if incident.agency_id and case.agency_id not in {None, incident.agency_id}:
        raise Invalid(
            _("El caso %(number)s lo tiene otra entidad que la del evento.")
            % {"number": case.number}
        )


def _bind(cases: Sequence[Case], incident: Incident, by: Actor) -> None:
    Case.objects.filter(pk__in=[case.pk for case in cases]).update(incident=incident)
    for case in cases:
        case.incident = incident
    TimelineEntry.objects.bulk_create(
        [case.entry("incident_joined", by=by, title=incident.title) for case in cases]
    )
    owner = next((case.agency for case in cases if case.agency), None)
    if incident.agency_id is None and owner is not None:
        incident.agency = owner
        incident.save(update_fields=["agency"])
