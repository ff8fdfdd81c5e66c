"""What a user's posts let them see and do, from the assignments that are current today."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Absence, Agency, Assignment, AssignmentQuerySet, Unit
from centro.kernel.actor import Actor, Kind

OF_AN_AGENCY = frozenset({Role.LIAISON, Role.EXECUTIVE, Role.OFFICIAL, Role.HEAD})


@dataclass(frozen=True, slots=True)
class Post:
    """One current assignment: a role, for all or part of an entity, or for the country.

    `holder_id` is whose it is: somebody who is away lends the posts of an entity to a delegate.
    """

    role: str
    agency_id: int | None
    unit_id: int | None
    province_id: int | None
    holder_id: int


@dataclass(frozen=True)
class Scope:
    """The current posts of a user and the questions asked of them."""

    user_id: int
    posts: tuple[Post, ...]

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset(post.role for post in self.posts)

    @cached_property
    def units(self) -> frozenset[int]:
        return frozenset(post.unit_id for post in self.posts if post.unit_id is not None)

    @cached_property
    def all_agencies(self) -> frozenset[int]:
        return frozenset(post.agency_id for post in self.posts if post.agency_id is not None)

    def has(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)

    def agencies_for(self, *roles: str) -> frozenset[int]:
        """The entities in which this user holds one of these posts."""
        return frozenset(
            post.agency_id
            for post in self.posts
            if post.role in roles and post.agency_id is not None
        )


def scope_of(user: User) -> Scope:
    """The user's scope: one statement, remembered on the user object of this request.

    Somebody who answers for an absent colleague of their entity has that colleague's posts too.
    """
    kept: Scope | None = getattr(user, "_scope", None)
    if kept is None:
        own = Assignment.objects.current().filter(user=user)
        columns = ("role", "agency_id", "unit_id", "province_id", "user_id")
        posts = own.values_list(*columns).union(_lent_to(user).values_list(*columns), all=True)
        kept = Scope(user.pk, tuple(Post(*row) for row in posts) if user.is_active else ())
        user._scope = kept  # type: ignore[attr-defined]  # a memo for the length of one request
    return kept


def _lent_to(user: User) -> AssignmentQuerySet:
    """The posts of those who are away and named this user, in the entities that both serve.

    Posts of the centre are not lent: whoever stands in there holds the same post already.
    """
    away = Absence.objects.current().filter(delegate=user, user__is_active=True)
    own = Assignment.objects.current().filter(user=user)
    lent = Assignment.objects.current().filter(role__in=OF_AN_AGENCY, user__in=away.values("user"))
    return lent.filter(agency__in=own.values("agency"))


def actor_of(user: User) -> Actor:
    """The user as actor of an action, with the roles of their current posts."""
    roles = scope_of(user).roles
    # Somebody who also serves the centre acts for the centre.
    kind = Kind.AGENCY if roles and roles <= OF_AN_AGENCY else Kind.STAFF
    return Actor(kind, user.pk, user.actor.label, roles)


def candidates_for(agency: Agency, unit: Unit | None) -> list[User]:
    """The current officials of a unit (or of the whole entity), in order of name."""
    posts = Assignment.objects.current().filter(role=Role.OFFICIAL, agency=agency)
    if unit is not None:
        posts = posts.filter(unit=unit)
    users = User.objects.filter(is_active=True, pk__in=posts.values("user_id"))
    return list(users.order_by("first_name", "last_name", "pk"))


def liaisons_of(agency: Agency) -> list[User]:
    """The current operational liaisons of an entity."""
    posts = Assignment.objects.current().filter(role=Role.LIAISON, agency=agency)
    return list(User.objects.filter(is_active=True, pk__in=posts.values("user_id")))


def leaders_of(agency: Agency) -> list[User]:
    """Who answers for an entity to the Presidency: its head and its executive liaisons."""
    roles = (Role.HEAD, Role.EXECUTIVE)
    posts = Assignment.objects.current().filter(role__in=roles, agency=agency)
    users = User.objects.filter(is_active=True, pk__in=posts.values("user_id"))
    return list(users.order_by("pk"))
