"""Which entity answers for what and where: ordered rules, in plans that go live whole."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from centro.agencies.models import Agency, Unit
from centro.catalog.models.services import CaseKind, ServiceType
from centro.kernel.clock import now
from centro.places.models import Place


class RoutingPlan(models.Model):
    """A version of all routing rules. One is live; it never changes, another takes its place."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Borrador")
        LIVE = "live", _("Vigente")
        PAST = "past", _("Anterior")

    number = models.PositiveIntegerField(_("versión"), unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    note = models.TextField(_("motivo"), blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField(default=now)
    live_at = models.DateTimeField(null=True)
    live_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("plan de derivación")
        verbose_name_plural = _("planes de derivación")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="live"), name="catalog_routingplan_one_live"
            ),
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="draft"), name="catalog_routingplan_one_draft"
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.number}"


class RoutingRule(models.Model):
    """The first rule of the live plan that fits decides; empty conditions fit everything.

    When none fits, the entity of the service type answers (a municipal service: the municipality
    of the place).
    """

    plan = models.ForeignKey(RoutingPlan, on_delete=models.CASCADE, related_name="rules")
    position = models.PositiveIntegerField(_("orden"))
    name = models.CharField(_("nombre"), max_length=120)
    service = models.ForeignKey(
        ServiceType, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    category = models.CharField(_("categoría"), max_length=100, blank=True)
    kind = models.CharField(_("tipo"), max_length=20, choices=CaseKind.choices, blank=True)
    # A province, a district or a corregimiento.
    place = models.ForeignKey(
        Place, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("regla de derivación")
        verbose_name_plural = _("reglas de derivación")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "position"],
                name="catalog_routingrule_position_once",
                deferrable=models.Deferrable.DEFERRED,
            )
        ]

    def __str__(self) -> str:
        return self.name
