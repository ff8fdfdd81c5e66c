"""Texts of messages that a country's pack or the site changed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class MessageText(models.Model):
    """A text of the country's pack, or changed by the site; it replaces the one in the code."""

    name = models.CharField(max_length=40)
    language = models.CharField(max_length=5)
    subject = models.CharField(max_length=200)
    body = models.TextField()

    class Meta:
        verbose_name = _("texto de mensaje")
        verbose_name_plural = _("textos de mensajes")
        constraints = [
            models.UniqueConstraint(fields=["name", "language"], name="channels_messagetext_once")
        ]

    def __str__(self) -> str:
        return f"{self.name}.{self.language}"
