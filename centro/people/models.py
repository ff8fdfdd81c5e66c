"""Citizens, companies and groups, and the ways to reach them.

Personal data lives here alone: PERSONAL names its columns, for those who erase, export or mask.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Reverse
from django.utils.translation import gettext_lazy as _

from centro.people import sealing

PERSONAL = {
    "people.Person": frozenset({"name", "name_key", "document_hmac", "document_sealed"}),
    "people.ContactPoint": frozenset({"value", "failure"}),
    "people.Merge": frozenset({"reason"}),
}


class Person(models.Model):
    """Somebody who spoke to the centre. The document is an HMAC to find and ciphertext to show."""

    class Kind(models.TextChoices):
        CITIZEN = "citizen", _("Ciudadano")
        COMPANY = "company", _("Empresa")
        COMMUNITY = "community", _("Grupo comunitario")
        VISITOR = "visitor", _("Visitante")
        INVESTOR = "investor", _("Inversionista")
        PUBLIC_SERVANT = "public_servant", _("Servidor público")

    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.CITIZEN)
    name = models.CharField(max_length=150, blank=True)
    name_key = models.CharField(max_length=150, blank=True)
    document_hmac = models.CharField(max_length=64, blank=True)
    document_sealed = models.BinaryField(null=True)
    language = models.CharField(max_length=5, default="es")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(document_hmac="", document_sealed__isnull=True)
                | (~Q(document_hmac="") & Q(document_sealed__isnull=False)),
                name="people_person_document_whole",
            ),
        ]
        indexes = [
            # Any word of the name by its beginning; see queries.find_people.
            GinIndex(SearchVector("name_key", config="simple"), name="people_by_name"),
            # Not unique: anybody may claim a cédula, and only staff decide that two are one person.
            models.Index(
                fields=["document_hmac"], name="people_by_document", condition=~Q(document_hmac="")
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        return self.name or str(_("Sin nombre"))

    @property
    def document(self) -> str:
        """The cédula in clear, for the page of somebody who may know it."""
        return sealing.unseal(self.document_sealed) if self.document_sealed else ""

    @property
    def phone(self) -> str:
        return self._first(ContactPoint.Kind.PHONE)

    @property
    def email(self) -> str:
        return self._first(ContactPoint.Kind.EMAIL)

    def _first(self, kind: str) -> str:
        # Over .all() so that a prefetch serves every row of a list.
        return next((p.value for p in self.contact_points.all() if p.kind == kind), "")


class ContactPoint(models.Model):
    """A telephone (E.164), an address (lower case), or an account of a network, by its id there,
    by which a person can be reached."""

    class Kind(models.TextChoices):
        PHONE = "phone", _("Teléfono")
        EMAIL = "email", _("Correo")
        WHATSAPP = "whatsapp", _("WhatsApp")
        TELEGRAM = "telegram", _("Telegram")
        FACEBOOK = "facebook", _("Facebook")
        X = "x", _("X")

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="contact_points")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.CharField(max_length=254)
    # Since when what is sent there comes back, and in which words; None while it arrives.
    failing_since = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True, db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind", "value"], name="people_contactpoint_once"
            )
        ]
        indexes = [
            models.Index(fields=["kind", "value"], name="people_by_contact_point"),
            # The last digits of a telephone.
            models.Index(
                OpClass(Reverse("value"), "text_pattern_ops"), name="people_by_last_digits"
            ),
        ]

    def __str__(self) -> str:
        return self.value


class Merge(models.Model):
    """Two records found to be one person. Kept whole, so that it can be undone."""

    kept = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="merges")
    absorbed = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="absorbed_by")
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["absorbed"],
                condition=Q(undone_at__isnull=True),
                name="people_merge_absorbed_once",
            ),
            models.CheckConstraint(
                condition=~Q(kept=F("absorbed")), name="people_merge_two_people"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.absorbed_id} → {self.kept_id}"
