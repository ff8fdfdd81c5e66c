"""Who writes, as a channel knows them."""

from __future__ import annotations

from django.db import models

from centro.channels.channel import COMMENTER
from centro.people.models import Person


class Identity(models.Model):
    """Somebody on one channel: an address, a number, an account of a network.

    Which person it is, only a person at the desk decides: what a provider says of a sender, or a
    sender of themselves, proves nothing.
    """

    kind = models.CharField(max_length=20)
    external_id = models.CharField(max_length=254)
    name = models.CharField(max_length=150, blank=True)
    handle = models.CharField(max_length=100, blank=True)
    # E.164, where the channel itself knows the sender by a telephone.
    phone = models.CharField(max_length=20, blank=True)
    person = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, related_name="identities"
    )
    # The row of the same person under the id by which we can write, where the network said so.
    same_as = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="other_names"
    )
    # A person at the desk said that what comes from here is spam.
    spam = models.BooleanField(default=False)
    # Since when the person wants only what cannot be left out; None: everything.
    quiet_since = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "external_id"], name="channels_identity_once")
        ]
        indexes = [
            models.Index(
                fields=["phone"], name="channels_identity_phone", condition=~models.Q(phone="")
            )
        ]

    def __str__(self) -> str:
        return self.name or self.handle or self.external_id

    @property
    def in_public_only(self) -> bool:
        """Whether it names somebody where everybody reads, and is no address to write to."""
        return self.external_id.startswith(COMMENTER)
