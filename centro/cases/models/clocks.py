"""Clocks: how long a case may take, how long it took, and what stopped and moved the hands."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from centro.agencies.models import Agency
from centro.catalog.models import CalendarVersion, PolicyVersion
from centro.kernel.calendar import Unit


class SlaClockQuerySet(models.QuerySet["SlaClock"]):
    """The words in which the rest of the project asks for clocks."""

    def running(self) -> Self:
        return self.filter(state=SlaClock.State.RUNNING)

    def going(self) -> Self:
        """Running or paused: what a change of policy or calendar moves."""
        return self.filter(state__in=[SlaClock.State.RUNNING, SlaClock.State.PAUSED])

    def at_the_top(self) -> Self:
        """Going solution clocks that have fired their last rung, the President's."""
        return self.going().filter(metric=SlaClock.Metric.SOLUTION, next_rung__isnull=True)

    def of_the_citizen(self) -> Self:
        return self.exclude(metric=SlaClock.Metric.STINT)


class SlaClock(models.Model):
    """One measured term of a case. `due_at` is add_seconds(resumed_at, target - consumed).

    The citizen's clocks (solution, first response, interim reply) are one per cycle and no
    transfer, reassignment or comment touches them; a stint measures one entity's time with the
    case, and measures and warns only. The ladder hangs on the solution clock alone.
    """

    class Metric(models.TextChoices):
        SOLUTION = "solution", _("Solución")
        FIRST_RESPONSE = "first_response", _("Primera respuesta")
        INTERIM = "interim", _("Respuesta de avance")
        STINT = "stint", _("Tiempo de la entidad")

    class State(models.TextChoices):
        RUNNING = "running", _("Corre")
        PAUSED = "paused", _("En pausa")
        STOPPED = "stopped", _("Terminado")
        CANCELLED = "cancelled", _("Anulado")

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="clocks")
    metric = models.CharField(max_length=20, choices=Metric.choices)
    cycle = models.PositiveSmallIntegerField(default=1)
    # The first is 1; 0 for the citizen's clocks, which know no stints.
    stint = models.PositiveSmallIntegerField(default=0)
    # Whose stint it is. A stint without an entity is the centre's own time in triage.
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    policy = models.ForeignKey(
        PolicyVersion, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    calendar = models.ForeignKey(
        CalendarVersion, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # 0 for a date that was promised: see `is_promise`.
    term_amount = models.PositiveSmallIntegerField()
    term_unit = models.CharField(max_length=20, choices=[(u.value, u.value) for u in Unit])
    started_at = models.DateTimeField()
    # Business seconds of the whole term, and those spent before `resumed_at`.
    target_seconds = models.PositiveIntegerField()
    consumed_seconds = models.PositiveIntegerField(default=0)
    resumed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    stopped_at = models.DateTimeField(null=True)
    # Kept as a fact when the clock stops; what a report says never changes afterwards.
    on_time = models.BooleanField(null=True)
    # How many rungs higher this cycle began (one more at each reopening).
    base_rung = models.PositiveSmallIntegerField(default=0)
    # The next moment at which time alone does something to this clock: a rung of the ladder, or
    # the end of a term that only warns. None when nothing is left, or while it does not run.
    next_at = models.DateTimeField(null=True)
    next_rung = models.PositiveSmallIntegerField(null=True)

    objects = SlaClockQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "metric", "cycle"],
                condition=~Q(metric="stint") & ~Q(metric="interim"),
                name="cases_slaclock_once_a_cycle",
            ),
            models.UniqueConstraint(
                fields=["case", "stint"],
                condition=Q(metric="stint"),
                name="cases_slaclock_once_a_stint",
            ),
            models.UniqueConstraint(
                fields=["case", "metric"],
                condition=Q(state__in=["running", "paused"]),
                name="cases_slaclock_one_going",
            ),
            models.CheckConstraint(
                condition=Q(state="running", resumed_at__isnull=False)
                | (~Q(state="running") & Q(resumed_at__isnull=True, next_at__isnull=True)),
                name="cases_slaclock_runs_since",
            ),
            models.CheckConstraint(
                condition=Q(state="stopped", stopped_at__isnull=False, on_time__isnull=False)
                | (~Q(state="stopped") & Q(on_time__isnull=True)),
                name="cases_slaclock_stopped_with_its_facts",
            ),
            models.CheckConstraint(
                condition=Q(metric="stint", stint__gte=1) | (~Q(metric="stint") & Q(stint=0)),
                name="cases_slaclock_only_stints_are_counted",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at", "id"],
                name="cases_clocks_next",
                condition=Q(next_at__isnull=False),
            ),
            # What reached the President and is not solved: nothing above is left to fire.
            models.Index(
                fields=["id"],
                name="cases_clocks_at_the_top",
                condition=Q(
                    metric="solution", state__in=["running", "paused"], next_rung__isnull=True
                ),
            ),
            # What a new version of a calendar or a policy has to move.
            models.Index(
                fields=["calendar", "id"],
                name="cases_clocks_of_calendar",
                condition=Q(state__in=["running", "paused"]),
            ),
            models.Index(
                fields=["policy", "id"],
                name="cases_clocks_of_policy",
                condition=Q(state__in=["running", "paused"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.metric} {self.cycle}"

    @property
    def is_promise(self) -> bool:
        """Whether it runs to a date that the citizen was given, not to the end of a term: no wait
        stops it, and no agreement or calendar moves its date."""
        return self.term_amount == 0


class ClockEvent(models.Model):
    """What happened to a clock after it started. Never changed, never deleted."""

    class Kind(models.TextChoices):
        PAUSED = "paused", _("Se detuvo")
        RESUMED = "resumed", _("Continuó")
        RETARGETED = "retargeted", _("Cambió el plazo")
        STOPPED = "stopped", _("Terminó")
        CANCELLED = "cancelled", _("Se anuló")

    clock = models.ForeignKey(SlaClock, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    at = models.DateTimeField()
    due_at = models.DateTimeField()
    consumed_seconds = models.PositiveIntegerField()
    # Why: the reason of a pause, the versions before and after, who decided.
    data = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.clock_id} {self.kind}"
