"""Addresses that providers call."""

from __future__ import annotations

from django.urls import path

from centro.web.hooks import views

app_name = "hooks"
urlpatterns = [path("<slug:kind>/<slug:slug>/", views.receive, name="receive")]
