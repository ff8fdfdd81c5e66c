"""Which agreement holds for a matter: by service type, place and priority."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from centro.catalog.calendars import STAMP, version_in_force
from centro.catalog.models import BusinessCalendar, Policy, PolicyVersion, ServiceType
from centro.kernel.calendar import Unit
from centro.kernel.clock import now
from centro.places.models import Place
from centro.places.stamps import Kept

# Working days within which the citizen hears something, unless the agreement says otherwise.
_FIRST_RESPONSE = 2
Key = tuple[int | None, str]


def policy_for(service: ServiceType, place: Place | None, priority: str) -> PolicyVersion:
    """The version in force for a matter: the narrowest that fits, usually without a statement.

    A district goes before its province, a region before the country, and within each an
    agreement for the priority before one for all. A service type without any gets its first from
    the catalogue's term. The row is shared between calls (with `calendar` loaded): read only.
    """
    known = _in_force.get().get(service.pk, {})
    for key in keys_for(place, priority):
        if key in known:
            return known[key]
    return find_or_make_policy(service)


def keys_for(place: Place | None, priority: str) -> list[Key]:
    """What an agreement may be about to fit a matter, the narrowest first: (place, priority)."""
    places = [place.district_id or place.pk, place.province_id] if place else []
    return [(where, what) for where in (*places, None) for what in (priority, "")]


def find_or_make_policy(service: ServiceType) -> PolicyVersion:
    """The agreement of a service type for the whole country; its first version is the catalogue's."""
    found = _of_the_country(service)
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return _make_first(service)
    except IntegrityError:  # somebody made it at the same time
        return PolicyVersion.objects.select_related("calendar").get(
            policy__service=service,
            policy__place=None,
            policy__priority="",
            state=PolicyVersion.State.IN_FORCE,
        )


def terms_of_catalogue(service: ServiceType) -> dict[str, object]:
    """What the catalogue says of a service type, as the fields of a version."""
    code = BusinessCalendar.ALWAYS if service.around_the_clock else BusinessCalendar.OFFICE
    return {
        "calendar_id": version_in_force(code).calendar_id,
        "response_amount": min(_FIRST_RESPONSE, service.working_days),
        "response_unit": Unit.WORKING_DAYS.value,
        "solution_amount": service.working_days,
        "solution_unit": Unit.WORKING_DAYS.value,
    }


def forget_agreements() -> None:
    """Read the agreements again at the next question."""
    _in_force.forget()


def _of_the_country(service: ServiceType) -> PolicyVersion | None:
    versions = PolicyVersion.objects.filter(state=PolicyVersion.State.IN_FORCE)
    of_service = versions.filter(policy__service=service, policy__place=None, policy__priority="")
    return of_service.select_related("calendar").first()


def _make_first(service: ServiceType) -> PolicyVersion:
    policy, _made = Policy.objects.get_or_create(service=service, place=None, priority="")
    number = policy.versions.count() + 1
    version = PolicyVersion.objects.create(
        policy=policy,
        number=number,
        state=PolicyVersion.State.IN_FORCE,
        in_force_at=now(),
        **terms_of_catalogue(service),
    )
    return PolicyVersion.objects.select_related("calendar").get(pk=version.pk)


def _read_in_force() -> dict[int, dict[Key, PolicyVersion]]:
    versions = PolicyVersion.objects.filter(state=PolicyVersion.State.IN_FORCE)
    found: dict[int, dict[Key, PolicyVersion]] = {}
    for version in versions.select_related("policy", "calendar"):
        policy = version.policy
        found.setdefault(policy.service_id, {})[(policy.place_id, policy.priority)] = version
    return found


_in_force: Kept[dict[int, dict[Key, PolicyVersion]]] = Kept(STAMP, _read_in_force)
