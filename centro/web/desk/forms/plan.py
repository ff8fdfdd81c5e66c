"""The forms by which the direction writes the strategic plan."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centro.insights.actions import IndicatorData
from centro.insights.models import (
    FIRST_YEAR,
    LAST_YEAR,
    LONGEST_TEXT,
    MOST_TOLERANCE,
    Better,
    Indicator,
    Plan,
    Unit,
)
from centro.insights.strategy.lights import PLACES
from centro.insights.strategy.standing import yearly_metrics
from centro.kernel.clock import today

_BY_HAND = ""


def _words(label: Any, help_text: Any = "", *, required: bool = True) -> forms.CharField:
    area = forms.Textarea({"rows": 2, "maxlength": LONGEST_TEXT})
    return forms.CharField(
        label=label, help_text=help_text, required=required, max_length=LONGEST_TEXT, widget=area
    )


def _title(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, help_text=help_text, max_length=160)


def _number(label: Any, unit: str, *, required: bool = True) -> forms.DecimalField:
    """A number of a unit, as precise as it is read."""
    return forms.DecimalField(
        label=label,
        required=required,
        min_value=Decimal(0),
        max_value=Decimal(100) if unit == Unit.PERCENT else None,
        max_digits=12,
        decimal_places=PLACES[unit],
        widget=forms.NumberInput({"inputmode": "decimal", "size": 12}),
    )


def unit_sign(unit: str) -> str:
    """The unit as it stands after a number in a label."""
    return {
        Unit.PERCENT: "%",
        Unit.SECONDS: _("segundos"),
        Unit.HOURS: _("horas"),
        Unit.PER_THOUSAND: _("por mil"),
    }.get(Unit(unit), _("cantidad"))


class BeginForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Nombre del plan"),
        max_length=120,
        help_text=gettext_lazy("Por ejemplo: «Plan estratégico 2026–2030»."),
    )
    first_year = forms.IntegerField(
        label=gettext_lazy("Primer año"),
        min_value=FIRST_YEAR,
        max_value=LAST_YEAR,
        initial=lambda: today().year,
        help_text=gettext_lazy("El plan dura cinco años, de enero a diciembre."),
        widget=forms.NumberInput({"inputmode": "numeric", "size": 6}),
    )


class ObjectiveForm(forms.Form):
    title = _title(
        gettext_lazy("Objetivo"),
        gettext_lazy("Lo que el centro quiere lograr. Por ejemplo: «Atender sin demora»."),
    )
    text = _words(gettext_lazy("Qué quiere decir"), required=False)


class WordsForm(forms.Form):
    title = _title(gettext_lazy("Indicador"))
    sentence = _words(gettext_lazy("Qué mide, en una frase"))


class IndicatorForm(WordsForm):
    """What an indicator is; the source is a number of the registry, or none to enter it by hand."""

    source = forms.ChoiceField(
        label=gettext_lazy("De dónde sale el número"),
        required=False,
        help_text=gettext_lazy("Lo que cuenta el sistema se mide solo, al día."),
    )
    unit = forms.ChoiceField(
        label=gettext_lazy("Unidad"),
        choices=Unit.choices,
        help_text=gettext_lazy("Sólo para lo que se anota. El sistema trae la suya."),
    )
    better = forms.ChoiceField(label=gettext_lazy("Qué es mejor"), choices=Better.choices)
    tolerance = forms.IntegerField(
        label=gettext_lazy("Margen (por ciento de la meta)"),
        min_value=0,
        max_value=MOST_TOLERANCE,
        initial=5,
        help_text=gettext_lazy("Si falta esto o menos, la luz dice «Cerca»."),
        widget=forms.NumberInput({"inputmode": "numeric"}),
    )
    accumulates = forms.BooleanField(
        label=gettext_lazy("Empieza en cero cada enero y crece durante el año"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = [
            (metric.title, [(f"{metric.name}/{c.name}", c.title) for c in metric.columns])
            for metric in yearly_metrics()
        ]
        offered = [(_BY_HAND, _("Se anota a mano, con evidencia")), *groups]
        self.fields["source"].choices = offered  # type: ignore[attr-defined]  # a list
        self.fields["source"].hide_optional = True  # type: ignore[attr-defined]  # read by field.html

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("accumulates") and given.get("better") == Better.LOWER:
            self.add_error("accumulates", _("Sólo se acumula lo que es mejor cuanto más alto."))
        return given

    @property
    def data_of_indicator(self) -> IndicatorData:
        given = self.cleaned_data
        metric, _sep, column = given["source"].partition("/")
        names = ("title", "sentence", "better", "unit", "tolerance", "accumulates")
        return IndicatorData(metric=metric, column=column, **{name: given[name] for name in names})


class TargetsForm(forms.Form):
    """A box for each year of the plan; an empty one leaves that year as it is."""

    def __init__(self, *args: Any, indicator: Indicator, plan: Plan, **kwargs: Any) -> None:
        kwargs["auto_id"] = "meta_%s"
        super().__init__(*args, **kwargs)
        for year in plan.span:
            label = f"{year} ({unit_sign(indicator.unit)})"
            self.fields[f"year_{year}"] = _number(label, indicator.unit, required=False)
            self.fields[f"year_{year}"].hide_optional = True  # type: ignore[attr-defined]  # read by field.html
        self.fields["reason"] = _words(
            _("Por qué cambia"), _("Hace falta si el año ya tenía meta."), required=False
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors and not self.values:
            raise forms.ValidationError(_("Escriba la meta de al menos un año."))
        return given

    @property
    def values(self) -> dict[int, Decimal]:
        return {
            int(name.removeprefix("year_")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("year_") and value is not None
        }


class _OfAYear(forms.Form):
    """What is about a year of the plan that has begun."""

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        begun = [year for year in plan.span if year <= today().year]
        self.fields["year"].choices = [  # type: ignore[attr-defined]  # a list
            *self.before, *((str(year), str(year)) for year in reversed(begun))
        ]  # fmt: skip

    before: tuple[tuple[str, Any], ...] = ()


class MeasurementForm(_OfAYear):
    year = forms.ChoiceField(label=gettext_lazy("Año"))
    evidence = _words(
        gettext_lazy("De dónde sale"),
        gettext_lazy("El informe, el registro o el acta que lo demuestra."),
    )
    link = forms.URLField(
        label=gettext_lazy("Enlace a la evidencia"),
        required=False,
        max_length=500,
        assume_scheme="https",
    )
    reason = _words(
        gettext_lazy("Por qué cambia el número"),
        gettext_lazy("Hace falta si el año ya estaba medido: una corrección, o un mes más."),
        required=False,
    )

    def __init__(self, *args: Any, indicator: Indicator, plan: Plan, **kwargs: Any) -> None:
        kwargs["auto_id"] = "medicion_%s"
        super().__init__(*args, plan=plan, **kwargs)
        label = _("Valor (%(unit)s)") % {"unit": unit_sign(indicator.unit)}
        self.fields["value"] = _number(label, indicator.unit)
        self.order_fields(["year", "value", "evidence", "link", "reason"])


class CommentForm(_OfAYear):
    before = (("", gettext_lazy("Todo el plan")),)
    year = forms.ChoiceField(label=gettext_lazy("Sobre qué año"), required=False)
    text = _words(gettext_lazy("Comentario"))

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        kwargs["auto_id"] = "comentario_%s"
        super().__init__(*args, plan=plan, **kwargs)
        self.fields["year"].hide_optional = True  # type: ignore[attr-defined]  # read by field.html


class RetireForm(forms.Form):
    reason = _words(
        gettext_lazy("Por qué se retira"), gettext_lazy("Su historia se queda y se puede leer.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["auto_id"] = "retiro_%s"
        super().__init__(*args, **kwargs)
