"""Jobs of the channels: deliver, find what was lost, keep the queue healthy.

Queues: `outbound` carries messages, `sweeps` everything periodic. Both need a worker; where one
serves both, sweeps go first, so that no mail server that hangs can hold them up.
"""

from __future__ import annotations

from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from centro.channels import delivery, fetching, reading, upkeep, watching
from centro.channels.channel import DeliveryError


class _LikeTheMessage(BaseRetryStrategy):
    """Waits as delivery.WAITS says; the message itself fails when they are used up."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if job.attempts >= len(delivery.WAITS):
            return None
        wait = delivery.WAITS[job.attempts]
        asked = exception.wait if isinstance(exception, DeliveryError) else None
        return RetryDecision(retry_in={"seconds": int(max(wait, asked or wait).total_seconds())})


@app.task(queue=delivery.QUEUE, retry=_LikeTheMessage(), name=delivery.DELIVER)
def deliver(*, message_id: int) -> None:
    """Deliver one message."""
    delivery.deliver_message(message_id=message_id)


@app.periodic(cron="*/2 * * * *")
@app.task(queue="sweeps", priority=10, queueing_lock="sweep_outbound")
def sweep_outbound(timestamp: int) -> None:
    """Queue again what is still queued although no job carries it."""
    delivery.give_up_on_old_messages()
    for message_id in delivery.find_lost_messages():
        deliver.defer(message_id=message_id)


@app.periodic(cron="*/2 * * * *")
@app.task(queue="sweeps", priority=10, queueing_lock="sweep_inbound")
def sweep_inbound(timestamp: int) -> None:
    """Take in what still waits although no job carries it, and fetch what was not fetched."""
    for raw_id in reading.find_lost_events():
        reading.defer_take_in(raw_id)
    for message_id in fetching.find_unfetched():
        fetching.defer_fetch(message_id)


@app.periodic(cron="*/5 * * * *")
@app.task(queue="sweeps", priority=10, queueing_lock="watch_accounts")
def watch_accounts(timestamp: int) -> None:
    """Every five minutes: what is wrong with the accounts."""
    watching.watch_accounts()


@app.periodic(cron="12 * * * *")
@app.task(queue="sweeps", priority=10, queueing_lock="keep_books")
def keep_books(timestamp: int) -> None:
    """Every hour: what the providers say they have for us, and what of it we have."""
    for account_id in watching.begin_books():
        compare_account.defer(account_id=account_id)


# Beside the sweeps: a provider that hangs must not hold them up.
@app.task(queue="outbound")
def compare_account(*, account_id: int) -> None:
    """One provider's books and ours."""
    watching.compare_account(account_id=account_id)


@app.periodic(cron="50 3 * * *")
@app.task(queue="sweeps", priority=10, queueing_lock="forget_raw")
def forget_raw(timestamp: int) -> None:
    """Every night: the bytes of what was taken in long ago."""
    reading.forget_raw_bodies()


@app.periodic(cron="* * * * *")
@app.task(queue="sweeps", priority=10, queueing_lock="reap_stalled_jobs", pass_context=True)
async def reap_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Put back what a killed worker held."""
    await upkeep.free_stalled_jobs(context.app.job_manager)


@app.periodic(cron="40 3 * * *")
@app.task(queue="sweeps", priority=10, queueing_lock="purge_jobs", pass_context=True)
async def purge_jobs(context: JobContext, timestamp: int) -> None:
    """Every night: jobs that are finished."""
    await upkeep.delete_finished_jobs(context.app.job_manager)
