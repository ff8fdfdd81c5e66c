"""Forms of what begins away from the system: a counter's paper, a piece in the press."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.timezone import localtime
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from centro.cases.actions import MOST_NUMBERS
from centro.cases.models import PressMention
from centro.kernel.clock import now, today
from centro.kernel.errors import Invalid
from centro.kernel.numbers import parse_number
from centro.web.desk.forms.fields import PlaceField, ServiceField, text_field

_MOMENT = "%Y-%m-%dT%H:%M"


class CounterForm(forms.Form):
    """What a person said at a counter, as it stands on the paper."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    paper = forms.CharField(
        label=_("Número impreso en el papel"),
        required=False,
        max_length=20,
        help_text=_("Sólo si se entregó un papel con número. Sin él, el sistema da uno."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "inputmode": "numeric", "autofocus": True}
        ),
    )
    spoken_at = forms.DateTimeField(
        label=_("Cuándo lo dijo la persona"),
        input_formats=[_MOMENT],
        widget=forms.DateTimeInput({"type": "datetime-local"}, _MOMENT),
        help_text=_("El plazo corre desde ese momento."),
    )
    description = text_field(_("Qué contó"))
    service = ServiceField(label=_("Tipo de servicio"))
    place = PlaceField(label=_("Dónde"), required=False, max_length=120)
    reference = forms.CharField(label=_("Señas"), required=False, max_length=300)
    name = forms.CharField(label=_("Nombre"), required=False, max_length=150)
    cedula = forms.CharField(label=_("Cédula"), required=False, max_length=40)
    phone = forms.CharField(label=_("Teléfono"), required=False, max_length=40)
    email = forms.CharField(label=_("Correo"), required=False, max_length=254)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["token"].initial = uuid4()
        self.fields["spoken_at"].initial = localtime(now()).strftime(_MOMENT)
        _offer(self)

    def clean_paper(self) -> str:
        given = str(self.cleaned_data["paper"]).strip()
        try:
            return parse_number(given) if given else ""
        except Invalid as refusal:
            raise forms.ValidationError(refusal.message) from refusal


class BlockForm(forms.Form):
    """How many numbers, and for which counter."""

    counter = forms.CharField(label=_("Mostrador"), max_length=100)
    count = forms.IntegerField(
        label=_("Cuántos números"), min_value=1, max_value=MOST_NUMBERS, initial=20
    )


class PressForm(forms.Form):
    """A piece of the press; about a case there is, or one that begins with it."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    medium = forms.ChoiceField(label=_("Medio"), choices=PressMention.Medium.choices)
    outlet = forms.CharField(label=_("Nombre del medio"), max_length=100)
    published_on = forms.DateField(
        label=_("Fecha"), widget=forms.DateInput({"type": "date", "size": 12}, "%Y-%m-%d")
    )
    headline = forms.CharField(label=_("Título, o de qué se habló"), max_length=300)
    link = forms.URLField(label=_("Enlace"), required=False, max_length=500, assume_scheme="https")
    clip = forms.FileField(
        label=_("Recorte o grabación"),
        required=False,
        help_text=_("Foto, PDF o audio de menos de 12 MB."),
    )
    number = forms.CharField(
        label=_("Número del caso, si ya existe"), required=False, max_length=20
    )
    description = text_field(_("Qué se denunció"), required=False)
    service = ServiceField(label=_("Tipo de servicio"), required=False)
    place = PlaceField(label=_("Dónde"), required=False, max_length=120)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["token"].initial = uuid4()
        self.fields["published_on"].initial = today()
        _offer(self)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("number") and not (given.get("description") and given.get("service")):
            raise forms.ValidationError(
                _(
                    "Escriba el número del caso, o cuente qué se denunció y elija el tipo de servicio."
                )
            )
        return given


def _offer(form: forms.Form) -> None:
    """The service types, those that the words suggest first, and none chosen for anybody."""
    service = form.fields["service"]
    assert isinstance(service, ServiceField)
    service.offer(str(form.data.get("description", ""))[:500])
    service.choices = [("", _t("Elija…")), *service.choices]  # type: ignore[misc]  # a list, as offered


def matter_of(form: CounterForm | PressForm) -> dict[str, Any]:
    """What a Matter takes from either form."""
    given = form.cleaned_data
    return {
        "service": given["service"],
        "description": given["description"],
        "place": given["place"],
        "reference": given.get("reference", ""),
    }
