"""The books of what came in: each event, what it held, and what became of each thing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count

from centro.channels.models import InboundItem, RawEvent
from centro.kernel.clock import now


@dataclass(frozen=True, slots=True)
class Balance:
    """The last day: events by state and things by outcome; `open` is what nobody can explain."""

    states: dict[str, int]
    outcomes: dict[str, int]

    @property
    def open(self) -> int:
        return self.states.get("waiting", 0) + self.states.get("dead", 0)


def balance(hours: int = 24) -> Balance:
    """What came in within these hours and what became of it. Two statements."""
    since = now() - timedelta(hours=hours)
    events = RawEvent.objects.filter(received_at__gte=since)
    items = InboundItem.objects.filter(raw__received_at__gte=since)
    return Balance(
        dict(events.values_list("state").annotate(Count("pk"))),
        dict(items.values_list("outcome").annotate(Count("pk"))),
    )


def open_events() -> int:
    """How many events wait for long or are dead: zero on a good day. One statement."""
    old = now() - timedelta(minutes=10)
    unfinished = RawEvent.objects.exclude(state=RawEvent.State.DONE)
    dead = unfinished.filter(state=RawEvent.State.DEAD)
    return (dead | unfinished.filter(received_at__lt=old)).count()
