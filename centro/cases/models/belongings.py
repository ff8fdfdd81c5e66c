"""What belongs to a case or to somebody who works with cases: photos, saved filters."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from centro.files.models import StoredFile
from centro.kernel.clock import now


class CasePhoto(models.Model):
    """A photo of a case: the citizen's, or the entity's evidence of its solution."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="photos")
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="case_photo")
    by_citizen = models.BooleanField(default=True)
    evidence = models.BooleanField(default=False)
    added_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.file_id}"


class MailedTask(models.Model):
    """That an official was sent a case by mail, to work it by answering: once for each turn."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="mailed_tasks")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mailed_tasks"
    )
    cycle = models.PositiveSmallIntegerField()
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "user", "cycle"], name="cases_mailedtask_once")
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.user_id}"


class SavedFilter(models.Model):
    """A view of the inbox that somebody named to come back to it. `query` is its address part."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_filters"
    )
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="cases_savedfilter_name_once")
        ]

    def __str__(self) -> str:
        return self.name
