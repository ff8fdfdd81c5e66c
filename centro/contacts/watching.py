"""What a page that is open asks every few seconds: is anything new, and who else is here?

Both questions are one statement over an index while nothing changes; being here is written down
only now and then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from centro.accounts.models import User
from centro.contacts.models import Conversation, Presence
from centro.kernel.clock import now

# Who was seen within this time is here.
HERE = timedelta(seconds=25)
_WRITTEN_AGAIN_AFTER = timedelta(seconds=10)
_AT_DESK_AGAIN_AFTER = timedelta(minutes=2)

# A change that began before another may be seen after it: what happened in the minute before the
# last one is part of the stamp, so that it is noticed too.
_LIST = """
    WITH last AS (SELECT max(changed_at) AS at FROM contacts_conversation)
    SELECT last.at, (
        SELECT count(*) || '.' || coalesce(sum(extract(epoch FROM c.changed_at)), 0)
        FROM contacts_conversation AS c WHERE c.changed_at > last.at - interval '1 minute'
    ) FROM last
"""
# Of a long talk the newest entries: what the page shows.
_TALK = """
    SELECT c.changed_at,
        (SELECT md5(string_agg(concat_ws('.', e.id, o.status, i.edited_at, i.deleted_at,
            (SELECT string_agg(a.state, '' ORDER BY a.id) FROM channels_attachment AS a
             WHERE a.message_id = i.id)), ' ' ORDER BY e.id))
         FROM (SELECT id, inbound_id, outbound_id FROM contacts_conversationentry
               WHERE conversation_id = c.id ORDER BY at DESC, id DESC LIMIT 200) AS e
         LEFT JOIN channels_outboundmessage AS o ON o.id = e.outbound_id
         LEFT JOIN channels_inboundmessage AS i ON i.id = e.inbound_id),
        (SELECT string_agg(concat_ws('.', p.user_id, p.writing), ' ' ORDER BY p.user_id)
         FROM contacts_presence AS p
         WHERE p.conversation_id = c.id AND p.user_id <> %(user)s AND p.seen_at > %(since)s),
        mine.seen_at, mine.writing
    FROM contacts_conversation AS c
    LEFT JOIN contacts_presence AS mine
        ON mine.conversation_id = c.id AND mine.user_id = %(user)s
    WHERE c.id = %(talk)s
"""
_SEEN = """
    INSERT INTO contacts_presence (conversation_id, user_id, seen_at, writing)
    VALUES (%s, %s, %s, %s)
    ON CONFLICT (conversation_id, user_id) DO UPDATE
    SET seen_at = excluded.seen_at, writing = excluded.writing
"""


@dataclass(frozen=True, slots=True)
class Company:
    """A colleague who has the same conversation open."""

    name: str
    writing: bool


def list_stamp() -> str:
    """Changes with any conversation. One statement, whose cost does not grow with their number."""
    with connection.cursor() as cursor:
        cursor.execute(_LIST)
        at, beside = cursor.fetchone()
    return f"{at.timestamp() if at else 0}-{beside}"


def talk_stamp(conversation: Conversation, user: User, *, writing: bool = False) -> str:
    """Changes with what a conversation shows and with who looks at it; says that this user does.

    One statement, and every ten seconds or when somebody begins to write a second one.
    """
    moment = now()
    with connection.cursor() as cursor:
        given: dict[str, Any] = {"talk": conversation.pk, "user": user.pk, "since": moment - HERE}
        cursor.execute(_TALK, given)
        at, said, others, seen_at, wrote = cursor.fetchone()
        if _is_due(seen_at, moment, _WRITTEN_AGAIN_AFTER) or bool(wrote) != writing:
            cursor.execute(_SEEN, [conversation.pk, user.pk, moment, writing])
    return f"{at.timestamp()}-{said}-{others}".replace(" ", "_")


def be_at_desk(user: User) -> None:
    """This user has the list open: what waits in their hands is not taken away."""
    moment = now()
    seen = Presence.objects.filter(conversation=None, user=user).values_list("seen_at", flat=True)
    if _is_due(seen.first(), moment, _AT_DESK_AGAIN_AFTER):
        with connection.cursor() as cursor:
            cursor.execute(_SEEN, [None, user.pk, moment, False])


def _is_due(seen_at: datetime | None, moment: datetime, after: timedelta) -> bool:
    return seen_at is None or seen_at < moment - after


def company_in(conversation: Conversation, user: User) -> list[Company]:
    """Who else has it open, those who write first."""
    return company_of([conversation], user).get(conversation.pk, [])


def company_of(conversations: list[Conversation], user: User) -> dict[int, list[Company]]:
    """The same for the rows of a list. One statement."""
    found: dict[int, list[Company]] = {}
    for row in _present(conversations, user):
        assert row.conversation_id is not None
        name = row.user.get_full_name() or row.user.username
        found.setdefault(row.conversation_id, []).append(Company(name, row.writing))
    return found


def _present(conversations: list[Conversation], user: User) -> QuerySet[Presence]:
    here = Presence.objects.filter(conversation__in=conversations, seen_at__gt=now() - HERE)
    here = here.exclude(user=user)
    return here.select_related("user").order_by("-writing", "user")
