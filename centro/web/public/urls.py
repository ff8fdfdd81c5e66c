"""The addresses of the public face. None needs an account."""

from __future__ import annotations

from django.urls import path

from centro.web.public.views import (
    answer,
    answers,
    chat,
    embed,
    events,
    follow,
    intake,
    maps,
    pages,
    receipt,
)

app_name = "public"
urlpatterns = [
    path("", pages.home, name="home"),
    path("buscar/", answers.search, name="search"),
    path("preguntas/", answers.answers, name="answers"),
    path("preguntas/<slug:slug>/", answers.article, name="article"),
    path("reportar/", intake.start, name="report"),
    path("reportar/<uuid:token>/fotos/<uuid:key>/", intake.photo, name="draft_photo"),
    path("reportar/<uuid:token>/fotos/<uuid:key>/quitar/", intake.drop_photo, name="drop_photo"),
    path("reportar/<uuid:token>/evento/", events.join, name="report_event"),
    path("reportar/<uuid:token>/<slug:slug>/", intake.step, name="step"),
    path("chat/", chat.chat, name="chat"),
    path("chat/lineas/", chat.lines, name="chat_lines"),
    path("chat/salir/", chat.leave, name="chat_leave"),
    path("incrustar/<slug:slug>/", embed.form, name="embed"),
    path("eventos/", events.events, name="events"),
    path("eventos/parecidos/", events.like, name="events_like"),
    path("eventos/<int:pk>/", events.event, name="event"),
    path("eventos/<int:pk>/yo/", events.me_too, name="me_too"),
    path("recibo/<uuid:token>/", receipt.receipt, name="receipt"),
    path("seguimiento/", follow.follow, name="follow"),
    path("seguimiento/salir/", follow.leave, name="leave"),
    path("seguimiento/<str:number>/", follow.case_page, name="case"),
    path("seguimiento/<str:number>/fotos/<uuid:key>/", follow.photo, name="case_photo"),
    path("seguimiento/<str:number>/informacion/", follow.add, name="add"),
    path("seguimiento/<str:number>/resuelto/", follow.confirm, name="confirm"),
    path("seguimiento/<str:number>/reabrir/", follow.reopen, name="reopen"),
    path("seguimiento/<str:number>/desistir/", follow.withdraw, name="withdraw"),
    path("respuesta/<str:number>/", answer.answer, name="answer"),
    path("lugares/", maps.places, name="places"),
    path("lugares/<str:code>/", maps.children, name="children"),
    path("mapa/limites/", maps.limits, name="limits"),
    path("mapa/limites/<str:code>/", maps.limits, name="limits_of"),
    path("mapa/aqui/", maps.around, name="around"),
    path("emergencias/", pages.emergencies, name="emergencies"),
    path("privacidad/", pages.privacy, name="privacy"),
    path("accesibilidad/", pages.accessibility, name="accessibility"),
    path("sobre/", pages.about, name="about"),
    path("cifras/", pages.figures, name="figures"),
    path("robots.txt", pages.robots, name="robots"),
    path("manifest.webmanifest", pages.manifest, name="manifest"),
    path("favicon.ico", pages.favicon, name="favicon"),
    path("healthz", pages.health, name="health"),
]
