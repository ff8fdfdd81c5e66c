"""Who was let into a confidential case, and who looked."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from centro.kernel.clock import now


class Grant(models.Model):
    """A denunciation officer lets one more person read a sealed case."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="grants")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="case_grants"
    )
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    granted_at = models.DateTimeField(default=now)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "user"],
                condition=Q(revoked_at__isnull=True),
                name="cases_grant_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id} → {self.user_id}"


class Look(models.Model):
    """Somebody opened a confidential case, or asked who reported it."""

    class What(models.TextChoices):
        CASE = "case", _("El caso")
        REPORTER = "reporter", _("Quién reportó")

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="looks")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=10, choices=What.choices)
    why = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=now)

    class Meta:
        indexes = [models.Index(fields=["-at", "-id"], name="cases_looks_newest")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.case_id} {self.what}"
