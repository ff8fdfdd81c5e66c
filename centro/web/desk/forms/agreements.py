"""Forms of an agreement: other terms for a service type, and what somebody says to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Assignment
from centro.catalog.actions.agreements import (
    LARGEST_SHARE,
    LONGEST_INTERIM,
    LONGEST_TERM,
    LONGEST_TEXT,
    Terms,
    check_terms,
)
from centro.catalog.models import BusinessCalendar, PolicyVersion, Priority, ServiceType
from centro.catalog.models.policies import UNITS
from centro.kernel.calendar import Term, Unit
from centro.kernel.errors import Invalid
from centro.places.models import Place
from centro.web.desk import choices

_MOST = max(LONGEST_TERM.values())
# The rungs in order: who answers there by post (the President holds the last).
RUNGS: tuple[tuple[int, Any, str], ...] = (
    (1, gettext_lazy("Funcionario responsable"), Role.OFFICIAL),
    (2, gettext_lazy("Enlace operativo"), Role.LIAISON),
    (3, gettext_lazy("Enlace ejecutivo"), Role.EXECUTIVE),
    (4, gettext_lazy("Máxima autoridad"), Role.HEAD),
    (5, gettext_lazy("Presidencia"), ""),
)


class RegionField(forms.ChoiceField):
    """A province or a district by its code; nothing for the whole country."""

    def __init__(self, **given: Any) -> None:
        super().__init__(required=False, **given)
        self.hide_optional = True

    def offer(self) -> None:
        groups = [(g.label, [(o.value, o.label) for o in g.options]) for g in choices.regions()]
        self.choices = [("", _("Todo el país")), *groups]

    def clean(self, value: Any) -> Place | None:
        code = super().clean(value)
        return Place.objects.select_related("province").get(code=code) if code else None


def _number(label: Any, most: int, least: int = 1, **given: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        widget=forms.NumberInput({"size": 6, "inputmode": "numeric"}),
        **given,
    )


class ProposalForm(forms.Form):
    """The terms that are proposed, where and for which cases they hold, and why."""

    place = RegionField(label=gettext_lazy("Dónde vale"))
    priority = forms.ChoiceField(
        label=gettext_lazy("Para qué prioridad"),
        required=False,
        choices=[("", gettext_lazy("Todas")), *Priority.choices],
    )
    response_amount = _number(gettext_lazy("Primera respuesta"), _MOST)
    response_unit = forms.ChoiceField(
        label=gettext_lazy("Unidad de la primera respuesta"), choices=UNITS
    )
    solution_amount = _number(gettext_lazy("Solución"), _MOST)
    solution_unit = forms.ChoiceField(label=gettext_lazy("Unidad de la solución"), choices=UNITS)
    calendar = forms.ModelChoiceField(
        label=gettext_lazy("Calendario"),
        queryset=BusinessCalendar.objects.all(),
        empty_label=None,
        to_field_name="code",
    )
    interim_days = _number(
        gettext_lazy("Avance a la persona"),
        LONGEST_INTERIM,
        least=0,
        help_text=gettext_lazy("Días hábiles tras los que se debe un avance. Cero: ninguno."),
    )
    note = forms.CharField(
        label=gettext_lazy("Por qué se propone"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 3, "maxlength": LONGEST_TEXT}),
        help_text=gettext_lazy("Lo lee quien aprueba y queda en la historia."),
    )

    def __init__(self, *args: Any, service: ServiceType, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("priority", "place"):
            self.fields[name].hide_optional = True  # type: ignore[attr-defined]  # read by field.html
        self.fields["place"].offer()  # type: ignore[attr-defined]  # a RegionField
        people = _holders_of(service)
        for rung, label, role in RUNGS:
            self.fields[f"share_{rung}"] = _number(_("%(who)s, al") % {"who": label}, LARGEST_SHARE)
            if role:
                self.fields[f"holder_{rung}"] = _HolderField(people.get(role, ()), label)

    @property
    def rungs(self) -> list[tuple[Any, forms.BoundField, forms.BoundField | None]]:
        """(who by post, the share, somebody in particular) of each rung."""
        return [
            (label, self[f"share_{rung}"], self[f"holder_{rung}"] if role else None)
            for rung, label, role in RUNGS
        ]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors:
            try:
                check_terms(self.terms())
            except Invalid as refusal:
                raise forms.ValidationError(refusal.message) from None
        return given

    def terms(self) -> Terms:
        given = self.cleaned_data
        return Terms(
            calendar=given["calendar"],
            response=Term(given["response_amount"], Unit(given["response_unit"])),
            solution=Term(given["solution_amount"], Unit(given["solution_unit"])),
            interim_days=given["interim_days"],
            shares=tuple(given[f"share_{rung}"] for rung, *_rest in RUNGS),
            holders={
                rung: int(given[f"holder_{rung}"])
                for rung, _label, role in RUNGS
                if role and given[f"holder_{rung}"]
            },
        )


class _HolderField(forms.ChoiceField):
    """Somebody of the entity who answers at a rung; nothing for whoever holds the post."""

    def __init__(self, people: Iterable[tuple[str, str]], label: Any) -> None:
        super().__init__(
            label=_("Quién responde como %(who)s") % {"who": label},
            required=False,
            choices=[("", _("Quien ocupe el cargo")), *people],
        )
        self.hide_optional = True


def _holders_of(service: ServiceType) -> dict[str, list[tuple[str, str]]]:
    """The people who hold each post of the service's entity today, by name."""
    if service.agency_id is None:
        return {}
    posts = Assignment.objects.current().filter(agency=service.agency_id, user__is_active=True)
    found: dict[str, dict[str, str]] = {}
    for post in posts.select_related("user").order_by("user__first_name", "user__last_name"):
        found.setdefault(post.role, {})[str(post.user_id)] = _name(post.user)
    return {role: list(people.items()) for role, people in found.items()}


def initial_of(version: PolicyVersion, holders: dict[int, int]) -> dict[str, Any]:
    """The fields of a proposal that begins with the terms of a version."""
    return {
        "response_amount": version.response_amount,
        "response_unit": version.response_unit,
        "solution_amount": version.solution_amount,
        "solution_unit": version.solution_unit,
        "calendar": version.calendar.code,
        "interim_days": version.interim_days,
        **{f"share_{rung}": share for rung, share in enumerate(version.shares, start=1)},
        **{f"holder_{rung}": str(user) for rung, user in holders.items()},
    }


class ApproveForm(forms.Form):
    words = forms.CharField(
        label=gettext_lazy("Qué le responde"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 2, "maxlength": LONGEST_TEXT}),
    )


class RefuseForm(forms.Form):
    words = forms.CharField(
        label=gettext_lazy("Por qué no lo aprueba"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 2, "maxlength": LONGEST_TEXT}),
    )


def _name(user: User) -> str:
    return user.get_full_name() or user.username
