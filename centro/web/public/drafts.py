"""A report on its way: what was told so far, kept on the server between the steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from centro.cases.incidents import announced_with
from centro.cases.models import Incident
from centro.catalog.models import CaseKind, Confidentiality, Question, ServiceType
from centro.catalog.queries import questions_for, service_with
from centro.contacts.actions import save_draft
from centro.contacts.models import Draft
from centro.contacts.surging import surge_now
from centro.files.models import StoredFile
from centro.places.models import Place
from centro.places.queries import place_with

FACE = "public"


@dataclass(frozen=True, slots=True)
class Step:
    """One page of the guided form."""

    slug: str
    title: Promise


WHAT = Step("que-paso", _("Qué pasó"))
TOPIC = Step("tema", _("De qué se trata"))
WHERE = Step("donde", _("Dónde"))
DETAILS = Step("detalles", _("Detalles"))
PHOTOS = Step("fotos", _("Fotos"))
CONTACT = Step("contacto", _("Cómo avisarle"))
REVIEW = Step("revisar", _("Revisar y enviar"))
ALL_STEPS = (WHAT, TOPIC, WHERE, DETAILS, PHOTOS, CONTACT, REVIEW)


@dataclass
class Report:
    """A draft, read: `data` is what the steps wrote, in codes and plain texts."""

    token: UUID
    data: dict[str, Any] = field(default_factory=dict)
    # Asked along with the draft, because most reports come without any.
    has_photos: bool = True

    @cached_property
    def service(self) -> ServiceType | None:
        return service_with(self.data.get("service") or "")

    @cached_property
    def place(self) -> Place | None:
        return place_with(self.data.get("place") or "")

    @property
    def incident(self) -> Incident | None:
        """The announced event that the citizen said this is of, as long as it goes on."""
        kept = self.data.get("incident")
        return announced_with(kept) if isinstance(kept, int) else None

    def join(self, incident: Incident, *, counted: bool) -> None:
        """Make this a report of that event: it says what it is about and, unless told, where."""
        place = self.data.get("place") or incident.place.code
        self.keep(incident=incident.pk, counted=counted, service=incident.service.code, place=place)

    @cached_property
    def questions(self) -> Sequence[Question]:
        """What the service asks; on days of surge only what it cannot do without."""
        asked = questions_for(self.service) if self.service else []
        return [q for q in asked if q.required] if surge_now() else list(asked)

    @cached_property
    def photos(self) -> list[StoredFile]:
        if not self.has_photos:
            return []
        return list(StoredFile.objects.filter(draft_token=self.token).order_by("id"))

    @property
    def asks_about_handler(self) -> bool:
        """Only a denunciation that is not sealed already may be against its own handler."""
        return (
            self.service is not None
            and self.service.kind == CaseKind.DENUNCIATION
            and self.service.confidentiality != Confidentiality.SEALED
        )

    @property
    def contact(self) -> dict[str, Any]:
        contact: dict[str, Any] = self.data.get("contact", {})
        return contact

    @property
    def has_point(self) -> bool:
        return self.data.get("lat") is not None and self.data.get("lon") is not None

    def steps(self) -> list[Step]:
        """The pages this report needs: no place for what has none, no details for no questions."""
        skipped = set()
        if self.service is not None and not self.service.requires_place and not self.place:
            skipped.add(WHERE)
        if self.service is not None and not self.questions and not self.asks_about_handler:
            skipped.add(DETAILS)
        if surge_now() and not self.photos:
            skipped.add(PHOTOS)
        return [step for step in ALL_STEPS if step not in skipped]

    def step_after(self, slug: str) -> Step:
        """The next page; from a page that is skipped today, the next one that is not."""
        order = [step.slug for step in ALL_STEPS]
        at = order.index(slug)
        return next(step for step in self.steps() if order.index(step.slug) > at)

    def step_named(self, slug: str) -> Step:
        """The page of that name, or the first that is open."""
        known = (step for step in ALL_STEPS if step.slug == slug)
        return next(known, self.gap() or REVIEW)

    def gap(self) -> Step | None:
        """The first page without which the report cannot be sent."""
        if not self.data.get("description"):
            return WHAT
        if self.service is None:
            return TOPIC
        if self.service.requires_place and self.place is None:
            return WHERE
        answers = self.data.get("answers", {})
        if any(q.required and not answers.get(q.key) for q in self.questions):
            return DETAILS
        return None

    def keep(self, **changes: Any) -> None:
        """Write what a step brought."""
        self.data |= changes
        save_draft(token=self.token, face=FACE, **changes)
        for name in ("service", "place", "questions"):
            self.__dict__.pop(name, None)


def find_report(token: UUID) -> Report | None:
    """The draft with this token, unless it expired or was already sent."""
    photos = Exists(StoredFile.objects.filter(draft_token=OuterRef("token")))
    drafts = Draft.objects.filter(token=token, face=FACE).annotate(has_photos=photos)
    found = drafts.values_list("data", "has_photos").first()
    return None if found is None else Report(token, *found)


def start_report(token: UUID) -> Report:
    """A new draft with the token of the form: sending the form twice makes one draft."""
    draft, _created = Draft.objects.get_or_create(token=token, defaults={"face": FACE})
    return Report(token, draft.data)
