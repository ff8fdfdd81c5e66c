"""The short questions by which a person comes to a case where nobody writes it whole (SMS)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from centro.cases.models.case import Case
from centro.channels.models import Identity
from centro.contacts.models import Conversation


class Dialogue(models.Model):
    """How far somebody has come with the questions; one open at a time for each sender."""

    class Step(models.TextChoices):
        """What was asked last."""

        WHAT = "what", _("Qué pasa")
        WHICH = "which", _("Cuál tema")
        WHERE = "where", _("Dónde")
        PLACE = "place", _("Cuál lugar")
        QUESTION = "question", _("Lo que pide el tipo de servicio")
        CONFIRM = "confirm", _("Si es correcto")
        FIX = "fix", _("Qué no es correcto")

    class Ending(models.TextChoices):
        OPEN = "", _("Abierto")
        CASE = "case", _("Abrió un caso")
        CANCELLED = "cancelled", _("La persona lo dejó")
        HANDED = "handed", _("Pasó a una persona del centro")
        SILENT = "silent", _("La persona no siguió")

    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, related_name="dialogues")
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="dialogues"
    )
    step = models.CharField(max_length=10, choices=Step.choices, default=Step.WHAT)
    # What was told, understood and offered so far: see actions/guide_steps.py.
    told = models.JSONField(default=dict)
    # Answers in a row that could not be understood.
    misses = models.PositiveSmallIntegerField(default=0)
    ending = models.CharField(
        max_length=10, choices=Ending.choices, blank=True, default=Ending.OPEN
    )
    case = models.ForeignKey(Case, on_delete=models.SET_NULL, null=True, related_name="+")
    begun_at = models.DateTimeField()
    touched_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["identity"], condition=Q(ending=""), name="cases_dialogue_one_open"
            ),
            models.CheckConstraint(
                condition=~Q(ending="case") | Q(case__isnull=False),
                name="cases_dialogue_case_is_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["touched_at"], name="cases_dialogue_silent", condition=Q(ending="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.identity_id} {self.step}"
