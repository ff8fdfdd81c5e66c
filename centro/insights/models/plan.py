"""The strategic plan of the centre: objectives, indicators, what is aimed at and what came of it.

Targets and measurements are only ever added: a correction is the next turn of the same year, with
its reason, and the last turn holds.
"""

from __future__ import annotations

from django.conf import settings
from django.core.validators import URLValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from centro.kernel.clock import now

LONGEST_TEXT = 2000
LONGEST_PLAN = 10
FIRST_YEAR, LAST_YEAR = 2000, 2100
MOST_TOLERANCE = 50


def _by() -> models.ForeignKey[object, object]:
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")


class Plan(models.Model):
    """Some years of the centre. One is open at a time; a closed one is read only."""

    name = models.CharField(_("nombre"), max_length=120)
    first_year = models.PositiveSmallIntegerField(_("primer año"))
    years = models.PositiveSmallIntegerField(_("años"), default=5)
    created_by = _by()
    created_at = models.DateTimeField(default=now)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("plan estratégico")
        verbose_name_plural = _("planes estratégicos")
        constraints = [
            models.UniqueConstraint(
                fields=["closed_at"],
                condition=Q(closed_at=None),
                nulls_distinct=False,
                name="insights_plan_one_open",
            ),
            models.CheckConstraint(
                condition=Q(
                    first_year__range=(FIRST_YEAR, LAST_YEAR), years__range=(1, LONGEST_PLAN)
                ),
                name="insights_plan_years_in_range",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None)
                | Q(closed_at__gte=F("created_at"), closed_by__isnull=False),
                name="insights_plan_closed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def last_year(self) -> int:
        return self.first_year + self.years - 1

    @property
    def span(self) -> range:
        return range(self.first_year, self.first_year + self.years)

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class _Retirable(models.Model):
    """What is no longer followed stays where its history is."""

    retired_at = models.DateTimeField(null=True)
    retired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    retired_why = models.TextField(_("motivo"), blank=True, max_length=LONGEST_TEXT)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(retired_at=None, retired_by=None, retired_why="")
                | Q(retired_at__isnull=False, retired_by__isnull=False) & ~Q(retired_why=""),
                name="%(app_label)s_%(class)s_retired_with_a_reason",
            )
        ]


class Objective(_Retirable):
    """What the centre wants to reach; its indicators say whether it does."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="objectives")
    position = models.PositiveSmallIntegerField(_("orden"))
    title = models.CharField(_("título"), max_length=160)
    text = models.TextField(_("descripción"), blank=True, max_length=LONGEST_TEXT)

    class Meta(_Retirable.Meta):
        verbose_name = _("objetivo")
        verbose_name_plural = _("objetivos")
        ordering = ["position"]
        constraints = [
            *_Retirable.Meta.constraints,
            models.UniqueConstraint(
                fields=["plan", "position"], name="insights_objective_position_once"
            ),
            models.UniqueConstraint(
                fields=["plan", "title"],
                condition=Q(retired_at=None),
                name="insights_objective_title_once",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Unit(models.TextChoices):
    """The units of a number entered by hand; a metric brings its own, of the same."""

    PERCENT = "percent", _("De cada cien (%)")
    COUNT = "count", _("Cantidad")
    SECONDS = "seconds", _("Segundos")
    HOURS = "hours", _("Horas")
    PER_THOUSAND = "per_thousand", _("Por cada mil")


class Better(models.TextChoices):
    """Which way is up."""

    HIGHER = "higher", _("Cuanto más alto, mejor")
    LOWER = "lower", _("Cuanto más bajo, mejor")


class Indicator(_Retirable):
    """A number by which an objective is judged: of the registry, or entered with evidence."""

    objective = models.ForeignKey(Objective, on_delete=models.PROTECT, related_name="indicators")
    position = models.PositiveSmallIntegerField(_("orden"))
    title = models.CharField(_("título"), max_length=160)
    sentence = models.TextField(_("definición"), max_length=LONGEST_TEXT)
    # Both, or none for a number entered by hand.
    metric = models.CharField(max_length=60, blank=True)
    column = models.CharField(max_length=60, blank=True)
    unit = models.CharField(_("unidad"), max_length=20, choices=Unit.choices)
    better = models.CharField(max_length=10, choices=Better.choices)
    # Per cent of the target by which it may be missed and still be near.
    tolerance = models.PositiveSmallIntegerField(_("margen"), default=5)
    # Begins at nought every January and grows, as the entities that joined this year do.
    accumulates = models.BooleanField(_("se acumula durante el año"), default=False)

    class Meta(_Retirable.Meta):
        verbose_name = _("indicador del plan")
        verbose_name_plural = _("indicadores del plan")
        ordering = ["position"]
        constraints = [
            *_Retirable.Meta.constraints,
            models.UniqueConstraint(
                fields=["objective", "position"], name="insights_indicator_position_once"
            ),
            models.UniqueConstraint(
                fields=["objective", "title"],
                condition=Q(retired_at=None),
                name="insights_indicator_title_once",
            ),
            models.CheckConstraint(
                condition=Q(metric="", column="") | ~Q(metric="") & ~Q(column=""),
                name="insights_indicator_metric_with_column",
            ),
            models.CheckConstraint(
                condition=Q(tolerance__lte=MOST_TOLERANCE), name="insights_indicator_tolerance"
            ),
            models.CheckConstraint(
                condition=Q(unit__in=Unit.values) & Q(better__in=Better.values),
                name="insights_indicator_known_words",
            ),
            models.CheckConstraint(
                condition=Q(accumulates=False) | Q(better=Better.HIGHER),
                name="insights_indicator_accumulates_upwards",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def by_hand(self) -> bool:
        return not self.metric


class _Turn(models.Model):
    """A number of a year. Never changed: the next turn corrects it and says why."""

    year = models.PositiveSmallIntegerField(_("año"))
    turn = models.PositiveSmallIntegerField()
    value = models.DecimalField(_("valor"), max_digits=12, decimal_places=2)
    reason = models.TextField(_("motivo"), blank=True, max_length=LONGEST_TEXT)
    at = models.DateTimeField(default=now)

    class Meta:
        abstract = True
        ordering = ["year", "turn"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "year", "turn"], name="%(app_label)s_%(class)s_turn_once"
            ),
            models.CheckConstraint(
                condition=Q(turn=1) | Q(turn__gt=1) & ~Q(reason=""),
                name="%(app_label)s_%(class)s_corrected_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(value__gte=0), name="%(app_label)s_%(class)s_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(year__range=(FIRST_YEAR, LAST_YEAR + LONGEST_PLAN)),
                name="%(app_label)s_%(class)s_year_in_range",
            ),
        ]


class Target(_Turn):
    """What an indicator is to reach by the end of a year."""

    indicator = models.ForeignKey(Indicator, on_delete=models.PROTECT, related_name="targets")
    set_by = _by()

    class Meta(_Turn.Meta):
        verbose_name = _("meta")
        verbose_name_plural = _("metas")

    def __str__(self) -> str:
        return f"{self.year}: {self.value}"


class Measurement(_Turn):
    """What a year came to, entered by somebody who says where it is from."""

    indicator = models.ForeignKey(Indicator, on_delete=models.PROTECT, related_name="measurements")
    evidence = models.TextField(_("evidencia"), max_length=LONGEST_TEXT)
    link = models.URLField(
        _("enlace"), blank=True, max_length=500, validators=[URLValidator(["http", "https"])]
    )
    entered_by = _by()

    class Meta(_Turn.Meta):
        verbose_name = _("medición")
        verbose_name_plural = _("mediciones")
        constraints = [
            *_Turn.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(evidence=""), name="insights_measurement_with_evidence"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year}: {self.value}"


class Comment(models.Model):
    """What the direction says of an indicator, or of one of its years."""

    indicator = models.ForeignKey(Indicator, on_delete=models.PROTECT, related_name="comments")
    year = models.PositiveSmallIntegerField(_("año"), null=True)
    text = models.TextField(_("comentario"), max_length=LONGEST_TEXT)
    said_by = _by()
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("comentario del plan")
        verbose_name_plural = _("comentarios del plan")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="insights_comment_says_something")
        ]

    def __str__(self) -> str:
        return self.text[:60]
