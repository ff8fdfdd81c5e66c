"""What each page of the guided form asks, keeps and shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _

from centro.cases.actions import MOST_PHOTOS
from centro.catalog.models import CaseKind, ServiceType
from centro.catalog.queries import suggest_services
from centro.kernel.errors import Invalid
from centro.places.models import Place
from centro.places.queries import children_of, place_at
from centro.web.public import drafts
from centro.web.public.drafts import Report, Step
from centro.web.public.forms import (
    OTHER,
    ContactForm,
    DetailsForm,
    PhotosForm,
    TopicForm,
    TrappedForm,
    WhatForm,
    WhereForm,
)
from centro.web.public.photos import keep_photos

PROPOSED = 5
_WORTH_BESIDE_BEST = 0.3
Save = Callable[[Report, Any, HttpRequest], bool]


@dataclass(frozen=True, slots=True)
class Page:
    """`save` answers whether to stay on the page (a button that only adds or looks up)."""

    step: Step
    template: str
    form: Callable[[Report, Any, Any], forms.Form]
    save: Save
    context: Callable[[Report, Any, HttpRequest], dict[str, Any]] = lambda *_: {}


# ---- What happened, changed later ----


def _what_form(report: Report, data: Any, _files: Any) -> forms.Form:
    form = WhatForm(data, initial={"description": report.data.get("description", "")})
    for name in ("token", "kind", "service", "event"):
        del form.fields[name]
    return form


def _save_what(report: Report, form: forms.Form, _request: HttpRequest) -> bool:
    report.keep(description=form.cleaned_data["description"])
    return False


# ---- What it is about ----


def proposed_for(report: Report) -> list[ServiceType]:
    """The service types that the words suggest; the kind asked for goes first, if it is special.

    To report damage, to complain and to ask for a service are one thing for who does it, so these
    two kinds do not change the order.
    """
    kind = report.data.get("kind", "")
    found = services_like(report.data["description"], 3 * PROPOSED)
    fitting = [service for service in found if service.agency_id is not None]
    if kind not in {"", CaseKind.REQUEST, CaseKind.COMPLAINT}:
        fitting.sort(key=lambda service: service.kind != kind)
    proposed = fitting[:PROPOSED]
    chosen = report.service
    if chosen is not None and chosen.agency_id is not None and chosen not in proposed:
        proposed.insert(0, chosen)
    return proposed


def services_like(words: str, limit: int) -> list[ServiceType]:
    """What the words may mean, best first, without what is far behind the best."""
    found = suggest_services(words, limit=limit)
    worth = found[0].score * _WORTH_BESIDE_BEST if found else 0
    return [s.service for s in found if s.score >= worth]


def unclassified(kind: str) -> ServiceType | None:
    """The type that the centre itself sorts out: the one of this kind, or the general drawer.

    Types without an entity are those of triage; the last of them by code takes what fits none.
    """
    found = list(ServiceType.objects.filter(agency=None, active=True).order_by("code"))
    of_kind = [service for service in found if service.kind == kind]
    return next(iter([*of_kind, *reversed(found)]), None)


def _topic_form(report: Report, data: Any, _files: Any) -> forms.Form:
    service = report.service
    initial = {"service": (service.code if service.agency_id else OTHER) if service else ""}
    listed = ServiceType.objects.filter(active=True).exclude(agency=None).order_by("sort_key")
    return TopicForm(data, initial=initial, proposed=proposed_for(report), listed=list(listed))


def _save_topic(report: Report, form: forms.Form, _request: HttpRequest) -> bool:
    code = form.cleaned_data["other"] or form.cleaned_data["service"]
    if code == OTHER:
        service = unclassified(report.data.get("kind", ""))
        code = service.code if service else ""
    if code != report.data.get("service"):
        # The questions of another type are other questions.
        report.keep(service=code, answers={}, against_handler=False)
    return False


# ---- Where ----


def _lists(report: Report, data: Mapping[str, Any] | None) -> dict[str, Sequence[Place]]:
    """The three lists, each holding what the one before it leaves."""
    chosen = _chosen(report, data)
    lists: dict[str, Sequence[Place]] = {"province": children_of(None)}
    lists["district"] = children_of(chosen["province"]) if chosen["province"] else []
    lists["corregimiento"] = children_of(chosen["district"]) if chosen["district"] else []
    return lists


def _chosen(report: Report, data: Mapping[str, Any] | None) -> dict[str, str]:
    names = ("province", "district", "corregimiento")
    if data is not None:
        return {name: str(data.get(name, ""))[:12].replace("\x00", "") for name in names}
    place = report.place
    if place is None:
        return dict.fromkeys(names, "") | {k: str(report.data.get(k, "")) for k in names[:2]}
    return {
        "province": place.province.code if place.province else "",
        "district": place.code
        if place.level == Place.Level.DISTRICT
        else place.district.code
        if place.district
        else "",
        "corregimiento": place.code if place.level == Place.Level.CORREGIMIENTO else "",
    }


def _where_form(report: Report, data: Any, _files: Any) -> forms.Form:
    kept = report.data
    initial = _chosen(report, None) | {k: kept.get(k) for k in ("lat", "lon", "reference")}
    return WhereForm(data, initial=initial, lists=_lists(report, data))


def _save_where(report: Report, form: forms.Form, request: HttpRequest) -> bool:
    given = form.cleaned_data
    place, point = _place_given(given)
    report.keep(
        place=place.code if place else "",
        lat=given["lat"] if point else None,
        lon=given["lon"] if point else None,
        reference=given["reference"],
        province=given["province"],
        district=given["district"],
    )
    if "elegir" in request.POST:
        return True
    service = report.service
    if place is None and service is not None and service.requires_place:
        raise_missing(given)
    return False


def _place_given(given: dict[str, Any]) -> tuple[Place | None, bool]:
    """The place meant and whether the pin decided it. A province alone is too wide."""
    if given["lat"] is not None and given["lon"] is not None:
        at_pin = place_at(given["lat"], given["lon"])
        if at_pin is not None:
            return at_pin, True
    code = given["corregimiento"] or given["district"]
    if not code:
        return None, False
    found = Place.objects.select_related("district", "province").filter(code=code, active=True)
    return found.first(), False


def raise_missing(given: dict[str, Any]) -> None:
    """Say what is missing to know where it is."""
    if given["lat"] is not None:
        raise Invalid(
            _("Ese punto está fuera del país. Mueva la marca o elija el lugar en las listas.")
        )
    raise Invalid(_("Marque el lugar en el mapa, o elija al menos la provincia y el distrito."))


def _where_context(report: Report, _form: Any, _request: HttpRequest) -> dict[str, Any]:
    return {"place": report.place, "must": bool(report.service and report.service.requires_place)}


# ---- Details ----


def _details_form(report: Report, data: Any, _files: Any) -> forms.Form:
    answers = report.data.get("answers", {})
    initial = {f"q-{key}": value for key, value in answers.items()}
    initial["against_handler"] = "si" if report.data.get("against_handler") else "no"
    return DetailsForm(
        data,
        initial=initial,
        questions=report.questions,
        about_handler=report.asks_about_handler,
    )


def _save_details(report: Report, form: DetailsForm, _request: HttpRequest) -> bool:
    report.keep(
        answers=form.answers, against_handler=form.cleaned_data.get("against_handler") == "si"
    )
    return False


# ---- Photos ----


def _photos_form(report: Report, data: Any, files: Any) -> forms.Form:
    return PhotosForm(data, files, room=MOST_PHOTOS - len(report.photos))


def _save_photos(report: Report, form: forms.Form, request: HttpRequest) -> bool:
    keep_photos(form.cleaned_data["photos"], report.token)
    return "subir" in request.POST


def _photos_context(report: Report, _form: Any, _request: HttpRequest) -> dict[str, Any]:
    return {"photos": report.photos, "room": MOST_PHOTOS - len(report.photos)}


# ---- Contact, review ----


def _contact_form(report: Report, data: Any, _files: Any) -> forms.Form:
    return ContactForm(data, initial=report.contact)


def _save_contact(report: Report, form: forms.Form, _request: HttpRequest) -> bool:
    given = form.cleaned_data
    if given["anonymous"]:
        given = {"anonymous": True, "language": given["language"]}
    report.keep(contact=given)
    return False


def _review_context(report: Report, _form: Any, _request: HttpRequest) -> dict[str, Any]:
    answers = report.data.get("answers", {})
    asked = [(q, answers[q.key]) for q in report.questions if answers.get(q.key)]
    return {"place": report.place, "photos": report.photos, "answers": asked}


def _nothing(_report: Report, _form: forms.Form, _request: HttpRequest) -> bool:
    return False


PAGES: dict[str, Page] = {
    page.step.slug: page
    for page in (
        Page(drafts.WHAT, "what", _what_form, _save_what),
        Page(drafts.TOPIC, "topic", _topic_form, _save_topic),
        Page(drafts.WHERE, "where", _where_form, _save_where, _where_context),
        Page(drafts.DETAILS, "details", _details_form, _save_details),
        Page(drafts.PHOTOS, "photos", _photos_form, _save_photos, _photos_context),
        Page(drafts.CONTACT, "contact", _contact_form, _save_contact),
        Page(drafts.REVIEW, "review", lambda r, d, f: TrappedForm(d), _nothing, _review_context),
    )
}
