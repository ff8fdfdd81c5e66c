"""What a life carries with it: who reported it, letters, calls, talks, lines of the timeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from centro.agencies.models import Agency
from centro.catalog.models import ServiceType
from centro.contacts.models import CallBack
from centro.kernel.actor import Actor
from centro.knowledge.models import Article
from centro.places.models import Place

# A life knows its belongings, and they know whose they are; only one of the two modules may
# import the other, so here a Life is anything.
Life = Any


@dataclass(slots=True)
class Reporter:
    """An invented person. `pk` is known once written; `kept_at` is when we first heard of them."""

    name: str
    kind: str
    phone: str
    email: str
    document: str
    language: str
    kept_at: datetime | None = None
    pk: int | None = None


@dataclass(slots=True)
class Letter:
    """A message to the citizen, with what was true when it left."""

    life: Life
    name: str
    at: datetime
    text: str
    agency: str
    due: datetime
    failed: bool = False
    pk: int = 0


@dataclass(slots=True)
class Call:
    """Somebody to ring."""

    life: Life
    reason: str
    text: str
    at: datetime
    due: datetime
    state: str = CallBack.State.WAITING
    attempts: int = 0
    tried_at: datetime | None = None


@dataclass(slots=True)
class Talk:
    """A contact: `life` when it led to a case or was about one."""

    channel: str
    started: datetime
    ended: datetime
    outcome: str
    summary: str
    operator: int | None = None
    person: Reporter | None = None
    outgoing: bool = False
    article: Article | None = None
    agency_id: int | None = None
    life: Life | None = None
    pk: int = 0


@dataclass(slots=True)
class Handover:
    """A proposed transfer."""

    from_agency: Agency
    to_agency: Agency
    reason: str
    at: datetime
    answer_by: datetime
    decision: str = "pending"
    answer: str = ""
    decided_at: datetime | None = None


@dataclass(slots=True)
class Entry:
    """A line of the timeline. Data may hold a Letter (its id) or a Life (its number)."""

    kind: str
    at: datetime
    by: Actor
    cycle: int
    data: dict[str, Any]


@dataclass(slots=True)
class Matter:
    """What was reported and by whom, before anything was done with it."""

    service: ServiceType
    description: str
    channel: str
    place: Place | None = None
    lat: float | None = None
    lon: float | None = None
    reference: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    person: Reporter | None = None
    anonymous: bool = False
    language: str = "es"
    against_handler: bool = False
