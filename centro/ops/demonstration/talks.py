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
from centro.channels.channel import Incoming, Sender
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
        _talk(row, accounts[row["account"]], now)
        for row in told["talk"]
        if row["account"] in accounts
    ]
    return len(made)


def _account(row: Row) -> Account:
    agency = Agency.objects.filter(acronym=row.get("agency", "")).first()
    made, _created = Account.objects.get_or_create(
        slug=row["slug"],
        defaults={
            "kind": row["kind"],
            "label": row["label"],
            "address": row["address"],
            "agency": agency,
        },
    )
    return made


def _talk(row: Row, account: Account, now: datetime) -> Conversation:
    for n, said in enumerate(row["said"]):
        at = now - timedelta(minutes=said["ago"])
        if "by" in said:
            _answer(row, said["text"], at, said["by"])
        else:
            _hear(row, account, said["text"], at, n)
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


def _hear(row: Row, account: Account, text: str, at: datetime, n: int) -> None:
    key = f"demo {row['sender']} {n}"
    raw = RawEvent.objects.create(
        account=account, key=key[:64], way="demo", body=b"", size=0,
        state=RawEvent.State.DONE, received_at=at, done_at=at,
    )  # fmt: skip
    before = [f"demo {row['sender']} {earlier}" for earlier in range(n)]
    item = Incoming(
        id=key,
        sender=Sender(id=row["sender"], name=row["name"], phone=row.get("phone", "")),
        text=text,
        subject=row.get("subject", ""),
        sent_at=at,
        public=row.get("public", False),
        thread=row.get("thread", ""),
        references=before[::-1],
    )
    message = settle_item(raw, 0, item)
    if message is not None:
        receive_message(message=message)


def _talk_of(row: Row) -> Conversation:
    """The conversation that its first message began."""
    first = InboundMessage.objects.get(external_id=f"demo {row['sender']} 0")
    return lock_conversation(Conversation.objects.get(entries__inbound=first))


def _answer(row: Row, text: str, at: datetime, username: str) -> None:
    talk = _talk_of(row)
    last = InboundMessage.objects.filter(entry__conversation=talk).order_by("-pk")[0]
    sent = OutboundMessage.objects.create(
        kind=talk.channel, account=last.account, identity=last.identity, in_reply_to=last.external_id,
        address=last.identity.external_id, name="written", body=text,
        subject=f"Re: {row['subject']}" if "subject" in row else "",
        status=OutboundMessage.Status.DELIVERED, sent_at=at, delivered_at=at,
    )  # fmt: skip
    OutboundMessage.objects.filter(pk=sent.pk).update(created_at=at)
    sent.created_at = at
    author = User.objects.filter(username=username).first()
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
