"""What the page of a conversation shows, read with few statements."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import nh3
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.agencies.models import Assignment
from centro.agencies.scopes import scope_of
from centro.cases.access import may_see_reporter
from centro.cases.actions import record_look
from centro.cases.models import Case, Incident, Look
from centro.cases.suggesting import Suggested, place_in, suggest_cases, suggest_events
from centro.cases.talks import CENTRE, cases_of_talk, reach_talk
from centro.catalog.models import ServiceType
from centro.catalog.queries import suggest_services
from centro.channels.models import Attachment, InboundMessage, OutboundMessage
from centro.channels.registry import all_channels
from centro.channels.windows import open_until
from centro.contacts.answering import last_message
from centro.contacts.canned import fill
from centro.contacts.models import CannedReply, Conversation, ConversationEntry
from centro.contacts.recognising import Proposal, propose_people
from centro.contacts.watching import Company, company_in
from centro.kernel.clock import now
from centro.knowledge.models import Article
from centro.knowledge.queries import search_articles
from centro.places.queries import Spot, search_spots
from centro.web.desk.posts import FRONT
from centro.web.desk.talklist import channel_label

# So many entries are shown at first: the newest.
MOST_ENTRIES = 200
_SAFE = {"p", "br", "b", "strong", "i", "em", "u", "ul", "ol", "li", "blockquote", "a", "h1", "h2", "h3", "table", "tr", "td", "th", "tbody", "thead"}  # fmt: skip
_NO_SOURCE = re.compile(r"<img(?![^>]*\bsrc=)[^>]*>")
_SENT_LOOK = {
    "queued": ("clock", ""),
    "sent": ("check", ""),
    "delivered": ("check", "badge--ok"),
    "read": ("check", "badge--ok"),
    "failed": ("alert", "badge--danger"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """One entry of a conversation as its page shows it."""

    entry: ConversationEntry
    files: list[Attachment]
    # Whether a conversation can begin with it.
    splits: bool

    @property
    def said(self) -> InboundMessage | None:
        return self.entry.inbound

    @property
    def sent(self) -> OutboundMessage | None:
        return self.entry.outbound

    @property
    def text(self) -> str:
        if self.said is not None:
            return self.said.body or self.said.subject
        return self.sent.body if self.sent is not None else self.entry.text

    @property
    def html(self) -> SafeString:
        """The message as it was laid out, cleaned once more: nothing in it runs, and no image is
        loaded but those that came with it, from here."""
        raw = self.said.html if self.said else ""
        own = {
            f"cid:{file.content_id}": reverse(
                "desk:talk_file_mini", args=[self.entry.conversation_id, file.pk]
            )
            for file in self.files
            if file.content_id and file.file is not None and file.file.is_photo
        }

        def only_own(tag: str, attribute: str, value: str) -> str | None:
            return own.get(value) if (tag, attribute) == ("img", "src") else value

        clean = nh3.clean(
            raw,
            tags=_SAFE | {"img"},
            attributes={"a": {"href"}, "img": {"src", "alt"}},
            attribute_filter=only_own,
            url_schemes={"http", "https", "cid"},
        )
        clean = _NO_SOURCE.sub("", clean)  # what was to be loaded from elsewhere
        return mark_safe(clean) if clean.strip() else SafeString("")  # noqa: S308 cleaned

    @property
    def tone(self) -> str:
        return str(self.entry.kind)

    @property
    def who(self) -> str:
        if self.said is not None:
            return str(self.said.identity)
        author = self.entry.author
        return (author.get_full_name() or author.username) if author else ""

    @property
    def channel(self) -> str:
        message = self.said.identity if self.said else self.sent
        return channel_label(message.kind) if message else ""

    @property
    def delivery(self) -> tuple[str, str, str]:
        """Icon, colour and words of what became of a message of ours."""
        assert self.sent is not None
        icon, colour = _SENT_LOOK[self.sent.status]
        return icon, colour, str(self.sent.get_status_display())

    @property
    def odd(self) -> str:
        """What kind of message it is, where no person wrote it now."""
        plain = self.said is None or self.said.nature == InboundMessage.Nature.PLAIN
        return "" if plain or self.said is None else str(self.said.get_nature_display())


@dataclass(frozen=True)
class TalkFile:
    """A conversation with all that its page shows. Each property that reads sends one statement
    or two."""

    talk: Conversation
    user: User

    @cached_property
    def entries(self) -> list[Said]:
        rows = self.talk.entries.order_by("-at", "-pk").select_related(
            "inbound__identity", "outbound", "contact__article", "author"
        )
        found = list(rows[:MOST_ENTRIES])[::-1]
        files = _files_of(found)
        first = next((e.pk for e in found if e.kind == "in"), None)
        return [
            Said(entry, files.get(entry.inbound_id or 0, []), _splits(entry, first))
            for entry in found
        ]

    @cached_property
    def cases(self) -> list[Case]:
        return cases_of_talk(self.talk)

    @cached_property
    def last(self) -> InboundMessage | None:
        return last_message(self.talk)

    @property
    def may_reply(self) -> bool:
        return self.last is not None and self.talk.state != Conversation.State.SPAM

    @property
    def may_open_case(self) -> bool:
        return scope_of(self.user).has(*FRONT)

    @cached_property
    def window(self) -> str:
        """Whether the channel takes free texts: `open`, `late`, `public` for who never wrote to us
        alone; empty where it always does."""
        channel = all_channels().get(self.talk.channel)
        if channel is None or channel.window is None or self.last is None:
            return ""
        if self.window_until is None:
            return "public"
        return "open" if self.window_until > now() else "late"

    @cached_property
    def window_until(self) -> datetime | None:
        channel = all_channels()[self.talk.channel]
        last = self.last
        return open_until(channel, last.identity_id, last.account_id) if last else None

    @property
    def window_left(self) -> str:
        """How much of an open window is left: «3 h», or minutes in its last hour."""
        assert self.window_until is not None
        minutes = max(1, int((self.window_until - now()).total_seconds() // 60))
        return f"{minutes // 60} h" if minutes >= 60 else f"{minutes} min"

    @property
    def fits(self) -> int:
        """How many letters one message of the channel takes; 0 for any number."""
        channel = all_channels().get(self.talk.channel)
        return channel.longest if channel else 0

    @property
    def channel(self) -> str:
        return channel_label(self.talk.channel)

    @property
    def is_mine(self) -> bool:
        return self.talk.assigned_to_id == self.user.pk

    @cached_property
    def company(self) -> list[Company]:
        return company_in(self.talk, self.user)

    @cached_property
    def replies(self) -> list[tuple[CannedReply, str]]:
        """The ready answers of its language, filled in; first those of the entity."""
        found = CannedReply.objects.filter(language=self.talk.language)
        own = [r for r in found if r.agency_id == self.talk.agency_id and r.agency_id is not None]
        centre = [r for r in found if r.agency_id is None]
        values = self.values
        return [(reply, fill(reply.body, values)) for reply in (*own, *centre)]

    @property
    def values(self) -> dict[str, str]:
        """What fills the blanks of a ready answer; empty where it is not known."""
        case = self.cases[0] if self.cases else None
        person = self.talk.person
        return {
            "nombre": (person.name if person else "")
            or (self.last.identity.name if self.last else ""),
            "numero": case.number if case else "",
            "enlace": f"{settings.SITE_URL}/seguimiento/{case.number}/" if case else "",
            "entidad": case.agency.name if case and case.agency else "",
            "servicio": case.service.name if case else "",
            "operador": self.user.get_full_name() or self.user.username,
        }

    @cached_property
    def why(self) -> list[tuple[str, str]]:
        """What each step of the filter chain found in the last message."""
        return [(f["step"], f["why"]) for f in self.last.findings] if self.last else []


def _splits(entry: ConversationEntry, first: int | None) -> bool:
    return entry.kind == "in" and entry.pk != first


def _files_of(entries: list[ConversationEntry]) -> dict[int, list[Attachment]]:
    messages = [entry.inbound_id for entry in entries if entry.inbound_id is not None]
    found: dict[int, list[Attachment]] = {}
    for row in Attachment.objects.filter(message__in=messages).select_related("file"):
        found.setdefault(row.message_id, []).append(row)
    return found


@dataclass(frozen=True)
class Hints:
    """What may be meant: asked for apart, so that the page itself is there at once."""

    file: TalkFile

    @cached_property
    def text(self) -> str:
        """What the person wrote, the newest last."""
        said = [e.said.subject + "\n" + e.said.body for e in self.file.entries if e.said]
        return "\n".join(said)[-3000:].strip()

    @cached_property
    def services(self) -> list[ServiceType]:
        return [found.service for found in suggest_services(self.text, limit=3)]

    @cached_property
    def spot(self) -> Spot | None:
        words = place_in(self.text)
        return next(iter(search_spots(words, limit=1)), None) if words else None

    @cached_property
    def people(self) -> list[Proposal]:
        identity = self.file.talk.identity
        # Only of cases whose reporter this user may know.
        known = [
            case.person_id
            for case in self.file.cases
            if case.person_id and may_see_reporter(case, self.file.user)
        ]
        return propose_people(identity, self.text, known) if identity else []

    @cached_property
    def cases(self) -> list[Suggested]:
        return suggest_cases(
            self.file.talk,
            self.text,
            self.file.user,
            service=self.services[0] if self.services else None,
            place=self.spot.place if self.spot else None,
            linked=self.file.cases,
        )

    @cached_property
    def events(self) -> list[Incident]:
        return suggest_events(self.services[:2], self.spot.place if self.spot else None)

    @cached_property
    def articles(self) -> list[Article]:
        return search_articles(self.text, limit=3, language=self.file.talk.language)


def open_talk(pk: int, user: User) -> TalkFile:
    """The conversation, and a look at the reporter of each confidential case that it is about."""
    file = TalkFile(reach_talk(pk, user), user)
    for case in file.cases:
        record_look(case=case, user=user, what=Look.What.REPORTER, why=_("Conversación"))
    return file


def colleagues_of(user: User) -> list[User]:
    """Who could take conversations of this scope: the centre's front, or the entity's liaisons."""
    roles = ["operator", "supervisor"]
    posts = Assignment.objects.current().filter(role__in=roles)
    if not scope_of(user).has(*CENTRE):
        mine = scope_of(user).all_agencies
        posts = Assignment.objects.current().filter(
            agency__in=mine, role__in=["liaison", "executive"]
        )
    people = User.objects.filter(is_active=True, pk__in=posts.values("user_id"))
    return list(people.exclude(pk=user.pk).order_by("first_name", "last_name", "pk")[:100])
