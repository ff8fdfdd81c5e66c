"""The forms by which it is decided where cases go, and the one that asks where one would go."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centro.agencies.models import Agency, Unit
from centro.catalog.actions.routing import RuleData
from centro.catalog.models import CaseKind, RoutingRule, ServiceType
from centro.places.models import Place
from centro.places.queries import place_with
from centro.web.desk import choices
from centro.web.desk.forms.fields import AgencyField, PlaceField, ServiceField, text_field

_BY_PLACE, _NATIONAL = "", "nacional"
_ANY = ("", gettext_lazy("Cualquiera"))


class AnyServiceField(ServiceField):
    """A service type by its code, or none."""

    def offer(self, text: str = "") -> None:
        groups = [(g.label, [(o.value, o.label) for o in g.options]) for g in choices.services()]
        self.choices = [_ANY, *groups]

    def clean(self, value: Any) -> ServiceType | None:  # none is a choice
        return super().clean(value) if value else None


class RegionField(forms.ChoiceField):
    """A province or a district by its code, or none."""

    def offer(self) -> None:
        groups = [
            (
                group.label,
                [
                    (o.value, _("Toda la provincia: %(name)s") % {"name": o.label} if n == 0 else o.label)
                    for n, o in enumerate(group.options)
                ],
            )
            for group in choices.regions()
        ]  # fmt: skip
        self.choices = [_ANY, *groups]

    def clean(self, value: Any) -> Place | None:
        return place_with(str(super().clean(value)))


class RuleForm(forms.Form):
    """A rule in words: its name, on which conditions, and to whom."""

    name = forms.CharField(
        label=gettext_lazy("Nombre de la regla"),
        max_length=120,
        help_text=gettext_lazy("Lo leen quienes atienden el caso. Por ejemplo: «Basura en Arraiján»."),
    )  # fmt: skip
    service = AnyServiceField(label=gettext_lazy("Tipo de servicio"), required=False)
    category = forms.ChoiceField(label=gettext_lazy("Categoría"), required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("Tipo de caso"), required=False, choices=[_ANY, *CaseKind.choices]
    )
    region = RegionField(label=gettext_lazy("Provincia o distrito"), required=False)
    corregimiento = PlaceField(
        label=gettext_lazy("Corregimiento"),
        required=False,
        max_length=120,
        level=Place.Level.CORREGIMIENTO,
        help_text=gettext_lazy("Sólo si la regla es para uno. Por ejemplo: «Bella Vista, Panamá»."),
    )
    agency = AgencyField(label=gettext_lazy("Entidad que lo atiende"))
    office = forms.ChoiceField(label=gettext_lazy("Oficina"), required=False)

    def __init__(self, *args: Any, rule: RoutingRule | None = None, **kwargs: Any) -> None:
        if rule is not None:
            kwargs["initial"] = _as_typed(rule)
        super().__init__(*args, **kwargs)
        self._offer()

    def _offer(self) -> None:
        for name in ("service", "category", "kind", "region", "corregimiento", "office"):
            self.fields[name].hide_optional = True  # type: ignore[attr-defined]  # read by field.html
        for name in ("service", "region", "agency"):
            self.fields[name].offer()  # type: ignore[attr-defined]  # fields of ours
        categories = [(group.label, group.label) for group in choices.services() if group.label]
        self.fields["category"].choices = [_ANY, *categories]  # type: ignore[attr-defined]
        offices = [(o.value, _("La de %(province)s") % {"province": o.label}) for o in choices.provinces()]  # fmt: skip
        self.fields["office"].choices = [  # type: ignore[attr-defined]
            (_BY_PLACE, _("La del lugar del caso")),
            (_NATIONAL, _("La nacional")),
            *offices,
        ]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        region, inside = given.get("region"), given.get("corregimiento")
        if region and inside and region.pk not in {inside.district_id, inside.province_id}:
            self.add_error("corregimiento", _("Ese corregimiento no está allí."))
        given["place"] = inside or region
        given["unit"] = self._unit(given.get("agency"), given.get("office", ""))
        return given

    def _unit(self, agency: Agency | None, office: str) -> Unit | None:
        if agency is None or not office:
            return None
        units = Unit.objects.filter(agency=agency, active=True)
        code = None if office == _NATIONAL else office
        unit = units.filter(province__code=code) if code else units.filter(province=None)
        found = unit.first()
        if found is None:
            self.add_error("office", _("La entidad no tiene oficina allí."))
        return found

    @property
    def data_of_rule(self) -> RuleData:
        names = ("name", "agency", "unit", "service", "category", "kind", "place")
        return RuleData(**{name: self.cleaned_data[name] for name in names})


def _as_typed(rule: RoutingRule) -> dict[str, Any]:
    """A rule as its form would have been filled in."""
    place, unit = rule.place, rule.unit
    inside = place is not None and place.level == Place.Level.CORREGIMIENTO
    office = _BY_PLACE
    if unit is not None:
        office = unit.province.code if unit.province else _NATIONAL
    return {
        "name": rule.name,
        "service": rule.service.code if rule.service else "",
        "category": rule.category,
        "kind": rule.kind,
        "region": place.code if place and not inside else "",
        "corregimiento": place.full_name if place and inside else "",
        "agency": rule.agency.acronym,
        "office": office,
    }


class PublishForm(forms.Form):
    note = text_field(
        gettext_lazy("Por qué cambian las reglas"),
        gettext_lazy("Queda guardado con su nombre y la fecha."),
    )


class WhereForm(forms.Form):
    """A matter of which one wants to know where it would go. Sent by GET."""

    servicio = AnyServiceField(label=gettext_lazy("Tipo de servicio"))
    lugar = PlaceField(
        label=gettext_lazy("Lugar"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("El corregimiento o el distrito."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["auto_id"] = "donde_%s"
        super().__init__(*args, **kwargs)
        self.fields["servicio"].offer()  # type: ignore[attr-defined]  # a field of ours
        self.fields["servicio"].choices = [  # type: ignore[attr-defined]
            ("", _("Elija…")), *self.fields["servicio"].choices[1:]  # type: ignore[attr-defined]
        ]  # fmt: skip
