"""Was it really solved? A random sample of closures is looked at again."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from centro.accounts.models import User
from centro.agencies.models import Agency
from centro.agencies.scopes import scope_of
from centro.catalog.models import Confidentiality
from centro.kernel.clock import now
from centro.kernel.errors import NotFound


class ClosureAuditQuerySet(models.QuerySet["ClosureAudit"]):
    """The words in which the rest of the project asks for audits."""

    def to_do(self) -> Self:
        return self.filter(done_at__isnull=True)

    def done(self) -> Self:
        return self.filter(done_at__isnull=False)

    def for_analyst(self, user: User) -> Self:
        """What this user may judge: nothing sealed, nothing of an entity in which they serve."""
        mine = scope_of(user).all_agencies
        open_to_them = self.exclude(case__confidentiality=Confidentiality.SEALED)
        return open_to_them.exclude(agency__in=mine)

    def reach(self, pk: int, user: User) -> ClosureAudit:
        """The only way a view gets an audit to judge: absent, done and forbidden look the same."""
        mine = self.to_do().for_analyst(user).filter(pk=pk)
        audit = mine.select_related("agency", *(f"case__{name}" for name in _SHOWN)).first()
        if audit is None:
            raise NotFound(_now("Esa revisión no existe o ya se hizo."))
        return audit


# What the page of an audit shows of the case; never the official or who reported.
_SHOWN = ("service", "place__district", "place__province")


class ClosureAudit(models.Model):
    """A closed case that chance chose, and what the quality analyst found."""

    class Why(models.TextChoices):
        NOT_DONE = "not_done", _("El trabajo no se hizo")
        PARTLY = "partly", _("Se hizo a medias")
        OTHER_MATTER = "other_matter", _("Se atendió otra cosa")
        ONLY_WORDS = "only_words", _("Sólo se respondió con un trámite")
        NOT_REACHED = "not_reached", _("No se pudo comprobar")
        OTHER = "other", _("Otro motivo")

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="audits")
    cycle = models.PositiveSmallIntegerField()
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="audits")
    official = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    drawn_at = models.DateTimeField(default=now)
    # None until somebody looked; then whether the solution was real.
    real = models.BooleanField(null=True)
    why = models.CharField(max_length=20, choices=Why.choices, blank=True)
    text = models.TextField(blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    done_at = models.DateTimeField(null=True)

    objects = ClosureAuditQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "cycle"], name="cases_audit_once_a_cycle"),
            models.CheckConstraint(
                condition=Q(real__isnull=True, done_at__isnull=True)
                | Q(real__isnull=False, done_at__isnull=False, done_by__isnull=False),
                name="cases_audit_done_by_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["drawn_at"], name="cases_audits_to_do", condition=Q(done_at__isnull=True)
            ),
            models.Index(fields=["agency", "-done_at"], name="cases_audits_of_agency"),
            models.Index(
                fields=["done_at"], name="cases_audits_done", condition=Q(done_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.cycle}"
