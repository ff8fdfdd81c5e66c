"""When offices are open, in versions that never change."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from centro.kernel.clock import now


class BusinessCalendar(models.Model):
    """A named calendar: office hours, round the clock. Its hours live in its versions."""

    OFFICE, ALWAYS = "oficina", "continuo"

    code = models.SlugField(_("código"), max_length=40, unique=True)
    name = models.CharField(_("nombre"), max_length=120)

    class Meta:
        verbose_name = _("calendario")
        verbose_name_plural = _("calendarios")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CalendarVersion(models.Model):
    """The hours and special days of a calendar as decided once. Only its state changes.

    `week` holds seven lists (Monday first) of [opens, closes] in minutes of the local day;
    `special` holds {"day": ISO date, "name": str, "hours": [[opens, closes], …], "places": [codes]}
    for each dated exception: no hours means closed, no places means the whole country, otherwise
    provinces and districts by code.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Borrador")
        IN_FORCE = "in_force", _("Vigente")
        PAST = "past", _("Anterior")

    calendar = models.ForeignKey(
        BusinessCalendar, on_delete=models.PROTECT, related_name="versions"
    )
    number = models.PositiveIntegerField(_("versión"))
    week = models.JSONField()
    special = models.JSONField(default=list)
    note = models.TextField(_("motivo"), blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField(default=now)
    in_force_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("versión del calendario")
        verbose_name_plural = _("versiones de calendarios")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "number"], name="catalog_calendarversion_number_once"
            ),
            models.UniqueConstraint(
                fields=["calendar"],
                condition=Q(state="in_force"),
                name="catalog_calendarversion_one_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.calendar_id} v{self.number}"
