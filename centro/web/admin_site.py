"""The administration site: opened by a post, signed into by the same door as the desk."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _

from centro.agencies.permissions import manages_anything

# What the administration site itself puts into an address.
_OF_DJANGO = {"_popup", "_to_field", "_changelist_filters"}


class AdministrationSite(AdminSite):
    site_title = _("Administración")
    site_header = _("Centro 3-1-1 · Administración")
    index_title = _("Personas, cargos, entidades y catálogo")
    site_url = "/mesa/"

    def has_permission(self, request: HttpRequest) -> bool:
        """The post counts, not the flag; a superuser made at the console sets up the first post."""
        user: Any = request.user
        return bool(user.is_active and (user.is_superuser or manages_anything(user)))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """As Django's, except that no address fills in a new row: garbage there breaks its form."""

        def without_prefill(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.resolver_match and str(request.resolver_match.url_name).endswith("_add"):
                given = request.GET.copy()
                for name in given.keys() - _OF_DJANGO:
                    del given[name]
                request.GET = given  # type: ignore[assignment]  # a QueryDict all the same
            response: HttpResponse = view(request, *args, **kwargs)
            return response

        return super().admin_view(without_prefill, cacheable)

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """One sign-in for the whole house: its limits and second factor hold here too."""
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next", "/admin/"))
