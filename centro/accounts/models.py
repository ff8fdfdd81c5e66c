"""Users of the desk. What they may do is not here: see agencies.Assignment."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from centro.kernel.actor import Actor, Kind


class User(AbstractUser):
    """Somebody of the centre or of an entity. Citizens have no account."""

    phone = models.CharField(_("teléfono"), max_length=20, blank=True)
    language = models.CharField(_("idioma"), max_length=5, default="es")
    # Each of their cases comes as a mail of its own, which they may answer to work it.
    works_by_mail = models.BooleanField(
        _("atiende casos por correo"), default=False, db_default=False
    )

    class Meta:
        verbose_name = _("usuario")
        verbose_name_plural = _("usuarios")
        constraints = [
            # People sign in by their address too: it must lead to one user.
            models.UniqueConstraint(
                Lower("email"), condition=~Q(email=""), name="accounts_user_email_once"
            )
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        # Whoever signs in by address is looked for in lower case.
        self.email = self.email.lower()
        super().save(*args, **kwargs)

    @property
    def actor(self) -> Actor:
        """Who this is, without posts; agencies.scopes.actor_of adds them."""
        return Actor(Kind.STAFF, self.pk, self.get_full_name() or self.username)


class Bucket(models.Model):
    """How often something was tried in its current window. See limits.count_attempt."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key
