"""The notices of a user: which they may still read, and one page of them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.scopes import scope_of
from centro.cases.models import Case, Grant, Notice
from centro.cases.notice_words import notice_words
from centro.catalog.models import Confidentiality

PAGE = 50
MOST_COUNTED = 1_000
_SHOWN = ("case__service", "case__agency", "case__place", "instead_of")
_UNSHOWN = ("case__search", "case__description", "case__solution", "case__answers")


@dataclass(frozen=True, slots=True)
class Posted:
    """A notice as its reader may see it: `path` leads to what it is about, if they may open it."""

    notice: Notice
    number: str
    matter: str
    where: str
    words: str
    path: str


@dataclass(frozen=True, slots=True)
class NoticePage:
    posted: list[Posted]
    next_after: str


def notices_of(user: User) -> QuerySet[Notice]:
    """What this user may still read of what they were told.

    Nobody is reminded of a case that was sealed after they heard of it; the President's people
    learn that a sealed one is late, by its number alone.
    """
    mine = Notice.objects.filter(user=user)
    roles = scope_of(user).roles
    if Role.DENUNCIATIONS in roles:
        return mine
    readable = ~Q(case__confidentiality=Confidentiality.SEALED) | Q(case__in=_let_into(user))
    if Role.PRESIDENCY in roles:
        readable |= Q(kind__in=[Notice.Kind.RUNG, Notice.Kind.WARNING])
    return mine.filter(Q(case=None) | readable)


def unread_count(user: User) -> int:
    """How many notices wait to be read, up to MOST_COUNTED."""
    return notices_of(user).filter(seen_at=None)[:MOST_COUNTED].count()


def notice_page(user: User, after: str = "") -> NoticePage:
    """One page: what is unread first, each part newest first; `after` is the key of the page
    before. At most three statements.
    """
    read_only, key = _parse(after)
    rows: list[Notice] = [] if read_only else _rows(user, key, seen=False, limit=PAGE + 1)
    if len(rows) <= PAGE:
        rows += _rows(user, key if read_only else None, seen=True, limit=PAGE + 1 - len(rows))
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    key_of_next = f"{'l' if last.seen_at else 'n'}{last.pk}" if last else ""
    return NoticePage(posted(rows[:PAGE], user), key_of_next)


def posted(notices: list[Notice], user: User) -> list[Posted]:
    """Notices (with their cases loaded) as this user may see them. One statement, or none."""
    cases = {notice.case_id for notice in notices if notice.case_id is not None}
    reachable = Case.objects.visible_to(user).filter(pk__in=cases) if cases else None
    opens = set(reachable.values_list("pk", flat=True)) if reachable is not None else set()
    return [_posted(notice, opens=notice.case_id in opens) for notice in notices]


def with_cases(notices: QuerySet[Notice]) -> QuerySet[Notice]:
    """The same notices with what is shown of their cases."""
    return notices.select_related(*_SHOWN).defer(*_UNSHOWN)


def _posted(notice: Notice, *, opens: bool) -> Posted:
    case = notice.case
    told = case is not None and (opens or not case.is_sealed)
    return Posted(
        notice=notice,
        number=case.number if case else "",
        matter=case.service.name if case and told else "",
        where=case.place.full_name if case and told and case.place else "",
        words=notice_words(notice.kind, notice.data) if told or case is None else "",
        path=_path(notice, opens=opens),
    )


def _path(notice: Notice, *, opens: bool) -> str:
    """Below the address of the site: mails need it too."""
    if notice.case is not None:
        return f"/mesa/casos/{notice.case.number}/" if opens else ""
    given = notice.data.get("instruction")
    return f"/mesa/instrucciones/{given}/" if given else ""


def _rows(user: User, before: int | None, *, seen: bool, limit: int) -> list[Notice]:
    found = notices_of(user).filter(seen_at__isnull=not seen)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(with_cases(found).order_by("-pk")[:limit])


def _parse(after: str) -> tuple[bool, int | None]:
    """`n12`: what is unread before notice 12; `l12`: what is read."""
    part, number = after[:1], after[1:]
    if part not in {"n", "l"} or not number.isdecimal() or len(number) > 18:
        return False, None
    return part == "l", int(number)


def _let_into(user: User) -> QuerySet[Grant, int]:
    return Grant.objects.filter(user=user, revoked_at=None).values_list("case", flat=True)
