"""Django's permissions from posts, for the administration site: one source, no groups, no flags."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.scopes import scope_of

# What each post manages, by app. Cases and contacts are nobody's: their place is the desk.
MANAGES: dict[Role, frozenset[str]] = {
    Role.ADMINISTRATOR: frozenset(
        {"accounts", "agencies", "catalog", "channels", "knowledge", "people", "places"}
    ),
    Role.EDITOR: frozenset({"knowledge"}),
}


class PostBackend(BaseBackend):
    """Who may see and change what in the administration site."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return self.has_module_perms(user_obj, perm.partition(".")[0])

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Whether this user manages that app."""
        return manages_anything(user_obj) and any(
            app_label in MANAGES[role] for role in MANAGES if role in scope_of(user_obj).roles
        )


def manages_anything(user: Any) -> bool:
    """Whether the administration site has something for this user."""
    return isinstance(user, User) and scope_of(user).has(*MANAGES)
