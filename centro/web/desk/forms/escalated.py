"""The answer to a rung."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy

from centro.web.desk.forms.fields import end_of_office, text_field

_LONGEST_PROMISE = timedelta(days=89)


class AnswerForm(forms.Form):
    """ "I have seen it, and will…", with a date if one can be promised."""

    text = text_field(
        gettext_lazy("Qué va a hacer"),
        gettext_lazy("Lo leen la entidad y el centro; la persona que reportó, no."),
    )
    promised_for = forms.DateField(
        label=gettext_lazy("Estará resuelto el"),
        required=False,
        help_text=gettext_lazy("Si no lo está, se avisa a usted y al escalón siguiente."),
        widget=forms.DateInput({"type": "date", "size": 12}, "%Y-%m-%d"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = localdate()
        self.fields["promised_for"].widget.attrs |= {
            "min": today.isoformat(),
            "max": (today + _LONGEST_PROMISE).isoformat(),
        }

    def clean_promised_for(self) -> datetime | None:
        day = self.cleaned_data["promised_for"]
        return end_of_office(day) if day else None
