"""Puts our administration site in the place of Django's default one."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    default_site = "centro.web.admin_site.AdministrationSite"
