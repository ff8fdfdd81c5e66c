"""Conversations: everything that one person and the centre said to each other about something.

A conversation goes on by whichever channel the person takes; a channel's own thread is only one
of the signs by which a message finds its conversation.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from centro.agencies.models import Agency
from centro.channels.models import Identity, InboundMessage, OutboundMessage
from centro.contacts.models.contacts import Contact
from centro.people.models import Person


class Conversation(models.Model):
    """What was said, by any channel, until it came to an end."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Por responder")
        ANSWERED = "answered", _("Respondida")
        CLOSED = "closed", _("Terminada")
        SPAM = "spam", _("No deseada")

    class Ending(models.TextChoices):
        NONE = "", _("Abierta")
        ANSWERED = "answered", _("Consulta respondida")
        CASE = "case", _("En un caso")
        NOTHING = "nothing", _("Sin asunto")
        MERGED = "merged", _("Unida a otra")

    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    ending = models.CharField(
        max_length=10, choices=Ending.choices, blank=True, default=Ending.NONE
    )
    # The channel of its last message, and who wrote it: an answer leaves by them.
    channel = models.CharField(max_length=20)
    identity = models.ForeignKey(
        Identity, on_delete=models.PROTECT, null=True, related_name="conversations"
    )
    person = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, related_name="conversations"
    )
    # The entity whose account it came by; None for the centre's own.
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, related_name="+")
    subject = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=5, default="es")
    urgent = models.BooleanField(default=False)
    # Since when the person waits for us; None when we spoke last.
    waiting_since = models.DateTimeField(null=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    assigned_at = models.DateTimeField(null=True)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="absorbed"
    )
    # How many cases were opened from it: of two who press at once the second sees it change.
    cases_opened = models.PositiveSmallIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField()
    # Of the last entry: it orders lists.
    touched_at = models.DateTimeField()
    # Of the last change of any kind: it tells a page that is open whether anything is new.
    changed_at = models.DateTimeField(auto_now=True, db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting", waiting_since__isnull=False)
                | (~Q(state="waiting") & Q(waiting_since__isnull=True)),
                name="contacts_conversation_waits_since",
            ),
            models.CheckConstraint(
                condition=Q(assigned_to__isnull=True, assigned_at__isnull=True)
                | Q(assigned_to__isnull=False, assigned_at__isnull=False),
                name="contacts_conversation_assigned_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-urgent", "waiting_since", "id"],
                name="contacts_waiting_urgent",
                condition=Q(state="waiting"),
            ),
            models.Index(fields=["-touched_at", "-id"], name="contacts_touched"),
            models.Index(fields=["state", "-touched_at", "-id"], name="contacts_touched_of"),
            models.Index(fields=["-changed_at"], name="contacts_changed"),
            models.Index(
                fields=["assigned_to", "-touched_at", "-id"],
                name="contacts_in_hands",
                condition=Q(state__in=["waiting", "answered"]),
            ),
            models.Index(fields=["identity", "-touched_at"], name="contacts_talks_of"),
        ]

    def __str__(self) -> str:
        return self.subject or f"{self.channel} {self.created_at:%Y-%m-%d %H:%M}"


class ConversationEntry(models.Model):
    """One thing said in a conversation, or a note of ours about it. Each message is in one alone."""

    class Kind(models.TextChoices):
        IN = "in", _("Recibido")
        OUT = "out", _("Enviado")
        CONTACT = "contact", _("Contacto")
        NOTE = "note", _("Nota interna")
        EVENT = "event", _("Suceso")

    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField()
    inbound = models.OneToOneField(
        InboundMessage, on_delete=models.PROTECT, null=True, related_name="entry"
    )
    outbound = models.OneToOneField(
        OutboundMessage, on_delete=models.PROTECT, null=True, related_name="entry"
    )
    contact = models.OneToOneField(
        Contact, on_delete=models.PROTECT, null=True, related_name="entry"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    text = models.TextField(blank=True)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="in", inbound__isnull=False)
                | Q(kind="out", outbound__isnull=False)
                | Q(kind="contact", contact__isnull=False)
                | Q(kind__in=["note", "event"]),
                name="contacts_entry_has_what_it_says",
            )
        ]
        indexes = [models.Index(fields=["conversation", "at", "id"], name="contacts_talk")]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.kind}"
