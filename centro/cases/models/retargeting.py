"""The work of moving clocks that run to a calendar or an agreement that has changed."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from centro.catalog.models import CalendarVersion, PolicyVersion
from centro.kernel.clock import now


class RetargetingQuerySet(models.QuerySet["Retargeting"]):
    """The words in which the rest of the project asks for them."""

    def unfinished(self) -> Self:
        return self.filter(state__in=[Retargeting.State.MOVING, Retargeting.State.CHECKING])


class Retargeting(models.Model):
    """One version of a calendar or an agreement, and how far the clocks under way follow it.

    The place where the work stands is written with each batch: whoever goes on begins there.
    """

    class State(models.TextChoices):
        MOVING = "moving", _("En curso")
        # All are moved; what began meanwhile on an old copy is still looked for.
        CHECKING = "checking", _("Última revisión")
        DONE = "done", _("Terminado")
        REPLACED = "replaced", _("Lo sigue otra versión")

    calendar = models.ForeignKey(
        CalendarVersion, on_delete=models.PROTECT, null=True, related_name="+"
    )
    # In force, or ended without another in its place.
    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.MOVING)
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    begun_at = models.DateTimeField(default=now)
    touched_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)
    # Clocks found at the beginning (None: not counted yet), looked at, and moved.
    total = models.PositiveIntegerField(null=True)
    seen = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)
    # Cases whose date moved; sealed ones are not counted anywhere.
    cases = models.PositiveIntegerField(default=0)
    # The version whose clocks are being moved, and the last of them.
    source = models.PositiveBigIntegerField(default=0)
    last = models.PositiveBigIntegerField(default=0)

    objects = RetargetingQuerySet.as_manager()

    class Meta:
        verbose_name = _("ajuste de plazos")
        verbose_name_plural = _("ajustes de plazos")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(calendar__isnull=False, policy__isnull=True)
                | Q(calendar__isnull=True, policy__isnull=False),
                name="cases_retargeting_follows_one",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="cases_retargeting_unfinished",
                condition=Q(state__in=["moving", "checking"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"

    @property
    def share(self) -> int:
        """How much of it is done, in percent."""
        if self.state != self.State.MOVING:
            return 100
        return min(100 * self.seen // self.total, 99) if self.total else 0

    @property
    def is_over(self) -> bool:
        return self.state in {self.State.DONE, self.State.REPLACED}
