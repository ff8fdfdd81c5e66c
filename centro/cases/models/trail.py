"""The timeline of a case."""

from __future__ import annotations

from typing import Self

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Func

from centro.cases import timeline
from centro.kernel.clock import now


class TimelineEntryQuerySet(models.QuerySet["TimelineEntry"]):
    def readable_by(self, audience: timeline.Audience) -> Self:
        return self.filter(kind__in=timeline.kinds_for(audience)).order_by("at", "id")


class TimelineEntry(models.Model):
    """Something that happened to a case. Never changed, never deleted."""

    case = models.ForeignKey(
        "cases.Case", on_delete=models.PROTECT, related_name="timeline", db_index=False
    )  # cases_timeline_in_order begins with it
    kind = models.CharField(max_length=40)
    at = models.DateTimeField(auto_now_add=False, default=now)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=200, blank=True)
    cycle = models.PositiveSmallIntegerField(default=1)
    data = models.JSONField(default=dict)
    # The transaction that wrote it, by the database: whoever follows the changes of cases asks for
    # what came after the oldest transaction that was open when they last looked.
    tx = models.BigIntegerField(
        db_default=Func(function="txid_current", output_field=models.BigIntegerField()),
        editable=False,
    )

    objects = TimelineEntryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["case", "at", "id"], name="cases_timeline_in_order"),
            # Lines are written in the order of their transactions, nearly: a few pages say it all.
            BrinIndex(fields=["tx"], name="cases_timeline_by_tx", pages_per_range=16),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind}"

    @property
    def sentence(self) -> str:
        return timeline.sentence(self.kind, self.data)

    @property
    def text(self) -> str:
        return str(self.data.get("text", ""))
