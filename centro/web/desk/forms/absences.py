"""Somebody's absence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centro.accounts.models import User
from centro.agencies.absences import people_of, stand_ins_for

_LONGEST_ABSENCE = timedelta(days=366)


class AbsenceForm(forms.Form):
    """Who will be away, when, and who answers meanwhile."""

    user = forms.ChoiceField(label=gettext_lazy("Quién"))
    starts = forms.DateField(
        label=gettext_lazy("Desde"),
        widget=forms.DateInput({"type": "date", "size": 12}, "%Y-%m-%d"),
    )
    ends = forms.DateField(
        label=gettext_lazy("Hasta, inclusive"),
        widget=forms.DateInput({"type": "date", "size": 12}, "%Y-%m-%d"),
    )
    delegate = forms.ChoiceField(
        label=gettext_lazy("Quién responde mientras tanto"),
        required=False,
        help_text=gettext_lazy(
            "Recibe sus avisos y trabaja sus casos. Sin nadie, los avisos pasan al siguiente."
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Motivo"), required=False, max_length=200, help_text=""
    )

    def __init__(self, *args: Any, asker: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._people = {str(one.pk): one for one in [asker, *people_of(asker)]}
        self._delegates = {str(one.pk): one for one in stand_ins_for(self._people.values())}
        if len(self._people) == 1:
            del self.fields["user"]
            self._people = {"": asker}
        else:
            self._offer("user", [(pk, _name(one)) for pk, one in self._people.items()])
        nobody = ("", _("Nadie"))
        self._offer("delegate", [nobody, *((pk, _name(o)) for pk, o in self._delegates.items())])
        today = localdate()
        for field in ("starts", "ends"):
            self.fields[field].widget.attrs |= {
                "min": today.isoformat(),
                "max": (today + _LONGEST_ABSENCE).isoformat(),
            }
        self.fields["starts"].initial = today

    def _offer(self, name: str, offered: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = offered

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        given["user"] = self._people.get(given.get("user", ""))
        given["delegate"] = self._delegates.get(given.get("delegate", ""))
        return given


def _name(user: User) -> str:
    return user.get_full_name() or user.username
