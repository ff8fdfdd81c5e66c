"""Forms of a calendar's draft: the hours of its week, days that differ, why it comes into force."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centro.catalog.actions.calendars import LONGEST_NAME, LONGEST_NOTE, DatedException
from centro.catalog.models import CalendarVersion
from centro.catalog.wording import read_hours, say_hours
from centro.kernel.calendar import Day, Week
from centro.kernel.errors import Invalid
from centro.places.models import Place
from centro.web.desk import choices

_EXAMPLE = "8:00–12:00, 13:00–16:00"


class HoursField(forms.CharField):
    """The openings of a day as people write them; nothing means closed."""

    def __init__(self, **given: Any) -> None:
        super().__init__(required=False, max_length=100, **given)

    def clean(self, value: Any) -> Day:
        text = str(super().clean(value))
        try:
            return read_hours(text)
        except Invalid as refusal:
            raise forms.ValidationError(refusal.message) from None


class DayField(forms.DateField):
    """A date as browsers send it."""

    def __init__(self, **given: Any) -> None:
        widget = forms.DateInput({"type": "date", "size": 12}, "%Y-%m-%d")
        super().__init__(widget=widget, **given)


class ExceptionForm(forms.Form):
    """A day, or a few in a row, with hours of its own; in the whole country or in some places."""

    first = DayField(label=gettext_lazy("Día"))
    last = DayField(
        label=gettext_lazy("Hasta"),
        required=False,
        help_text=gettext_lazy("Sólo si son varios días seguidos."),
    )
    name = forms.CharField(
        label=gettext_lazy("Qué día es"),
        max_length=LONGEST_NAME,
        help_text=gettext_lazy("Lo leen las personas. Por ejemplo: Duelo nacional."),
    )
    hours = HoursField(
        label=gettext_lazy("Horario de ese día"),
        help_text=gettext_lazy("Déjelo vacío si se cierra todo el día."),
    )
    places = forms.MultipleChoiceField(
        label=gettext_lazy("Dónde"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.regions = choices.regions()
        self.fields["places"].choices = [  # type: ignore[attr-defined]  # a choice field
            (option.value, option.label) for group in self.regions for option in group.options
        ]
        self.fields["hours"].widget.attrs["placeholder"] = _EXAMPLE

    def exception(self) -> DatedException:
        """What was declared."""
        given = self.cleaned_data
        first: date = given["first"]
        return DatedException(
            first=first,
            last=given["last"] or first,
            name=given["name"],
            hours=given["hours"],
            places=list(Place.objects.filter(code__in=given["places"])),
        )

    @property
    def chosen(self) -> set[str]:
        """The codes of the places that are ticked."""
        return {str(code) for code in self["places"].value() or ()}


class WeekForm(forms.Form):
    """The opening hours of each day of the week."""

    def __init__(self, *args: Any, version: CalendarVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for n, hours in enumerate(version.week):
            self.fields[f"d{n}"] = HoursField(label=WEEKDAYS[n], initial=say_hours(hours))
            self.fields[f"d{n}"].hide_optional = True  # type: ignore[attr-defined]  # read by field.html
            self.fields[f"d{n}"].widget.attrs["placeholder"] = _("Cerrado")

    def week(self) -> Week:
        return tuple(self.cleaned_data[name] for name in sorted(self.fields))


class DropForm(forms.Form):
    """Which day of a draft is taken out, as its row says it."""

    day = forms.DateField()
    places = forms.CharField(required=False, max_length=4000)

    def codes(self) -> list[str]:
        return [code for code in self.cleaned_data["places"].split(",") if code]


class PublishForm(forms.Form):
    """By which decision a draft comes into force."""

    note = forms.CharField(
        label=gettext_lazy("Por qué cambia el calendario"),
        help_text=gettext_lazy("El decreto o la decisión. Queda en la historia del calendario."),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea({"rows": 2, "maxlength": LONGEST_NOTE}),
    )
