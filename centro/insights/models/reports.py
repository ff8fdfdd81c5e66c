"""Reports that people asked to receive by mail."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from centro.accounts.models import User
from centro.kernel.errors import NotFound

LONGEST_QUERY = 300


class SubscriptionQuerySet(models.QuerySet["ReportSubscription"]):
    """The words in which the rest of the project asks for subscriptions."""

    def active(self) -> Self:
        return self.filter(active=True)

    def due(self, moment: datetime) -> Self:
        return self.active().filter(next_at__lte=moment)

    def reach(self, pk: int, user: User) -> ReportSubscription:
        """One's own; somebody else's looks as if it did not exist."""
        found = self.active().filter(pk=pk, user=user).first()
        if found is None:
            raise NotFound(gettext("Usted no recibe ese informe."))
        return found


class ReportSubscription(models.Model):
    """Somebody's wish to have the figures of a dashboard by mail, week by week or month by month.

    `query` are the filters as an address writes them, without the period: the period is the last
    `months` months at each sending. What its owner may count is asked anew each time.
    """

    class Every(models.TextChoices):
        WEEK = "week", _("Cada semana, el lunes")
        MONTH = "month", _("Cada mes, el día primero")

    class Ended(models.TextChoices):
        """Why nothing is sent any more."""

        ASKED = "asked", _("Usted la terminó")
        SIGHT = "sight", _("Sus funciones ya no incluyen estas cifras")
        FILTER = "filter", _("Algo por lo que se filtraba ya no existe")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="report_subscriptions"
    )
    dashboard = models.SlugField(max_length=40)
    query = models.CharField(max_length=LONGEST_QUERY, blank=True)
    months = models.PositiveSmallIntegerField()
    every = models.CharField(max_length=10, choices=Every.choices)
    next_at = models.DateTimeField()
    last_sent_at = models.DateTimeField(null=True, blank=True)
    active = models.BooleanField(default=True)
    ended = models.CharField(max_length=10, choices=Ended.choices, blank=True)
    created_at = models.DateTimeField()

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("informe por correo")
        verbose_name_plural = _("informes por correo")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "dashboard", "query", "months"],
                condition=Q(active=True),
                name="one_subscription_for_each_report",
            ),
            models.CheckConstraint(
                condition=Q(active=True, ended="") | (Q(active=False) & ~Q(ended="")),
                name="subscription_says_why_it_ended",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(active=True), name="subscriptions_to_come")
        ]

    def __str__(self) -> str:
        return f"{self.dashboard} · {self.user} · {self.every}"
