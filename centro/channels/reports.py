"""What became of a message that left, from what its provider says. It only ever goes forward."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from centro.channels import bounces
from centro.channels.channel import Report
from centro.channels.models import Account, DeliveryReport, OutboundMessage
from centro.kernel.clock import now

_S = OutboundMessage.Status
# What is further along is not undone by a report that comes late; `read` implies `delivered`.
# The provider's clock and ours are never quite the same.
_CLOCKS = timedelta(seconds=2)
_RANK = {_S.QUEUED: 0, _S.SENT: 1, _S.DELIVERED: 2, _S.READ: 3}


@transaction.atomic(savepoint=False)
def keep_report(account: Account, report: Report) -> str:
    """Write down a report and apply it to its message, now or when its id is known.

    Returns the status it speaks of. A report that comes twice changes nothing.
    """
    if not report.id:
        return _keep_for_all(account, report)
    news = _write_down(account, report)
    messages = OutboundMessage.objects.select_for_update()
    for message in messages.filter(account=account, external_id=report.id[:200]):
        apply_reports(message, marks=news)
    return report.status


def _write_down(account: Account, report: Report) -> bool:
    """One row for each status of a message; the worst that was said of it stands.

    Returns whether it says something new.
    """
    told = {
        "error": report.error.replace("\x00", "")[:2000],
        "permanent": report.permanent,
        "closes": report.closes,
    }
    row, created = DeliveryReport.objects.select_for_update().get_or_create(
        account=account,
        external_id=report.id[:200],
        status=report.status,
        defaults={"at": report.at or now(), **told},
    )
    worse = (report.closes, report.permanent) > (row.closes, row.permanent)
    if not created and worse and (report.closes or report.status == "failed"):
        for name, value in told.items():
            setattr(row, name, value)
        row.save(update_fields=list(told))
    return created or worse


def _keep_for_all(account: Account, report: Report) -> str:
    """A word on everything that one recipient was sent up to a moment; a later moment replaces it."""
    until = report.at or now()
    row, created = DeliveryReport.objects.select_for_update().get_or_create(
        account=account,
        external_id=_everything_to(report.recipient),
        status=report.status,
        defaults={"at": until},
    )
    if not created and row.at < until:
        row.at = until
        row.save(update_fields=["at"])
    messages = OutboundMessage.objects.select_for_update(of=("self",)).filter(
        account=account,
        identity__kind=account.kind,
        identity__external_id=report.recipient,
        sent_at__lte=until + _CLOCKS,
    )
    for message in messages.filter(status__in=[_S.SENT, _S.DELIVERED]):
        apply_reports(message, marks=False)
    return report.status


def was_sent(account: Account, external_id: str) -> bool:
    """Whether that is the id of a message that left by this account."""
    sent = OutboundMessage.objects.filter(account=account, external_id=external_id[:200])
    return bool(external_id) and sent.exists()


def _everything_to(recipient: str) -> str:
    """Stands where the id of one message would."""
    return f"to:{recipient}"[:200]


@transaction.atomic(savepoint=False)
def apply_reports(message: OutboundMessage, *, marks: bool = True) -> None:
    """Bring a locked message that left up to what its provider has said of it so far.

    A failure for good stays one, whatever is said after it; what arrived has not failed. An
    address that takes nothing more is marked, where that `marks`: not again for what was known.
    """
    if not message.external_id or message.account_id is None or message.status == _S.QUEUED:
        return
    about = Q(external_id=message.external_id)
    if message.sent_at is not None:
        about |= Q(external_id=_everything_to(message.address), at__gte=message.sent_at - _CLOCKS)
    said = DeliveryReport.objects.filter(about, account=message.account_id).order_by("at", "pk")
    failed_for_good = False
    for report in said:
        arrived = message.status in {_S.DELIVERED, _S.READ}
        if report.status == _S.FAILED and not arrived:
            message.status, message.error = _S.FAILED, report.error or "failed"
            failed_for_good |= report.permanent
        elif report.status != _S.FAILED and not failed_for_good:
            _advance(message, _S(report.status), report.at)
        if marks and report.closes:
            bounces.mark_address(message, report.error)
    message.save(update_fields=["status", "delivered_at", "read_at", "error"])


def _advance(message: OutboundMessage, status: OutboundMessage.Status, at: datetime) -> None:
    if message.status == _S.FAILED or _RANK[status] > _RANK[_S(message.status)]:
        message.status = status
    if status in {_S.DELIVERED, _S.READ}:
        message.delivered_at = min(message.delivered_at or at, at)
    if status == _S.READ:
        message.read_at = min(message.read_at or at, at)
