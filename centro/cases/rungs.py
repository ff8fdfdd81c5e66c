"""Who answers at a rung of the ladder: for one case, or for hundreds with a handful of statements.

docs/explanation/ladder.md says the rules in words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from centro.accounts.roles import Role
from centro.agencies.absences import stand_ins
from centro.agencies.models import Assignment
from centro.cases.clockwork import TOP
from centro.cases.models import Case, Escalation, Grant
from centro.catalog.models import RungHolder

Rung = Escalation.Rung

_OF_THE_AGENCY = {Rung.LIAISON: Role.LIAISON, Rung.EXECUTIVE: Role.EXECUTIVE, Rung.HEAD: Role.HEAD}
# In triage the centre itself has the case.
_OF_THE_CENTRE = {
    Rung.OFFICIAL: Role.SUPERVISOR,
    Rung.LIAISON: Role.SUPERVISOR,
    Rung.EXECUTIVE: Role.DIRECTOR,
    Rung.HEAD: Role.DIRECTOR,
}
# Who hears of a case that no rung up to the President has anybody for.
_LAST_RESORT = Role.DIRECTOR
_NATIONAL = (Role.SUPERVISOR, Role.DIRECTOR, Role.PRESIDENCY, Role.DENUNCIATIONS)


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who is to be told, on whose behalf if they stand in for somebody absent."""

    user_id: int
    instead_of: int | None = None


@dataclass(frozen=True, slots=True)
class _Post:
    user_id: int
    role: str
    agency_id: int | None
    unit_id: int | None
    province_id: int | None

    def reaches(self, case: Case) -> bool:
        """A post limited to a unit or a province answers for that part alone."""
        return self.unit_id in {None, case.unit_id} and self.province_id in {
            None,
            case.province_id,
        }


class Roster:
    """The people of the ladder for some cases, each with the policy version of its clock.

    Read at once: the people named by agreements, posts, absences and, for sealed cases, who was
    let in: at most one statement each, and one more for each delegate who is away too.
    """

    def __init__(self, cases: Sequence[tuple[Case, int]]) -> None:
        self._policies = {case.pk: policy for case, policy in cases}
        self._named = _named(self._policies.values())
        self._by_agency: dict[int, list[_Post]] = defaultdict(list)
        self._national: dict[str, list[int]] = defaultdict(list)
        self._read_posts([case for case, _policy in cases])
        self._granted = _granted([case for case, _policy in cases if case.is_sealed])
        everybody = {post.user_id for posts in self._by_agency.values() for post in posts}
        everybody.update(*self._national.values(), *self._granted.values())
        self._away = stand_ins(everybody)

    def holders(self, case: Case, rung: int) -> list[int]:
        """Who holds that rung for that case by agreement or post, present or not."""
        if case.is_sealed:
            return self._of_sealed(case, rung)
        if rung == TOP:
            return self._national[Role.PRESIDENCY]
        if case.agency_id is None:
            return self._national[_OF_THE_CENTRE[Rung(rung)]]
        named = self._named.get((self._policies[case.pk], rung))
        posts = self._by_agency[case.agency_id]
        serving = {post.user_id for post in posts}
        if named in serving:
            return [named]
        if rung == Rung.OFFICIAL:
            return [case.official_id] if case.official_id in serving else []
        role = _OF_THE_AGENCY[Rung(rung)]
        return _once(post.user_id for post in posts if post.role == role and post.reaches(case))

    def people(self, case: Case, rung: int) -> list[Told]:
        """Who is to be told: the holders, and for those who are away whoever stands in."""
        told: dict[int, Told] = {}
        holders = self.holders(case, rung)
        for holder in holders:
            if holder not in self._away:
                told[holder] = Told(holder)
        for holder in holders:
            instead = self._away.get(holder)
            if instead is not None and self._may_know(case, rung, instead):
                told.setdefault(instead, Told(instead, holder))
        return list(told.values())

    def climb(self, case: Case, rung: int) -> tuple[list[Told], int]:
        """The people of the first rung from this one up that has any, and which one it is.

        When there is none up to the President, the centre's directors, who hold no rung: 0. Nobody
        but the President's people ever hears of a sealed case that its officers did not answer.
        """
        for at in range(rung, TOP + 1):
            people = self.people(case, at)
            if people:
                return people, at
        if case.is_sealed:
            return [], 0
        return [Told(user) for user in self._national[_LAST_RESORT]], 0

    def _of_sealed(self, case: Case, rung: int) -> list[int]:
        """Never through the entity: the officers and those they named, then the President."""
        if rung == TOP:
            return self._national[Role.PRESIDENCY]
        return _once([*self._national[Role.DENUNCIATIONS], *self._granted[case.pk]])

    def _may_know(self, case: Case, rung: int, user: int) -> bool:
        """Standing in for somebody opens no sealed case."""
        return not case.is_sealed or user in self._of_sealed(case, rung)

    def _read_posts(self, cases: Sequence[Case]) -> None:
        entities = {case.agency_id for case in cases}
        officials = {case.official_id for case in cases} | set(self._named.values())
        wanted = Q(role__in=_NATIONAL)
        wanted |= Q(agency__in=entities - {None}, role__in=_OF_THE_AGENCY.values())
        wanted |= Q(agency__in=entities - {None}, user__in=officials - {None})
        posts = Assignment.objects.current().filter(wanted, user__is_active=True)
        columns = ("user_id", "role", "agency_id", "unit_id", "province_id")
        for row in posts.order_by("pk").values_list(*columns):
            post = _Post(*row)
            if post.agency_id is not None:
                self._by_agency[post.agency_id].append(post)
            elif post.user_id not in self._national[post.role]:
                self._national[post.role].append(post.user_id)


def _named(versions: Iterable[int]) -> dict[tuple[int, int], int]:
    """Whom agreements name instead of whoever holds the post: (policy version, rung) → user."""
    found = RungHolder.objects.filter(version__in=set(versions))
    return {(v, rung): user for v, rung, user in found.values_list("version", "rung", "user")}


def _granted(sealed: Sequence[Case]) -> dict[int, list[int]]:
    """Whom denunciation officers let into these cases."""
    let_in: dict[int, list[int]] = defaultdict(list)
    if sealed:
        grants = Grant.objects.filter(case__in=sealed, revoked_at=None, user__is_active=True)
        for case, user in grants.order_by("pk").values_list("case", "user"):
            let_in[case].append(user)
    return let_in


def _once(users: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(users))
