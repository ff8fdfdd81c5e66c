"""The accounts by which the centre can be reached: a mailbox, a number, a page."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from centro.agencies.models import Agency
from centro.channels.channel import Access
from centro.kernel.sealing import cipher


class Account(models.Model):
    """One mailbox, number or page of one channel; an entity may have its own.

    What opens it is sealed under a key outside the database. `options` are what is no secret,
    under the names that its channel declares.
    """

    kind = models.CharField(_("canal"), max_length=20)
    # Names it in addresses of webhooks, commands and logs.
    slug = models.SlugField(_("clave"), max_length=40, unique=True)
    label = models.CharField(_("nombre"), max_length=100)
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("entidad"),
    )  # fmt: skip
    # As the provider names it: the mailbox, the number in E.164, the id of the page.
    address = models.CharField(_("dirección"), max_length=254, blank=True)
    options = models.JSONField(default=dict, blank=True)
    sealed = models.BinaryField(null=True)
    active = models.BooleanField(_("activa"), default=True)
    # Nothing in for so many minutes of its usual day is a fault worth an alarm; None: never.
    silent_after = models.PositiveIntegerField(
        _("alarma de silencio (minutos)"), null=True, blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["kind", "slug"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "address"],
                condition=~Q(address=""),
                name="channels_account_address_once",
            )
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def secrets(self) -> Mapping[str, str]:
        """What opens the account, in clear. Never shown on a page."""
        if self.sealed is None:
            return {}
        clear = cipher(settings.CHANNEL_KEY, "channels.secrets").decrypt(bytes(self.sealed))
        secrets: dict[str, str] = json.loads(clear)
        return secrets

    def seal_secrets(self, secrets: Mapping[str, str]) -> None:
        text = json.dumps(dict(secrets)).encode()
        self.sealed = cipher(settings.CHANNEL_KEY, "channels.secrets").encrypt(text)

    @property
    def access(self) -> Access:
        """The account as an adapter gets it."""
        return Access(self.pk, self.slug, self.address, dict(self.options), self.secrets)


class Mailbox(models.Model):
    """How far the mailbox of an account was read: the server's numbering and the last number."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="mailbox")
    validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    read_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.account_id} {self.validity}:{self.last_uid}"
