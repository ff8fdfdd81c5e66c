"""How often a report comes by mail."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from centro.insights.models import ReportSubscription


class SubscribeForm(forms.Form):
    every = forms.ChoiceField(
        label=_("Cada cuánto"),
        choices=ReportSubscription.Every.choices,
        initial=ReportSubscription.Every.WEEK,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Elija cada cuánto quiere recibirlo."),
            "invalid_choice": _("Elija cada cuánto quiere recibirlo."),
        },
        help_text=_("Si ese día no abren las oficinas, llega el siguiente día hábil."),
    )
