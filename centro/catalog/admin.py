"""The catalogue in the administration site: every change renews the copies in memory."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.db.models.query import QuerySet

from centro.catalog.calendars import STAMP
from centro.catalog.models import Holiday, Question, ServiceType
from centro.kernel.text import fold, sort_key
from centro.places.stamps import renew_stamp


class RenewsStamp(admin.ModelAdmin[Any]):
    """Tells the copies in memory that their data changed, in the same transaction."""

    stamp = STAMP

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        renew_stamp(self.stamp)

    def delete_model(self, request: Any, obj: Model) -> None:
        super().delete_model(request, obj)
        renew_stamp(self.stamp)

    def delete_queryset(self, request: Any, queryset: QuerySet[Any]) -> None:
        super().delete_queryset(request, queryset)
        renew_stamp(self.stamp)


class QuestionInline(admin.TabularInline[Question, ServiceType]):
    model = Question
    extra = 0


@admin.register(ServiceType)
class ServiceTypeAdmin(RenewsStamp):
    list_display = ("code", "name", "agency", "kind", "priority", "working_days", "active")
    list_filter = ("kind", "priority", "confidentiality", "active")
    search_fields = ("code", "name", "search_key")
    list_select_related = ("agency",)
    inlines = (QuestionInline,)

    def get_readonly_fields(self, request: Any, obj: Model | None = None) -> tuple[str, ...]:
        """A type begins with these; from then on its agreement says what holds."""
        return ("working_days", "around_the_clock") if obj is not None else ()

    def save_model(self, request: Any, obj: ServiceType, form: Any, change: bool) -> None:
        obj.sort_key = sort_key(obj.name)
        obj.search_key = fold(f"{obj.code} {obj.name} {obj.category}")
        super().save_model(request, obj, form, change)


@admin.register(Holiday)
class HolidayAdmin(admin.ModelAdmin[Holiday]):
    """The holidays of the country's pack, to look at: calendars are changed at the desk."""

    list_display = ("day", "name", "kind")
    list_filter = ("kind",)
    date_hierarchy = "day"

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Model | None = None) -> bool:
        return False
