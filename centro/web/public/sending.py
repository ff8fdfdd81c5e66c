"""From a finished draft to a case."""

from __future__ import annotations

from django.utils.translation import gettext as _

from centro.cases.actions import Matter, Reporter, open_case
from centro.cases.incidents import covers
from centro.cases.models import Case, Incident
from centro.kernel.actor import citizen
from centro.kernel.errors import Invalid
from centro.web.public.drafts import Report

CHANNEL = "web"


def send_report(report: Report, *, language: str) -> Case:
    """Open the case of a draft. However often it is called, one draft is one case."""
    if report.service is None:
        raise Invalid(_("Ese tipo de servicio ya no se usa. Elija otro."))
    contact = report.contact
    anonymous = bool(contact.get("anonymous"))
    who = {} if anonymous else {k: contact.get(k, "") for k in ("name", "phone", "email", "cedula")}
    return open_case(
        matter=_matter(report),
        channel=CHANNEL,
        reporter=Reporter(**who) if any(who.values()) else None,
        anonymous=anonymous,
        language=contact.get("language") or language,
        intake_token=report.token,
        ends_draft=True,
        by=citizen(who.get("name", "")),
    )


def _matter(report: Report) -> Matter:
    data = report.data
    assert report.service is not None
    return Matter(
        service=report.service,
        description=data["description"],
        place=report.place,
        lat=data.get("lat"),
        lon=data.get("lon"),
        reference=data.get("reference", ""),
        answers={q.key: a for q in report.questions if (a := data.get("answers", {}).get(q.key))},
        photos=report.photos,
        against_handler=bool(data.get("against_handler")),
        incident=_event_of(report),
        counted=bool(data.get("counted")),
    )


def _event_of(report: Report) -> Incident | None:
    """The event that it was said to be of, if what was told since is still about that."""
    incident, service, place = report.incident, report.service, report.place
    if incident is None or service is None or incident.service_id != service.pk:
        return None
    return incident if place is None or covers(incident, place) else None
