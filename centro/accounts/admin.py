"""Users in the administration. Their posts are edited with the entities (agencies)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from centro.accounts.models import User

# What a user may do follows from posts alone; groups and flags would be a second, hidden way.
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User]):
    list_display = ("username", "first_name", "last_name", "email", "is_active", "last_login")
    list_filter = ("is_active",)
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (
            _("Persona"),
            {"fields": ("first_name", "last_name", "email", "phone", "language", "works_by_mail")},
        ),
        (_("Acceso"), {"fields": ("is_active",)}),
        (_("Fechas"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    actions = None
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": (
                    "username",
                    "first_name",
                    "last_name",
                    "email",
                    "password1",
                    "password2",
                ),
            },
        ),
    )

    def has_delete_permission(self, request: Any, obj: User | None = None) -> bool:
        # Timelines name them for ever: somebody who leaves is made inactive.
        return False
