"""Every interaction with a person, case or not; who must be rung; drafts of what is being said."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from centro.agencies.models import Agency
from centro.knowledge.models import Article
from centro.people.models import Person


class Contact(models.Model):
    """One call, message or visit, with how it ended."""

    class Direction(models.TextChoices):
        IN = "in", _("Entrante")
        OUT = "out", _("Saliente")

    class Outcome(models.TextChoices):
        UNFINISHED = "unfinished", _("Sin terminar")
        ANSWERED = "answered", _("Atendido en primer contacto")
        CASE = "case", _("Caso")
        EMERGENCY = "emergency", _("Pasado a emergencias")
        NOTE = "note", _("Sólo anotado")

    channel = models.CharField(max_length=20)
    direction = models.CharField(max_length=3, choices=Direction.choices, default=Direction.IN)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="contacts")
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    summary = models.TextField(blank=True)
    article = models.ForeignKey(Article, on_delete=models.SET_NULL, null=True, related_name="+")
    outcome = models.CharField(max_length=12, choices=Outcome.choices, default=Outcome.UNFINISHED)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, related_name="+")
    reference = models.CharField(max_length=20, blank=True, db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="unfinished", ended_at__isnull=True)
                | (~Q(outcome="unfinished") & Q(ended_at__isnull=False)),
                name="contacts_contact_ended_iff_finished",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="case") | ~Q(reference=""),
                name="contacts_contact_case_has_reference",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="contacts_contact_ends_after_start",
            ),
        ]
        indexes = [models.Index(fields=["-started_at", "-id"], name="contacts_newest")]

    def __str__(self) -> str:
        return f"{self.channel} {self.started_at:%Y-%m-%d %H:%M}"


class CallBack(models.Model):
    """Somebody must ring a person who left only a telephone."""

    class Reason(models.TextChoices):
        CONFIRM = "confirm", _("Preguntar si está resuelto")
        INFORM = "inform", _("Informar")
        ASK = "ask", _("Hacer una pregunta")

    class State(models.TextChoices):
        WAITING = "waiting", _("Por llamar")
        DONE = "done", _("Hecha")
        FAILED = "failed", _("Sin respuesta")

    reference = models.CharField(max_length=20, db_index=True)
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="call_backs"
    )
    phone = models.CharField(max_length=20)
    reason = models.CharField(max_length=10, choices=Reason.choices)
    text = models.TextField(blank=True)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_attempt_at = models.DateTimeField(null=True)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    claimed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reference", "reason"],
                condition=Q(state="waiting"),
                name="contacts_callback_waits_once",
            ),
            models.CheckConstraint(
                condition=Q(claimed_by__isnull=True, claimed_at__isnull=True)
                | Q(claimed_by__isnull=False, claimed_at__isnull=False, state="waiting"),
                name="contacts_callback_only_waiting_claimed",
            ),
            models.CheckConstraint(
                condition=Q(attempts=0, last_attempt_at__isnull=True)
                | Q(attempts__gt=0, last_attempt_at__isnull=False),
                name="contacts_callback_attempts_have_moment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"], name="contacts_to_call", condition=Q(state="waiting")
            )
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.reason}"


class Draft(models.Model):
    """What somebody is in the middle of saying, on the public form or at the desk."""

    class Face(models.TextChoices):
        PUBLIC = "public", _("Público")
        DESK = "desk", _("Mesa")

    token = models.UUIDField(primary_key=True, default=uuid4)
    face = models.CharField(max_length=10, choices=Face.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="drafts"
    )
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(face="public", user__isnull=True) | Q(face="desk", user__isnull=False),
                name="contacts_draft_desk_has_user",
            )
        ]
        indexes = [models.Index(fields=["created_at"], name="contacts_old_drafts")]

    def __str__(self) -> str:
        return str(self.token)
