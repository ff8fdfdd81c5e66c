"""What a notice says, in the reader's language: the same words at the desk and in a digest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from centro.cases.ladders import Ladder, rung_name
from centro.cases.models import ClosureAudit, Notice

Data = Mapping[str, Any]
Kind = Notice.Kind
# The order in which a reader meets the kinds: what was promised and commanded comes first.
ORDER = (
    Kind.INSTRUCTION,
    Kind.PROMISE,
    Kind.REOPENED,
    Kind.RUNG,
    Kind.PASSED_ON,
    Kind.RESPONSE,
    Kind.INTERIM,
    Kind.WARNING,
    Kind.STINT,
    Kind.AUDIT,
)


def notice_words(kind: str, data: Data) -> str:
    """Why somebody is told: one or two short sentences; empty where the kind says it all."""
    words = _WORDS.get(Kind(kind))
    return words(data) if words else str(data.get("text", ""))


def _climbed(data: Data) -> str:
    passed = ""
    if "share" in data:
        passed = _("Pasó el %(share)s %% del plazo.") % {"share": data["share"]}
    return f"{passed} {_empty(data)}".strip()


def _empty(data: Data) -> str:
    """A rung without anybody says so to whoever is told instead."""
    if "nobody_at" not in data:
        return ""
    return _("Nadie responde por el escalón anterior (%(rung)s): le toca a usted.") % {
        "rung": rung_name(data["nobody_at"], data.get("ladder", Ladder.AGENCY))
    }


def _passed_on(data: Data) -> str:
    names = [rung_name(rung, Ladder.AGENCY) for rung in data["rungs"]]
    return _("Antes de llegar a su entidad ya subió a: %(rungs)s.") % {"rungs": ", ".join(names)}


def _promise(data: Data) -> str:
    return _("El compromiso de %(who)s venció el %(day)s: «%(text)s»") % {
        "who": data["who"],
        "day": _day(data["promised"]),
        "text": data["text"],
    }


def _reopened(data: Data) -> str:
    return f"{data.get('text', '')} {_empty(data)}".strip()


def _response(data: Data) -> str:
    return _("La primera respuesta a la persona venció el %(day)s.") % {"day": _day(data["due"])}


def _interim(data: Data) -> str:
    return _("El avance que se le debe a la persona venció el %(day)s.") % {
        "day": _day(data["due"])
    }


def _stint(data: Data) -> str:
    return _("Desde el %(day)s pasó en la entidad más tiempo que el plazo del caso.") % {
        "day": _day(data["due"])
    }


def _instruction(data: Data) -> str:
    until = _("Responda a más tardar el %(day)s.") % {"day": _day(data["until"])}
    return f"{data['text']} {until}"


def _audited(data: Data) -> str:
    if data.get("why") not in ClosureAudit.Why.values:
        return ""
    return _("Quien revisó el cierre no halló una solución real: %(why)s.") % {
        "why": ClosureAudit.Why(data["why"]).label
    }


def _day(iso: str) -> str:
    """`martes 24 de noviembre`, in the reader's language."""
    pattern = "l, F j" if (get_language() or "es").startswith("en") else "l j \\d\\e F"
    return date_format(localtime(datetime.fromisoformat(iso)), pattern)


_WORDS: Mapping[Notice.Kind, Callable[[Data], str]] = {
    Kind.WARNING: _climbed,
    Kind.RUNG: _climbed,
    Kind.PASSED_ON: _passed_on,
    Kind.PROMISE: _promise,
    Kind.REOPENED: _reopened,
    Kind.RESPONSE: _response,
    Kind.INTERIM: _interim,
    Kind.STINT: _stint,
    Kind.INSTRUCTION: _instruction,
    Kind.AUDIT: _audited,
}
