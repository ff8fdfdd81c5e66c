"""Events that the service knows of already: where a page tells them, and who said "me too"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from centro.accounts.limits import is_first_attempt
from centro.cases import incidents
from centro.cases.actions import add_affected
from centro.cases.models import Case, Incident
from centro.catalog.models import ServiceType
from centro.kernel.actor import citizen
from centro.kernel.clock import now
from centro.web.limits import limit_address, limit_session
from centro.web.public import drafts
from centro.web.public.drafts import Report, Step
from centro.web.public.steps import proposed_for, services_like

MOST = 3
_KEY = "affected"
_HOUR = timedelta(hours=1)
# One person is one, as long as the session of their browser lasts.
_ONCE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Told:
    """An announced event as a page tells it; `mine` when this session was counted with it."""

    event: Incident
    text: str
    people: int
    mine: bool

    @property
    def is_late(self) -> bool:
        """Whether the hour at which it should have ended has passed."""
        expected: datetime | None = self.event.expected_at
        return expected is not None and expected < now()


def told(events: Iterable[Incident], request: HttpRequest) -> list[Told]:
    """The events as pages tell them; usually without a statement."""
    return [_told(event, incidents.people_of(event), request) for event in events]


def told_now(event: Incident, request: HttpRequest) -> Told:
    """One event with its people counted now."""
    return _told(event, incidents.count_people(event), request)


def _told(event: Incident, people: int, request: HttpRequest) -> Told:
    words = event.told_in(get_language() or "es")
    return Told(event, words, people, event.pk in _counted(request))


def of_case(case: Case, request: HttpRequest) -> Told | None:
    """The event of a case, while both go on."""
    event = case.incident
    if event is None or not event.is_open or not case.is_active:
        return None
    return _told(event, 0, request)


def on_home(request: HttpRequest, province: str) -> list[Told]:
    """The events of the first page: those of the province shown there first."""
    every = sorted(incidents.announced(), key=lambda event: not _in_province(event, province))
    return told(every[:MOST], request)


def _in_province(event: Incident, province: str) -> bool:
    around = event.place.province
    return bool(province) and around is not None and around.code == province


def about(services: Iterable[ServiceType], request: HttpRequest) -> list[Told]:
    """The events of these service types, wherever they are."""
    found = [event for service in services for event in incidents.announced_for(service)]
    return told(found[:MOST], request)


def like(words: str, request: HttpRequest) -> list[Told]:
    """The events of the service types that the words point at."""
    return about(services_like(words, MOST), request) if words.strip() else []


def on_step(report: Report, step: Step, request: HttpRequest) -> list[Told]:
    """What a page of the guided form tells: once where the matter is known, once where the place is
    known too, and before it is sent; nothing more once the report joined its event."""
    if report.incident is not None:
        return told([report.incident], request)
    if report.service is None:
        return about(proposed_for(report)[:MOST], request)
    if report.place is None or step is drafts.WHERE:
        return about([report.service], request)
    if step not in {drafts.TOPIC, report.step_after(drafts.WHERE.slug), drafts.REVIEW}:
        return []
    return told(incidents.announced_for(report.service, report.place)[:MOST], request)


# ---- "Me too" ----


def say_me_too(event: Incident, request: HttpRequest) -> None:
    """Count this person with the event, once however often the button is pressed.

    Raises TooMany for a session or an address that presses too many, NotNow when it is over.
    """
    limit_address(request, "me-too", limit=600, window=_HOUR)
    limit_session(request, "me-too", limit=20, window=_HOUR)
    if event.pk in _counted(request):
        return
    request.session[_KEY] = [*_counted(request), event.pk][-50:]
    if request.session.session_key is None:
        request.session.save()
    if is_first_attempt(f"me-too:{event.pk}:{request.session.session_key}", window=_ONCE):
        add_affected(incident=event, by=citizen())


def was_counted(event: Incident, request: HttpRequest) -> bool:
    return event.pk in _counted(request)


def _counted(request: HttpRequest) -> list[int]:
    # Whoever brings no cookie of a session has said nothing: no session is read for them.
    if not request.COOKIES.get(settings.SESSION_COOKIE_NAME):
        return []
    counted: list[int] = request.session.get(_KEY, [])
    return counted
