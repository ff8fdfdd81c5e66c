"""Fields of the forms of a case: text, dates of a wait, photos, people, entities, services, places."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.timezone import localdate, make_aware
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centro.accounts.models import User
from centro.agencies.models import Agency, Unit
from centro.catalog.calendars import office_calendar
from centro.catalog.models import ServiceType
from centro.catalog.queries import suggest_services
from centro.kernel.text import fold
from centro.places.models import Place
from centro.places.queries import Spot, search_spots
from centro.web.desk import choices

LONGEST_TEXT = 5000
_USUAL_WAIT = timedelta(days=7)
_LONGEST_WAIT = timedelta(days=89)
_NAMESAKES = 25


def text_field(label: Any, help_text: Any = "", *, required: bool = True) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 4, "maxlength": LONGEST_TEXT})
    return forms.CharField(
        label=label, help_text=help_text, required=required, max_length=LONGEST_TEXT, widget=area
    )


def until_field(label: Any, help_text: Any = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        widget=forms.DateInput({"type": "date", "size": 12}, "%Y-%m-%d"),
    )


def end_of_office(day: date) -> datetime:
    """The closing time of that day, as an aware moment; the usual one when offices are closed."""
    hours = office_calendar().hours_on(day)
    if not hours:
        return make_aware(datetime.combine(day, time.fromisoformat(settings.OFFICE_CLOSES)))
    return make_aware(datetime.combine(day, time()) + timedelta(minutes=hours[-1].closes))


def limit_wait(field: forms.Field) -> None:
    """A wait begins tomorrow at the earliest and never lasts for ever."""
    today = localdate()
    field.initial = today + _USUAL_WAIT
    field.widget.attrs |= {
        "min": (today + timedelta(days=1)).isoformat(),
        "max": (today + _LONGEST_WAIT).isoformat(),
    }


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Several photos at once; their content is checked by the app that keeps them."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        if not given and self.required:
            raise forms.ValidationError(_("Elija al menos una foto."))
        return [super(PhotosField, self).clean(one, initial) for one in given]


def photos_field(label: Any, *, required: bool = False) -> PhotosField:
    return PhotosField(
        label=label,
        required=required,
        help_text=gettext_lazy(
            "Hasta 5 fotos. Se les quitan los datos ocultos antes de guardarlas."
        ),
        widget=ManyFilesInput(attrs={"accept": "image/*", "data-photos": True}),
    )


class HandedTo(forms.ChoiceField):
    """A unit, or one of its officials: `12` or `12:34`, always a pair that exists."""

    def offer(self, desks: Iterable[choices.Desk], barred: Collection[int] = ()) -> None:
        groups: list[tuple[str, list[tuple[str, str]]]] = []
        for desk in desks:
            nobody = (str(desk.unit), _("%(unit)s (sin funcionario)") % {"unit": desk.name})
            people = [
                (f"{desk.unit}:{pk}", name) for pk, name in desk.officials if pk not in barred
            ]
            groups.append((desk.name, [nobody, *people]))
        self.choices = [("", _("Elija…")), *groups]

    def clean(self, value: Any) -> tuple[Unit, User | None]:
        unit_id, _sep, user_id = str(super().clean(value)).partition(":")
        unit = Unit.objects.select_related("agency").get(pk=unit_id)
        return unit, User.objects.get(pk=user_id) if user_id else None


class AgencyField(forms.ChoiceField):
    """An active entity, by its acronym."""

    def offer(self, *, without: str = "") -> None:
        offered = [(o.value, o.label) for o in choices.agencies() if o.value != without]
        self.choices = [("", _("Elija la entidad…")), *offered]

    def clean(self, value: Any) -> Agency | None:
        acronym = super().clean(value)
        return Agency.objects.get(acronym=acronym) if acronym else None


class ServiceField(forms.ChoiceField):
    """A service type by its code, those that the citizen's words suggest first."""

    def offer(self, text: str) -> None:
        likely = [(s.service.code, s.service.name) for s in suggest_services(text, limit=5)]
        rest = [(g.label, [(o.value, o.label) for o in g.options]) for g in choices.services()]
        suggested = [(_("Según lo que contó la persona"), likely)] if likely else []
        self.choices = [*suggested, *rest]

    def clean(self, value: Any) -> ServiceType | None:
        code = super().clean(value)
        if not code:  # only where it may be left open
            return None
        return ServiceType.objects.select_related("agency").get(code=code)


class PlaceInput(forms.TextInput):
    """A text box that proposes places while one types; without scripts a plain one."""

    template_name = "desk/widgets/place.html"


class PlaceField(forms.CharField):
    """A corregimiento or district as people write it: «Bella Vista», «Bella Vista, Panamá».

    With a `level` only places of that level are meant.
    """

    widget = PlaceInput

    def __init__(self, *args: Any, level: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.level = level

    def clean(self, value: Any) -> Place | None:
        text = str(super().clean(value))
        if not text:
            return None
        # «Name (where)» and «Name, where»: the name is looked up, the rest tells namesakes apart.
        spots = search_spots(re.split(r"[,(]", text)[0], limit=_NAMESAKES)
        spots = [s for s in spots if self.level in {"", s.place.level}]
        found = list({spot.place.pk: spot.place for spot in spots}.values())
        # What was picked from the list is typed just as the list says it.
        named = {s.place.pk: s.place for s in spots if fold(text) in _names_of(s)}
        exact = list(named.values())
        if len(exact or found) == 1:
            return (exact or found)[0]
        if not found:
            raise forms.ValidationError(_("No se encontró ese lugar. Escriba el corregimiento."))
        names = "; ".join(p.full_name for p in found[:8])
        raise forms.ValidationError(_("Hay varios: escriba uno de estos: %s.") % names)


def _names_of(spot: Spot) -> set[str]:
    return {fold(spot.label), fold(spot.place.full_name), fold(spot.place.name)}
