"""What time does to cases. Each sweep asks what is due now, so a late run loses nothing."""

from __future__ import annotations

from django.db import transaction

from centro.cases.actions import clocks, step
from centro.cases.actions.transfers import expire_transfer
from centro.cases.models import Case, Transfer
from centro.cases.rules import Reason, Status
from centro.kernel.actor import SYSTEM
from centro.kernel.clock import now

_BATCH = 500


def expire_transfers() -> int:
    """Send to triage every case whose proposed receiver stayed silent. Returns how many."""
    silent = Transfer.objects.filter(
        decision=Transfer.Decision.PENDING, answer_by__lte=now()
    ).select_related("case")
    return sum(expire_transfer(transfer=transfer) for transfer in silent[:_BATCH])


def end_waits() -> int:
    """Go on with every case whose wait has ended. Returns how many."""
    ended = Case.objects.filter(status=Status.WAITING, waiting_until__lte=now())
    return sum(_end_wait(case) for case in ended[:_BATCH])


@transaction.atomic
def _end_wait(case: Case) -> bool:
    case = step.lock(case)
    if case.waiting_until is None or case.waiting_until > now():
        return False
    clocks.resume_clocks(case, at=now(), reason=Reason.WAIT_ENDED)
    step.move(case, Status.IN_PROGRESS, Reason.WAIT_ENDED)
    case.record("wait_ended", by=SYSTEM)
    return True
