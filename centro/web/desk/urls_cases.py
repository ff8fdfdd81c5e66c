"""The addresses of cases and of those who watch over them, under the same names as the desk's."""

from __future__ import annotations

from django.urls import path

from centro.web.desk.doings import DOINGS
from centro.web.desk.views import (
    audits,
    case,
    custody,
    escalated,
    inbox,
    mailbox,
    photos,
    supervisor,
    triage,
)

_CASE = "casos/<str:number>/"

urlpatterns = [
    path("bandeja/", inbox.inbox, name="inbox"),
    path("bandeja/encargar/", inbox.assign_many, name="assign_many"),
    path("bandeja/filtros/", inbox.save_filter, name="save_filter"),
    path("bandeja/filtros/<int:pk>/borrar/", inbox.drop_filter, name="drop_filter"),
    path(_CASE, case.case_page, name="case"),
    path(f"{_CASE}quien/", case.reporter, name="case_reporter"),
    path(f"{_CASE}accesos/<int:pk>/quitar/", custody.revoke, name="case_revoke"),
    path(f"{_CASE}fotos/<int:pk>/", photos.photo_page, name="case_photo"),
    path(f"{_CASE}fotos/<int:pk>/mini/", photos.photo, {"size": "thumb"}, name="case_photo_mini"),
    path(f"{_CASE}fotos/<int:pk>/grande/", photos.photo, {"size": "full"}, name="case_photo_full"),
    *(path(f"{_CASE}{doing.slug}/", case.act(doing), name=doing.key) for doing in DOINGS),
    path(f"{_CASE}escalones/<int:pk>/", escalated.answer_rung, name="case_rung"),
    path("escalados/", escalated.escalated, name="escalated"),
    path("clasificar/", triage.queue, name="triage"),
    path("clasificar/<str:number>/", triage.sort_case, name="triage_case"),
    path("clasificar/<str:number>/<slug:slug>/", triage.sort_case, name="triage_way"),
    path("auditoria-de-cierres/", audits.queue, name="audits"),
    path("auditoria-de-cierres/resultados/", audits.results, name="audit_scores"),
    path("auditoria-de-cierres/<int:pk>/", audits.audit, name="audit"),
    path("supervision/", supervisor.overview, name="supervisor"),
    path("denuncias/", custody.sealed, name="sealed"),
    path("miradas/", custody.looks, name="looks"),
    path("buzon/", mailbox.mailbox, name="mailbox"),
    path("buzon/<int:pk>/", mailbox.letter, name="mailbox_letter"),
]
