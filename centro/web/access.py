"""Every view says who may use it. A view that does not say fails tests/repo/test_routes.py."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.scopes import scope_of

View = Callable[..., HttpResponseBase]


class StaffRequest(HttpRequest):
    """A request behind `@allow`: somebody is signed in."""

    user: User


def allow(*roles: Role) -> Callable[[View], View]:
    """Let in who holds one of these posts today; anybody else signed in gets 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not scope_of(cast("User", request.user)).has(*roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.allowed_roles = frozenset(roles)  # type: ignore[attr-defined]  # read by the route test
        return guarded

    return decorate


class SignInMiddleware(LoginRequiredMiddleware):
    """As Django's, except that a page for everybody does not ask who is there.

    To ask is to read the session: one statement on each page of the public face.
    """

    def process_view(
        self,
        request: HttpRequest,
        view_func: View,
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)


def public(view: View) -> View:
    """Anybody may use it, signed in or not."""
    return login_not_required(view)


def is_htmx(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page rather than for the page."""
    return request.headers.get("HX-Request") == "true"
