"""Who is away, and who answers meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Exists, OuterRef, Q

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Absence, Assignment, AssignmentQuerySet

# For whom a supervisor speaks. The President's people, denunciation officers, auditors and
# administrators speak for themselves.
_OF_THE_CENTRE = (Role.OPERATOR, Role.SUPERVISOR, Role.QUALITY, Role.DIRECTOR, Role.EDITOR)


def stand_ins(users: Collection[int]) -> dict[int, int | None]:
    """For each of these users who is away today, who answers instead; None when nobody does.

    A delegate who is away too hands on to their own. One statement, and one more for each link of
    the longest chain.
    """
    delegates: dict[int, int | None] = {}
    asked = set(users)
    while asked:
        found = _delegates_of(asked)
        delegates |= found
        asked = {one for one in found.values() if one is not None} - delegates.keys()
    return {user: _last_of(user, delegates) for user in users if user in delegates}


def _last_of(user: int, delegates: dict[int, int | None]) -> int | None:
    """The first of a chain of delegates who is not away; nobody when they point at each other."""
    seen: set[int] = set()
    at: int | None = user
    while at in delegates:
        if at in seen:
            return None
        seen.add(at)
        at = delegates[at]
    return at


def _delegates_of(users: set[int]) -> dict[int, int | None]:
    """Who of these is away today, with their delegate while that one still may stand in."""
    away = Absence.objects.current().filter(user__in=users).annotate(fits=_delegate_fits())
    rows = away.values_list("user_id", "delegate_id", "fits")
    return {user: delegate if fits else None for user, delegate, fits in rows}


def _delegate_fits() -> Q:
    """Whether the delegate shares an entity or a post of the centre with the one who is away.

    Posts end and people move: what was right when the absence was written may not be so today.
    """
    theirs = Assignment.objects.current().filter(user=OuterRef(OuterRef("user")))
    delegate = Assignment.objects.current().filter(user=OuterRef("delegate"), user__is_active=True)
    entities = theirs.filter(agency__isnull=False).values("agency")
    national = theirs.filter(agency=None).values("role")
    return Q(Exists(delegate.filter(agency__in=entities))) | Q(
        Exists(delegate.filter(agency=None, role__in=national))
    )


def stand_ins_for(people: Iterable[User]) -> list[User]:
    """Who may answer for these people today: those who share an entity with one of them, or the
    same post of the centre. In order of name.
    """
    theirs = Assignment.objects.current().filter(user__in=list(people))
    entities = theirs.filter(agency__isnull=False).values("agency")
    national = theirs.filter(agency=None).values("role")
    same = Q(agency__in=entities) | Q(agency=None, role__in=national)
    return _active(Assignment.objects.current().filter(same))


def people_of(user: User) -> list[User]:
    """For whom this user may write down an absence, themselves apart, in order of name.

    A liaison speaks for the people of their part of the entity, a supervisor for the centre's.
    """
    posts = Assignment.objects.current().filter(user=user)
    theirs = Q(pk__in=())
    for post in posts.filter(role__in=[Role.LIAISON, Role.SUPERVISOR]):
        if post.agency_id is None:
            theirs |= Q(role__in=_OF_THE_CENTRE)
        else:
            theirs |= _within(post)
    others = Assignment.objects.current().filter(theirs).exclude(user=user)
    return _active(others)


def _within(post: Assignment) -> Q:
    """The posts of the part of an entity that a liaison's own post covers."""
    part = Q(agency=post.agency_id)
    if post.unit_id is not None:
        part &= Q(unit=post.unit_id)
    if post.province_id is not None:
        part &= Q(province=post.province_id) | Q(unit__province=post.province_id)
    return part


def _active(posts: AssignmentQuerySet) -> list[User]:
    users = User.objects.filter(is_active=True, pk__in=posts.values("user"))
    return list(users.order_by("first_name", "last_name", "pk"))
