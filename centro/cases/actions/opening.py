"""How a case begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from centro.cases import rules
from centro.cases.actions import clocks, step
from centro.cases.actions.offline import take_reserved
from centro.cases.actions.telling import tell_citizen
from centro.cases.distribution import hand_case
from centro.cases.models import Case, CasePhoto, Incident
from centro.cases.routing import Route, find_route
from centro.cases.rules import Reason, Status
from centro.catalog.models import CaseKind, Confidentiality, ServiceType
from centro.contacts.actions import drop_draft
from centro.contacts.models import Contact
from centro.files.models import StoredFile
from centro.kernel.actor import Actor, Kind
from centro.kernel.clock import now
from centro.kernel.errors import Invalid
from centro.people.actions import clean_email, remember_person
from centro.people.models import Person
from centro.places.models import Place

MOST_PHOTOS = 5
_CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who speaks, as told on the form; everything may be empty."""

    name: str = ""
    cedula: str = ""
    phone: str = ""
    email: str = ""
    kind: str = "citizen"


@dataclass(frozen=True, slots=True)
class Matter:
    """What is reported, and where."""

    service: ServiceType
    description: str
    place: Place | None = None
    lat: float | None = None
    lon: float | None = None
    reference: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    photos: Sequence[StoredFile] = ()
    # The denunciation is against people of the entity that would handle it.
    against_handler: bool = False
    # The known event that it is part of; `counted` where this person was counted with it before.
    incident: Incident | None = None
    counted: bool = False


def open_case(
    *,
    matter: Matter,
    channel: str,
    reporter: Reporter | None = None,
    person: Person | None = None,
    anonymous: bool = False,
    language: str = "es",
    intake_token: UUID | None = None,
    ends_draft: bool = False,
    spoken_at: datetime | None = None,
    contact: Contact | None = None,
    paper: str = "",
    by: Actor,
) -> Case:
    """Open a case, give it its number, route it, and tell the citizen.

    `intake_token` makes it idempotent: a second call with the same token, however concurrent,
    returns the case of the first and changes nothing. With `ends_draft` the draft of that token
    goes in the same transaction: one commit, and one wait for the disk, does for both. `paper` is
    the number of a printed block under which the person already has it. Raises
    Invalid for an empty description, a missing place where the type needs one, or a date that
    cannot be.
    """
    try:
        with transaction.atomic():
            case = _open(
                matter,
                channel,
                reporter,
                person,
                anonymous,
                language,
                intake_token,
                spoken_at,
                contact,
                paper,
                by,
            )
            if ends_draft and intake_token:
                drop_draft(token=intake_token)
            return case
    except IntegrityError:
        replayed = Case.objects.filter(intake_token=intake_token).first() if intake_token else None
        if replayed is None:
            raise
        return replayed


def _open(
    matter: Matter,
    channel: str,
    reporter: Reporter | None,
    person: Person | None,
    anonymous: bool,
    language: str,
    intake_token: UUID | None,
    spoken_at: datetime | None,
    contact: Contact | None,
    paper: str,
    by: Actor,
) -> Case:
    moment = now()
    spoken_at = _checked_moment(spoken_at, moment)
    _check(matter)
    if anonymous:
        person = None
    elif person is None and reporter is not None:
        person = _person_for(reporter, language, by)
    case = _new_case(matter, moment, spoken_at)
    case.channel = channel
    case.person = person
    case.anonymous = anonymous
    case.language = language
    case.intake_token = intake_token
    case.contact = contact
    if paper:
        reserved = take_reserved(paper)
        case.pk, reserved.used_at = reserved.serial, moment
        reserved.save(update_fields=["used_at"])
    case.opened_by_id = by.id if by.kind in {Kind.STAFF, Kind.AGENCY} else None
    route = _hand_out(case)
    if matter.incident is not None and not case.is_sealed:
        case.incident = _joined(matter.incident, case, counted=matter.counted)
    started = clocks.plan_cycle(case, spoken_at, at=moment)
    case.save(force_insert=True)
    clocks.start_clocks(started)
    _attach(case, matter.photos)
    address = clean_email(reporter.email) if reporter and reporter.email.strip() else ""
    message = tell_citizen(case, "case_opened", address=address)
    _record_opening(case, route, message.pk if message else None, by)
    return case


def _check(matter: Matter) -> None:
    rules.require_text(matter.description, _("contar qué pasó"))
    if matter.service.requires_place and matter.place is None:
        raise Invalid(_("Diga dónde ocurre: este servicio necesita un lugar."))
    if not matter.service.active:
        raise Invalid(_("Ese tipo de servicio ya no se usa. Elija otro."))
    if len(matter.photos) > MOST_PHOTOS:
        raise Invalid(_("Puede adjuntar como máximo %(n)s fotos.") % {"n": MOST_PHOTOS})


def _checked_moment(spoken_at: datetime | None, moment: datetime) -> datetime:
    """The clock starts when the citizen spoke, which cannot be in the future."""
    if spoken_at is None:
        return moment
    if spoken_at > moment + _CLOCK_SKEW:
        raise Invalid(_("La persona no pudo haber hablado en el futuro. Revise la fecha."))
    return min(spoken_at, moment)


def _person_for(reporter: Reporter, language: str, by: Actor) -> Person | None:
    return remember_person(
        name=reporter.name,
        cedula=reporter.cedula,
        phone=reporter.phone,
        email=reporter.email,
        kind=reporter.kind,
        language=language,
        by=by,
    )


def _new_case(matter: Matter, moment: datetime, spoken_at: datetime) -> Case:
    service = matter.service
    description = rules.require_text(matter.description, _("contar qué pasó"))
    place = matter.place
    return Case(
        service=service,
        kind=service.kind,
        status=Status.RECEIVED,
        reason=Reason.TRIAGE,
        confidentiality=_confidentiality_of(matter),
        priority=service.priority,
        place=place,
        province_id=place.province_id if place else None,
        lat=matter.lat,
        lon=matter.lon,
        reference=matter.reference.replace("\x00", "").strip()[:300],
        description=description,
        answers=dict(matter.answers),
        spoken_at=spoken_at,
        opened_at=moment,
        search=step.index_of(description, matter.reference, service.name, str(place or "")),
    )


def _hand_out(case: Case) -> Route:
    """Give a new case to its entity, unit and official; without a route it stays in triage."""
    route = hand_case(case, find_route(case.service, case.place))
    if route.agency is not None:
        case.status, case.reason = Status.ASSIGNED, Reason.ROUTED
    case.agency, case.unit, case.official_id = route.agency, route.unit, route.official_id
    return route


def _confidentiality_of(matter: Matter) -> str:
    """A denunciation against the entity's own people is sealed from that entity."""
    if matter.against_handler and matter.service.kind == CaseKind.DENUNCIATION:
        return Confidentiality.SEALED
    return matter.service.confidentiality


def _joined(incident: Incident, case: Case, *, counted: bool) -> Incident | None:
    """The event, locked while the case is opened; None when it is over, or another entity's.

    Whoever was counted with it before is not counted twice.
    """
    found = Incident.objects.open().select_for_update(no_key=True).filter(pk=incident.pk).first()
    if found is None or (found.agency_id and case.agency_id not in {None, found.agency_id}):
        return None
    if counted and found.also_affected:
        Incident.objects.filter(pk=found.pk).update(also_affected=F("also_affected") - 1)
    return found


def _attach(case: Case, photos: Sequence[StoredFile]) -> None:
    if photos:
        CasePhoto.objects.bulk_create([CasePhoto(case=case, file=photo) for photo in photos])


def _record_opening(case: Case, route: Route, message: int | None, by: Actor) -> None:
    kept = {
        "channel": case.channel,
        "service": case.service.code,
        "agency": step.name_of(case.agency),
    }
    case.record("opened", by=by, at=case.opened_at, message=message, **kept, **route.told)
    if case.incident is not None:
        case.record("incident_joined", by=by, at=case.opened_at, title=case.incident.title)
