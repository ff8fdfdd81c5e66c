"""E-mail: in as mails byte by byte (see ops/listening), out by SMTP or a provider of mail.

Without a server configured, the mailbox page of the desk keeps what was sent.
"""

from __future__ import annotations

import hmac
import smtplib
from collections.abc import Mapping
from datetime import datetime
from email.utils import formataddr, parseaddr
from hashlib import sha256
from typing import Any

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _
from imap_tools import ImapToolsError

from centro.channels.channel import (
    Access,
    Call,
    Channel,
    DeliveryError,
    Field,
    Item,
    Outgoing,
    Way,
    Ways,
)
from centro.channels.http import in_seconds
from centro.channels.mail import esp
from centro.channels.mail.box import ids_in_box
from centro.channels.mail.natures import OWN_HEADER
from centro.channels.mail.reading import read_mail
from centro.channels.threading import message_id, reply_address
from centro.kernel.sealing import derived

MAILBOX = "mailbox"
LARGEST_MAIL = 25 * 1024 * 1024
# The text of a message that somebody at the desk wrote (channels.actions.WRITTEN).
_BY_A_PERSON = "written"
_PERMANENT = range(500, 600)
# HTTP: what we asked for is wrong; but for a key or a bill, which somebody will repair, and for the
# two that ask for patience.
_WRONG_FOR_GOOD = frozenset(range(400, 500)) - {401, 402, 403, 408, 429}
_SMTP = "django.core.mail.backends.smtp.EmailBackend"


_SECURITY = (
    ("starttls", _("STARTTLS (empieza abierto y se cifra)")),
    ("tls", _("TLS (cifrado desde el principio)")),
    ("none", _("Ninguno (sólo dentro de una red propia)")),
)
_LISTS = (("", _("No")), ("people", _("Sí")))
_SIGNED = (("yes", _("Sí")), ("no", _("No")))


class Email(Channel):
    kind = "email"
    label = _("Correo")
    # Of what its sending provider tells; mails themselves come by another way.
    largest = 1024 * 1024
    reports = True
    fields = (
        Field("from_name", _("Nombre del remitente"), required=False, default="Centro 3-1-1"),
        Field("smtp_host", _("Servidor de salida (SMTP)"), required=False),
        Field("smtp_port", _("Puerto de salida"), required=False, default="587"),
        Field("smtp_security", _("Cifrado de salida"), required=False, default="starttls", choices=_SECURITY),
        Field("smtp_user", _("Usuario de salida"), required=False),
        Field("smtp_password", _("Contraseña de salida"), secret=True, required=False),
        Field("esp", _("Proveedor de envío (mailgun, brevo…)"), required=False),
        Field("esp_key", _("Clave del proveedor de envío"), secret=True, required=False),
        Field("esp_url", _("Dirección del proveedor de envío, si no es la usual"), required=False),
        Field("esp_hook", _("Con qué llama el proveedor de envío: su clave de firma, o usuario:contraseña"), secret=True, required=False),
        Field("imap_host", _("Servidor de entrada (IMAP)"), required=False),
        Field("imap_port", _("Puerto de entrada"), required=False, default="993"),
        Field("imap_security", _("Cifrado de entrada"), required=False, default="tls", choices=_SECURITY),
        Field("imap_user", _("Usuario de entrada"), required=False),
        Field("imap_folder", _("Carpeta de entrada"), required=False, default="INBOX"),
        Field("imap_password", _("Contraseña de entrada"), secret=True, required=False),
        Field("lists", _("¿El buzón es una lista por la que escriben personas?"), required=False, choices=_LISTS),
        Field("authserv", _("Servidor cuya revisión (DMARC) se cree"), required=False),
        Field("signed", _("¿El servidor admite direcciones con +?"), required=False, default="yes", choices=_SIGNED),
    )  # fmt: skip
    ways = (
        Ways("out", _("Cómo sale el correo"), (
            Way("smtp", _("Por un servidor de correo (SMTP)"), _("El de su institución o el de su proveedor de correo."),
                ("smtp_host", "smtp_port", "smtp_security", "smtp_user", "smtp_password"), ("smtp_host",)),
            Way("esp", _("Por un proveedor de envío"), _("Una empresa que envía correo por encargo: le da una clave."),
                ("esp", "esp_key", "esp_url", "esp_hook"), ("esp", "esp_key")),
            Way("site", _("Por el servidor de este centro"), _("El que dicen los ajustes del sitio. No hay que escribir nada.")),
        )),
        Ways("in", _("Cómo llega el correo"), (
            Way("imap", _("El centro lee un buzón (IMAP)"), _("Lo usual: se lee lo nuevo del buzón, que queda donde está."),
                ("imap_host", "imap_port", "imap_security", "imap_user", "imap_password", "imap_folder"),
                ("imap_host", "imap_user", "imap_password")),
            Way("lmtp", _("Nos lo entregan (LMTP), o sólo se envía"), _("El servidor de correo lo entrega a este centro. No hay que escribir nada aquí.")),
        )),
    )  # fmt: skip

    def verify(self, access: Access, call: Call) -> None:
        esp.verify(access, call)

    def key_of(self, call: Call) -> str:
        return esp.key_of(call)

    def parse(self, access: Access, headers: Mapping[str, str], body: bytes) -> list[Item]:
        if "content-type" in headers:
            # Only a call has headers of HTTP; a mail has its envelope.
            return esp.read_call(access, headers, body)
        return [read_mail(access, headers, body, instance_mark())]

    def ids_since(self, access: Access, since: datetime) -> frozenset[str] | None:
        if not access.options.get("imap_host"):
            return None
        try:
            return ids_in_box(access, since)
        except (OSError, ImapToolsError) as error:
            raise DeliveryError(str(error)) from error

    def send(self, access: Access, message: Outgoing) -> str:
        if not (
            settings.EMAIL_HOST or access.options.get("smtp_host") or access.options.get("esp")
        ):
            return MAILBOX
        mail = _mail(access, message)
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _text in error.recipients.values()]
            raise DeliveryError(_said(codes[0], error), permanent=_all_permanent(codes)) from error
        except smtplib.SMTPDataError as error:
            permanent = _all_permanent([error.smtp_code])
            raise DeliveryError(_said(error.smtp_code, error), permanent=permanent) from error
        except AnymailRecipientsRefused as error:
            raise DeliveryError(str(error)[:500], permanent=True) from error
        except AnymailAPIError as error:
            permanent = error.status_code in _WRONG_FOR_GOOD
            wait = (
                in_seconds(error.response.headers.get("Retry-After"))
                if error.response is not None
                else None
            )
            raise DeliveryError(str(error)[:500], permanent=permanent, wait=wait) from error
        except (smtplib.SMTPException, AnymailError, OSError) as error:
            # Also what is wrong between the two servers (a password, the sender, TLS): somebody
            # will repair it, and no message should be lost until then.
            raise DeliveryError(str(error) or type(error).__name__) from error
        except UnicodeError as error:
            raise DeliveryError(str(error), permanent=True) from error
        # A provider gives it another name, by which it will speak of it.
        status = getattr(mail, "anymail_status", None)
        return str((status and status.message_id) or mail.extra_headers["Message-ID"])


def instance_mark() -> str:
    """What every mail of this installation carries, so that it knows its own again."""
    secret = derived(settings.CHANNEL_KEY, "channels.instance")
    return hmac.new(secret, settings.SITE_URL.encode(), sha256).hexdigest()[:24]


def _mail(access: Access, message: Outgoing) -> EmailMultiAlternatives:
    """The same Message-ID at every attempt: a reader that gets it twice shows it once."""
    sender = _from(access)
    own = parseaddr(sender)[1]
    headers = {
        "Message-ID": message_id(own, message.key),
        OWN_HEADER: instance_mark(),
    }
    if message.name != _BY_A_PERSON:
        # No automatic reply should come back for it (RFC 3834).
        headers["Auto-Submitted"] = "auto-generated"
    if message.in_reply_to.startswith("<"):
        headers["In-Reply-To"] = headers["References"] = message.in_reply_to
    envelope = sender
    if access.id is not None and access.options.get("signed", "yes") != "no":
        # Answers and what comes back find their message by it; anybody can forge a reference.
        headers["Reply-To"] = reply_address(own, message.key)
        if not access.options.get("esp"):
            # A sending provider has an envelope of its own, and tells us itself what came back.
            envelope, headers["From"] = headers["Reply-To"], sender
    mail = EmailMultiAlternatives(
        subject=" ".join(message.subject.split()) or str(_("Mensaje del Centro 3-1-1")),
        body=message.body,
        from_email=envelope,
        to=[_checked(message.address)],
        headers=headers,
        connection=_connection(access),
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    return mail


def _from(access: Access) -> str:
    if not access.address:
        return settings.DEFAULT_FROM_EMAIL
    return formataddr((access.options.get("from_name", ""), access.address))


def _connection(access: Access) -> Any:
    given = access.options
    if given.get("esp"):
        return esp.connection(given["esp"], access)
    if not given.get("smtp_host"):
        return get_connection(_SMTP)
    security = given.get("smtp_security", "starttls")
    return get_connection(
        _SMTP,
        host=given["smtp_host"],
        port=int(given.get("smtp_port") or 587),
        username=given.get("smtp_user", ""),
        password=access.secrets.get("smtp_password", ""),
        use_tls=security == "starttls",
        use_ssl=security == "tls",
        timeout=settings.EMAIL_TIMEOUT,
    )


def _checked(address: str) -> str:
    """One plain address: nothing that could become a second header or recipient."""
    try:
        validate_email(address)
    except ValidationError as error:
        raise DeliveryError(f"not an address: {address!r}", permanent=True) from error
    return address


def _all_permanent(codes: list[int]) -> bool:
    """SMTP: 5xx will not change by trying again, 4xx may (RFC 5321, 4.2.1)."""
    return all(code in _PERMANENT for code in codes)


def _said(code: int, error: smtplib.SMTPException) -> str:
    return f"{code}: {error}"


CHANNEL = Email()
