"""What can be asked of the State: service types, their questions, the holidays."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from centro.agencies.models import Agency


class CaseKind(models.TextChoices):
    """What a person brings. It follows from the service type and is never guessed silently."""

    COMPLAINT = "complaint", _("Queja")
    DENUNCIATION = "denunciation", _("Denuncia")
    SUGGESTION = "suggestion", _("Sugerencia")
    IDEA = "idea", _("Idea")
    REQUEST = "request", _("Solicitud")
    INQUIRY = "inquiry", _("Consulta")
    COMPLIMENT = "compliment", _("Felicitación")


class Priority(models.TextChoices):
    LOW = "low", _("Baja")
    MEDIUM = "medium", _("Media")
    HIGH = "high", _("Alta")
    URGENT = "urgent", _("Urgente")


class Confidentiality(models.TextChoices):
    """`reserved` hides who reported; `sealed` hides the whole case from all but a few."""

    OPEN = "open", _("Abierto")
    RESERVED = "reserved", _("Reservado")
    SEALED = "sealed", _("Sellado")


class ServiceType(models.Model):
    """One thing that people ask for, with the entity that answers and its term.

    A type without an entity sends its cases to triage.
    """

    code = models.CharField(_("código"), max_length=30, unique=True)
    name = models.CharField(_("nombre"), max_length=200)
    name_en = models.CharField(_("nombre en inglés"), max_length=200, blank=True)
    agency = models.ForeignKey(
        Agency,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="service_types",
        verbose_name=_("entidad"),
    )
    category = models.CharField(_("categoría"), max_length=100, blank=True)
    kind = models.CharField(_("tipo"), max_length=20, choices=CaseKind.choices)
    priority = models.CharField(
        _("prioridad"), max_length=10, choices=Priority.choices, default=Priority.MEDIUM
    )
    working_days = models.PositiveSmallIntegerField(_("plazo en días hábiles"), default=10)
    around_the_clock = models.BooleanField(_("servicio de 24 horas"), default=False)
    requires_place = models.BooleanField(_("necesita ubicación"), default=True)
    confidentiality = models.CharField(
        _("confidencialidad"),
        max_length=10,
        choices=Confidentiality.choices,
        default=Confidentiality.OPEN,
    )
    keywords = ArrayField(
        models.CharField(max_length=100), default=list, blank=True, verbose_name=_("palabras clave")
    )
    municipal = models.BooleanField(
        _("municipal"),
        default=False,
        help_text=_("Lo atiende el municipio del lugar, no siempre la misma entidad."),
    )
    active = models.BooleanField(_("activo"), default=True)
    sort_key = models.CharField(max_length=200, blank=True, editable=False)
    search_key = models.CharField(max_length=400, blank=True, editable=False)

    class Meta:
        verbose_name = _("tipo de servicio")
        verbose_name_plural = _("tipos de servicio")
        ordering = ["sort_key", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(working_days__gte=1), name="catalog_servicetype_term_at_least_a_day"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Question(models.Model):
    """A question that a service type asks besides the common ones."""

    class Kind(models.TextChoices):
        TEXT = "text", _("Texto")
        CHOICE = "choice", _("Opciones")
        YES_NO = "yesno", _("Sí o no")
        NUMBER = "number", _("Número")
        DATE = "date", _("Fecha")

    service_type = models.ForeignKey(
        ServiceType, on_delete=models.CASCADE, related_name="questions"
    )
    key = models.SlugField(_("clave"), max_length=40)
    label = models.CharField(_("pregunta"), max_length=200)
    label_en = models.CharField(_("pregunta en inglés"), max_length=200, blank=True)
    kind = models.CharField(_("tipo"), max_length=10, choices=Kind.choices, default=Kind.TEXT)
    choices = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    # One for each choice, in the same order; without them English readers get the Spanish words.
    choices_en = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    required = models.BooleanField(_("obligatoria"), default=False)
    position = models.PositiveSmallIntegerField(_("orden"), default=1)

    class Meta:
        verbose_name = _("pregunta")
        verbose_name_plural = _("preguntas")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["service_type", "key"], name="catalog_question_key_once_per_type"
            )
        ]

    def __str__(self) -> str:
        return self.label

    def offered(self, *, english: bool) -> list[tuple[str, str]]:
        """The choices: what is kept, which is the same in every language, and what is read."""
        read = self.choices_en if english and self.choices_en else self.choices
        return list(zip(self.choices, read, strict=True))


class Holiday(models.Model):
    """A day on which offices close. Bank-only holidays are kept but do not stop a term."""

    class Kind(models.TextChoices):
        NATIONAL = "national", _("Nacional")
        BRIDGE = "bridge", _("Puente")
        BANK = "bank", _("Bancario")

    day = models.DateField(_("día"))
    name = models.CharField(_("nombre"), max_length=120)
    kind = models.CharField(_("tipo"), max_length=10, choices=Kind.choices)

    class Meta:
        verbose_name = _("feriado")
        verbose_name_plural = _("feriados")
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(fields=["day", "kind"], name="catalog_holiday_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
