"""Addresses of what begins away from the system: counters and the press."""

from __future__ import annotations

from django.urls import path

from centro.web.desk.views import offline

urlpatterns = [
    path("mostrador/", offline.counter, name="counter"),
    path("mostrador/numeros/", offline.blocks, name="number_blocks"),
    path("mostrador/numeros/<int:pk>/", offline.block, name="number_block"),
    path("mostrador/numeros/<int:pk>/anular/", offline.void, name="number_void"),
    path("prensa/", offline.press, name="press"),
    path("prensa/nueva/", offline.press_new, name="press_new"),
    path("prensa/<int:pk>/recorte/", offline.clip, name="press_clip"),
]
