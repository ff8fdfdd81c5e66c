"""The addresses of the strategic plan."""

from __future__ import annotations

from django.urls import path

from centro.web.desk.views import plan, plan_writing

_OBJECTIVE = "objetivo/<int:pk>/"
_INDICATOR = "indicador/<int:pk>/"

urlpatterns = [
    path("", plan.current, name="plan"),
    path("nuevo/", plan_writing.begin, name="plan_begin"),
    path("<int:pk>/", plan.one, name="plan_one"),
    path("<int:pk>/cerrar/", plan_writing.close, name="plan_close"),
    path("<int:pk>/objetivo/", plan_writing.add_objective, name="plan_objective_add"),
    path(_OBJECTIVE, plan_writing.change_objective, name="plan_objective"),
    path(f"{_OBJECTIVE}retirar/", plan_writing.retire_objective, name="plan_objective_retire"),
    path(f"{_OBJECTIVE}indicador/", plan_writing.add_indicator, name="plan_indicator_add"),
    path(_INDICATOR, plan.indicator, name="plan_indicator"),
    path(f"{_INDICATOR}palabras/", plan_writing.change_indicator, name="plan_indicator_words"),
    path(f"{_INDICATOR}metas/", plan_writing.set_targets, name="plan_targets"),
    path(f"{_INDICATOR}medicion/", plan_writing.measure, name="plan_measure"),
    path(f"{_INDICATOR}comentario/", plan_writing.comment, name="plan_comment"),
    path(f"{_INDICATOR}retirar/", plan_writing.retire_indicator, name="plan_indicator_retire"),
]
