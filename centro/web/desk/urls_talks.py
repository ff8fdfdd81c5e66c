"""The addresses of conversations, under the same names as the desk's."""

from __future__ import annotations

from django.urls import path

from centro.web.desk.views import (
    conversations,
    talk_files,
    talk_keeping,
    talk_sorting,
    talk_ways,
    talking,
)

urlpatterns = [
    path("", conversations.talks, name="talks"),
    path("vivo/", conversations.talks_live, name="talks_live"),
    path("siguiente/", conversations.take_next_talk, name="talk_next"),
    path("respuestas/", talk_keeping.replies, name="canned"),
    path("respuestas/<int:pk>/", talk_keeping.reply, name="canned_one"),
    path("respuestas/<int:pk>/borrar/", talk_keeping.drop_reply, name="canned_drop"),
    path("quien-toma-que/", talk_keeping.skills, name="skills"),
    path("turno/", talk_keeping.shift, name="shift"),
    path("avalancha/", talk_keeping.surge, name="surge"),
    path("<int:pk>/", conversations.talk, name="talk"),
    path("<int:pk>/vivo/", conversations.talk_live, name="talk_live"),
    path("<int:pk>/sugerencias/", conversations.hints, name="talk_hints"),
    path("<int:pk>/archivos/<int:file>/", talk_files.attachment, name="talk_file"),
    path("<int:pk>/archivos/<int:file>/mini/", talk_files.thumbnail, name="talk_file_mini"),
    path("<int:pk>/responder/", talking.reply, name="talk_reply"),
    path("<int:pk>/nota/", talking.note, name="talk_note"),
    path("<int:pk>/terminar/", talking.close, name="talk_close"),
    path("<int:pk>/abrir/", talking.reopen, name="talk_reopen"),
    path("<int:pk>/no-deseada/", talking.spam, name="talk_spam"),
    path("<int:pk>/tomar/", talk_ways.take, name="talk_take"),
    path("<int:pk>/soltar/", talk_ways.release, name="talk_release"),
    path("<int:pk>/asignar/", talk_ways.assign, name="talk_assign"),
    path("<int:pk>/caso/", talk_ways.begin_case, name="talk_case"),
    path("<int:pk>/caso/unir/", talk_sorting.link, name="talk_link"),
    path("<int:pk>/caso/separar/", talk_sorting.unlink, name="talk_unlink"),
    path("<int:pk>/unir/", talk_sorting.merge, name="talk_merge"),
    path("<int:pk>/separar/", talk_sorting.split, name="talk_split"),
    path("<int:pk>/persona/", talk_sorting.person, name="talk_person"),
    path("<int:pk>/evento/", talk_sorting.event, name="talk_event"),
]
