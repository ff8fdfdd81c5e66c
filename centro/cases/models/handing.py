"""Proposals to hand a case to another entity."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from centro.agencies.models import Agency


class Transfer(models.Model):
    """A proposal to hand a case to another entity. The sender owns it until the other accepts."""

    class Decision(models.TextChoices):
        PENDING = "pending", _("Pendiente")
        ACCEPTED = "accepted", _("Aceptado")
        REFUSED = "refused", _("Rechazado")
        EXPIRED = "expired", _("Sin respuesta")
        CANCELLED = "cancelled", _("Sin efecto")

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="transfers")
    from_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    to_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    proposed_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=Decision.choices, default=Decision.PENDING)
    answer = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(decision="pending"),
                name="cases_transfer_one_pending_per_case",
            ),
            models.CheckConstraint(
                condition=~Q(from_agency=F("to_agency")), name="cases_transfer_to_another"
            ),
        ]
        indexes = [
            models.Index(
                fields=["answer_by"], name="cases_transfer_due", condition=Q(decision="pending")
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.from_agency_id} → {self.to_agency_id}"
