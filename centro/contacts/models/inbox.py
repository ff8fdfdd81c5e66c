"""The inbox of the centre: who looks at what, who can take what, ready answers, days of surge."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from centro.agencies.models import Agency
from centro.channels.models import Identity
from centro.contacts.models.conversations import Conversation
from centro.people.models import ContactPoint, Person


class CannedReply(models.Model):
    """An answer that is given often; its blanks (`{nombre}`) are filled in before it is sent."""

    name = models.CharField(_("nombre"), max_length=60)
    language = models.CharField(_("idioma"), max_length=5, default="es")
    body = models.TextField(_("texto"))
    # None: for every conversation of the centre.
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("entidad"),
    )  # fmt: skip
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "language", "agency"],
                nulls_distinct=False,
                name="contacts_cannedreply_once",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Presence(models.Model):
    """Somebody has a conversation open, or the list (`conversation` None), and since when not."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, null=True, related_name="presences"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="presences"
    )
    seen_at = models.DateTimeField()
    writing = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "user"], nulls_distinct=False, name="contacts_presence_once"
            )
        ]
        indexes = [models.Index(fields=["user", "-seen_at"], name="contacts_last_seen")]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.user_id}"


class Skill(models.Model):
    """A language or a channel that somebody takes; who has none of a kind takes all of it."""

    class Kind(models.TextChoices):
        LANGUAGE = "language", _("Idioma")
        CHANNEL = "channel", _("Canal")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="skills"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "value"], name="contacts_skill_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.value}"


class Surge(models.Model):
    """A time in which more people write than can be answered; one at a time, kept for ever."""

    # What everybody is told, on the forms and in answer to a first message.
    notice = models.TextField()
    # The same for those who write and read in English.
    notice_en = models.TextField(default="", blank=True)
    # Words that put a conversation in front while it lasts.
    priorities = models.JSONField(default=list)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(ended_at=None), name="contacts_surge_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="contacts_surge_ended_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"

    def told_in(self, language: str) -> str:
        """The notice in a language, or in the one of the country."""
        return self.notice_en if language == "en" and self.notice_en else self.notice


class Recognition(models.Model):
    """What somebody at the desk said of an identity and a person: it is them, or it is not."""

    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    same = models.BooleanField()
    # The way to reach the person that came with a yes, to be taken away again with a no.
    point = models.ForeignKey(ContactPoint, on_delete=models.SET_NULL, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["identity", "person"], name="contacts_recognition_once")
        ]

    def __str__(self) -> str:
        return f"{self.identity_id} {self.person_id} {self.same}"


class Handover(models.Model):
    """The end of a shift: who gave how many conversations to whom (None: to everybody)."""

    giver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    taker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    note = models.TextField(blank=True)
    moved = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["-at"], name="contacts_handovers")]

    def __str__(self) -> str:
        return f"{self.giver_id} {self.at:%Y-%m-%d %H:%M}"
