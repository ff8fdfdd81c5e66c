"""What the operator's screen must hold before a case is opened from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext_lazy as _

from centro.cases.actions import Reporter
from centro.catalog.models import ServiceType
from centro.catalog.queries import questions_for
from centro.kernel.errors import Invalid
from centro.kernel.identifiers import parse_cedula, parse_phone
from centro.people.models import Person
from centro.places.models import Place
from centro.web.desk.forms.questions import QuestionsForm
from centro.web.desk.spots import parse_spot
from centro.web.desk.ways import Way, name_of

ANONYMOUS = "anonymous"
# Where a field is filled in on the screen, when that is not a box of its own name.
_BOXES = {"place": "id_where", "person": "id_who"}


class IntakeForm(forms.Form):
    """The whole screen. After `is_valid`, what was found: `found_service`, `found_place`…"""

    channel = forms.ChoiceField(label=_("Cómo llegó"), choices=Way.choices)
    language = forms.ChoiceField(label=_("Idioma en que se le escribe"), choices=settings.LANGUAGES)
    spoken_at = forms.DateTimeField(
        label=_("Cuándo habló la persona"),
        required=False,
        help_text=_("Vacío: ahora. Llénelo si lo contó antes, en otro lugar."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    description = forms.CharField(
        label=_("Qué ocurre"),
        max_length=5000,
        error_messages={"required": _("Escriba qué ocurre, con las palabras de la persona.")},
    )
    service = forms.CharField(
        label=_("Tipo de servicio"),
        error_messages={"required": _("Elija el tipo de servicio.")},
    )
    against = forms.BooleanField(label=_("Contra la entidad"), required=False)
    place = forms.CharField(label=_("Dónde"), required=False, max_length=300)
    # The known event that the case joins, and the one that the screen offered when it was sent.
    event = forms.CharField(label=_("Unir al evento"), required=False, max_length=20)
    event_seen = forms.CharField(label=_("Evento"), required=False, max_length=20)
    reference = forms.CharField(
        label=_("Cómo se llega"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Calle, casa, color, qué hay cerca."),
    )
    who = forms.CharField(label=_("Teléfono, cédula o nombre"), required=False, max_length=120)
    person = forms.CharField(label=_("Quién es"), required=False, max_length=20)
    name = forms.CharField(label=_("Nombre"), required=False, max_length=120)
    phone = forms.CharField(label=_("Teléfono"), required=False, max_length=40)
    cedula = forms.CharField(label=_("Cédula"), required=False, max_length=40)
    email = forms.EmailField(label=_("Correo"), required=False, max_length=200)
    reporter_kind = forms.ChoiceField(
        label=_("Tipo de persona"),
        required=False,
        choices=Person.Kind.choices,
        initial=Person.Kind.CITIZEN,
    )

    def __init__(self, data: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.found_service: ServiceType | None = None
        self.found_place: Place | None = None
        self.found_person: Person | None = None
        self.point: tuple[float, float] | None = None
        self.mark = ""
        self.questions: QuestionsForm | None = None

    def clean_service(self) -> str:
        code: str = self.cleaned_data["service"]
        active = ServiceType.objects.filter(active=True).select_related("agency__jurisdiction")
        self.found_service = active.filter(code=code[:30]).first()
        if self.found_service is None:
            raise forms.ValidationError(_("Ese tipo de servicio ya no se usa. Elija otro."))
        return code

    def clean_place(self) -> str:
        value: str = self.cleaned_data["place"]
        spot = parse_spot(value)
        if spot is None:
            return ""
        places = Place.objects.filter(active=True).select_related("district", "province")
        self.found_place = places.filter(code=spot.code).first()
        if self.found_place is None:
            raise forms.ValidationError(_("Elija el lugar otra vez: ése no existe."))
        self.point, self.mark = spot.point, spot.mark
        return value

    def clean_person(self) -> str:
        value: str = self.cleaned_data["person"]
        if value in {"", ANONYMOUS}:
            return value
        known = Person.objects.filter(pk=int(value)) if is_id(value) else Person.objects.none()
        self.found_person = known.first()
        if self.found_person is None:
            raise forms.ValidationError(_("Elija a la persona otra vez."))
        return value

    def clean_phone(self) -> str:
        return _understood(self.cleaned_data["phone"], lambda text: parse_phone(text).e164)

    def clean_cedula(self) -> str:
        return _understood(self.cleaned_data["cedula"], parse_cedula)

    def clean(self) -> dict[str, Any]:
        if self.found_service is not None:
            self._clean_place_of(self.found_service)
            self._clean_questions_of(self.found_service)
        return self.cleaned_data

    def _clean_place_of(self, service: ServiceType) -> None:
        missing = service.requires_place and not self.cleaned_data.get("place")
        if missing and "place" not in self.errors:
            self.add_error("place", _("Diga dónde ocurre: este servicio necesita un lugar."))

    def _clean_questions_of(self, service: ServiceType) -> None:
        self.questions = QuestionsForm(questions_for(service), self.data)
        if not self.questions.is_valid():
            self.add_error(None, _("Falta responder preguntas del servicio."))

    @property
    def wrong(self) -> list[tuple[str, str, str]]:
        """Each fault with the box to go to and its name, the questions of the service last."""
        faults: list[tuple[str, str, str]] = []
        for form in (self, self.questions) if self.questions else (self,):
            for name, errors in form.errors.items():
                if name != NON_FIELD_ERRORS:
                    box = _BOXES.get(name, f"id_{name}")
                    faults += [(box, str(form.fields[name].label), str(e)) for e in errors]
        return faults

    @property
    def anonymous(self) -> bool:
        return bool(self.cleaned_data.get("person") == ANONYMOUS)

    @property
    def channel_label(self) -> str:
        return name_of(str(self["channel"].value()))

    def reporter(self) -> Reporter:
        """A new person as told; what was typed to look them up fills what was left empty."""
        told = self.cleaned_data
        given = {key: told[key] for key in ("name", "phone", "cedula", "email")}
        for key, value in meaning_of(told["who"]).items():
            given[key] = given[key] or value
        return Reporter(**given, kind=told["reporter_kind"] or Person.Kind.CITIZEN)


def meaning_of(text: str) -> dict[str, str]:
    """What a person's search words are: a telephone, a cédula, an e-mail or a name."""
    text = text.strip()
    if not text:
        return {}
    for key, understand in (("cedula", parse_cedula), ("phone", lambda t: parse_phone(t).e164)):
        try:
            return {key: understand(text)}
        except Invalid:
            continue
    if "@" in text:
        return {"email": text}
    return {} if text.replace(" ", "").isdigit() else {"name": text}


def is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _understood(text: str, understand: Any) -> str:
    if not text:
        return ""
    try:
        return str(understand(text))
    except Invalid as refusal:
        raise forms.ValidationError(refusal.message) from None
