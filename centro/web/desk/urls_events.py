"""The addresses of events, of what reached the President and of instructions."""

from __future__ import annotations

from django.urls import path

from centro.web.desk.views import incidents, instructions, presidency

_EVENT = "eventos/<int:pk>/"

urlpatterns = [
    path("eventos/", incidents.events, name="events"),
    path("eventos/nuevo/", incidents.new_event, name="event_new"),
    path("eventos/reunir/", incidents.gather, name="event_gather"),
    path(_EVENT, incidents.event, name="event"),
    path(f"{_EVENT}unir/", incidents.join, name="event_join"),
    path(f"{_EVENT}sacar/", incidents.leave, name="event_leave"),
    path(f"{_EVENT}anunciar/", incidents.announce, name="event_announce"),
    path(f"{_EVENT}callar/", incidents.hush, name="event_hush"),
    path(f"{_EVENT}resolver/", incidents.solve, name="event_solve"),
    path(f"{_EVENT}disolver/", incidents.dissolve, name="event_dissolve"),
    path("presidencia/", presidency.board, name="presidency"),
    path("presidencia/<str:key>/", presidency.matter, name="matter"),
    path("presidencia/<str:key>/instruir/", presidency.instruct, name="instruct"),
    path("instrucciones/", instructions.instructions, name="instructions"),
    path("instrucciones/<int:pk>/", instructions.instruction, name="instruction"),
    path("instrucciones/<int:pk>/retirar/", instructions.withdraw, name="instruction_withdraw"),
]
