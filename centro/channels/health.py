"""How each account is: what came last, what left last, what waits, what fails, what is lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet

from centro.channels.models import Account, ChannelAlarm, OutboundMessage, RawEvent, Tally
from centro.kernel.clock import now

_LATELY = timedelta(hours=24)
_Out = OutboundMessage.Status
_In = RawEvent.State


@dataclass(frozen=True, slots=True)
class Health:
    """An account and how it is. Counts are of the last 24 hours, but for what waits or is dead."""

    account: Account
    last_in: datetime | None
    last_out: datetime | None
    received: int
    sent: int
    failed: int
    waiting_in: int
    oldest_in: datetime | None
    dead: int
    waiting_out: int
    oldest_out: datetime | None
    tally: Tally | None
    alarms: tuple[ChannelAlarm, ...]

    @property
    def failing_share(self) -> float | None:
        """Of what left or should have left, how many in a hundred failed; None when nothing did."""
        ended = self.sent + self.failed
        return self.failed * 100 / ended if ended else None


def health_of(accounts: Iterable[Account]) -> list[Health]:
    """How these accounts are. Seven statements, however many they are."""
    kept = list(accounts)
    since = now() - _LATELY
    last_in = _by_account(RawEvent.objects.all(), last=Max("received_at"))
    last_out = _by_account(OutboundMessage.objects.exclude(account=None), last=Max("sent_at"))
    lately_in = _by_account(RawEvent.objects.filter(received_at__gte=since), n=Count("pk"))
    open_in = _by_account(
        RawEvent.objects.exclude(state=_In.DONE),
        waiting=Count("pk", filter=Q(state=_In.WAITING)),
        oldest=Min("received_at", filter=Q(state=_In.WAITING)),
        dead=Count("pk", filter=Q(state=_In.DEAD)),
    )
    out = _by_account(
        OutboundMessage.objects.filter(Q(created_at__gte=since) | Q(status=_Out.QUEUED)),
        sent=Count("pk", filter=~Q(status__in=[_Out.QUEUED, _Out.FAILED])),
        failed=Count("pk", filter=Q(status=_Out.FAILED)),
        waiting=Count("pk", filter=Q(status=_Out.QUEUED)),
        oldest=Min("created_at", filter=Q(status=_Out.QUEUED)),
    )
    tallies = {
        tally.account_id: tally
        for tally in Tally.objects.order_by("account_id", "-at").distinct("account_id")
    }
    alarms: dict[int, list[ChannelAlarm]] = {}
    for alarm in ChannelAlarm.objects.filter(ended_at=None).order_by("since"):
        alarms.setdefault(alarm.account_id, []).append(alarm)
    nothing: dict[str, Any] = {}
    return [
        Health(
            account=account,
            last_in=last_in.get(account.pk, nothing).get("last"),
            last_out=last_out.get(account.pk, nothing).get("last"),
            received=_count(lately_in, account, "n"),
            sent=_count(out, account, "sent"),
            failed=_count(out, account, "failed"),
            waiting_in=_count(open_in, account, "waiting"),
            oldest_in=open_in.get(account.pk, nothing).get("oldest"),
            dead=_count(open_in, account, "dead"),
            waiting_out=_count(out, account, "waiting"),
            oldest_out=out.get(account.pk, nothing).get("oldest"),
            tally=tallies.get(account.pk),
            alarms=tuple(alarms.get(account.pk, ())),
        )
        for account in kept
    ]


def _by_account(rows: QuerySet[Any], **wanted: Any) -> Mapping[int, Mapping[str, Any]]:
    """The aggregates of each account's rows."""
    found = rows.values("account").annotate(**wanted).order_by()
    return {row["account"]: row for row in found}


def _count(rows: Mapping[int, Mapping[str, Any]], account: Account, name: str) -> int:
    return int(rows.get(account.pk, {}).get(name, 0))
