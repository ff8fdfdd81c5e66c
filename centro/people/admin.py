"""People in the administration: joins can be reviewed, personal data is not shown there."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from centro.people.models import Merge


@admin.register(Merge)
class MergeAdmin(admin.ModelAdmin[Merge]):
    """Read only, by record numbers: names and telephones belong on the desk, where looks are kept."""

    list_display = ("pk", "kept_id", "absorbed_id", "by", "at", "undone_at")
    fields = ("kept_id", "absorbed_id", "by", "at", "undone_at", "undone_by")
    readonly_fields = fields
    list_select_related = ("by",)

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Merge | None = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Merge | None = None) -> bool:
        return False
