"""Jobs of the accounts: each calls one action."""

from __future__ import annotations

from django.core.management import call_command
from procrastinate.contrib.django import app

from centro.accounts.limits import purge_buckets


@app.periodic(cron="17 * * * *")
@app.task(queue="sweeps", priority=10, queueing_lock="purge_accounts")
def purge_accounts(timestamp: int) -> None:
    """Every hour: counters whose window ended, and sessions that expired."""
    purge_buckets()
    call_command("clearsessions")
