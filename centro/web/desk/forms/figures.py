"""What figures are asked for, as the address says it. What cannot be understood is said."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from centro.agencies.models import Agency
from centro.catalog.models import CaseKind
from centro.contacts.ways import CHANNELS, name_of
from centro.insights.asking import FILTERS, filters_of
from centro.insights.questions import Filters, Question, Sight, add_months, ask, end_of_month
from centro.kernel.clock import today
from centro.places.models import Place
from centro.web.desk import choices

_ALL = [("", _("Todos"))]


class MonthField(forms.CharField):
    """A month as 2010-09; gives its first day."""

    widget = forms.DateInput({"type": "month", "placeholder": "2010-09"})

    def to_python(self, value: Any) -> date | None:  # type: ignore[override]  # a day, not a text
        text = super().to_python(value)
        if not text:
            return None
        try:
            return date.fromisoformat(f"{text}-01")
        except ValueError:
            raise forms.ValidationError(_("Escriba el mes así: 2010-09.")) from None


class FiguresForm(forms.Form):
    """Period, day of the cut, and filters. Without an address: the last twelve months, now."""

    desde = MonthField(label=_("Desde"), required=False)
    hasta = MonthField(label=_("Hasta"), required=False)
    corte = forms.DateField(
        label=_("Al día"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Cómo estaban los casos al terminar ese día. Vacío: ahora."),
    )
    entidad = forms.ChoiceField(label=_("Entidad"), required=False)
    servicio = forms.ChoiceField(label=_("Servicio"), required=False)
    lugar = forms.ChoiceField(label=_("Lugar"), required=False)
    via = forms.ChoiceField(
        label=_("Vía"),
        required=False,
        choices=lambda: [*_ALL, *((c, name_of(c)) for c in CHANNELS)],
    )
    tipo = forms.ChoiceField(label=_("Tipo"), required=False, choices=[*_ALL, *CaseKind.choices])
    comparar = forms.BooleanField(label=_("Comparar con el período anterior"), required=False)

    def __init__(self, data: QueryDict, *, sight: Sight) -> None:
        super().__init__(data, auto_id="filtro_%s")
        self.sight = sight
        self._offer("entidad", self._agencies())
        services = [(g.label, [(o.value, o.label) for o in g.options]) for g in choices.services()]
        self._offer("servicio", services)
        self._offer("lugar", self._places(data.get("lugar", "")))

    def _offer(self, name: str, offered: list[Any]) -> None:
        self.fields[name].choices = [*_ALL, *offered]  # type: ignore[attr-defined]  # a list

    def _agencies(self) -> list[tuple[str, str]]:
        if self.sight.country:
            return [(o.value, o.label) for o in choices.agencies()]
        own = Agency.objects.filter(pk__in=[part.agency for part in self.sight.parts])
        return [(one.acronym, one.name) for one in own.order_by("sort_key")]

    @staticmethod
    def _places(chosen: str) -> list[tuple[str, str]]:
        """The provinces, and the place chosen with what it lies in, if it is a smaller one."""
        offered = [(o.value, o.label) for o in choices.provinces()]
        place = Place.objects.filter(code=chosen[:12]).select_related("district").first()
        if place is not None and place.level != Place.Level.PROVINCE:
            offered.append((place.code, place.name))
        return offered

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = given.get("desde"), given.get("hasta")
        if first and last and last < first:
            self.add_error("hasta", _("El período termina antes de empezar."))
        return given

    def question(self) -> Question:
        """What is asked; fields with a fault count as empty, and say so beside themselves."""
        self.is_valid()
        given = self.cleaned_data
        last_month = given.get("hasta") or today().replace(day=1)
        first = given.get("desde") or add_months(last_month, -11)
        last = end_of_month(max(first, last_month))
        day = given.get("corte")
        as_of = day if day and day >= first else None
        return ask(first, last, as_of=as_of, filters=self._filters(given), sight=self.sight)

    @staticmethod
    def _filters(given: dict[str, Any]) -> Filters:
        return filters_of({name: given.get(name) or "" for name in FILTERS})
