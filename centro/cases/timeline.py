"""The timeline of a case: every kind of entry, its sentence, who may read it, what is personal.

To add a kind, add it here; a test fails for an action that records a kind that is not listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from centro.cases.ladders import rung_name, to_rung
from centro.cases.rules import Reason
from centro.catalog.models import Confidentiality


class Audience(StrEnum):
    """Who reads an entry; each audience also reads what the ones before it read."""

    PUBLIC = "public"
    AGENCY = "agency"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class EntryKind:
    """`sentence` takes the entry's data; `personal` are the keys to shred when data expires."""

    sentence: Promise
    audience: Audience
    personal: frozenset[str] = frozenset()


def _kind(sentence: Promise, audience: Audience, *personal: str) -> EntryKind:
    return EntryKind(sentence, audience, frozenset(personal))


_PUBLIC, _AGENCY, _INTERNAL = Audience.PUBLIC, Audience.AGENCY, Audience.INTERNAL

KINDS: Mapping[str, EntryKind] = {
    "opened": _kind(_("Recibimos el caso."), _PUBLIC),
    "routed": _kind(_("El caso se asignó a %(agency)s."), _PUBLIC),
    "reclassified": _kind(
        _("Se corrigió la clasificación: de «%(before)s» a «%(after)s»."), _PUBLIC
    ),
    "confidentiality_set": _kind(_("La confidencialidad pasó a «%(level)s»."), _INTERNAL, "text"),
    "access_granted": _kind(_("Se dio acceso a %(name)s."), _INTERNAL),
    "access_revoked": _kind(_("Se quitó el acceso a %(name)s."), _INTERNAL),
    "assigned": _kind(_("Se encargó a %(who)s."), _AGENCY),
    "started": _kind(_("La entidad empezó a atender el caso."), _PUBLIC),
    "held": _kind(_("El caso espera hasta el %(until)s: %(why)s."), _PUBLIC),
    "resumed": _kind(_("La atención del caso continúa."), _PUBLIC),
    "wait_ended": _kind(_("Terminó el plazo de espera y la atención continúa."), _PUBLIC),
    "due_moved": _kind(
        _("La fecha límite cambió: era el %(was_due)s y ahora es el %(now_due)s. %(because)s"),
        _PUBLIC,
    ),
    "question_asked": _kind(_("La entidad le hace una pregunta."), _PUBLIC, "text"),
    "interim_reply": _kind(_("La entidad informa de su avance."), _PUBLIC, "text"),
    "information_added": _kind(_("La persona que reportó añadió información."), _PUBLIC, "text"),
    "reported_again": _kind(_("Otra persona reportó lo mismo."), _PUBLIC),
    "press_noted": _kind(_("Salió en la prensa: %(outlet)s."), _AGENCY),
    "conversation_linked": _kind(_("Se unió una conversación al caso."), _AGENCY),
    "conversation_unlinked": _kind(_("Se separó una conversación del caso."), _AGENCY),
    "photo_added": _kind(_("Se añadió una foto."), _PUBLIC),
    "noted": _kind(_("Nota interna."), _AGENCY, "text"),
    "attempted": _kind(_("Se intentó contactar a la persona."), _AGENCY, "text"),
    "resolved": _kind(_("La entidad informa de la solución."), _PUBLIC, "text"),
    "confirmed": _kind(_("La persona confirmó que está resuelto."), _PUBLIC),
    "reopened": _kind(_("El caso se reabrió."), _PUBLIC, "text"),
    "withdrawn": _kind(_("La persona desistió del caso."), _PUBLIC, "text"),
    "closed": _kind(_("El caso se cerró: %(why)s."), _PUBLIC, "text"),
    "reminded": _kind(_("Se recordó a la persona que falta su respuesta."), _AGENCY),
    "undelivered": _kind(_("El correo a la persona no se pudo entregar."), _AGENCY),
    "undelivered_rings": _kind(
        _("El correo a la persona no se pudo entregar: se le va a llamar."), _AGENCY
    ),
    "audited_real": _kind(
        _("Se revisó el cierre por muestreo: la solución fue real."), _AGENCY, "text"
    ),
    "audited_unclear": _kind(
        _("Se revisó el cierre por muestreo: no se pudo comprobar la solución."), _AGENCY, "text"
    ),
    "audited_not_real": _kind(
        _("Se revisó el cierre por muestreo: la solución no fue real."), _AGENCY, "text"
    ),
    "transfer_proposed": _kind(_("%(sender)s propuso trasladarlo a %(to)s."), _AGENCY, "text"),
    "transfer_accepted": _kind(_("%(to)s aceptó el traslado."), _PUBLIC),
    "transfer_refused": _kind(
        _("%(to)s rechazó el traslado; el caso volvió a clasificación."), _AGENCY, "text"
    ),
    "transfer_expired": _kind(
        _("%(to)s no respondió al traslado; el caso volvió a clasificación."), _AGENCY
    ),
    "transfer_cancelled": _kind(_("La propuesta de traslado a %(to)s quedó sin efecto."), _AGENCY),
    "merged": _kind(_("Otro caso por lo mismo lo representa: %(number)s."), _PUBLIC),
    "absorbed": _kind(_("Representa también al caso %(number)s."), _AGENCY),
    "escalated": _kind(_("El caso subió %(to_rung)s: pasó el %(share)s %% de su plazo."), _AGENCY),
    "escalated_high": _kind(_("El caso subió %(to_rung)s."), _PUBLIC),
    "escalated_past": _kind(
        _("Nadie responde por este escalón (%(rung_name)s): se avisó al siguiente."), _AGENCY
    ),
    "escalation_answered": _kind(_("Respondió al escalamiento (%(rung_name)s)."), _AGENCY, "text"),
    "promise_broken": _kind(_("El %(until)s venció el compromiso de %(who)s."), _AGENCY),
    "unmerged": _kind(_("El caso se separó del %(number)s y se atiende por su cuenta."), _PUBLIC),
    "incident_joined": _kind(_("Se atiende junto con otros por lo mismo: %(title)s."), _PUBLIC),
    "incident_left": _kind(_("El caso se atiende otra vez por su cuenta."), _PUBLIC),
    "instructed": _kind(
        _("La Presidencia dio una instrucción a %(agency)s, para el %(until)s."), _AGENCY, "text"
    ),
    "instruction_withdrawn": _kind(
        _("La Presidencia retiró su instrucción a %(agency)s."), _AGENCY
    ),
    "instruction_answered": _kind(
        _("%(agency)s respondió a la instrucción de la Presidencia."), _AGENCY, "text"
    ),
}

# Why a date moved although nobody touched the case.
_CAUSES: Mapping[str, Promise] = {
    "calendar": _("Cambiaron los días hábiles."),
    "agreement": _("Cambió el plazo acordado para este servicio."),
}
# How a moment is said.
_MOMENTS = {
    "until": "j M Y, g:i a",
    "promised": "j M Y, g:i a",
    "was_due": "j M Y",
    "now_due": "j M Y",
}
_PROMISED = _("Habrá noticias a más tardar: %(promised)s")
_ORDER = {Audience.PUBLIC: 0, Audience.AGENCY: 1, Audience.INTERNAL: 2}


def kinds_for(audience: Audience) -> list[str]:
    """The kinds that an audience may read."""
    return [name for name, kind in KINDS.items() if _ORDER[kind.audience] <= _ORDER[audience]]


def sentence(kind: str, data: Mapping[str, Any]) -> str:
    """The entry in words, in the reader's language.

    Data keeps codes and ISO dates; they become words here, when the reader is known.
    """
    words = {**data, **_in_words(data)}
    said = str(KINDS[kind].sentence) % words
    return f"{said} {_PROMISED % words}" if data.get("promised") else said


def _in_words(data: Mapping[str, Any]) -> dict[str, str]:
    said = {}
    if "reason" in data:
        said["why"] = str(Reason(data["reason"]).label)
    if "level" in data:
        said["level"] = str(Confidentiality(data["level"]).label)
    for name in _MOMENTS.keys() & {name for name, value in data.items() if value}:
        said[name] = date_format(localtime(datetime.fromisoformat(data[name])), _MOMENTS[name])
    if "ladder" in data:
        said["rung_name"] = rung_name(data["rung"], data["ladder"])
        said["to_rung"] = to_rung(data["rung"], data["ladder"])
    if "cause" in data:
        said["because"] = str(_CAUSES[data["cause"]])
    return said
