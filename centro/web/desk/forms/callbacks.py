"""How a call back went."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from centro.contacts.models import CallBack


class Result(TextChoices):
    SOLVED = "solved", _("Contestó: sí quedó resuelto")
    NOT_SOLVED = "not_solved", _("Contestó: no está resuelto")
    ANSWERED = "answered", _("Contestó y respondió la pregunta")
    INFORMED = "informed", _("Contestó y quedó informada")
    NOT_REACHED = "not_reached", _("No contestó")


_REACHED = {
    CallBack.Reason.CONFIRM: (Result.SOLVED, Result.NOT_SOLVED),
    CallBack.Reason.ASK: (Result.ANSWERED,),
    CallBack.Reason.INFORM: (Result.INFORMED,),
}
_NEEDS_TEXT = {
    Result.NOT_SOLVED: _("Escriba qué falta, con las palabras de la persona."),
    Result.ANSWERED: _("Escriba lo que respondió la persona."),
}


def fitting_results(reason: str, status: str) -> tuple[Result, ...]:
    """What may come of reaching the person: the case may have moved on since the call was asked."""
    too_late = {
        CallBack.Reason.CONFIRM: status != "resolved",
        CallBack.Reason.ASK: status in {"closed", "duplicate"},
        CallBack.Reason.INFORM: False,
    }
    if too_late[CallBack.Reason(reason)]:
        return (Result.INFORMED,)
    return _REACHED[CallBack.Reason(reason)]


class CallForm(forms.Form):
    """Offers the results that fit why the person is rung."""

    result = forms.ChoiceField(
        label=_("Resultado"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Elija cómo fue la llamada.")},
    )
    text = forms.CharField(
        label=_("Qué dijo, o qué pasó al llamar"),
        required=False,
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, reason: str, status: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["result"]
        assert isinstance(field, forms.ChoiceField)
        fitting = (*fitting_results(reason, status), Result.NOT_REACHED)
        field.choices = [(result.value, result.label) for result in fitting]

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        missing = _NEEDS_TEXT.get(told.get("result", ""))
        if missing and not told.get("text"):
            self.add_error("text", missing)
        return told
