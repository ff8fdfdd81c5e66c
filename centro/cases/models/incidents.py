"""Events that many people report at once, and what the Presidency instructs."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Agency
from centro.agencies.scopes import Scope, scope_of
from centro.cases.reach import NATIONAL, any_of
from centro.catalog.models import ServiceType
from centro.kernel.clock import now
from centro.kernel.errors import NotFound
from centro.places.models import Place


class IncidentQuerySet(models.QuerySet["Incident"]):
    """The words in which the rest of the project asks for events."""

    def open(self) -> Self:
        return self.filter(state=Incident.State.OPEN)

    def announced(self) -> Self:
        return self.open().filter(announced=True)

    def visible_to(self, user: User) -> Self:
        """The centre sees every event, an entity's people those of their entity."""
        scope = scope_of(user)
        if scope.roles & NATIONAL:
            return self
        return self.filter(agency__in=scope.all_agencies)

    def workable_by(self, user: User) -> Self:
        """The events that this user may lead: the front of the centre, an entity's liaisons.

        A post for one province leads the events in it; one for a single unit leads none.
        """
        scope = scope_of(user)
        if scope.has(Role.OPERATOR, Role.SUPERVISOR):
            return self
        return self.filter(any_of(_led_in(scope)))

    def reach(self, pk: int, user: User, to: Literal["see", "work"] = "see") -> Incident:
        """The only way a view gets an event: absent and forbidden look the same."""
        allowed = self.visible_to(user) if to == "see" else self.workable_by(user)
        incident = allowed.filter(pk=pk).select_related(*Incident.COMPANIONS).first()
        if incident is None:
            raise NotFound(gettext("Ese evento no existe."))
        return incident


def _led_in(scope: Scope) -> list[Q]:
    return [
        Q(agency=post.agency_id)
        & (Q(place__province=post.province_id) if post.province_id else Q())
        for post in scope.posts
        if post.role in {Role.LIAISON, Role.EXECUTIVE} and post.unit_id is None
    ]


class Incident(models.Model):
    """One event behind many cases (a burst main): one solution and one message answer all.

    Each citizen still confirms alone. `announced` events are told on the forms, the desk and the
    follow-up pages, so that the next caller is answered at once and counted with it.
    """

    COMPANIONS = ("service", "agency", "place__district", "place__province")

    class State(models.TextChoices):
        OPEN = "open", _("En curso")
        SOLVED = "solved", _("Resuelto")
        DISSOLVED = "dissolved", _("Sin efecto")

    service = models.ForeignKey(ServiceType, on_delete=models.PROTECT, related_name="incidents")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, related_name="incidents"
    )
    title = models.CharField(max_length=160)
    announcement = models.TextField(blank=True)
    announcement_en = models.TextField(blank=True)
    announced = models.BooleanField(default=False)
    # When the service is expected back ("a las 18:00"), if the entity said so.
    expected_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    # People who said "me too" on a page and left no case of their own.
    also_affected = models.PositiveIntegerField(default=0)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    opened_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)
    solution = models.TextField(blank=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True)
                | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="cases_incident_ended_iff_not_open",
            )
        ]
        indexes = [
            models.Index(
                fields=["service", "place"], name="cases_incidents_open", condition=Q(state="open")
            ),
            models.Index(fields=["-opened_at"], name="cases_incidents_newest"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def is_told(self) -> bool:
        """Whether everybody may read of it."""
        return self.announced and self.is_open

    def told_in(self, language: str) -> str:
        """The announcement in a language, or in the one of the country."""
        return (
            self.announcement_en if language == "en" and self.announcement_en else self.announcement
        )


class InstructionQuerySet(models.QuerySet["Instruction"]):
    """The words in which the rest of the project asks for instructions."""

    def open(self) -> Self:
        return self.filter(state=Instruction.State.OPEN)

    def in_force(self, at: datetime) -> Self:
        return self.exclude(state=Instruction.State.WITHDRAWN).filter(due_at__gt=at)

    def visible_to(self, user: User) -> Self:
        """The Presidency and who watches over all see every one; an entity's leaders their own."""
        scope = scope_of(user)
        if scope.has(Role.PRESIDENCY, Role.DIRECTOR, Role.SUPERVISOR, Role.AUDITOR):
            return self
        mine = scope.agencies_for(Role.LIAISON, Role.EXECUTIVE, Role.HEAD)
        return self.filter(agency__in=mine)

    def answerable_by(self, user: User) -> Self:
        """Those of the entities that this user heads or answers for."""
        return self.filter(agency__in=scope_of(user).agencies_for(Role.EXECUTIVE, Role.HEAD))

    def reach(self, pk: int, user: User, to: Literal["see", "answer"] = "see") -> Instruction:
        """The only way a view gets an instruction: absent and forbidden look the same."""
        allowed = self.visible_to(user) if to == "see" else self.answerable_by(user)
        found = allowed.filter(pk=pk).select_related(*Instruction.COMPANIONS).first()
        if found is None:
            raise NotFound(gettext("Esa instrucción no existe."))
        return found


class Instruction(models.Model):
    """What the Presidency told an entity to do about one case or a bundle, with its own clock."""

    COMPANIONS = ("agency", "service", "place", "incident", "given_by", "answered_by")

    class State(models.TextChoices):
        OPEN = "open", _("Pendiente")
        ANSWERED = "answered", _("Respondida")
        WITHDRAWN = "withdrawn", _("Retirada")

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="instructions")
    service = models.ForeignKey(ServiceType, on_delete=models.PROTECT, null=True, related_name="+")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="+")
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, null=True, related_name="instructions"
    )
    cases = models.ManyToManyField("cases.Case", related_name="instructions")
    text = models.TextField()
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    given_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)

    objects = InstructionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="answered") | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="cases_instruction_answered_with_words",
            )
        ]
        indexes = [
            models.Index(fields=["agency", "-id"], name="cases_instructions_of_agency"),
            models.Index(
                fields=["due_at"], name="cases_instructions_open", condition=Q(state="open")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.given_at:%Y-%m-%d}"

    def is_overdue(self, at: datetime) -> bool:
        return self.state == self.State.OPEN and self.due_at < at

    def is_in_force(self, at: datetime) -> bool:
        """Whether its cases are left in peace until its day."""
        return self.state != self.State.WITHDRAWN and self.due_at > at

    @property
    def was_late(self) -> bool:
        """Whether it was answered after its day."""
        return self.answered_at is not None and self.answered_at > self.due_at
