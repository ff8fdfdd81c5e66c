"""An account of a channel: what every one has, and what its channel asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from centro.agencies.models import Agency
from centro.channels.channel import Field, Way, Ways
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
        channel = get_channel(instance.kind)
        self._asked, self._ways = channel.fields, channel.ways
        for asked in self._asked:
            self.fields[f"x_{asked.name}"] = _field(asked, instance)
        for ways in self._ways:
            self.fields[f"way_{ways.name}"] = forms.ChoiceField(
                label=str(ways.label),
                choices=[(way.name, str(way.label)) for way in ways.ways],
                required=False,
                initial=_way_of(ways, instance),
            )
            for name in (name for way in ways.ways for name in way.needs):
                _say_not_optional(self.fields[f"x_{name}"])
            if ways.option:
                del self.fields[f"x_{ways.option}"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for ways in self._ways:
            chosen = self._chosen(ways)
            for name in chosen.needs:
                # What is wrong in another way is said there already.
                if not self._given(name) and f"x_{name}" not in self.errors:
                    why = _("Hace falta para «%(way)s».") % {"way": chosen.label}
                    self.add_error(f"x_{name}", str(why))
            # A way that is not taken keeps nothing, and its faults stop nobody.
            for name in _others(ways, chosen):
                cleaned[f"x_{name}"] = ""
                self.errors.pop(f"x_{name}", None)
        return cleaned

    def _chosen(self, ways: Ways) -> Way:
        """The way that was marked, or (a program that marks none) the first that was filled."""
        marked = self.cleaned_data.get(f"way_{ways.name}") or self.data.get(f"x_{ways.option}")
        filled = (w for w in ways.ways if w.fields and self.cleaned_data.get(f"x_{w.fields[0]}"))
        named = next((way for way in ways.ways if way.name == marked), None)
        return named or next(filled, ways.ways[-1])

    def _given(self, name: str) -> bool:
        known = self.instance.secrets if self.instance.pk else {}
        return bool(self.cleaned_data.get(f"x_{name}") or known.get(name))

    # ---- How the page shows it ----

    def account_fields(self) -> list[forms.BoundField]:
        """What every account has."""
        return [self[name] for name in self.Meta.fields]

    def ways(self) -> list[tuple[forms.BoundField, list[WayShown]]]:
        """Each question of "by which way", with its ways and their fields."""
        return [(self[f"way_{ways.name}"], list(self._shown(ways))) for ways in self._ways]

    def _shown(self, ways: Ways) -> Iterator[WayShown]:
        field = self[f"way_{ways.name}"]
        marked = str(field.value() or _way_of(ways, self.instance))
        for way in ways.ways:
            inside = [self[f"x_{name}"] for name in way.fields]
            yield WayShown(way, way.name == marked, f"{field.auto_id}_{way.name}", inside)

    def channel_fields(self) -> list[forms.BoundField]:
        """What the channel asks for whatever the way."""
        apart = {name for ways in self._ways for way in ways.ways for name in way.fields}
        apart |= {ways.option for ways in self._ways}
        return [self[f"x_{asked.name}"] for asked in self._asked if asked.name not in apart]

    @property
    def options(self) -> dict[str, str]:
        given = {
            f.name: self.cleaned_data.get(f"x_{f.name}", "") for f in self._asked if not f.secret
        }
        marked = {ways.option: self._chosen(ways).name for ways in self._ways if ways.option}
        return given | marked

    @property
    def secrets(self) -> dict[str, str]:
        return {f.name: self.cleaned_data.get(f"x_{f.name}", "") for f in self._asked if f.secret}


@dataclass(frozen=True, slots=True)
class WayShown:
    """One way on the page, with the fields that it uses."""

    way: Way
    marked: bool
    id: str
    fields: list[forms.BoundField]


def _way_of(ways: Ways, account: Account) -> str:
    """The way by which an account works already; the first for a new one."""
    if not account.pk:
        return ways.ways[0].name
    if ways.option:
        return str(account.options.get(ways.option) or ways.ways[0].name)
    filled = (way for way in ways.ways if way.fields and account.options.get(way.fields[0]))
    return next(filled, ways.ways[-1]).name


def _others(ways: Ways, chosen: Way) -> set[str]:
    return {name for way in ways.ways for name in way.fields} - set(chosen.fields)


def _check_port(text: str) -> None:
    if text and not (text.isascii() and text.isdecimal() and 0 < int(text[:6]) < 65_536):
        raise ValidationError(_("Un puerto es un número de 1 a 65535."))


def _check_provider(text: str) -> None:
    """Its name becomes that of a module: only one that there is."""
    if text and not (
        text.isascii() and text.isidentifier() and find_spec(f"anymail.backends.{text}")
    ):
        raise ValidationError(
            _("No conocemos ese proveedor. Por ejemplo: mailgun, brevo, postmark.")
        )


_CHECKS: dict[str, Callable[[str], None]] = {
    "smtp_port": _check_port,
    "imap_port": _check_port,
    "esp": _check_provider,
}


def _say_not_optional(field: forms.Field) -> forms.Field:
    """Its way cannot do without it, or it always has a value: "(opcional)" would mislead."""
    setattr(field, "hide_optional", True)  # noqa: B010 read by components/field.html
    return field


def _field(asked: Field, account: Account) -> forms.Field:
    if asked.choices:
        chosen = forms.ChoiceField(
            label=str(asked.label),
            required=False,
            choices=asked.choices,
            initial=account.options.get(asked.name, asked.default),
        )
        return _say_not_optional(chosen)
    known = asked.name in account.secrets if asked.secret and account.pk else False
    field = forms.CharField(
        label=str(asked.label),
        required=asked.required and not known,
        max_length=2000,
        initial=account.options.get(asked.name, asked.default) if not asked.secret else "",
        validators=[_CHECKS[asked.name]] if asked.name in _CHECKS else [],
    )
    if asked.secret:
        field.widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        field.help_text = str(_("Guardada. Escriba sólo para cambiarla.")) if known else ""
    return field


class TestForm(forms.Form):
    """Where a test message goes."""

    address = forms.CharField(label=_("Enviar una prueba a"), max_length=254)
