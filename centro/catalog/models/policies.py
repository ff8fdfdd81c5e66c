"""Service-level agreements, in versions that never change once in force."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from centro.catalog.models.calendars import BusinessCalendar
from centro.catalog.models.services import Priority, ServiceType
from centro.kernel.calendar import Unit
from centro.kernel.clock import now
from centro.places.models import Place

UNITS = [
    (Unit.WORKING_HOURS.value, _("horas hábiles")),
    (Unit.WORKING_DAYS.value, _("días hábiles")),
    (Unit.CALENDAR_DAYS.value, _("días calendario")),
]


def default_shares() -> list[int]:
    """Percent of the target at which each rung fires: warning, then the four above."""
    return [75, 100, 150, 200, 300]


class Policy(models.Model):
    """What an agreement is about: a service type, maybe only in a region or for a priority."""

    service = models.ForeignKey(ServiceType, on_delete=models.PROTECT, related_name="policies")
    # A province or a district; none for the whole country.
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="+")
    priority = models.CharField(max_length=10, choices=Priority.choices, blank=True)

    class Meta:
        verbose_name = _("acuerdo de nivel de servicio")
        verbose_name_plural = _("acuerdos de nivel de servicio")
        constraints = [
            models.UniqueConstraint(
                fields=["service", "place", "priority"],
                name="catalog_policy_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.service} · {self.place or ''} {self.priority}"


class PolicyVersion(models.Model):
    """The terms of an agreement as decided once, and who answers at each rung."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Borrador")
        PROPOSED = "proposed", _("Por aprobar")
        IN_FORCE = "in_force", _("Vigente")
        REFUSED = "refused", _("No aprobado")
        PAST = "past", _("Anterior")

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("versión"))
    calendar = models.ForeignKey(
        BusinessCalendar, on_delete=models.PROTECT, related_name="+", verbose_name=_("calendario")
    )
    response_amount = models.PositiveSmallIntegerField(_("plazo de la primera respuesta"))
    response_unit = models.CharField(max_length=20, choices=UNITS, default=Unit.WORKING_DAYS.value)
    solution_amount = models.PositiveSmallIntegerField(_("plazo de la solución"))
    solution_unit = models.CharField(max_length=20, choices=UNITS, default=Unit.WORKING_DAYS.value)
    # Working days after which the citizen is owed a dated explanation when the solution takes
    # longer; 0 for none.
    interim_days = models.PositiveSmallIntegerField(_("avance a la persona"), default=10)
    shares = ArrayField(models.PositiveSmallIntegerField(), size=5, default=default_shares)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    note = models.TextField(_("motivo"), blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField(default=now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decision = models.TextField(_("respuesta"), blank=True)
    in_force_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("versión del acuerdo")
        verbose_name_plural = _("versiones de acuerdos")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "number"], name="catalog_policyversion_number_once"
            ),
            models.UniqueConstraint(
                fields=["policy"],
                condition=Q(state="in_force"),
                name="catalog_policyversion_one_in_force",
            ),
            models.UniqueConstraint(
                fields=["policy"],
                condition=Q(state="proposed"),
                name="catalog_policyversion_one_proposed",
            ),
            models.CheckConstraint(
                condition=Q(solution_amount__gte=1, response_amount__gte=1),
                name="catalog_policyversion_terms_at_least_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy_id} v{self.number}"


class RungHolder(models.Model):
    """Somebody in particular who answers at a rung, instead of whoever holds the post."""

    version = models.ForeignKey(PolicyVersion, on_delete=models.CASCADE, related_name="holders")
    rung = models.PositiveSmallIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "rung"], name="catalog_rungholder_once"),
            models.CheckConstraint(
                condition=Q(rung__gte=1, rung__lte=4), name="catalog_rungholder_below_the_president"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.rung}: {self.user_id}"
