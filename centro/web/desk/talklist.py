"""The list of conversations: folders, filters, keyset pages, few statements whatever its length."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Left
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from centro.accounts.models import User
from centro.agencies.scopes import scope_of
from centro.cases.models import CaseConversation
from centro.cases.talks import CENTRE, talks_of
from centro.channels.registry import all_channels
from centro.contacts.models import Conversation, ConversationEntry
from centro.contacts.watching import Company, company_of
from centro.contacts.ways import name_of

PAGE = 50
# More than these are not counted.
MOST_COUNTED = 1000
_State = Conversation.State
_OPEN = Q(state__in=[_State.WAITING, _State.ANSWERED])
# Seconds for which the rail goes on showing a count.
_COUNT_KEPT = 60


@dataclass(frozen=True, slots=True)
class Folder:
    """A part of the list; where somebody waits, who waits longest is in front."""

    label: Promise
    waiting: bool = False
    mine: bool = False
    state: str = ""


FOLDERS: dict[str, Folder] = {
    "por-responder": Folder(_("Por responder"), waiting=True, state=_State.WAITING),
    "mias": Folder(_("Mías"), mine=True),
    "respondidas": Folder(_("Respondidas"), state=_State.ANSWERED),
    "terminadas": Folder(_("Terminadas"), state=_State.CLOSED),
    "no-deseadas": Folder(_("No deseadas"), state=_State.SPAM),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation as the list shows it."""

    talk: Conversation
    text: str
    numbers: list[str]
    company: list[Company]

    @property
    def channel(self) -> str:
        return channel_label(self.talk.channel)

    @property
    def who(self) -> str:
        if self.talk.person is not None and self.talk.person.name:
            return self.talk.person.name
        return str(self.talk.identity or "—")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the list is asked for; empty fields do not filter."""

    folder: str = "por-responder"
    channel: str = ""
    language: str = ""
    agency: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Up to PAGE rows, and the key of the next page if there is one."""

    rows: list[Row]
    next_after: str


def channel_label(kind: str) -> str:
    """A channel in words, by its adapter where one is installed."""
    channel = all_channels().get(kind)
    return str(channel.label) if channel else name_of(kind)


def find_talks(wanted: Wanted, user: User) -> Page:
    """One page of what this user may read: three statements."""
    folder = FOLDERS[wanted.folder]
    found = _narrowed(talks_of(user), wanted, folder, user)
    order = ("-urgent", "waiting_since", "pk") if folder.waiting else ("-touched_at", "-pk")
    if (key := _read_key(wanted.after)) is not None:
        found = found.filter(_behind(key, waiting=folder.waiting))
    # By the index of the talk, from its end: a talk may be long.
    last = ConversationEntry.objects.filter(conversation=OuterRef("pk"), inbound__isnull=False)
    start = last.order_by("-at", "-id").values(start=Left("inbound__body", 300))[:1]
    found = found.annotate(text=Subquery(start))
    found = found.select_related("identity", "person", "agency", "assigned_to")
    talks = list(found.order_by(*order)[: PAGE + 1])
    more = len(talks) > PAGE
    talks = talks[:PAGE]
    return Page(_rows(talks, user), _key_of(talks[-1]) if more else "")


def _rows(talks: list[Any], user: User) -> list[Row]:
    links = CaseConversation.objects.filter(conversation__in=talks).select_related("case")
    numbers: dict[int, list[str]] = {}
    for link in links.only("conversation_id", "case__id"):
        numbers.setdefault(link.conversation_id, []).append(link.case.number)
    company = company_of(talks, user)
    return [
        Row(talk, talk.text or "", numbers.get(talk.pk, []), company.get(talk.pk, []))
        for talk in talks
    ]


def _narrowed(
    talks: QuerySet[Conversation], wanted: Wanted, folder: Folder, user: User
) -> QuerySet[Conversation]:
    if folder.mine:
        talks = talks.filter(_OPEN, assigned_to=user)
    if folder.state:
        talks = talks.filter(state=folder.state)
    given = {
        "channel": wanted.channel,
        "language": wanted.language,
        "agency__acronym": wanted.agency if wanted.agency != "centro" else "",
    }
    talks = talks.filter(**{name: value for name, value in given.items() if value})
    return talks.filter(agency=None) if wanted.agency == "centro" else talks


def _key_of(talk: Conversation) -> str:
    moment = talk.waiting_since if talk.state == _State.WAITING else talk.touched_at
    return f"{int(talk.urgent)}_{_micro(moment or talk.touched_at)}_{_micro(talk.touched_at)}_{talk.pk}"


def _micro(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def _moment(micro: int) -> datetime:
    seconds, rest = divmod(micro, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)


def _read_key(text: str) -> tuple[bool, datetime, datetime, int] | None:
    """A key of a page; None for what is none, typed by hand."""
    parts = text.split("_")
    if len(parts) != 4 or not all(p.isascii() and p.isdigit() and len(p) < 18 for p in parts):
        return None
    urgent, waiting, touched, pk = map(int, parts)
    try:
        return bool(urgent), _moment(waiting), _moment(touched), pk
    except (ValueError, OverflowError, OSError):
        return None


def _behind(key: tuple[bool, datetime, datetime, int], *, waiting: bool) -> Q:
    """What comes behind the last of the page before."""
    urgent, since, touched, pk = key
    if not waiting:
        return Q(touched_at__lt=touched) | Q(touched_at=touched, pk__lt=pk)
    later = Q(waiting_since__gt=since) | Q(waiting_since=since, pk__gt=pk)
    return (Q(urgent=True) & later) | Q(urgent=False) if urgent else Q(urgent=False) & later


def count_talks(user: User) -> dict[str, int]:
    """How many wait, and how many of them in this user's hands; up to MOST_COUNTED. One statement."""
    waiting = talks_of(user).filter(state=_State.WAITING).order_by()
    counted = waiting[:MOST_COUNTED].aggregate(
        all=Count("pk"), mine=Count("pk", filter=Q(assigned_to=user))
    )
    cache.set(_cache_key(user), counted["all"], _COUNT_KEPT)
    return {"por-responder": counted["all"], "mias": counted["mine"]}


def count_seen(user: User) -> int | None:
    """How many wait, as it was counted within the last minute for such a user; no statement."""
    found: int | None = cache.get(_cache_key(user))
    return found


def _cache_key(user: User) -> str:
    scope = scope_of(user)
    if scope.has(*CENTRE):
        return f"talks-waiting-{'-'.join(sorted(map(str, scope.roles)))}"
    return f"talks-waiting-of-{user.pk}"
