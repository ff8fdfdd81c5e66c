"""The ladder to the President: rungs that fired, who was told, what they promised."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from centro.agencies.models import Agency
from centro.cases.models.clocks import SlaClock
from centro.channels.models import OutboundMessage
from centro.kernel.clock import now


class Escalation(models.Model):
    """A rung of the ladder that a case reached: exactly one record per case, cycle and rung."""

    class Rung(models.IntegerChoices):
        OFFICIAL = 1, _("Funcionario responsable")
        LIAISON = 2, _("Enlace operativo")
        EXECUTIVE = 3, _("Enlace ejecutivo")
        HEAD = 4, _("Máxima autoridad")
        PRESIDENT = 5, _("Presidencia")

    case = models.ForeignKey(
        "cases.Case", on_delete=models.PROTECT, related_name="escalations", db_index=False
    )
    cycle = models.PositiveSmallIntegerField()
    rung = models.PositiveSmallIntegerField(choices=Rung.choices)
    clock = models.ForeignKey(SlaClock, on_delete=models.PROTECT, related_name="escalations")
    # The entity that had the case then; none in triage.
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, related_name="+")
    share = models.PositiveSmallIntegerField()  # percent of the target
    moment = models.DateTimeField()  # when the rung was reached
    fired_at = models.DateTimeField(default=now)  # when the sweep found it
    # Nobody holds this rung: the case went up at once, and says so.
    nobody = models.BooleanField(default=False)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True)
    promise = models.TextField(blank=True)
    promised_for = models.DateTimeField(null=True)
    # None while the promise is open; then whether the case was solved by its date.
    promise_kept = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "cycle", "rung"], name="cases_escalation_once_each"
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=True, promised_for__isnull=True)
                | Q(acknowledged_at__isnull=False),
                name="cases_escalation_promises_are_signed",
            ),
        ]
        indexes = [
            models.Index(fields=["agency", "rung", "-id"], name="cases_escalations_of_agency"),
            models.Index(fields=["rung", "-id"], name="cases_escalations_by_rung"),
            models.Index(
                fields=["promised_for"],
                name="cases_promises_open",
                condition=Q(promised_for__isnull=False, promise_kept__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.cycle}/{self.rung}"


class Notice(models.Model):
    """Something that somebody of the State must know about a case. Mailed in digests."""

    class Kind(models.TextChoices):
        RUNG = "rung", _("Subió hasta usted")
        WARNING = "warning", _("Vence pronto")
        PASSED_ON = "passed_on", _("Llegó con escalones ya pasados")
        PROMISE = "promise", _("Venció un compromiso")
        REOPENED = "reopened", _("La persona no aceptó la solución")
        STINT = "stint", _("Lleva mucho tiempo en la entidad")
        RESPONSE = "response", _("Falta la primera respuesta")
        INTERIM = "interim", _("Debe un avance a la persona")
        INSTRUCTION = "instruction", _("Instrucción de la Presidencia")
        AUDIT = "audit", _("Revisión de un cierre")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notices"
    )
    case = models.ForeignKey(
        "cases.Case", on_delete=models.PROTECT, null=True, related_name="notices"
    )
    escalation = models.ForeignKey(
        Escalation, on_delete=models.PROTECT, null=True, related_name="notices"
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    urgent = models.BooleanField(default=False)
    # On whose behalf: the absent person whose delegate this user is.
    instead_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(null=True)
    message = models.ForeignKey(
        OutboundMessage, on_delete=models.PROTECT, null=True, related_name="+"
    )
    seen_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["user", "created_at"],
                name="cases_notices_to_send",
                condition=Q(sent_at__isnull=True),
            ),
            models.Index(fields=["user", "-id"], name="cases_notices_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind}"
