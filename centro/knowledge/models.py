"""What the centre knows: short articles that answer a question at once, emergency numbers."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from centro.agencies.models import Agency


class Article(models.Model):
    """A short text that answers one question, in one language."""

    slug = models.SlugField(_("dirección"), max_length=80)
    language = models.CharField(_("idioma"), max_length=8, default="es")
    title = models.CharField(_("título"), max_length=200)
    body = models.TextField(_("texto"))
    agency = models.ForeignKey(
        Agency,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="articles",
        verbose_name=_("entidad"),
    )
    keywords = ArrayField(
        models.CharField(max_length=100), default=list, blank=True, verbose_name=_("palabras clave")
    )
    active = models.BooleanField(_("activo"), default=True)
    updated_at = models.DateTimeField(_("actualizado"), auto_now=True)

    class Meta:
        verbose_name = _("artículo")
        verbose_name_plural = _("artículos")
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug", "language"], name="knowledge_article_slug_once_per_language"
            )
        ]

    def __str__(self) -> str:
        return self.title


class EmergencyNumber(models.Model):
    """A number to call when waiting is dangerous. Shown before anything else, everywhere."""

    number = models.CharField(_("número"), max_length=20, unique=True)
    label = models.CharField(_("nombre"), max_length=120)
    label_en = models.CharField(_("nombre en inglés"), max_length=120, blank=True)
    description = models.CharField(_("para qué"), max_length=200, blank=True)
    description_en = models.CharField(_("para qué, en inglés"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("orden"), default=1)
    active = models.BooleanField(_("activo"), default=True)

    class Meta:
        verbose_name = _("número de emergencia")
        verbose_name_plural = _("números de emergencia")
        ordering = ["position", "number"]

    def __str__(self) -> str:
        return f"{self.number} {self.label}"
