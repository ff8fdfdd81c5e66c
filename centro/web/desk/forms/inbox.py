"""What the inbox is narrowed by, as its address says it; and the bulk assignment."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from centro.agencies.scopes import Scope
from centro.cases.queries import InboxFilter
from centro.cases.statuses import Status
from centro.catalog.models import CaseKind, Priority
from centro.web.desk import choices
from centro.web.desk.forms.fields import HandedTo

FOLDERS: dict[str, tuple[str, Any]] = {
    # word in the address → (folder of the query, its name)
    "activos": ("active", _("Activos")),
    "vencidos": ("overdue", _("Vencidos")),
    "sin-encargado": ("unassigned", _("Sin encargado")),
    "mios": ("mine", _("A mi cargo")),
    "propuestos": ("proposed", _("Nos los proponen")),
    "avances": ("interim", _("Avances pendientes")),
    "en-espera": ("waiting", _("En espera")),
    "resueltos": ("resolved", _("Por confirmar")),
    "todos": ("all", _("Todos")),
}
_ALL = [("", _("Todos"))]


class FilterForm(forms.Form):
    """The filters of the inbox. What cannot be understood does not filter."""

    estado = forms.ChoiceField(label=_("Estado"), required=False, choices=[*_ALL, *Status.choices])
    servicio = forms.ChoiceField(label=_("Servicio"), required=False)
    entidad = forms.ChoiceField(label=_("Entidad"), required=False)
    unidad = forms.TypedChoiceField(label=_("Unidad"), required=False, coerce=int, empty_value=None)
    funcionario = forms.TypedChoiceField(
        label=_("Funcionario"), required=False, coerce=int, empty_value=None
    )
    provincia = forms.ChoiceField(label=_("Provincia"), required=False)
    tipo = forms.ChoiceField(label=_("Tipo"), required=False, choices=[*_ALL, *CaseKind.choices])
    prioridad = forms.ChoiceField(
        label=_("Prioridad"), required=False, choices=[*_ALL, *Priority.choices]
    )
    q = forms.CharField(
        label=_("Texto, número o teléfono"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"type": "search"}),
    )

    def __init__(self, data: QueryDict, *, scope: Scope) -> None:
        super().__init__(data, auto_id="filtro_%s")
        self.one_agency = _one_agency(data.get("entidad", ""), scope)
        services = [(g.label, [(o.value, o.label) for o in g.options]) for g in choices.services()]
        self._offer("servicio", services)
        self._offer("provincia", [(o.value, o.label) for o in choices.provinces()])
        if scope.all_agencies:
            del self.fields["entidad"]
        else:
            self._offer("entidad", [(o.value, o.label) for o in choices.agencies()])
        self._offer_people()

    def _offer_people(self) -> None:
        if self.one_agency is None:
            del self.fields["unidad"], self.fields["funcionario"]
            return
        desks = choices.desks_of(self.one_agency)
        officials = dict(person for desk in desks for person in desk.officials)
        self._offer("unidad", [(str(desk.unit), desk.name) for desk in desks])
        self._offer("funcionario", [(str(pk), name) for pk, name in officials.items()])

    def _offer(self, name: str, offered: list[Any]) -> None:
        self.fields[name].choices = [*_ALL, *offered]  # type: ignore[attr-defined]

    @property
    def given(self) -> dict[str, Any]:
        """The filters that were understood and are in use, by their word in the address."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    def chips(self) -> list[tuple[str, str, str]]:
        """(word, label, value in words) of each filter in use."""
        return [
            (name, str(self.fields[name].label), self._said(name, value))
            for name, value in self.given.items()
        ]

    def _said(self, name: str, value: Any) -> str:
        flat: dict[str, str] = {}
        for key, label in getattr(self.fields[name], "choices", ()):
            flat |= (
                {str(k): str(v) for k, v in label}
                if isinstance(label, list)
                else {str(key): str(label)}
            )
        return flat.get(str(value), str(value))

    def as_filter(self, folder: str, *, by_deadline: bool, after: int | None) -> InboxFilter:
        given = self.given
        return InboxFilter(
            folder=folder,  # type: ignore[arg-type]  # a key of FOLDERS
            status=given.get("estado", ""),
            service=given.get("servicio", ""),
            agency=given.get("entidad", ""),
            unit=given.get("unidad"),
            official=given.get("funcionario"),
            province=given.get("provincia", ""),
            kind=given.get("tipo", ""),
            priority=given.get("prioridad", ""),
            text=given.get("q", ""),
            by_deadline=by_deadline,
            after=after,
        )


def _one_agency(acronym: str, scope: Scope) -> int | None:
    """The entity whose units and officials can be offered, when there is just one."""
    if len(scope.all_agencies) == 1:
        return next(iter(scope.all_agencies))
    return choices.agency_with(acronym) if acronym and not scope.all_agencies else None


class BulkForm(forms.Form):
    """Several cases for one unit or one official."""

    caso = forms.MultipleChoiceField(
        error_messages={"required": _("Marque al menos un caso.")},
    )
    to = HandedTo(
        label=_("Encargar los marcados a"), error_messages={"required": _("Elija a quién.")}
    )

    def __init__(self, *args: Any, agency: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        to, cases = self.fields["to"], self.fields["caso"]
        assert isinstance(to, HandedTo)
        assert isinstance(cases, forms.MultipleChoiceField)
        to.offer(choices.desks_of(agency) if agency else ())
        if self.is_bound:
            # Each number is checked where it counts, by reach.
            given = cast("QueryDict", self.data).getlist("caso")
            cases.choices = [(number, number) for number in given]


class SaveFilterForm(forms.Form):
    name = forms.CharField(label=_("Nombre del filtro"), max_length=60)
