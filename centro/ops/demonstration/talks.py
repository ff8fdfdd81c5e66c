"""Conversations of the demonstration: made as messages that came, by the channels that are installed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from centro.accounts.models import User
from centro.agencies.models import Agency
from centro.agencies.scopes import actor_of
from centro.cases.actions import receive_message
from centro.cases.models import Dialogue
from centro.channels.channel import Change, Incoming, Part, Sender
from centro.channels.keeping import change_message
from centro.channels.models import Account, InboundMessage, OutboundMessage, RawEvent
from centro.channels.reading import settle_item
from centro.channels.registry import all_channels
from centro.contacts.actions import answer_contact, open_contact
from centro.contacts.answering import mark_spam
from centro.contacts.assigning import take_conversation
from centro.contacts.conversations import lock_conversation, note_contact, note_sent, settle
from centro.contacts.models import CannedReply, Conversation, ConversationEntry
from centro.kernel.actor import SYSTEM
from centro.places.stamps import renew_stamp

Row = Mapping[str, Any]


_LETTER = "demo {sender} {n}"
_PHOTOS = "photos"


@transaction.atomic
def stage_talks(folder: Path, now: datetime) -> int:
    """Make the conversations that a pack tells of; how many. Nothing where there is one already."""
    file = folder / "talks.toml"
    if Conversation.objects.exists() or not file.exists():
        return 0
    with file.open("rb") as stream:
        told = tomllib.load(stream)
    accounts = {
        row["slug"]: _account(row) for row in told["account"] if row["kind"] in all_channels()
    }
    for row in told.get("ready", ()):
        CannedReply.objects.get_or_create(
            name=row["name"], language=row.get("language", "es"), defaults={"body": row["body"]}
        )
    renew_stamp("channel accounts")
    made = [
        _talk(row, accounts[row["account"]], now, folder / _PHOTOS)
        for row in told["talk"]
        if row["account"] in accounts
    ]
    for row in told.get("arrival", ()):
        if row["account"] in accounts:
            _arrive(row, accounts[row["account"]], now)
    return len(made)


def _arrive(row: Row, account: Account, now: datetime) -> None:
    """Something that came and could not be taken in, as it waits for somebody's look."""
    body = row["body"].encode()
    RawEvent.objects.create(
        account=account, key=f"demo arrival {row['ago']}", way="webhook", body=body, size=len(body),
        state=RawEvent.State.DEAD, attempts=row["attempts"], error=row["error"],
        received_at=now - timedelta(minutes=row["ago"]),
    )  # fmt: skip


def _account(row: Row) -> Account:
    agency = Agency.objects.filter(acronym=row.get("agency", "")).first()
    made, _created = Account.objects.get_or_create(
        slug=row["slug"],
        defaults={
            "kind": row["kind"],
            "label": row["label"],
            "address": row["address"],
            "agency": agency,
            "options": row.get("options", {}),
        },
    )
    return made


def _talk(row: Row, account: Account, now: datetime, photos: Path) -> Conversation:
    for n, said in enumerate(row["said"]):
        at = now - timedelta(minutes=said["ago"])
        if "by" in said:
            _answer(row, said, at)
        elif "note" in said:
            _note(row, said["note"], at)
        else:
            _hear(row, account, said, at, n, photos)
            _change(row, account, said, at, n)
    talk = _talk_of(row)
    by = User.objects.filter(username=row.get("taken", "")).first()
    if by is not None:
        take_conversation(conversation=talk, user=by, by=actor_of(by))
    if row.get("spam"):
        user = User.objects.filter(is_active=True).order_by("pk").first()
        if user is not None:
            mark_spam(conversation=talk, user=user, by=SYSTEM)
    if row.get("answered"):
        _end(talk, row["answered"])
    Conversation.objects.filter(pk=talk.pk).update(language=row.get("language", "es"))
    return talk


def _hear(row: Row, account: Account, said: Row, at: datetime, n: int, photos: Path) -> None:
    key = _LETTER.format(sender=row["sender"], n=n)
    raw = RawEvent.objects.create(
        account=account, key=key[:64], way="demo", body=b"", size=0,
        state=RawEvent.State.DONE, received_at=at, done_at=at,
    )  # fmt: skip
    before = [_LETTER.format(sender=row["sender"], n=earlier) for earlier in range(n)]
    item = Incoming(
        id=key,
        sender=Sender(id=row["sender"], name=row["name"], phone=row.get("phone", "")),
        text=said["text"],
        subject=row.get("subject", ""),
        html=said.get("html", ""),
        quoted=said.get("quoted", ""),
        sent_at=at,
        public=row.get("public", False),
        thread=row.get("thread", ""),
        references=before[::-1],
        origin=said.get("origin", ""),
        parts=[Part(name, data=(photos / name).read_bytes()) for name in said.get("photos", ())],
    )
    message = settle_item(raw, 0, item)
    if message is not None:
        receive_message(message=message)
        _guided_then(message, at)


def _guided_then(message: InboundMessage, at: datetime) -> None:
    """What a guiding channel answered by itself, it answered then."""
    moment = at + timedelta(seconds=20)
    sent = OutboundMessage.objects.filter(identity=message.identity, created_at__gt=moment)
    late = ConversationEntry.objects.filter(outbound__in=sent.exclude(name="written"))
    asked = [entry.outbound_id for entry in late]
    late.update(at=moment)
    OutboundMessage.objects.filter(pk__in=asked).update(
        created_at=moment, sent_at=moment, delivered_at=moment,
        status=OutboundMessage.Status.DELIVERED,
    )  # fmt: skip
    Dialogue.objects.filter(identity=message.identity).update(begun_at=at, touched_at=moment)
    if asked:
        Conversation.objects.filter(entries__inbound=message).update(touched_at=moment)


def _change(row: Row, account: Account, said: Row, at: datetime, n: int) -> None:
    """What the person did with it afterwards, where it was written."""
    key, later = _LETTER.format(sender=row["sender"], n=n), at + timedelta(minutes=3)
    if "edited" in said:
        change_message(account, Change(key, said["edited"], later))
    if said.get("deleted"):
        change_message(account, Change(key, None, later))


def _note(row: Row, text: str, at: datetime) -> None:
    """A word among those of the desk."""
    author = User.objects.filter(username=row.get("taken", "")).first()
    ConversationEntry.objects.create(
        conversation=_talk_of(row),
        kind=ConversationEntry.Kind.NOTE,
        at=at,
        author=author,
        text=text,
    )


def _talk_of(row: Row) -> Conversation:
    """The conversation that its first message began."""
    first = InboundMessage.objects.get(external_id=_LETTER.format(sender=row["sender"], n=0))
    return lock_conversation(Conversation.objects.get(entries__inbound=first))


def _answer(row: Row, said: Row, at: datetime) -> None:
    talk = _talk_of(row)
    last = InboundMessage.objects.filter(entry__conversation=talk).order_by("-pk")[0]
    came_back = said.get("came_back", "")
    state = OutboundMessage.Status
    sent = OutboundMessage.objects.create(
        kind=talk.channel, account=last.account, identity=last.identity, in_reply_to=last.external_id,
        address=last.identity.external_id, name="written", body=said["text"],
        subject=f"Re: {row['subject']}" if "subject" in row else "", public=last.public,
        status=state.FAILED if came_back else state.DELIVERED, error=came_back,
        sent_at=at, delivered_at=None if came_back else at,
    )  # fmt: skip
    OutboundMessage.objects.filter(pk=sent.pk).update(created_at=at)
    sent.created_at = at
    author = User.objects.filter(username=said["by"]).first()
    talk.assigned_to, talk.assigned_at = author, at if author else None
    note_sent(talk, sent)
    ConversationEntry.objects.filter(outbound=sent).update(author=author)


def _end(talk: Conversation, summary: str) -> None:
    """Answered and counted, when it was said last."""
    at = talk.touched_at
    contact = open_contact(
        channel=talk.channel, operator=talk.assigned_to, started_at=talk.created_at, by=SYSTEM
    )
    contact = answer_contact(contact=contact, summary=summary, by=SYSTEM)
    contact.ended_at = at
    contact.save(update_fields=["ended_at"])
    note_contact(talk, contact)
    ConversationEntry.objects.filter(contact=contact).update(at=at, author=talk.assigned_to)
    talk.ending = Conversation.Ending.ANSWERED
    settle(talk, Conversation.State.CLOSED)
