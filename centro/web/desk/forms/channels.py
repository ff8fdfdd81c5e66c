"""An account of a channel: what every one has, and what its channel asks for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from centro.agencies.models import Agency
from centro.channels.channel import Field
from centro.channels.models import Account
from centro.channels.registry import get_channel


class AccountForm(forms.ModelForm[Account]):
    """The fields of the channel follow those of every account; a secret is never shown again."""

    class Meta:
        model = Account
        fields = ("label", "slug", "address", "agency", "silent_after", "active")
        labels = {
            "label": _("Nombre"),
            "slug": _("Clave en las direcciones"),
            "address": _("Dirección, número o página"),
            "agency": _("Entidad"),
            "silent_after": _("Avisar si no llega nada en (minutos)"),
            "active": _("En uso"),
        }
        help_texts = {
            "slug": _(
                "Letras, números y guiones: forma parte de la dirección a la que el proveedor llama."
            ),
            "agency": _("Vacío: es del centro."),
        }

    def __init__(self, data: Any, *, instance: Account) -> None:
        super().__init__(data, instance=instance)
        agency = self.fields["agency"]
        assert isinstance(agency, forms.ModelChoiceField)
        agency.queryset = Agency.objects.order_by("sort_key")
        agency.empty_label = str(_("Del centro"))
        self._asked = get_channel(instance.kind).fields
        for asked in self._asked:
            self.fields[f"x_{asked.name}"] = _field(asked, instance)

    @property
    def options(self) -> dict[str, str]:
        return {f.name: self.cleaned_data[f"x_{f.name}"] for f in self._asked if not f.secret}

    @property
    def secrets(self) -> dict[str, str]:
        return {f.name: self.cleaned_data[f"x_{f.name}"] for f in self._asked if f.secret}


def _field(asked: Field, account: Account) -> forms.CharField:
    known = asked.name in account.secrets if asked.secret and account.pk else False
    field = forms.CharField(
        label=str(asked.label),
        required=asked.required and not known,
        max_length=2000,
        initial=account.options.get(asked.name, asked.default) if not asked.secret else "",
    )
    if asked.secret:
        field.widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        field.help_text = str(_("Guardada. Escriba sólo para cambiarla.")) if known else ""
    return field


class TestForm(forms.Form):
    """Where a test message goes."""

    address = forms.CharField(label=_("Enviar una prueba a"), max_length=254)
