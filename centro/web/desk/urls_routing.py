"""The addresses under which it is decided where cases go, under the same names as the desk's."""

from __future__ import annotations

from django.urls import path

from centro.web.desk.views import routing, routing_drafts

_PLAN = "<int:number>/"

urlpatterns = [
    path("", routing.live, name="routing"),
    path("borrador/", routing_drafts.start, name="routing_start"),
    path(_PLAN, routing.plan, name="routing_plan"),
    path(f"{_PLAN}prueba/", routing.trial, name="routing_trial"),
    path(f"{_PLAN}publicar/", routing_drafts.publish, name="routing_publish"),
    path(f"{_PLAN}descartar/", routing_drafts.discard, name="routing_discard"),
    path(f"{_PLAN}reglas/nueva/", routing_drafts.add, name="routing_add"),
    path(f"{_PLAN}reglas/<int:pk>/", routing_drafts.change, name="routing_rule"),
    path(f"{_PLAN}reglas/<int:pk>/mover/", routing_drafts.move, name="routing_move"),
    path(f"{_PLAN}reglas/<int:pk>/quitar/", routing_drafts.remove, name="routing_remove"),
]
