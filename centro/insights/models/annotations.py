"""Notes on the time axis: the storm or the strike that a curve does not explain by itself."""

from __future__ import annotations

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from centro.agencies.models import Agency
from centro.insights.questions import Sight
from centro.insights.writing import written
from centro.kernel.errors import NotFound

LONGEST_WORDS = 60


class AnnotationQuerySet(models.QuerySet["Annotation"]):
    """The words in which the rest of the project asks for notes."""

    def standing(self) -> Self:
        return self.filter(removed_at=None)

    def seen_with(self, sight: Sight) -> Self:
        """Those of the country for everybody who counts, an entity's for who counts its cases."""
        if sight.blind:
            return self.none()
        if sight.country:
            return self
        own = {part.agency for part in sight.parts}
        return self.filter(Q(agency=None) | Q(agency__in=own))

    def about(self, agency_id: int) -> Self:
        """What bears on the figures of one entity: its own notes and the country's."""
        return self.filter(Q(agency=None) | Q(agency=agency_id))

    def between(self, first: date, last: date) -> Self:
        """Those of which at least one day lies between these, both included."""
        return self.alias(end=Coalesce("until", "day")).filter(day__lte=last, end__gte=first)

    def reach(self, pk: int, sight: Sight) -> Annotation:
        """The only way a view gets one: absent, removed and out of sight look the same."""
        found = self.standing().seen_with(sight).filter(pk=pk).first()
        if found is None:
            raise NotFound(gettext("Esa anotación no existe."))
        return found


class Annotation(models.Model):
    """A few words about a day, or about the days up to another."""

    day = models.DateField(_("día"))
    until = models.DateField(_("hasta"), null=True, blank=True)
    words = models.CharField(_("palabras"), max_length=LONGEST_WORDS)
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = AnnotationQuerySet.as_manager()

    class Meta:
        verbose_name = _("anotación")
        verbose_name_plural = _("anotaciones")
        ordering = ["day", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gt=F("day")), name="annotation_ends_after"
            ),
            models.CheckConstraint(condition=~Q(words=""), name="annotation_says_something"),
            models.CheckConstraint(
                condition=Q(removed_at=None, removed_by=None)
                | Q(removed_at__isnull=False, removed_by__isnull=False),
                name="annotation_removed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.when}: {self.words}"

    @property
    def end(self) -> date:
        return self.until or self.day

    @property
    def when(self) -> str:
        """3 mar 2026, or 3 mar 2026 – 5 mar 2026."""
        days = [self.day, self.until] if self.until else [self.day]
        return " – ".join(written(day, "day") for day in days)
