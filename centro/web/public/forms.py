"""The forms of the public face. Everything optional stays optional; errors say what would be right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import MaxLengthValidator
from django.utils.translation import get_language, get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from centro.agencies.models import Agency
from centro.cases.actions import MOST_PHOTOS
from centro.catalog.models import CaseKind, Question, ServiceType
from centro.kernel.errors import Invalid
from centro.kernel.identifiers import parse_cedula, parse_phone
from centro.kernel.text import fold
from centro.places.models import Place
from centro.places.queries import search_spots
from centro.web.templatetags.look import choices_of, label

LONGEST_DESCRIPTION = 4000
LONGEST_ADDITION = 3000
OTHER = "otro"


class TrappedForm(forms.Form):
    """A form with a field that people never see: whoever fills it in is a program."""

    website = forms.CharField(
        label=gettext_lazy("Deje este campo vacío"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise forms.ValidationError(_("Deje este campo vacío."))
        return ""


class WhatForm(TrappedForm):
    token = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        choices=[("", ""), *CaseKind.choices], required=False, widget=forms.HiddenInput
    )
    service = forms.CharField(max_length=30, required=False, widget=forms.HiddenInput)
    event = forms.IntegerField(required=False, widget=forms.HiddenInput)
    description = forms.CharField(
        label=gettext_lazy("¿Qué pasó?"),
        help_text=gettext_lazy(
            "Con sus palabras: qué ocurre, desde cuándo y a quién afecta. "
            "No escriba aquí su nombre ni su cédula."
        ),
        min_length=10,
        max_length=LONGEST_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": gettext_lazy("Cuente qué pasó.")},
    )


def _option(service: ServiceType) -> tuple[str, str]:
    return service.code, label(service)


class TopicForm(forms.Form):
    """What it is about: a few proposals first, "I do not know" always, the whole list below."""

    service = forms.ChoiceField(
        label=gettext_lazy("Elija lo que más se parece"), required=False, widget=forms.RadioSelect
    )
    other = forms.ChoiceField(label=gettext_lazy("O búsquelo en la lista completa"), required=False)

    def __init__(
        self,
        *args: Any,
        proposed: Sequence[ServiceType],
        listed: Sequence[ServiceType],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._choices("service").choices = [
            *map(_option, proposed),
            (OTHER, _("Otra cosa, o no estoy seguro. Que lo clasifique el centro.")),
        ]
        self._choices("other").choices = [("", _("Elija un tema")), *_grouped(listed)]

        # One of the two is needed, so neither is called optional.
        for field in self.fields.values():
            field.hide_optional = True  # type: ignore[attr-defined]

    def _choices(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return field

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors and not given.get("service") and not given.get("other"):
            self.add_error("service", _("Elija de qué se trata; si duda, elija la última opción."))
        return given


def _grouped(services: Sequence[ServiceType]) -> list[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for service in services:
        groups.setdefault(service.category or _("Otros"), []).append(_option(service))
    return sorted(groups.items())


class WhereForm(forms.Form):
    """Where: a pin, a typed place, or three lists. The pin wins, then the typed place."""

    lat = forms.FloatField(
        required=False, min_value=-90, max_value=90, widget=forms.HiddenInput, localize=False
    )
    lon = forms.FloatField(
        required=False, min_value=-180, max_value=180, widget=forms.HiddenInput, localize=False
    )
    province = forms.CharField(
        label=gettext_lazy("Provincia o comarca"), max_length=12, required=False
    )
    district = forms.CharField(label=gettext_lazy("Distrito"), max_length=12, required=False)
    corregimiento = forms.CharField(
        label=gettext_lazy("Corregimiento"), max_length=12, required=False
    )
    reference = forms.CharField(
        label=gettext_lazy("Señas para llegar"),
        help_text=gettext_lazy("Calle, número de casa, edificio, o qué hay cerca."),
        max_length=300,
        required=False,
    )

    def __init__(
        self, *args: Any, lists: dict[str, Sequence[Place]] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, places in (lists or {}).items():
            choices = [("", _("Elija")), *((place.code, place.name) for place in places)]
            self.fields[name].widget = forms.Select(
                choices=choices, attrs={"data-places": name, "id": f"id_{name}"}
            )
            self.fields[name].hide_optional = True  # type: ignore[attr-defined]


class DetailsForm(forms.Form):
    """The service type's own questions, as fields."""

    def __init__(
        self, *args: Any, questions: Sequence[Question], about_handler: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for question in questions:
            self.fields[f"q-{question.key}"] = _FIELDS[Question.Kind(question.kind)](question)
        if about_handler:
            self.fields["against_handler"] = forms.ChoiceField(
                label=_("¿Denuncia a alguien de la misma entidad que atendería el caso?"),
                help_text=_("Si es así, esa entidad no verá su denuncia."),
                choices=[("no", _("No, o no sé")), ("si", _("Sí"))],
                initial="no",
                widget=forms.RadioSelect,
            )

    @property
    def answers(self) -> dict[str, str]:
        """What was answered, as text, by the key of the question."""
        return {
            name.removeprefix("q-"): str(value)
            for name, value in self.cleaned_data.items()
            if name.startswith("q-") and value not in (None, "")
        }


def _common(question: Question) -> dict[str, Any]:
    return {"label": label(question), "required": question.required}


def _choice(question: Question, choices: list[tuple[str, str]]) -> forms.Field:
    empty = [] if question.required else [("", _("Prefiero no decir"))]
    return forms.ChoiceField(
        **_common(question), choices=[*choices, *empty], widget=forms.RadioSelect
    )


_FIELDS: dict[Question.Kind, Callable[[Question], forms.Field]] = {
    Question.Kind.TEXT: lambda q: forms.CharField(**_common(q), max_length=500),
    Question.Kind.CHOICE: lambda q: _choice(q, choices_of(q)),
    Question.Kind.YES_NO: lambda q: _choice(q, [("si", _("Sí")), ("no", _("No"))]),
    Question.Kind.NUMBER: lambda q: forms.DecimalField(
        **_common(q), max_digits=12, decimal_places=2, widget=forms.NumberInput(attrs={"size": 12})
    ),
    Question.Kind.DATE: lambda q: forms.DateField(
        **_common(q), widget=forms.DateInput(attrs={"type": "date", "size": 12})
    ),
}


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Several files at once; each is checked again, and re-encoded, when it is kept."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = data if isinstance(data, (list, tuple)) else [data] if data else []
        return [super(PhotosField, self).clean(file, initial) for file in files]


def photos_field(help_text: str = "") -> PhotosField:
    """A field for up to MOST_PHOTOS photos."""
    return PhotosField(
        label=_("Fotos"),
        help_text=help_text
        or _("Hasta %(n)s fotos JPEG, PNG o WebP de 12 MB cada una.") % {"n": MOST_PHOTOS},
        required=False,
        widget=ManyFiles(attrs={"accept": "image/*", "multiple": True, "data-photos": True}),
    )


class PhotosForm(forms.Form):
    def __init__(self, *args: Any, room: int = MOST_PHOTOS, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.room = room
        self.fields["photos"] = photos_field()

    def clean_photos(self) -> list[UploadedFile]:
        photos: list[UploadedFile] = self.cleaned_data["photos"]
        if len(photos) > self.room:
            raise forms.ValidationError(
                _("Puede enviar como máximo %(n)s fotos en total.") % {"n": MOST_PHOTOS}
            )
        return photos


class ContactForm(forms.Form):
    """Who reports, if they want to say. Nothing here is required."""

    anonymous = forms.BooleanField(
        label=gettext_lazy("Quiero ser anónimo: no guarden ningún dato mío"), required=False
    )
    name = forms.CharField(
        label=gettext_lazy("Su nombre"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    phone = forms.CharField(
        label=gettext_lazy("Teléfono"),
        help_text=gettext_lazy("Para llamarle si falta un dato o cuando esté resuelto."),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel", "size": 18}),
    )
    email = forms.EmailField(
        label=gettext_lazy("Correo electrónico"),
        help_text=gettext_lazy("Le enviamos el recibo y cada novedad."),
        max_length=200,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    cedula = forms.CharField(
        label=gettext_lazy("Cédula"),
        help_text=gettext_lazy("Sólo si su trámite la necesita. Se guarda cifrada."),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 18}),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("¿En qué idioma le escribimos?"),
        choices=[
            (code, get_language_info(code)["name_local"].capitalize())
            for code, _name in settings.LANGUAGES
        ],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].initial = get_language() or "es"

    def clean_phone(self) -> str:
        return _checked(self.cleaned_data["phone"], lambda text: parse_phone(text).e164)

    def clean_cedula(self) -> str:
        return _checked(self.cleaned_data["cedula"], parse_cedula)


def _checked(text: str, parse: Callable[[str], str]) -> str:
    """The parsed value; a refusal of the kernel becomes an error of the field."""
    if not text.strip():
        return ""
    try:
        return parse(text)
    except Invalid as refusal:
        raise forms.ValidationError(refusal.message) from refusal


class FollowForm(forms.Form):
    number = forms.CharField(
        label=gettext_lazy("Número de caso"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"placeholder": "311-00001234-5", "autocomplete": "off", "inputmode": "numeric"}
        ),
    )
    code = forms.CharField(
        label=gettext_lazy("Clave"),
        help_text=gettext_lazy("Ocho letras y números; está en su recibo."),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "placeholder": "K7QF-2M9X",
                "autocomplete": "off",
                "autocapitalize": "characters",
            }
        ),
    )


class AddForm(forms.Form):
    """More information, with photos, or the answer to a question."""

    text = forms.CharField(
        label=gettext_lazy("Lo que quiere añadir"),
        max_length=LONGEST_ADDITION,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Escriba lo que quiere añadir.")},
    )

    def __init__(self, *args: Any, answering: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if answering:
            self.fields["text"].label = _("Su respuesta")
        self.fields["photos"] = photos_field()


class ReasonForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("¿Qué falta o qué sigue mal?"),
        max_length=LONGEST_ADDITION,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": gettext_lazy("Cuente qué falta, para que otra persona lo vea.")
        },
    )


class NotSolvedForm(forms.Form):
    """The "no" of a letter: words help whoever takes the case next, but a "no" is enough."""

    text = forms.CharField(
        label=gettext_lazy("¿Qué falta o qué sigue mal?"),
        max_length=LONGEST_ADDITION,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    @property
    def words(self) -> str:
        """What was said, or that nothing more was."""
        said: str = self.cleaned_data["text"]
        return said.strip() or _("Respondió desde el correo que no está resuelto, sin decir más.")


class WithdrawForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("¿Por qué?"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class SearchForm(forms.Form):
    q = forms.CharField(
        label=gettext_lazy("Buscar"), required=False, validators=[MaxLengthValidator(200)]
    )


class ChatForm(TrappedForm):
    """One thing to say. `known`: the person has said something before."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    name = forms.CharField(
        label=gettext_lazy("Su nombre"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Su mensaje"),
        max_length=LONGEST_ADDITION,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Escriba su mensaje.")},
    )

    def __init__(self, *args: Any, known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if known:
            del self.fields["name"]
        self.fields["photos"] = photos_field()

    def clean_photos(self) -> list[UploadedFile]:
        photos: list[UploadedFile] = self.cleaned_data["photos"]
        if len(photos) > MOST_PHOTOS:
            raise forms.ValidationError(
                _("Puede enviar como máximo %(n)s fotos en total.") % {"n": MOST_PHOTOS}
            )
        return photos


class EmbedForm(TrappedForm):
    """The whole report on one page, about the matters of one entity."""

    service = forms.ModelChoiceField(
        label=gettext_lazy("¿De qué se trata?"), queryset=ServiceType.objects.none(),
        to_field_name="code", empty_label=gettext_lazy("Elija un tema"),
    )  # fmt: skip
    description = forms.CharField(
        label=gettext_lazy("¿Qué pasó?"),
        min_length=10,
        max_length=LONGEST_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Cuente qué pasó.")},
    )
    place = forms.CharField(
        label=gettext_lazy("Corregimiento o barrio"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Casi todos los temas lo necesitan."),
    )
    reference = forms.CharField(
        label=gettext_lazy("Señas para llegar"), max_length=300, required=False
    )
    name = forms.CharField(label=gettext_lazy("Su nombre"), max_length=120, required=False)
    phone = forms.CharField(label=gettext_lazy("Teléfono"), max_length=30, required=False)
    email = forms.EmailField(
        label=gettext_lazy("Correo electrónico"), max_length=200, required=False
    )

    def __init__(self, *args: Any, agency: Agency | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = ServiceType.objects.filter(active=True).order_by("sort_key")
        field = self.fields["service"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = offered.filter(agency=agency) if agency else offered
        field.label_from_instance = label  # type: ignore[assignment,method-assign]  # as the public reads it
        self.fields["photos"] = photos_field()

    def clean_phone(self) -> str:
        return _checked(self.cleaned_data["phone"], lambda text: parse_phone(text).e164)

    def clean_place(self) -> Place | None:
        """The place that the words name, when only one is meant."""
        text = str(self.cleaned_data["place"])
        if not text:
            return None
        places = {
            spot.place.pk: spot.place
            for spot in search_spots(text.split(",", maxsplit=1)[0], limit=25)
        }
        exact = [p for p in places.values() if fold(text) in {fold(p.name), fold(p.full_name)}]
        found = exact or list(places.values())
        if len(found) == 1:
            return found[0]
        if not found:
            raise forms.ValidationError(_("No se encontró ese lugar. Escriba el corregimiento."))
        names = "; ".join(p.full_name for p in found[:8])
        raise forms.ValidationError(_("Hay varios: escriba uno de estos: %s.") % names)
