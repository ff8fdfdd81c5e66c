"""Places in the administration site: read only, because they come from the country pack."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from centro.places.models import Landmark, Place


class FromThePack(admin.ModelAdmin[Any]):
    """What the pack brings is changed in the pack, so that loading it again changes nothing."""

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Place)
class PlaceAdmin(FromThePack):
    list_display = ("code", "name", "level", "parent", "population", "active")
    list_filter = ("level", "active")
    search_fields = ("code", "search_key")
    list_select_related = ("parent__province",)


@admin.register(Landmark)
class LandmarkAdmin(FromThePack):
    list_display = ("name", "kind", "place", "active")
    list_filter = ("kind", "active")
    search_fields = ("search_key",)
    list_select_related = ("place__district", "place__province")
