"""Which conversations belong to which cases: one talk may bring two cases, one case many talks."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from centro.contacts.models import Conversation


class CaseConversation(models.Model):
    """A conversation that is about a case. `linked_by` is None where the message itself said so."""

    case = models.ForeignKey(
        "cases.Case", on_delete=models.PROTECT, related_name="conversation_links"
    )
    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, related_name="case_links"
    )
    linked_at = models.DateTimeField()
    linked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-linked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "conversation"], name="cases_caseconversation_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.conversation_id}"
