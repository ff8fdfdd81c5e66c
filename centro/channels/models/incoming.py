"""What came in: as it was, what it held, and what became of each thing."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from centro.channels.models.accounts import Account
from centro.channels.models.identities import Identity
from centro.channels.models.outgoing import OutboundMessage
from centro.files.models import StoredFile


class RawEvent(models.Model):
    """One call of a provider, or one mail, byte by byte, before anything is made of it.

    It is acknowledged to the other side once it is here. A second delivery of the same finds its
    `key` taken.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Por procesar")
        DONE = "done", _("Procesado")
        DEAD = "dead", _("No se pudo procesar")

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="raw_events")
    key = models.CharField(max_length=64)
    way = models.CharField(max_length=10)
    headers = models.JSONField(default=dict)
    # None once the days of keeping it are over.
    body = models.BinaryField(null=True)
    size = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    received_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="channels_rawevent_once"),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(done_at__isnull=False),
                name="channels_rawevent_done_has_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-received_at"], name="channels_last_in"),
            models.Index(fields=["received_at"], name="channels_in_age"),
            models.Index(
                fields=["received_at"], name="channels_in_unfinished", condition=~Q(state="done")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.key[:12]}"


class InboundMessage(models.Model):
    """Something that somebody said to us by a channel, once."""

    class Nature(models.TextChoices):
        """What it is; only `plain` is something that a person wrote to us now."""

        PLAIN = "plain", _("Mensaje")
        AUTOMATIC = "automatic", _("Respuesta automática")
        BOUNCE = "bounce", _("Aviso de no entregado")
        LIST = "list", _("Lista de correo")
        OWN = "own", _("Nuestro")
        LOOP = "loop", _("En círculo")
        FLOOD = "flood", _("Demasiados")

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="messages")
    external_id = models.CharField(max_length=200)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="messages")
    nature = models.CharField(max_length=10, choices=Nature.choices, default=Nature.PLAIN)
    # Each step of the filter chain: its name, what it found, and why.
    findings = models.JSONField(default=list)
    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField(blank=True)
    # What the sender quoted of earlier messages; folded away on the page.
    quoted = models.TextField(blank=True)
    # Only what is safe to show; empty where the text says all.
    html = models.TextField(blank=True)
    public = models.BooleanField(default=False)
    # The ids of earlier messages that it answers, nearest first; the public post it hangs on.
    references = models.JSONField(default=list)
    thread = models.CharField(max_length=200, blank=True)
    # The address it was sent to, where an answer of ours had named its own.
    reply_address = models.CharField(max_length=254, blank=True)
    # The message of ours that it answers. `answers_surely`: by an address that only we can make,
    # or by its references from the very address we wrote to.
    answers = models.ForeignKey(
        OutboundMessage, on_delete=models.SET_NULL, null=True, related_name="answered_by"
    )
    answers_surely = models.BooleanField(default=False)
    # Where it can be seen on the network.
    origin = models.CharField(max_length=500, blank=True)
    # Whether a server that we trust says that the sender is who it names; None: nobody looked.
    verified = models.BooleanField(null=True)
    # Where the sender said to be.
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    sent_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "external_id"], name="channels_inboundmessage_once"
            )
        ]
        indexes = [models.Index(fields=["identity", "-received_at"], name="channels_from_whom")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.external_id[:40]}"


class InboundItem(models.Model):
    """One thing of a raw event and what became of it: the books in which nothing is lost."""

    class Outcome(models.TextChoices):
        MESSAGE = "message", _("Mensaje")
        AGAIN = "again", _("Ya estaba")
        REPORT = "report", _("Estado de entrega")
        CHANGE = "change", _("Cambio de un mensaje")
        REJECTED = "rejected", _("No se toma")
        DEAD = "dead", _("No se pudo procesar")

    raw = models.ForeignKey(RawEvent, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    reason = models.TextField(blank=True)
    message = models.ForeignKey(
        InboundMessage, on_delete=models.SET_NULL, null=True, related_name="items"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["raw", "position"], name="channels_inbounditem_once")
        ]

    def __str__(self) -> str:
        return f"{self.raw_id}.{self.position} {self.outcome}"


class Attachment(models.Model):
    """A file that came with a message: kept once checked, or refused with a reason."""

    class State(models.TextChoices):
        PENDING = "pending", _("Por descargar")
        KEPT = "kept", _("Guardado")
        REFUSED = "refused", _("No se guardó")

    message = models.ForeignKey(
        InboundMessage, on_delete=models.CASCADE, related_name="attachments"
    )
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=150, blank=True)
    media_type = models.CharField(max_length=100, blank=True)
    # How the provider names it, until it was fetched.
    ref = models.CharField(max_length=2000, blank=True)
    # An image inside the text of a mail is named by it.
    content_id = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    reason = models.TextField(blank=True)
    file = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, null=True, related_name="attachments"
    )

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["message", "position"], name="channels_attachment_once"
            ),
            models.CheckConstraint(
                condition=Q(state="kept", file__isnull=False)
                | (~Q(state="kept") & Q(file__isnull=True)),
                name="channels_attachment_kept_has_file",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="channels_to_fetch", condition=Q(state="pending"))
        ]

    def __str__(self) -> str:
        return f"{self.message_id}.{self.position} {self.state}"
