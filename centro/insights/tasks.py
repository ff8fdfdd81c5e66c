"""Jobs of the figures."""

from __future__ import annotations

from procrastinate.contrib.django import app

from centro.insights import actions
from centro.insights.facts import refresh_facts as refresh
from centro.kernel.clock import now


# Twice a minute, so that no figure is more than a minute old.
@app.periodic(cron="* * * * * */30")
@app.task(queue="sweeps", priority=10, queueing_lock="refresh_facts")
def refresh_facts(timestamp: int) -> None:
    """Bring the facts up to what has changed; nothing changed costs one statement."""
    refresh()


@app.periodic(cron="0 * * * *")
@app.task(queue="sweeps", priority=10, queueing_lock="send_reports")
def send_reports(timestamp: int) -> None:
    """Every hour: the reports that are due, which leave in the morning of an office day."""
    actions.send_due_reports(now())
