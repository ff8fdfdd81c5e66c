"""The forms of an event that many report: opening it, telling everybody, solving it for all."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from centro.cases.actions.incidents import LONGEST_ANNOUNCEMENT, LONGEST_TITLE
from centro.cases.models import Incident
from centro.web.desk.forms.fields import PlaceField, ServiceField, text_field

_FOR_EVERYBODY = _("Lo lee todo el mundo: sin nombres, cédulas ni teléfonos de personas.")


class OpenForm(forms.Form):
    """What happened, and where; the title is proposed when it is left empty."""

    service = ServiceField(label=_("Tipo de servicio"))
    place = PlaceField(
        label=_("Dónde"),
        max_length=120,
        help_text=_("El corregimiento; o el distrito, si abarca varios."),
        error_messages={"required": _("Diga dónde ocurre.")},
    )
    title = forms.CharField(
        label=_("Cómo se llamará"),
        required=False,
        max_length=LONGEST_TITLE,
        help_text=_FOR_EVERYBODY,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["service"]
        assert isinstance(field, ServiceField)
        field.offer("")


class AnnounceForm(forms.Form):
    """What everybody is told. Its page has other forms: each has its own names for its boxes."""

    text = forms.CharField(
        label=_("Qué se le dice a la gente"),
        max_length=LONGEST_ANNOUNCEMENT,
        help_text=_FOR_EVERYBODY,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST_ANNOUNCEMENT}),
        error_messages={"required": _("Escriba qué se le dice a la gente.")},
    )
    text_en = forms.CharField(
        label=_("Lo mismo en inglés"),
        required=False,
        max_length=LONGEST_ANNOUNCEMENT,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": LONGEST_ANNOUNCEMENT}),
    )
    expected_at = forms.DateTimeField(
        label=_("Cuándo vuelve el servicio"),
        required=False,
        help_text=_("Si la entidad ya lo dijo."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "aviso_%s"} | kwargs)

    @classmethod
    def of(cls, incident: Incident) -> AnnounceForm:
        """With what is told now."""
        return cls(
            initial={
                "text": incident.announcement,
                "text_en": incident.announcement_en,
                "expected_at": incident.expected_at,
            }
        )


class SolveForm(forms.Form):
    text = text_field(
        _("Cómo se resolvió"),
        _("Le llega a cada persona, y a cada una se le pregunta si quedó resuelto."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "solucion_%s"} | kwargs)


class JoinForm(forms.Form):
    """A case by its number, as somebody says it."""

    caso = forms.CharField(
        label=_("Número de otro caso"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 16}),
        error_messages={"required": _("Escriba el número del caso.")},
    )
