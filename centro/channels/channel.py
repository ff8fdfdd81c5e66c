"""What a channel is. To add one, write one file in adapters/ that ends in `CHANNEL = …`.

An adapter moves text between the centre and one provider, by the provider's published rules. It
knows nothing of cases, touches no table, and every call it makes to the provider has a time limit.
See docs/how-to/add-a-channel.md.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from django.utils.functional import Promise

from centro.kernel.errors import Refused

# Stands before the id of somebody who only commented, where a network has another for private words.
COMMENTER = "comment:"


class Forged(Refused):
    """A call that does not prove that it comes from the provider."""

    code = "forged"
    status = 401


class TooLarge(Refused):
    """More than the channel takes in at once."""

    code = "too_large"
    status = 413

    def __init__(self) -> None:
        super().__init__("too large")


class Unreadable(Refused):
    """Something that the provider would never send."""

    code = "unreadable"
    status = 400


class DeliveryError(Exception):
    """The provider did not take the message; a permanent one is not tried again.

    `wait` is what the provider asked for before the next attempt, when it said so.
    """

    def __init__(
        self, message: str, *, permanent: bool = False, wait: timedelta | None = None
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Field:
    """One thing an account must be given: how it is named, asked for, and kept."""

    name: str
    label: str | Promise
    secret: bool = False
    required: bool = True
    default: str = ""
    # What it can be, with its words; empty: anything.
    choices: Sequence[tuple[str, str | Promise]] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """One of several ways of doing something: the fields that it uses, and those it cannot lack."""

    name: str
    label: str | Promise
    about: str | Promise = ""
    fields: Sequence[str] = ()
    needs: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Ways:
    """Ways of which an account uses one. `option` is the field that keeps which; without it the
    way is the first whose first field was given, else the last, which needs nothing."""

    name: str
    label: str | Promise
    ways: Sequence[Way]
    option: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """One account of a channel, as its adapter gets it; `secrets` are in clear."""

    id: int | None
    slug: str = ""
    address: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A provider's HTTP call; `url` is the address that it called, as it knows it."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    query: Mapping[str, str] = field(default_factory=dict)


# ---- What comes in ----


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote, by the channel's id; `phone` in E.164 where the channel itself vouches for it."""

    id: str
    name: str = ""
    handle: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A file that came along: its bytes, or the name by which the provider gives them."""

    name: str = ""
    media_type: str = ""
    data: bytes | None = field(default=None, repr=False)
    ref: str = ""
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message as the provider brought it. `id` is the provider's, the same at every retry.

    `references` are ids of messages that it answers, nearest first; `thread` the public post or
    comment it hangs on. `nature` and `why`: what the channel's own rules say it is (see
    InboundMessage.Nature), empty for what a person wrote.
    """

    id: str
    sender: Sender
    text: str
    sent_at: datetime | None = None
    subject: str = ""
    html: str = ""
    quoted: str = ""
    public: bool = False
    references: Sequence[str] = ()
    thread: str = ""
    reply_address: str = ""
    origin: str = ""
    parts: Sequence[Part] = ()
    nature: str = ""
    why: str = ""
    # Whether somebody we trust vouches for the sender; None: nobody was asked.
    verified: bool | None = None
    # Where the sender says to be, in degrees; the text says it too (see `place_text`).
    lat: float | None = None
    lon: float | None = None
    # Of a bounce: the address that failed, and whether for good.
    failed_address: str = ""
    failed_for_good: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The provider's word on a message of ours.

    Some speak of no message but of all to one `recipient` up to a moment: `id` is then empty, and
    `at` that moment.
    """

    id: str
    status: Literal["sent", "delivered", "read", "failed"]
    at: datetime | None = None
    error: str = ""
    permanent: bool = True
    recipient: str = ""
    # The address itself takes nothing more: it failed for good, or its owner complained.
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A message was edited or deleted where it was written; `text` is None for deleted."""

    id: str
    text: str | None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Something in a call that is no message for us, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Broken:
    """Something in a call that could not be read; it waits for a repair, the others do not."""

    reason: str


Item = Incoming | Report | Change | Rejected | Broken

# ---- What goes out ----


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as an adapter gets it. `key` is ours and stable: the same for every attempt.

    `window_open`: whether the person wrote so lately that a free text may be sent (see
    `Channel.window`). `reference` is the number of the case, empty without one.
    """

    key: int
    address: str
    subject: str
    body: str
    html: str = ""
    reference: str = ""
    name: str = ""
    language: str = "es"
    in_reply_to: str = ""
    public: bool = False
    window_open: bool = True


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that a provider took: its id, and by which id it says that the person is known."""

    id: str
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class Download:
    """A file fetched from the provider."""

    data: bytes = field(repr=False)
    media_type: str = ""
    name: str = ""


class Channel(ABC):
    """One way in and out of the centre. It moves text and knows nothing about cases."""

    kind: ClassVar[str]
    label: ClassVar[str | Promise]
    # What an account of it must be given; the first that is no secret is shown first.
    fields: ClassVar[tuple[Field, ...]] = ()
    # Which of them go together, where there is more than one way.
    ways: ClassVar[tuple[Ways, ...]] = ()
    # Characters that fit into one message; longer answers are cut with a link. 0: no limit.
    longest: ClassVar[int] = 0
    # Texts without blank lines and courtesy where every letter costs (messages/…_short).
    brief: ClassVar[bool] = False
    # Whether a person is led to a case by short questions, since nobody writes it whole there.
    guides: ClassVar[bool] = False
    # After a person's last message, for how long free text may be sent; None: always.
    window: ClassVar[timedelta | None] = None
    # Whether the provider tells what became of a message.
    reports: ClassVar[bool] = False
    # What the answer to `challenge` is.
    challenge_type: ClassVar[str] = "text/plain; charset=utf-8"
    # The largest call that is taken in.
    largest: ClassVar[int] = 1024 * 1024

    def challenge(self, access: Access, call: Call) -> str | None:
        """The answer to a provider's GET that asks whether we are there; None: nothing of its kind."""
        return None

    def verify(self, access: Access, call: Call) -> None:
        """Raise Forged unless the provider signed exactly these bytes. No signature: forged."""
        raise Forged(f"{self.kind}: no webhook")

    def key_of(self, call: Call) -> str:
        """What names one delivery; empty: its bytes do. A retry must have the same."""
        return ""

    def parse(self, access: Access, headers: Mapping[str, str], body: bytes) -> list[Item]:
        """Take a call apart: each thing in it, in order. What is wrong raises anything at all."""
        raise Unreadable(f"{self.kind}: nothing comes in by it")

    def reply(self, access: Access) -> tuple[str, str]:
        """Body and media type of the answer to a call that was taken in."""
        return "", "text/plain"

    @abstractmethod
    def send(self, access: Access, message: Outgoing) -> str | Taken:
        """Send, and return the provider's id. Raise DeliveryError; never return on failure."""

    def writes_late(self, access: Access, *, reference: str, in_reply_to: str) -> bool:
        """Whether something can be sent to a person after the window: a template, a tag.

        `reference` is the number of the case, `in_reply_to` what it would answer.
        """
        return True

    def fetch(self, access: Access, ref: str) -> Download:
        """A file that came with a message. Raise DeliveryError; a permanent one is given up."""
        raise DeliveryError(f"{self.kind}: no files", permanent=True)

    def ids_since(self, access: Access, since: datetime) -> frozenset[str] | None:
        """The ids of the messages that the provider says it has for us since then, for our books.

        None where the provider does not say. Raise DeliveryError when it does not answer.
        """
        return None

    def private_link(self, access: Access) -> str:
        """Where a person who wrote in public can write to us alone; empty where nowhere."""
        return ""
