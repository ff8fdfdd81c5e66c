"""Triage and corrections: which entity a case belongs to, and what it really is."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from centro.agencies.models import Agency
from centro.cases import rules
from centro.cases.actions import clocks, step
from centro.cases.actions.notices import pass_on
from centro.cases.distribution import hand_case
from centro.cases.models import Case
from centro.cases.routing import Route, find_route, route_to
from centro.cases.rules import Reason, Status
from centro.catalog.models import CaseKind, ServiceType
from centro.kernel.actor import Actor, Kind
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, NotAllowed
from centro.places.models import Place


@transaction.atomic
def route_case(*, case: Case, agency: Agency, text: str = "", by: Actor) -> Case:
    """Triage gives a received case to an entity, its unit for the place, and whose turn it is."""
    case = step.lock(case)
    rules.require(Status(case.status), Status.ASSIGNED, Reason.ROUTED)
    if not agency.active:
        raise Invalid(_("Esa entidad ya no recibe casos. Elija otra."))
    _give(case, route_to(agency, case.province_id, "sorted"), by, text=text.strip())
    return case


@transaction.atomic
def reclassify_case(
    *,
    case: Case,
    service: ServiceType,
    kind: str = "",
    place: Place | None = None,
    text: str,
    by: Actor,
) -> Case:
    """Correct the service type, the kind or the place, with the reason on the timeline.

    A case in triage is routed anew; another follows its route when the correction changes that.
    The deadline follows the corrected type and still counts from the moment the citizen spoke.
    An entity cannot hand a case over by renaming it: for that there is the transfer.
    """
    case = step.lock(case)
    rules.require_one_of(Status(case.status), rules.UNSOLVED, _("corregir la clasificación"))
    text = rules.require_text(text, _("el motivo de la corrección"))
    kind = _kind_for(service, kind)
    before = find_route(case.service, case.place, kind=case.kind)
    route = find_route(service, place or case.place, kind=kind)
    if by.kind == Kind.AGENCY and _leaves(case, before, route):
        raise NotAllowed(
            _("Con esa corrección el caso es de otra entidad: proponga un traslado en su lugar.")
        )
    called = case.service.name
    changes: dict[str, object] = {
        "service": service,
        "kind": kind,
        "priority": service.priority,
        "confidentiality": rules.stricter(case.confidentiality, service.confidentiality),
    }
    if place is not None:
        changes |= {"place": place, "province": place.province}
    step.put(case, **changes)
    if case.is_sealed:
        step.take_out_of_bundles(case, by)
    case.record("reclassified", by=by, before=called, after=service.name, text=text)
    _follow(case, before, route, by)
    # Last: an entity that hands the case over is judged by the term it had.
    clocks.retarget_clocks(case, at=now(), cause="reclassified", service=[called, service.name])
    return case


def _leaves(case: Case, before: Route, route: Route) -> bool:
    """Whether the correction sends the case from the entity that has it to another."""
    changes = route.agency is not None and not route.same_office(before)
    return changes and case.agency is not None and route.agency != case.agency


def _follow(case: Case, before: Route, route: Route, by: Actor) -> None:
    """Go where the corrected route leads, if the correction changed it; otherwise only seal."""
    if case.status == Status.RECEIVED:
        if route.agency is not None:
            _give(case, route, by)
    elif _leaves(case, before, route) or _moves_within(case, before, route):
        step.cancel_transfer(case, by)
        step.give_back(case)
        _give(case, route, by)
    elif case.is_sealed and (case.unit or case.official or case.proposed_agency):
        step.cancel_transfer(case, by)
        step.put(case, unit=None, official=None)


def _moves_within(case: Case, before: Route, route: Route) -> bool:
    """Whether the place now belongs to another office of the same entity.

    What the entity itself gave to another of its units stays there while the place does.
    """
    changes = route.agency == case.agency and not route.same_office(before)
    return changes and route.unit != case.unit


def _give(case: Case, route: Route, by: Actor, text: str = "") -> None:
    """Put a case into the hands at the end of a route, with the reasons on the timeline."""
    route = hand_case(case, route)
    assert route.agency is not None
    changes_agency = route.agency != case.agency
    if case.status == Status.RECEIVED:
        step.move(case, Status.ASSIGNED, Reason.ROUTED, **route.hands)
    else:
        step.put(case, reason=Reason.ROUTED, **route.hands)
    if changes_agency:
        clocks.hand_stint(case, route.agency, at=now())
        pass_on(case)
    case.record("routed", by=by, agency=route.agency.acronym, text=text, **route.told)


def _kind_for(service: ServiceType, kind: str) -> str:
    if not kind:
        return service.kind
    if kind not in CaseKind.values:
        raise Invalid(_("Ese tipo de caso no existe."))
    return kind
