"""The addresses of figures."""

from __future__ import annotations

from django.urls import path

from centro.web.desk.views import annotating, figures, reports

urlpatterns = [
    path("", figures.start, name="figures"),
    path("indicador/<slug:name>/", figures.metric, name="metric"),
    path("correo/", reports.own, name="reports_mail"),
    path("correo/<int:pk>/terminar/", reports.end, name="report_end"),
    path("anotaciones/<int:pk>/quitar/", annotating.remove, name="annotation_remove"),
    path("<slug:slug>/", figures.dashboard, name="dashboard"),
    path("<slug:slug>/correo/", reports.subscribe, name="report_subscribe"),
    path("<slug:slug>/anotar/", annotating.annotate, name="annotate"),
    path("<slug:slug>/<slug:form>/", figures.export, name="dashboard_file"),
]
