"""Messages that leave, each with its attempts."""

from __future__ import annotations

import re

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from centro.channels.models.accounts import Account
from centro.channels.models.identities import Identity
from centro.kernel.numbers import access_code, answer_key

# Stands for the access code wherever a message is kept.
CODE_MARK = "····-····"
# Stands for the key of a link that answers; made of what no program for mail rewrites.
_ANSWER_MARK = re.compile(r"__([a-z]+)_(\d{1,5})__")


def answer_mark(answer: str, cycle: int) -> str:
    """What a message is kept with where the key of a link belongs (see kernel.numbers)."""
    return f"__{answer}_{cycle}__"


class OutboundMessage(models.Model):
    """One message on its way out: what was written, to whom, and how far it came.

    `body` and `html` hold CODE_MARK where the access code belongs, and `answer_mark` where the
    key of a link does. Both are put in their place when the message leaves: they are stored
    nowhere, so a leaked database opens no case and answers for nobody.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("En cola")
        SENT = "sent", _("Enviado")
        DELIVERED = "delivered", _("Entregado")
        READ = "read", _("Leído")
        FAILED = "failed", _("No se pudo entregar")

    kind = models.CharField(max_length=20)
    # None: the server that the site's settings name.
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, related_name="outgoing"
    )
    identity = models.ForeignKey(
        Identity, on_delete=models.PROTECT, null=True, related_name="outgoing"
    )
    address = models.CharField(max_length=254)
    # What it answers, by the provider's id: a mail, a comment. Others can read a public one.
    in_reply_to = models.CharField(max_length=200, blank=True, db_default="")
    public = models.BooleanField(default=False, db_default=False)
    name = models.CharField(max_length=40)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    html = models.TextField(blank=True)
    reference = models.CharField(max_length=20, blank=True, db_index=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    error = models.TextField(blank=True)
    external_id = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status__in=["sent", "delivered", "read"]) | Q(sent_at__isnull=False),
                name="channels_outboundmessage_sent_has_moment",
            )
        ]
        indexes = [
            models.Index(
                fields=["created_at"], name="channels_queued", condition=Q(status="queued")
            ),
            models.Index(
                fields=["created_at"], name="channels_failed", condition=Q(status="failed")
            ),
            models.Index(
                fields=["external_id"], name="channels_by_provider", condition=~Q(external_id="")
            ),
            models.Index(fields=["account", "-sent_at"], name="channels_last_out"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {self.reference}"

    @property
    def body_as_sent(self) -> str:
        """The text as the citizen reads it."""
        return self._with_keys(self.body)

    @property
    def html_as_sent(self) -> str:
        return self._with_keys(self.html)

    def _with_keys(self, text: str) -> str:
        if not self.reference:
            return text
        text = _ANSWER_MARK.sub(self._answer_key, text)
        if CODE_MARK not in text:
            return text
        return text.replace(CODE_MARK, access_code(self.reference, settings.ACCESS_KEY))

    def _answer_key(self, mark: re.Match[str]) -> str:
        return answer_key(self.reference, int(mark[2]), mark[1], settings.ACCESS_KEY)


class DeliveryAttempt(models.Model):
    """One try to hand a message over, with what the other side said."""

    message = models.ForeignKey(OutboundMessage, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField(auto_now_add=True)
    succeeded = models.BooleanField()
    error = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.message_id} {self.at:%Y-%m-%d %H:%M}"
