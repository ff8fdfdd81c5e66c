"""E-mail by SMTP. Without a server configured, the mailbox page of the desk keeps what was sent."""

from __future__ import annotations

import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from centro.channels.channel import Access, Channel, DeliveryError, Outgoing

MAILBOX = "mailbox"
_PERMANENT = range(500, 600)


class Email(Channel):
    kind = "email"
    label = _("Correo")

    def send(self, access: Access, message: Outgoing) -> str:
        if not settings.EMAIL_HOST:
            return MAILBOX
        mail = _mail(message)
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _text in error.recipients.values()]
            raise DeliveryError(_said(codes[0], error), permanent=_all_permanent(codes)) from error
        except smtplib.SMTPDataError as error:
            permanent = _all_permanent([error.smtp_code])
            raise DeliveryError(_said(error.smtp_code, error), permanent=permanent) from error
        except (smtplib.SMTPException, OSError) as error:
            # Also what is wrong between the two servers (a password, the sender, TLS): somebody
            # will repair it, and no message should be lost until then.
            raise DeliveryError(str(error) or type(error).__name__) from error
        except UnicodeError as error:
            raise DeliveryError(str(error), permanent=True) from error
        return str(mail.extra_headers["Message-ID"])


def _mail(message: Outgoing) -> EmailMultiAlternatives:
    """The same Message-ID at every attempt: a reader that gets it twice shows it once."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    mail = EmailMultiAlternatives(
        subject=" ".join(message.subject.split()),
        body=message.body,
        to=[_checked(message.address)],
        headers={
            "Message-ID": f"<centro-{message.key}@{domain}>",
            # No automatic reply should come back for it (RFC 3834).
            "Auto-Submitted": "auto-generated",
        },
        connection=get_connection("django.core.mail.backends.smtp.EmailBackend"),
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    return mail


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
