"""Every address of the site: one include per face."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from centro.web import sign_in

urlpatterns = [
    path("mesa/", include("centro.web.desk.urls")),
    path("entrada/", include("centro.web.hooks.urls")),
    path("cuenta/", include(sign_in)),
    path("idioma/", login_not_required(set_language), name="set_language"),
    path("admin/", admin.site.urls),
    path("", include("centro.web.public.urls")),
]
handler500 = "centro.web.unavailable.server_error_or_unavailable"
