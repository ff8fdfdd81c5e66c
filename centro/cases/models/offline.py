"""Cases that begin away from the system: on paper at a counter, in a newspaper, on the air."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from centro.agencies.models import Agency
from centro.files.models import StoredFile
from centro.kernel.clock import now
from centro.kernel.numbers import number_for


class NumberBlock(models.Model):
    """Case numbers given in advance to a counter, printed for days without light or network."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, related_name="+")
    counter = models.CharField(max_length=100)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.counter} {self.made_at:%Y-%m-%d}"


class ReservedNumber(models.Model):
    """One number of a block. Its serial was taken from the sequence of cases, so none other gets it."""

    serial = models.BigIntegerField(primary_key=True)
    block = models.ForeignKey(NumberBlock, on_delete=models.PROTECT, related_name="numbers")
    used_at = models.DateTimeField(null=True)
    # Spoilt or lost paper: no case will have this number.
    void_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["serial"]
        constraints = [
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(void_at__isnull=True),
                name="cases_reservednumber_one_end",
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return number_for(self.serial)


class PressMention(models.Model):
    """Where the press told of a case: the outlet, the day, the link, and a clip."""

    class Medium(models.TextChoices):
        NEWSPAPER = "newspaper", _("Periódico")
        TELEVISION = "television", _("Televisión")
        RADIO = "radio", _("Radio")
        WEB = "web", _("Medio digital")

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="press_mentions")
    medium = models.CharField(max_length=10, choices=Medium.choices)
    outlet = models.CharField(max_length=100)
    published_on = models.DateField()
    headline = models.CharField(max_length=300)
    link = models.URLField(max_length=500, blank=True)
    clip = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, null=True, related_name="press_mentions"
    )
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    noted_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["-published_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "outlet", "published_on", "headline"],
                name="cases_pressmention_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.outlet} {self.published_on}"
