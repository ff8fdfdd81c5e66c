"""Who acts in the demonstration: its people, and colleagues of theirs who never sign in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random

from django.contrib.auth.hashers import make_password

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Agency, Assignment, Unit
from centro.kernel.actor import SYSTEM, Actor, Kind
from centro.ops.demo import PEOPLE
from centro.ops.demonstration.people import Crowd
from centro.ops.demonstration.world import World

_CASES_PER_OFFICIAL = 45
_FEWEST = 5
_OPERATORS = 5
_OF_THE_LADDER = (Role.LIAISON, Role.EXECUTIVE, Role.HEAD)
_IN_OFFICE = timedelta(days=800)


class Staff:
    """The posts of everybody who may act, as the scripts ask for them."""

    def __init__(self) -> None:
        self.actors: dict[int, Actor] = {}
        self._liaisons: dict[int, User] = {}
        self._officials: dict[int, list[User]] = defaultdict(list)
        self._of_role: dict[str, list[User]] = defaultdict(list)

    @classmethod
    def today(cls) -> Staff:
        """As the posts are now."""
        staff = cls()
        rows = Assignment.objects.current().select_related("user").order_by("pk")
        for post in rows:
            user = post.user
            staff._of_role[post.role].append(user)
            kind = Kind.AGENCY if post.agency_id else Kind.STAFF
            staff.actors.setdefault(user.pk, Actor(kind, user.pk, user.actor.label))
            if post.role == Role.LIAISON and post.agency_id and not post.unit_id:
                staff._liaisons.setdefault(post.agency_id, user)
            if post.role == Role.OFFICIAL and post.unit_id:
                staff._officials[post.unit_id].append(user)
        return staff

    def operator(self, rng: Random) -> Actor:
        return self._anyone(Role.OPERATOR, rng)

    def supervisor(self, rng: Random) -> Actor:
        return self._anyone(Role.SUPERVISOR, rng)

    def officer(self, rng: Random) -> Actor:
        """A denunciation officer."""
        return self._anyone(Role.DENUNCIATIONS, rng)

    def users(self, role: str) -> list[User]:
        return self._of_role[role]

    def _anyone(self, role: str, rng: Random) -> Actor:
        users = self._of_role[role]
        return self.actors[rng.choice(users).pk] if users else SYSTEM

    @property
    def officials(self) -> Mapping[int, Sequence[User]]:
        """The officials of each unit, by its id."""
        return self._officials

    def liaison(self, agency: Agency) -> Actor:
        user = self._liaisons.get(agency.pk)
        return self.actors[user.pk] if user else Actor(Kind.AGENCY, None, agency.acronym)

    def official_of(self, unit: Unit | None, rng: Random, but: User | None = None) -> User | None:
        """An official of the unit, other than one of them."""
        users = [user for user in self._officials[unit.pk] if user != but] if unit else []
        return rng.choice(users) if users else None

    def actor(self, user: User | None, agency: Agency) -> Actor:
        """Whoever has the case in hand; otherwise the entity's liaison."""
        return self.actors[user.pk] if user else self.liaison(agency)


def add_colleagues(units: Counter[Unit], world: World, crowd: Crowd, rng: Random, day: date) -> int:
    """Operators, for each entity those who answer on the ladder, and officials where there is work.
    How many were made.

    They make the lists look like a centre at work. Their passwords open nothing.
    """
    taken: set[tuple[str, int | None, int | None]] = set(
        Assignment.objects.current(day).values_list("role", "agency_id", "unit_id")
    )
    posts: list[tuple[str, Agency | None, Unit | None]] = [
        (Role.OPERATOR, None, None) for _n in range(_OPERATORS)
    ]
    posts += [
        (role, agency, None)
        for agency in _agencies_of(units, world)
        for role in _OF_THE_LADDER
        if (role, agency.pk, None) not in taken
    ]
    for unit, cases in sorted(units.items(), key=lambda item: item[0].code):
        known = (Role.OFFICIAL, unit.agency_id, unit.pk) in taken
        wanted = 0 if cases < _FEWEST else 1 + cases // _CASES_PER_OFFICIAL
        posts += [(Role.OFFICIAL, world.agency(unit), unit)] * (
            wanted - known if wanted > known else 0
        )
    users = User.objects.bulk_create(_colleague(n, crowd, rng) for n, _post in enumerate(posts, 1))
    Assignment.objects.bulk_create(
        Assignment(user=user, role=role, agency=agency, unit=unit, starts=day - _IN_OFFICE)
        for user, (role, agency, unit) in zip(users, posts, strict=True)
    )
    _were_there_before(day)
    return len(users)


def _agencies_of(units: Mapping[Unit, int], world: World) -> list[Agency]:
    having = {unit.agency_id for unit in units}
    return [agency for agency in world.agencies.values() if agency.pk in having]


def _colleague(n: int, crowd: Crowd, rng: Random) -> User:
    first, _space, last = crowd.name(rng).partition(" ")
    return User(
        username=f"colega.{n:03d}",
        first_name=first,
        last_name=last[:150],
        password=make_password(None),
    )


def _were_there_before(day: date) -> None:
    """The people of the demonstration did what they do before today."""
    names = [person.username for person in PEOPLE]
    posts = Assignment.objects.filter(user__username__in=names, starts=day)
    posts.update(starts=day - _IN_OFFICE)
