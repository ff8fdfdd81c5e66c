"""A few words about days, on the time axis of every line."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from centro.accounts.roles import Role
from centro.agencies.models import Agency
from centro.agencies.scopes import Scope
from centro.insights.actions.annotations import OF_THE_COUNTRY
from centro.insights.models.annotations import LONGEST_WORDS


def _day(label: Any, **others: Any) -> forms.DateField:
    return forms.DateField(
        label=label, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"), **others
    )


class AnnotationForm(forms.Form):
    """What happened, when, and for whom: the country, or the entities of whoever writes."""

    words = forms.CharField(
        label=_("Qué pasó"),
        max_length=LONGEST_WORDS,
        help_text=_("Una tormenta, una huelga, un feriado. Sin nombres de personas."),
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("Escriba qué pasó.")},
    )
    day = _day(_("Día"), error_messages={"required": _("Diga qué día.")})
    until = _day(_("Hasta, inclusive"), required=False, help_text=_("Vacío: un solo día."))
    agency = forms.ChoiceField(label=_("Para quién"), required=False)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "anotar_%s"} | kwargs)
        own = Agency.objects.filter(pk__in=scope.agencies_for(Role.EXECUTIVE)).order_by("sort_key")
        self._own = {one.acronym: one for one in own}
        offered = [("", str(_("Todo el país")))] if scope.has(*OF_THE_COUNTRY) else []
        offered += [(one.acronym, one.name) for one in own]
        field = self.fields["agency"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = offered
        field.hide_optional = True  # type: ignore[attr-defined]  # nothing chosen is the country

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        given["agency"] = self._own.get(given.get("agency", ""))
        return given
