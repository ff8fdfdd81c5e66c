"""What is watched of the channels: whether something is lost, and what is wrong with an account."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from centro.channels.models.accounts import Account


class Tally(models.Model):
    """One look into the books: what a provider says it has for us, and what of it we have."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="tallies")
    at = models.DateTimeField()
    since = models.DateTimeField()
    theirs = models.PositiveIntegerField()
    # The ids that we do not have; the first of them, when there are many.
    missing = models.JSONField(default=list)
    lost = models.PositiveIntegerField()
    # Why nothing could be compared; empty when it was.
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["account", "-at"], name="channels_last_tally")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.at:%Y-%m-%d %H:%M}"


class ChannelAlarm(models.Model):
    """Something is wrong with an account, from when to when. One at a time of each kind."""

    class Kind(models.TextChoices):
        SILENT = "silent", _("No llega nada")
        STUCK_IN = "stuck_in", _("Lo que llega no se procesa")
        DEAD = "dead", _("Hay llegadas que no se pudieron procesar")
        STUCK_OUT = "stuck_out", _("Los mensajes no salen")
        FAILING = "failing", _("Fallan muchos envíos")
        LOST = "lost", _("Falta algo de lo que el proveedor dice")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="alarms")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    detail = models.CharField(max_length=300, blank=True)
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind"],
                condition=Q(ended_at__isnull=True),
                name="channels_alarm_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.kind}"
