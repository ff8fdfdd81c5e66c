"""Looking after the accounts: an alarm when one falls silent, stands still or loses something."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Assignment
from centro.channels.actions import send_message
from centro.channels.channel import DeliveryError
from centro.channels.health import Health, health_of
from centro.channels.models import Account, ChannelAlarm, InboundMessage, RawEvent, Tally
from centro.channels.registry import get_channel
from centro.kernel.clock import now

_Kind = ChannelAlarm.Kind
_PATIENCE_IN, _PATIENCE_OUT = timedelta(minutes=10), timedelta(minutes=30)
_FEWEST_FAILURES, _FAILING_SHARE = 5, 20
_COMPARED = timedelta(hours=48)
_TALLIES_KEPT = timedelta(days=30)
_MOST_NAMED = 20
_log = logging.getLogger(__name__)


def watch_accounts() -> int:
    """Begin and end alarms as the accounts now are, and tell administrators of new ones.

    Returns how many began. It asks what is so now, so a run that was missed loses nothing.
    """
    return sum(_watch(health) for health in health_of(Account.objects.filter(active=True)))


@transaction.atomic
def _watch(health: Health) -> int:
    Account.objects.select_for_update(no_key=True).get(pk=health.account.pk)
    wrong = dict(_faults(health))
    going = ChannelAlarm.objects.filter(account=health.account, ended_at=None)
    going.exclude(kind__in=wrong).update(ended_at=now())
    known = set(going.values_list("kind", flat=True))
    new = [
        ChannelAlarm(account=health.account, kind=kind, detail=detail[:300], since=now())
        for kind, detail in wrong.items()
        if kind not in known
    ]
    ChannelAlarm.objects.bulk_create(new)
    for alarm in new:
        _log.error("account %s: %s (%s)", health.account.slug, alarm.kind, alarm.detail)
        _tell_administrators(alarm)
    return len(new)


def _faults(health: Health) -> Iterator[tuple[str, str]]:
    silent = health.account.silent_after
    heard = health.last_in or health.account.created_at
    if silent and heard < now() - timedelta(minutes=silent):
        yield _Kind.SILENT, _("Nada desde hace %(n)s minutos.") % {"n": _minutes(heard)}
    if health.oldest_in and health.oldest_in < now() - _PATIENCE_IN:
        yield _Kind.STUCK_IN, _("%(n)s por procesar.") % {"n": health.waiting_in}
    if health.dead:
        yield _Kind.DEAD, _("%(n)s sin procesar.") % {"n": health.dead}
    if health.oldest_out and health.oldest_out < now() - _PATIENCE_OUT:
        yield _Kind.STUCK_OUT, _("%(n)s en cola.") % {"n": health.waiting_out}
    share = health.failing_share or 0
    if health.failed >= _FEWEST_FAILURES and share >= _FAILING_SHARE:
        yield _Kind.FAILING, _("Fallaron %(n)s en un día.") % {"n": health.failed}
    if health.tally and health.tally.lost:
        yield _Kind.LOST, _("Faltan %(n)s.") % {"n": health.tally.lost}


def _minutes(since: datetime) -> int:
    return int((now() - since).total_seconds() // 60)


def _tell_administrators(alarm: ChannelAlarm) -> None:
    posts = Assignment.objects.current().filter(role=Role.ADMINISTRATOR)
    for user in User.objects.filter(pk__in=posts.values("user"), is_active=True).exclude(email=""):
        send_message(
            kind="email",
            address=user.email,
            name="channel_alarm",
            language=user.language,
            values={
                "account": alarm.account.label,
                "what": str(alarm.get_kind_display()),
                "text": alarm.detail,
                "link": f"{settings.SITE_URL}/mesa/canales/",
            },
        )


# ---- The books ----


def begin_books() -> list[int]:
    """The accounts to be compared now; old comparisons go."""
    Tally.objects.filter(at__lt=now() - _TALLIES_KEPT).delete()
    return list(Account.objects.filter(active=True).values_list("pk", flat=True))


def compare_account(*, account_id: int) -> int:
    """Compare with a provider that says what it has for us. Returns how many things are lost.

    What a provider brought a moment ago may still be on its way: only what was missing at the last
    look too is called lost.
    """
    account = Account.objects.get(pk=account_id)
    since = now() - _COMPARED
    try:
        theirs = get_channel(account.kind).ids_since(account.access, since)
    except DeliveryError as error:
        Tally.objects.create(
            account=account, at=now(), since=since, theirs=0, lost=0, error=str(error)[:500]
        )
        return 0
    if theirs is None:
        return 0
    missing = sorted(theirs - _ours(account, theirs))
    before = account.tallies.filter(error="").order_by("-at").first()
    lost = [each for each in missing if before is not None and each in before.missing]
    Tally.objects.create(
        account=account, at=now(), since=since, theirs=len(theirs), lost=len(lost),
        missing=missing[:_MOST_NAMED],
    )  # fmt: skip
    return len(lost)


def _ours(account: Account, theirs: frozenset[str]) -> set[str]:
    """What we have of it: as messages, or as dead letters, which are counted apart."""
    kept = InboundMessage.objects.filter(account=account, external_id__in=theirs)
    found = set(kept.values_list("external_id", flat=True))
    dead = RawEvent.objects.filter(account=account, state=RawEvent.State.DEAD)
    bodies = [bytes(body or b"") for body in dead.values_list("body", flat=True)[:_MOST_NAMED]]
    for each in theirs - found:
        if any(each.encode() in body for body in bodies):
            found.add(each)
    return found
