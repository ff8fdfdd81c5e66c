"""Entities, their units and the posts people hold, in the administration site."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext as _

from centro.agencies.models import Agency, Assignment, Unit
from centro.agencies.queries import STAMP, forget_units
from centro.agencies.scopes import OF_AN_AGENCY
from centro.kernel.text import sort_key
from centro.places.stamps import renew_stamp


class UnitInline(admin.TabularInline[Unit, Agency]):
    model = Unit
    extra = 0
    fields = ("code", "name", "province", "active")
    autocomplete_fields = ("province",)


@admin.register(Agency)
class AgencyAdmin(admin.ModelAdmin[Agency]):
    list_display = ("acronym", "name", "kind", "distribution", "active")
    list_filter = ("active", "distribution", "kind")
    search_fields = ("acronym", "name")
    prepopulated_fields = {"slug": ("acronym",)}
    autocomplete_fields = ("jurisdiction",)
    inlines = (UnitInline,)

    def save_model(self, request: Any, obj: Agency, form: Any, change: bool) -> None:
        obj.sort_key = sort_key(obj.acronym)
        super().save_model(request, obj, form, change)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        _renew_copies()

    def has_delete_permission(self, request: Any, obj: Agency | None = None) -> bool:
        # Cases point at it for ever: an entity that ends is made inactive.
        return False


@admin.register(Unit)
class UnitAdmin(admin.ModelAdmin[Unit]):
    list_display = ("code", "name", "agency", "province", "active")
    list_filter = ("active",)
    list_select_related = ("agency", "province")
    search_fields = ("code", "name", "agency__acronym")
    autocomplete_fields = ("agency", "province")

    def save_model(self, request: Any, obj: Unit, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        _renew_copies()

    def has_delete_permission(self, request: Any, obj: Unit | None = None) -> bool:
        return False


def _renew_copies() -> None:
    """Tell this process and the others that entities or units changed."""
    renew_stamp(STAMP)
    forget_units()


class AssignmentForm(forms.ModelForm[Assignment]):
    """Says in words what the constraints of the table would refuse."""

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        agency, unit = given.get("agency"), given.get("unit")
        if given.get("role") in OF_AN_AGENCY and agency is None:
            self.add_error("agency", _("Ese cargo es de una entidad: diga cuál."))
        if given.get("role") not in OF_AN_AGENCY and (agency or unit):
            self.add_error(
                "agency", _("Ese cargo es de todo el país: deje la entidad y la unidad vacías.")
            )
        if unit and agency and unit.agency_id != agency.pk:
            self.add_error("unit", _("Esa unidad es de otra entidad."))
        if given.get("ends") and given.get("starts") and given["ends"] < given["starts"]:
            self.add_error("ends", _("El cargo no puede terminar antes de empezar."))
        return given


@admin.register(Assignment)
class AssignmentAdmin(admin.ModelAdmin[Assignment]):
    form = AssignmentForm
    list_display = ("user", "role", "agency", "unit", "province", "starts", "ends")
    list_filter = ("role",)
    list_select_related = ("user", "agency", "unit", "province")
    search_fields = ("user__username", "user__first_name", "user__last_name", "agency__acronym")
    autocomplete_fields = ("user", "agency", "unit", "province")
    date_hierarchy = "starts"

    def has_delete_permission(self, request: Any, obj: Assignment | None = None) -> bool:
        # A post that was held stays on record: it is ended with a date.
        return False
