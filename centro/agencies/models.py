"""The entities of the State, their units, and who holds which post in them."""

from __future__ import annotations

from datetime import date
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from centro.accounts.roles import Role
from centro.kernel.clock import today
from centro.places.models import Place


class Distribution(models.TextChoices):
    """How an entity hands its new cases to its people."""

    LOAD = "load", _("Al funcionario de la unidad con menos casos")
    LIAISON = "liaison", _("El enlace operativo reparte")


class Agency(models.Model):
    """An entity (*entidad*): a ministry, an institute, a municipality…"""

    acronym = models.CharField(_("sigla"), max_length=20, unique=True)
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(_("nombre"), max_length=200)
    kind = models.CharField(_("tipo"), max_length=60, blank=True)
    parent_acronym = models.CharField(_("adscrita a"), max_length=20, blank=True)
    website = models.CharField(_("sitio web"), max_length=200, blank=True)
    topics = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    jurisdiction = models.ForeignKey(
        Place,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("jurisdicción"),
        help_text=_("Sólo para municipios: el distrito al que sirven."),
    )
    active = models.BooleanField(_("activa"), default=True)
    distribution = models.CharField(
        _("reparto de casos"),
        max_length=10,
        choices=Distribution.choices,
        default=Distribution.LOAD,
        help_text=_("Quién recibe un caso nuevo dentro de la entidad."),
    )
    sort_key = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        verbose_name = _("entidad")
        verbose_name_plural = _("entidades")
        ordering = ["sort_key", "acronym"]

    def __str__(self) -> str:
        return f"{self.acronym} · {self.name}"


class Unit(models.Model):
    """A unit (*dependencia*): the national one has no province, regional offices have one."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="units")
    code = models.CharField(_("código"), max_length=40, unique=True)
    name = models.CharField(_("nombre"), max_length=200)
    province = models.ForeignKey(
        Place,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("provincia"),
    )
    active = models.BooleanField(_("activa"), default=True)

    class Meta:
        verbose_name = _("unidad")
        verbose_name_plural = _("unidades")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def current(self, on: date | None = None) -> Self:
        day = on or today()
        return self.filter(Q(ends__isnull=True) | Q(ends__gte=day), starts__lte=day)


class Assignment(models.Model):
    """A post that a user holds from one day to another. Every scope comes from these rows."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments"
    )
    role = models.CharField(_("rol"), max_length=20, choices=Role.choices)
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="assignments"
    )
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="assignments"
    )
    province = models.ForeignKey(
        Place, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    starts = models.DateField(_("desde"), default=today)
    ends = models.DateField(_("hasta"), null=True, blank=True)
    # When whoever holds this post was last given a case: among equals the next goes to another.
    given_at = models.DateTimeField(null=True, editable=False)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("cargo")
        verbose_name_plural = _("cargos")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gte=F("starts")),
                name="agencies_assignment_ends_after_start",
            ),
            models.CheckConstraint(
                condition=~Q(role__in=["liaison", "executive", "official", "head"])
                | Q(agency__isnull=False),
                name="agencies_assignment_agency_roles_have_agency",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["liaison", "executive", "official", "head"])
                | Q(agency__isnull=True, unit__isnull=True),
                name="agencies_assignment_national_roles_have_none",
            ),
        ]
        indexes = [models.Index(fields=["agency", "role"])]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def current(self, on: date | None = None) -> Self:
        day = on or today()
        return self.filter(starts__lte=day, ends__gte=day)


class Absence(models.Model):
    """Somebody is away from one day to another; a delegate may answer meanwhile."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="absences"
    )
    starts = models.DateField(_("desde"))
    ends = models.DateField(_("hasta"))
    delegate = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(_("motivo"), max_length=200, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("ausencia")
        verbose_name_plural = _("ausencias")
        ordering = ["-starts", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__gte=F("starts")), name="agencies_absence_ends_after_start"
            ),
            models.CheckConstraint(
                condition=~Q(user=F("delegate")), name="agencies_absence_delegate_is_another"
            ),
        ]
        indexes = [models.Index(fields=["user", "ends"], name="agencies_absences_of_user")]

    def __str__(self) -> str:
        return f"{self.user} {self.starts} – {self.ends}"
