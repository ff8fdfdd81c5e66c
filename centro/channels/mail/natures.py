"""Did a person write this mail to us now? What its own headers say (RFC 3834, 3464, 2919)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from email.utils import parseaddr

from django.utils.translation import gettext as _

from centro.kernel.text import fold

# Every mail of ours says so; by it we know our own words when they come back.
OWN_HEADER = "X-Centro-311"
_MOST_HOPS = 60
_AWAY = re.compile(
    r"^(?:re: *)?(?:fuera de (?:la )?oficina|ausente|respuesta automatica|auto(?:matic)?[ -]?reply"
    r"|out of (?:the )?office|vacation|estoy de vacaciones|autoreply)"
)
_ROBOTS = re.compile(
    r"^(?:mailer-daemon|postmaster|no-?reply|noresponder|no-responder|bounce)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Nature:
    """What it is (InboundMessage.Nature; empty for a person's words), and why."""

    nature: str = ""
    why: str = ""
    failed_address: str = ""
    failed_for_good: bool = False


def nature_of(mail: Message, instance: str, *, lists: bool = True) -> Nature:
    """The nature of a mail. `instance` names this installation; with `lists` lists are no persons."""
    own = _ours(mail, instance)
    if own is not None:
        return own
    bounced = _bounce(mail)
    if bounced is not None:
        return bounced
    why = _automatic(mail)
    if why:
        return Nature("automatic", why)
    if lists and (mail["List-Id"] or mail["List-Unsubscribe"] or _precedence(mail) == "list"):
        return Nature("list", _("Viene de una lista de correo."))
    return Nature()


def _ours(mail: Message, instance: str) -> Nature | None:
    if len(mail.get_all("Received", [])) > _MOST_HOPS:
        return Nature("loop", _("Pasó por demasiados servidores."))
    if any(str(value).strip() == instance for value in mail.get_all(OWN_HEADER, [])):
        return Nature("loop", _("Es un correo nuestro que volvió."))
    return None


def _bounce(mail: Message) -> Nature | None:
    """A delivery report (RFC 3464), or what a server without manners sends in its place."""
    if mail.get_content_type() == "multipart/report":
        if str(mail.get_param("report-type") or "").lower() == "disposition-notification":
            return Nature("automatic", _("Es un acuse de lectura."))
        return _report(mail)
    sender = parseaddr(str(mail["From"] or ""))[1].lower()
    empty = str(mail["Return-Path"] or "").strip() == "<>"
    if sender.startswith("mailer-daemon@") or (empty and sender.startswith("postmaster@")):
        return Nature("bounce", _("Lo envió un servidor de correo: no se pudo entregar."))
    return None


def _report(mail: Message) -> Nature:
    action, status, address, said = "", "", "", ""
    for part in mail.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in _blocks(part):
            action = str(block["Action"] or action).strip().lower()
            status = str(block["Status"] or status).strip()
            address = str(block["Final-Recipient"] or address).partition(";")[2].strip() or address
            said = str(block["Diagnostic-Code"] or said).partition(";")[2].strip() or said
    for_good = action == "failed" and status.startswith("5")
    told = " ".join(filter(None, [status, said]))[:200]
    why = (
        _("No se pudo entregar: %(said)s") if for_good else _("La entrega se demora: %(said)s")
    ) % {"said": told}
    return Nature("bounce", why, address.lower(), for_good)


def _blocks(part: Message) -> list[Message]:
    payload = part.get_payload()
    return (
        [block for block in payload if isinstance(block, Message)]
        if isinstance(payload, list)
        else []
    )


def _automatic(mail: Message) -> str:
    submitted = str(mail["Auto-Submitted"] or "no").split(";")[0].strip().lower()
    if submitted != "no":
        return _("Dice de sí mismo que lo envió un programa.")
    marks = ("X-Autoreply", "X-Autorespond", "X-AutoReply-From", "X-Mail-Autoreply")
    if any(mail[name] for name in marks) or _precedence(mail) in {"auto_reply", "bulk", "junk"}:
        return _("Lo envió un programa.")
    if _AWAY.match(fold(str(mail["Subject"] or ""))):
        return _("Es un aviso de ausencia.")
    if str(mail["Return-Path"] or "").strip() == "<>":
        return _("No admite respuesta: lo envió un programa.")
    if _ROBOTS.match(parseaddr(str(mail["From"] or ""))[1]):
        return _("Su dirección no admite respuesta.")
    return ""


def _precedence(mail: Message) -> str:
    return str(mail["Precedence"] or "").strip().lower()
