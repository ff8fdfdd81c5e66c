"""Finding cases: the inbox, the search, what is open near a place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from centro.accounts.models import User
from centro.agencies.scopes import scope_of
from centro.cases import rules
from centro.cases.models import Case, CaseQuerySet, SlaClock
from centro.cases.rules import Status
from centro.catalog.models import Confidentiality, ServiceType
from centro.kernel.clock import now
from centro.kernel.text import stems, words
from centro.people.models import Person
from centro.people.queries import find_people
from centro.places.models import Place

PAGE = 50
# How many of the newest cases a search for words reads before it asks the index of words.
_NEWEST = 10_000
# What a row of a list shows of other tables, and what of a case no list shows.
_LISTED = (
    "service", "agency", "unit", "official", "place__district", "place__province",
    "proposed_agency",
)  # fmt: skip
_UNSHOWN = ("search", "solution", "answers")
# How many of the newest hits of a search a filtered inbox looks through.
_SIFTED = 500
_NEARBY_DEGREES = 0.005  # about 550 m
# How long before its date an interim reply shows up among the owed ones.
_INTERIM_SOON = timedelta(days=3)
_NEARBY_SINCE = timedelta(days=30)

Folder = Literal[
    "active", "overdue", "unassigned", "mine", "proposed", "interim", "waiting", "resolved", "all"
]


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """What an inbox shows; empty fields do not filter. `after` is the last id of the page before.

    Newest first, or by deadline with the most urgent first.
    """

    folder: Folder = "active"
    status: str = ""
    service: str = ""
    agency: str = ""
    unit: int | None = None
    official: int | None = None
    province: str = ""
    kind: str = ""
    priority: str = ""
    text: str = ""
    by_deadline: bool = False
    after: int | None = None


@dataclass(frozen=True, slots=True)
class CasePage:
    """Up to PAGE cases in their order, and the key of the next page if there is one."""

    cases: list[Case]
    next_after: int | None


def inbox(filters: InboxFilter, user: User) -> CasePage:
    """One page of the cases in this user's scope, by keyset in one statement."""
    wanted = _narrowing(filters)
    if filters.text:
        wanted &= Q(pk__in=_find(filters.text, user, _SIFTED))
    if filters.after is not None:
        wanted &= _behind(filters.after, by_deadline=filters.by_deadline)
    order = ("due_at", "pk") if filters.by_deadline else ("-pk",)
    parts = [
        in_folder(part, filters.folder, user).filter(wanted).order_by(*order)
        for part in Case.objects.parts_visible_to(user)
    ]
    found = among([part.values("pk")[: PAGE + 1] for part in parts])
    rows = list(found.select_related(*_LISTED).defer(*_UNSHOWN).order_by(*order)[: PAGE + 1])
    more = len(rows) > PAGE
    return CasePage(rows[:PAGE], rows[PAGE - 1].pk if more else None)


def among(parts: Sequence[QuerySet[Any, Any]]) -> CaseQuerySet:
    """The cases whose ids one of these queries finds; the order and the limit of each count.

    As an array, found first: as one more table to join, the planner would find it last.
    """
    sql, given = union_of(parts)
    return Case.objects.extra(where=[f"cases_case.id = ANY (ARRAY({sql}))"], params=given)  # noqa: S610 by the ORM


def union_of(parts: Sequence[QuerySet[Any, Any]]) -> tuple[str, list[Any]]:
    """What several queries find, one after the other, as SQL and its parameters.

    Not Django's `union`, which would drop the order and the limit of a part.
    """
    pieces: list[str] = []
    given: list[Any] = []
    for part in parts:
        try:
            sql, params = part.query.sql_with_params()
        except EmptyResultSet:
            continue
        pieces.append(f"({sql})")
        given += params
    return " UNION ALL ".join(pieces) or "SELECT 0 WHERE false", given


def _behind(last: int, *, by_deadline: bool) -> Q:
    """What comes behind the last case of the page before."""
    if not by_deadline:
        return Q(pk__lt=last)
    due = Subquery(Case.objects.filter(pk=last).values("due_at"))
    # The first condition says what the others imply, and is what an index can begin at.
    return Q(due_at__gte=due) & (Q(due_at__gt=due) | Q(pk__gt=last))


def in_folder(cases: CaseQuerySet, folder: Folder, user: User) -> CaseQuerySet:
    """The cases of a folder of this user's inbox."""
    return _FOLDERS[folder](cases, user)


def owed_interims() -> QuerySet[SlaClock]:
    """The clocks of interim replies that are due or will soon be, of the case of an outer query."""
    going = SlaClock.objects.going().filter(metric=SlaClock.Metric.INTERIM)
    return going.filter(case=OuterRef("pk"), due_at__lte=now() + _INTERIM_SOON)


def _proposed(cases: CaseQuerySet, user: User) -> CaseQuerySet:
    return cases.filter(proposed_agency__in=scope_of(user).all_agencies)


_FOLDERS: Mapping[Folder, Callable[[CaseQuerySet, User], CaseQuerySet]] = {
    "active": lambda cases, _user: cases.active(),
    "overdue": lambda cases, _user: cases.overdue(now()),
    "unassigned": lambda cases, _user: cases.unsolved().filter(official=None, agency__isnull=False),
    "mine": lambda cases, user: cases.active().filter(official=user),
    "proposed": _proposed,
    "interim": lambda cases, _user: cases.unsolved().filter(Exists(owed_interims())),
    "waiting": lambda cases, _user: cases.filter(status=Status.WAITING),
    "resolved": lambda cases, _user: cases.filter(status=Status.RESOLVED),
    "all": lambda cases, _user: cases,
}


def _narrowing(filters: InboxFilter) -> Q:
    wanted = {
        "status": filters.status,
        "service__code": filters.service,
        "agency__acronym": filters.agency,
        "unit": filters.unit,
        "official": filters.official,
        "province__code": filters.province,
        "kind": filters.kind,
        "priority": filters.priority,
    }
    return Q(**{name: value for name, value in wanted.items() if value})


def triage_queue(user: User) -> CaseQuerySet:
    """What no rule caught, oldest first."""
    received = Case.objects.visible_to(user).filter(status=Status.RECEIVED)
    return received.select_related(*_LISTED).defer("search").order_by("pk")


def search_cases(
    text: str, user: User, limit: int = PAGE, *, people: Sequence[Person] | None = None
) -> list[Case]:
    """Cases by number, telephone, cédula, name or words, in the user's scope, newest first.

    A reporter that the user may not know does not lead to the case either. `people` are those that
    `find_people` finds for the text, where the caller has asked already.
    """
    found = Case.objects.filter(pk__in=_find(text, user, limit, people)).select_related(*_LISTED)
    return list(found.defer(*_UNSHOWN).order_by("-pk"))


def _find(text: str, user: User, limit: int, people: Sequence[Person] | None = None) -> list[int]:
    """The ids of what `search_cases` finds, newest first."""
    text = text.replace("\x00", "").strip()[:200]
    if not text:
        return []
    visible = Case.objects.visible_to(user)
    numbered = list(visible.numbered(text).values_list("pk", flat=True))
    if numbered:
        return numbered
    if people is None:
        people = find_people(text)
    by_person = _of_people(visible, people, user).order_by("-pk").values_list("pk", flat=True)
    by_words = _with_words(Case.objects.parts_visible_to(user), text, limit)
    return sorted({*by_person[:limit], *by_words}, reverse=True)[:limit]


def _of_people(cases: CaseQuerySet, people: Sequence[Person], user: User) -> CaseQuerySet:
    roles = scope_of(user).roles
    levels = [
        level for level in Confidentiality.values if rules.may_see_reporter(frozenset(roles), level)
    ]
    if not people or not levels:
        return cases.none()
    return cases.filter(person__in=people, confidentiality__in=levels)


def _with_words(parts: Sequence[CaseQuerySet], text: str, limit: int) -> list[int]:
    """Full-text search of bounded cost, however many cases there are and whatever the words.

    What is common is common among the newest cases too, and they are read in their order. What
    fills no page there is rare enough for the index of words, which knows no order. Left to choose
    by its estimates, the planner reads the whole country for a rare word.
    """
    terms = stems(text) or words(text)
    if not terms:
        return []
    query = " & ".join(f"'{term}'" for term in terms[:-1]) + (" & " if terms[1:] else "")
    query += f"'{terms[-1]}':*"
    newest, given = union_of(
        [part.order_by("-pk").values("id", "search")[:_NEWEST] for part in parts]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM ({newest}) AS newest WHERE search @@ %s::tsquery"  # noqa: S608 by the ORM
            " ORDER BY id DESC LIMIT %s",
            [*given, query, limit],
        )
        found = [pk for (pk,) in cursor.fetchall()]
    if len(found) >= limit:
        return found
    matching = [part.extra(where=["search @@ %s::tsquery"], params=[query]) for part in parts]
    # An expression, so that the planner does not walk the cases in their order after all.
    firsts = [part.order_by((F("pk") + 0).desc()).values("pk")[:limit] for part in matching]
    return list(among(firsts).order_by("-pk").values_list("pk", flat=True)[:limit])


def nearby_cases(
    *,
    service: ServiceType,
    place: Place | None,
    lat: float | None = None,
    lon: float | None = None,
    user: User,
    limit: int = 5,
) -> list[Case]:
    """Open cases of the same type close by or in the same place, from the last month."""
    cases = (
        Case.objects.visible_to(user)
        .active()
        .filter(service=service, opened_at__gte=now() - _NEARBY_SINCE)
    )
    here = Q()
    if place is not None:
        here |= Q(place=place)
    if lat is not None and lon is not None:
        here |= Q(
            lat__range=(lat - _NEARBY_DEGREES, lat + _NEARBY_DEGREES),
            lon__range=(lon - _NEARBY_DEGREES, lon + _NEARBY_DEGREES),
        )
    if not here:
        return []
    return list(cases.filter(here).select_related("place").defer("search").order_by("-pk")[:limit])
