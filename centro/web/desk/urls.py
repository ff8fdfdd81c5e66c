"""The addresses of the desk, operators first; cases and terms have their own lists."""

from __future__ import annotations

from django.urls import include, path

from centro.web.desk.views import absences, callbacks, contacts, home, intake, notices, search

app_name = "desk"
urlpatterns = [
    path("", home.home, name="home"),
    path("atender/", intake.start, name="intake"),
    path("atender/<uuid:token>/", intake.screen, name="intake_screen"),
    path("atender/<uuid:token>/borrador/", intake.keep, name="intake_keep"),
    path("atender/<uuid:token>/descartar/", intake.discard, name="intake_discard"),
    path("atender/<uuid:token>/parte/<slug:part>/", intake.part, name="intake_part"),
    path("atender/<uuid:token>/responder/", intake.answer, name="intake_answer"),
    path("atender/<uuid:token>/emergencia/", intake.emergency, name="intake_emergency"),
    path("atender/<uuid:token>/sumar/", intake.join, name="intake_join"),
    path("atender/<uuid:token>/evento/", intake.count, name="intake_count"),
    path("atender/<uuid:token>/listo/", intake.done, name="intake_done"),
    path("buscar/", search.search, name="search"),
    path("llamadas/", callbacks.queue, name="callbacks"),
    path("llamadas/tomar/", callbacks.claim, name="callback_claim"),
    path("llamadas/<int:pk>/", callbacks.call, name="callback"),
    path("contactos/", contacts.of_the_day, name="contacts"),
    path("avisos/", notices.notices, name="notices"),
    path("avisos/leidos/", notices.read_all, name="notices_read"),
    path("avisos/<int:pk>/", notices.open_notice, name="notice"),
    path("ausencias/", absences.absences, name="absences"),
    path("ausencias/<int:pk>/terminar/", absences.end, name="absence_end"),
    path("conversaciones/", include("centro.web.desk.urls_talks")),
    path("cifras/", include("centro.web.desk.urls_figures")),
    path("canales/", include("centro.web.desk.urls_channels")),
    path("plan/", include("centro.web.desk.urls_plan")),
    path("derivacion/", include("centro.web.desk.urls_routing")),
    path("", include("centro.web.desk.urls_offline")),
    path("", include("centro.web.desk.urls_cases")),
    path("", include("centro.web.desk.urls_events")),
    path("", include("centro.web.desk.urls_terms")),
]
