"""The addresses of calendars, agreements, and of how far running cases follow them."""

from __future__ import annotations

from django.urls import path

from centro.web.desk.views import agreements, calendars, proposals, retargetings

_VERSION = "calendarios/<slug:code>/<int:number>/"
_AGREEMENT = "acuerdos/<str:service>/"
_PROPOSAL = f"{_AGREEMENT}<int:pk>/"

urlpatterns = [
    path("calendarios/", calendars.overview, name="calendars"),
    path("calendarios/<slug:code>/", calendars.calendar, name="calendar"),
    path("calendarios/<slug:code>/borrador/", calendars.begin, name="calendar_begin"),
    path("calendarios/<slug:code>/cierre/", calendars.close, name="calendar_close"),
    path(_VERSION, calendars.version, name="calendar_version"),
    path(f"{_VERSION}excepcion/", calendars.declare, name="calendar_declare"),
    path(f"{_VERSION}quitar/", calendars.drop, name="calendar_drop"),
    path(f"{_VERSION}semana/", calendars.week, name="calendar_week"),
    path(f"{_VERSION}actualizar/", calendars.renew, name="calendar_renew"),
    path(f"{_VERSION}descartar/", calendars.discard, name="calendar_discard"),
    path(f"{_VERSION}cambios/", calendars.preview, name="calendar_preview"),
    path("acuerdos/", agreements.overview, name="agreements"),
    path(_AGREEMENT, agreements.of_service, name="agreement"),
    path(f"{_AGREEMENT}proponer/", proposals.propose, name="agreement_propose"),
    path(_PROPOSAL, agreements.version, name="agreement_version"),
    path(f"{_PROPOSAL}aprobar/", proposals.approve, name="agreement_approve"),
    path(f"{_PROPOSAL}rechazar/", proposals.refuse, name="agreement_refuse"),
    path(f"{_PROPOSAL}retirar/", proposals.withdraw, name="agreement_withdraw"),
    path("ajustes/<int:pk>/", retargetings.progress, name="retargeting"),
]
