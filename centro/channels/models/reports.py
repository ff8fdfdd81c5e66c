"""What providers say of messages that left; it may come before we know the message's id."""

from __future__ import annotations

from django.db import models

from centro.channels.models.accounts import Account


class DeliveryReport(models.Model):
    """A provider's word on one message: sent, delivered, read or failed, and when."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="reports")
    external_id = models.CharField(max_length=200)
    status = models.CharField(max_length=10)
    at = models.DateTimeField()
    error = models.TextField(blank=True)
    permanent = models.BooleanField(default=False)
    # The address itself takes nothing more.
    closes = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "external_id", "status"], name="channels_deliveryreport_once"
            )
        ]
        indexes = [models.Index(fields=["at"], name="channels_report_age")]

    def __str__(self) -> str:
        return f"{self.external_id} {self.status}"
