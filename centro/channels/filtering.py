"""Is this something that a person wrote to us now? Asked step by step, each with its reason.

The order matters: what is caught by an early step is not looked at by a later one. Whatever is
found, the message is kept and can be read; only what is plain reaches somebody's queue or a case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists
from django.utils.translation import gettext as _

from centro.channels.channel import Incoming
from centro.channels.models import Account, InboundMessage, OutboundMessage
from centro.channels.threading import find_answered
from centro.kernel.clock import now

Nature = InboundMessage.Nature
# One sender who writes more than this in an hour is not talking to us.
FLOOD = 60
_FLOOD_TIME = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a step found; None of nature lets the message go on."""

    nature: Nature | None
    why: str


Step = Callable[[InboundMessage, Incoming], Finding]


def judge(message: InboundMessage, item: Incoming) -> None:
    """Ask each step in turn, write down what it found, and stop at the first that says no.

    What it answers is asked in any case: a bounce too comes back for something.
    """
    findings = []
    for name, step in STEPS:
        found = step(message, item)
        findings.append({"step": name, "nature": found.nature or "", "why": found.why})
        if found.nature is not None:
            message.nature = found.nature
            break
    found = _threading(message, item)
    findings.append({"step": "threading", "nature": "", "why": found.why})
    message.findings = findings
    message.save(update_fields=["nature", "findings", "answers", "answers_surely"])


def _loop(message: InboundMessage, item: Incoming) -> Finding:
    """Our own words, come back by way of a robot that answers us."""
    if item.nature == Nature.LOOP:
        return Finding(Nature.LOOP, item.why)
    return Finding(None, _("No viene de un programa que nos responde en círculo."))


def _bounce(message: InboundMessage, item: Incoming) -> Finding:
    if item.nature == Nature.BOUNCE:
        return Finding(Nature.BOUNCE, item.why)
    return Finding(None, _("No es un aviso de no entregado."))


def _automatic(message: InboundMessage, item: Incoming) -> Finding:
    if item.nature in {Nature.AUTOMATIC, Nature.LIST}:
        return Finding(Nature(item.nature), item.why)
    return Finding(None, _("No es una respuesta automática ni una lista."))


def _own(message: InboundMessage, item: Incoming) -> Finding:
    """Another account of ours, or a message of ours that the provider shows us."""
    if item.nature == Nature.OWN:
        return Finding(Nature.OWN, item.why)
    identity = message.identity
    addresses = Account.objects.filter(kind=identity.kind).exclude(address="")
    accounts = addresses.filter(address__iexact=identity.external_id)
    ours = OutboundMessage.objects.filter(
        account=message.account_id, external_id=message.external_id
    )
    # Both in one statement: it is asked of every message that comes.
    asked = Account.objects.annotate(from_us=Exists(accounts), is_ours=Exists(ours))
    from_us, is_ours = asked.values_list("from_us", "is_ours").get(pk=message.account_id)
    if from_us:
        return Finding(Nature.OWN, _("Lo envió una cuenta nuestra."))
    if is_ours:
        return Finding(Nature.OWN, _("Es un mensaje nuestro."))
    return Finding(None, _("No es nuestro."))


def _flood(message: InboundMessage, item: Incoming) -> Finding:
    since = now() - _FLOOD_TIME
    lately = InboundMessage.objects.filter(identity=message.identity_id, received_at__gte=since)
    count = lately[: FLOOD + 1].count()
    if count > FLOOD:
        return Finding(
            Nature.FLOOD,
            _("Más de %(n)s mensajes en una hora del mismo remitente.") % {"n": FLOOD},
        )
    return Finding(None, _("No escribe demasiado."))


def _files(message: InboundMessage, item: Incoming) -> Finding:
    refused = message.attachments.filter(state="refused").count() if item.parts else 0
    if refused:
        return Finding(None, _("Archivos que no se guardaron: %(n)s.") % {"n": refused})
    return Finding(None, _("Los archivos pasaron la revisión."))


def _identity(message: InboundMessage, item: Incoming) -> Finding:
    if message.identity.person_id is not None:
        return Finding(None, _("Se sabe quién es."))
    return Finding(None, _("No se sabe quién es: se propone, no se supone."))


def _threading(message: InboundMessage, item: Incoming) -> Finding:
    """Which message of ours it answers: by its signed address, then by its references."""
    message.answers, message.answers_surely, why = find_answered(message)
    return Finding(None, why)


STEPS: tuple[tuple[str, Step], ...] = (
    ("loop", _loop),
    ("bounce", _bounce),
    ("automatic", _automatic),
    ("own", _own),
    ("flood", _flood),
    ("files", _files),
    ("identity", _identity),
)
