"""How people say things: what the model of understanding learns from, beside the keywords."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Saying(models.Model):
    """One way to say something, as a small grammar: `no [hay|llega] agua`.

    `means` is the code of a service type, or one of the two below for what belongs to none. It is
    text and no key: a saying may stay when its type goes out of use.
    """

    OUT_OF_SCOPE = "out_of_scope"
    AMBIGUOUS = "ambiguous"

    means = models.CharField(_("significado"), max_length=30)
    text = models.CharField(_("forma de decirlo"), max_length=300)

    class Meta:
        verbose_name = _("forma de decirlo")
        verbose_name_plural = _("formas de decirlo")
        ordering = ["means", "id"]
        constraints = [
            models.UniqueConstraint(fields=["means", "text"], name="catalog_saying_once")
        ]

    def __str__(self) -> str:
        return f"{self.means}: {self.text}"
