"""The case itself, and the words in which the rest of the project asks for cases."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Agency, Unit
from centro.agencies.scopes import Scope, scope_of
from centro.cases import rules, timeline
from centro.cases.models.custody import Grant
from centro.cases.models.incidents import Incident
from centro.cases.models.trail import TimelineEntry
from centro.cases.reach import any_of, in_own_agency, in_sight
from centro.cases.rules import Reason, Status
from centro.catalog.models import CaseKind, Confidentiality, Priority, ServiceType
from centro.contacts.models import Contact
from centro.kernel.actor import Actor, Kind
from centro.kernel.errors import Invalid, NotFound
from centro.kernel.numbers import access_code, number_for, parse_number, serial_of
from centro.people.models import Person
from centro.places.models import Place


class CaseQuerySet(models.QuerySet["Case"]):
    """The words in which the rest of the project asks for cases."""

    def active(self) -> Self:
        return self.filter(status__in=rules.ACTIVE)

    def unsolved(self) -> Self:
        return self.filter(status__in=rules.UNSOLVED)

    def overdue(self, at: datetime) -> Self:
        return self.unsolved().filter(due_at__lt=at)

    def numbered(self, number: str) -> Self:
        """The case with that number however it was typed; none for what is no number."""
        try:
            return self.filter(pk=serial_of(parse_number(number)))
        except Invalid:
            return self.none()

    def visible_to(self, user: User) -> Self:
        """The cases whose matter this user may read (who reported it is another question)."""
        return self.filter(any_of(_parts_for(scope_of(user))))

    def parts_visible_to(self, user: User) -> list[Self]:
        """What `visible_to` shows, in parts that each follow one index; they may overlap.

        For lists: asked for at once, with OR between the parts, no index gives their order, and
        the first page of a small entity would read every case of the country.
        """
        return [self.filter(part) for part in _parts_for(scope_of(user))]

    def workable_by(self, user: User) -> Self:
        """The cases this user may change: a receiver of a proposed transfer sees, not works."""
        scope = scope_of(user)
        mine = any_of(in_own_agency(scope))
        if scope.roles & {Role.OPERATOR, Role.SUPERVISOR}:
            mine = Q()
        mine &= ~Q(confidentiality=Confidentiality.SEALED)
        return self.filter(mine | _sealed_for(scope))

    def reach(self, number: str, user: User, to: Literal["see", "work"] = "see") -> Case:
        """The only way a view gets a case: absent and forbidden look the same."""
        allowed = self.visible_to(user) if to == "see" else self.workable_by(user)
        case = allowed.numbered(number).select_related(*Case.COMPANIONS).first()
        if case is None:
            raise NotFound(_("No existe el caso %(number)s.") % {"number": number[:40]})
        return case


def _parts_for(scope: Scope) -> list[Q]:
    unsealed = ~Q(confidentiality=Confidentiality.SEALED)
    return [*(part & unsealed for part in in_sight(scope)), _sealed_for(scope)]


def _sealed_for(scope: Scope) -> Q:
    sealed = Q(confidentiality=Confidentiality.SEALED)
    if Role.DENUNCIATIONS in scope.roles:
        return sealed
    granted = Grant.objects.filter(user=scope.user_id, revoked_at__isnull=True)
    return sealed & Q(pk__in=granted.values("case_id"))


class Case(models.Model):
    """One matter that somebody brought, from the first word to its close.

    `number` and the access code derive from the primary key; neither is stored.
    """

    COMPANIONS = ("service", "agency", "unit", "official", "place", "person", "proposed_agency")

    service = models.ForeignKey(ServiceType, on_delete=models.PROTECT, related_name="cases")
    kind = models.CharField(max_length=20, choices=CaseKind.choices)
    status = models.CharField(max_length=20, choices=Status.choices)
    reason = models.CharField(max_length=20, choices=Reason.choices)
    confidentiality = models.CharField(
        max_length=10, choices=Confidentiality.choices, default=Confidentiality.OPEN
    )
    priority = models.CharField(max_length=10, choices=Priority.choices)
    # Without an index of its own (`db_index=False`): one of those below begins with it, or nobody
    # asks by it. Each index costs every case that is opened.
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, related_name="cases", db_index=False
    )
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="cases")
    official = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="cases"
    )
    # The one whose solution the citizen did not accept: somebody else must try.
    last_official = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    proposed_agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, related_name="proposed_cases", db_index=False
    )
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="+")
    province = models.ForeignKey(
        Place, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    reference = models.CharField(max_length=300, blank=True)
    description = models.TextField()
    answers = models.JSONField(default=dict)
    channel = models.CharField(max_length=20)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="cases")
    anonymous = models.BooleanField(default=False)
    language = models.CharField(max_length=5, default="es")
    spoken_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    waiting_until = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    answer_by = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    solution = models.TextField(blank=True)
    satisfied = models.BooleanField(null=True)
    cycle = models.PositiveSmallIntegerField(default=1)
    duplicate_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="duplicates"
    )
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, null=True, related_name="cases", db_index=False
    )
    intake_token = models.UUIDField(null=True, unique=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    search = SearchVectorField(null=True, editable=False)

    objects = CaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=[Status.CLOSED, Status.DUPLICATE], closed_at__isnull=False)
                | (~Q(status__in=[Status.CLOSED, Status.DUPLICATE]) & Q(closed_at__isnull=True)),
                name="cases_case_closed_at_iff_closed",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.DUPLICATE, duplicate_of__isnull=False)
                | (~Q(status=Status.DUPLICATE) & Q(duplicate_of__isnull=True)),
                name="cases_case_duplicate_points_at_another",
            ),
            models.CheckConstraint(
                condition=~Q(duplicate_of=F("id")), name="cases_case_not_its_own_duplicate"
            ),
            models.CheckConstraint(
                condition=Q(status=Status.WAITING, waiting_until__isnull=False)
                | (~Q(status=Status.WAITING) & Q(waiting_until__isnull=True)),
                name="cases_case_every_wait_has_an_end",
            ),
            models.CheckConstraint(
                condition=~Q(
                    status__in=[
                        Status.ASSIGNED,
                        Status.IN_PROGRESS,
                        Status.WAITING,
                        Status.RESOLVED,
                    ]
                )
                | Q(agency__isnull=False),
                name="cases_case_worked_by_an_agency",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.RESOLVED)
                | Q(resolved_at__isnull=False, answer_by__isnull=False),
                name="cases_case_resolved_has_its_moment",
            ),
            models.CheckConstraint(
                condition=Q(anonymous=False) | Q(person__isnull=True),
                name="cases_case_anonymous_has_no_person",
            ),
        ]
        indexes = [
            models.Index(
                fields=["agency", "-id"],
                name="cases_inbox",
                condition=~Q(status__in=[Status.CLOSED, Status.DUPLICATE]),
            ),
            models.Index(
                fields=["unit", "-id"],
                name="cases_unit_inbox",
                condition=~Q(status__in=[Status.CLOSED, Status.DUPLICATE]),
            ),
            models.Index(
                fields=["official", "-id"],
                name="cases_official_inbox",
                condition=~Q(status__in=[Status.CLOSED, Status.DUPLICATE]),
            ),
            models.Index(
                fields=["agency", "due_at", "id"],
                name="cases_by_due",
                condition=~Q(status__in=[Status.CLOSED, Status.DUPLICATE]),
            ),
            models.Index(
                fields=["due_at", "id"],
                name="cases_country_by_due",
                condition=~Q(status__in=[Status.CLOSED, Status.DUPLICATE]),
            ),
            models.Index(fields=["-id"], name="cases_triage", condition=Q(status=Status.RECEIVED)),
            models.Index(
                fields=["proposed_agency", "-id"],
                name="cases_proposed",
                condition=Q(proposed_agency__isnull=False),
            ),
            models.Index(
                fields=["waiting_until"],
                name="cases_waiting",
                condition=Q(status=Status.WAITING),
            ),
            models.Index(
                fields=["answer_by"], name="cases_unanswered", condition=Q(status=Status.RESOLVED)
            ),
            models.Index(
                fields=["service", "place", "-id"],
                name="cases_nearby",
                condition=~Q(status__in=[Status.CLOSED, Status.DUPLICATE]),
            ),
            models.Index(
                fields=["agency", "status", "-id"],
                name="cases_by_status",
                condition=~Q(status__in=[Status.CLOSED, Status.DUPLICATE]),
            ),
            models.Index(fields=["agency", "-id"], name="cases_agency_all"),
            models.Index(
                fields=["incident", "-id"],
                name="cases_of_incident",
                condition=Q(incident__isnull=False),
            ),
            models.Index(
                fields=["-id"],
                name="cases_sealed",
                condition=Q(confidentiality=Confidentiality.SEALED),
            ),
            # The figures of a period read that period, never all of history.
            models.Index(fields=["opened_at"], name="cases_opened"),
            models.Index(fields=["due_at"], name="cases_due"),
            models.Index(
                fields=["closed_at"], name="cases_closed", condition=Q(closed_at__isnull=False)
            ),
            GinIndex(fields=["search"], name="cases_search"),
        ]

    def __str__(self) -> str:
        return self.number

    # Django's own compares the words of all choices in the reader's language: with three of them
    # in each of 50 rows, a tenth of the page.
    def get_status_display(self) -> str:  # type: ignore[no-redef]  # also the plugin's
        return str(Status(self.status).label)

    def get_reason_display(self) -> str:  # type: ignore[no-redef]  # also the plugin's
        return str(Reason(self.reason).label)

    def get_priority_display(self) -> str:  # type: ignore[no-redef]  # also the plugin's
        return str(Priority(self.priority).label)

    def get_confidentiality_display(self) -> str:  # type: ignore[no-redef]  # also the plugin's
        return str(Confidentiality(self.confidentiality).label)

    @property
    def number(self) -> str:
        return number_for(self.pk)

    @property
    def code(self) -> str:
        """The citizen's access code, derived afresh each time (see kernel.numbers)."""
        return access_code(self.number, settings.ACCESS_KEY)

    @property
    def is_active(self) -> bool:
        return self.status in rules.ACTIVE

    @property
    def is_sealed(self) -> bool:
        return self.confidentiality == Confidentiality.SEALED

    @property
    def is_confidential(self) -> bool:
        return self.confidentiality != Confidentiality.OPEN

    def is_overdue(self, at: datetime) -> bool:
        return self.status in rules.UNSOLVED and self.due_at < at

    def record(self, kind: str, *, by: Actor, at: datetime | None = None, **data: Any) -> None:
        """Write the timeline in the caller's transaction: no change without its line."""
        self.entry(kind, by=by, at=at, **data).save(force_insert=True)

    def entry(
        self, kind: str, *, by: Actor, at: datetime | None = None, **data: Any
    ) -> TimelineEntry:
        """A line of the timeline, not yet written: for those who write many in one statement."""
        if kind not in timeline.KINDS:
            raise LookupError(f"timeline kind not registered: {kind}")
        return TimelineEntry(
            case=self,
            kind=kind,
            actor_kind=by.kind,
            actor_id=by.id,
            # The citizen's name has one home, people.Person, where it can be hidden and erased.
            actor_label="" if by.kind == Kind.CITIZEN else by.label,
            data=data,
            cycle=self.cycle,
            **({"at": at} if at else {}),
        )
