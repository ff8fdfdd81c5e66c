"""Jobs of the cases: each calls one action."""

from __future__ import annotations

import asyncio
import signal
import sys

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from centro.accounts.models import User
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.actions import guiding, intake_events
from centro.cases.models import Incident
from centro.channels import fetching, reading
from centro.kernel.tied import tied


@app.periodic(cron="* * * * *")
@app.task(queue="sweeps", priority=10, queueing_lock="sweep_cases")
def sweep_cases(timestamp: int) -> None:
    """Every minute: transfers without an answer, waits that ended, silence after a solution,
    questions whose letter failed, dialogues that nobody went on with; then retargetings that stand
    still.
    """
    actions.expire_transfers()
    actions.end_waits()
    actions.close_unanswered()
    actions.restart_retargetings()
    actions.follow_failed_letters()
    guiding.end_silent_dialogues()


@app.periodic(cron="* * * * *")
@app.task(queue="sweeps", priority=10, queueing_lock="climb_ladders")
def climb_ladders(timestamp: int) -> None:
    """Every minute: the rungs and warnings that the clocks have reached, and broken promises."""
    actions.escalate_due()
    actions.follow_promises()


@app.periodic(cron="* * * * *")
@app.task(queue="sweeps", priority=10, queueing_lock="mail_tasks")
def mail_tasks(timestamp: int) -> None:
    """Every minute: new cases of officials who work by mail."""
    actions.mail_tasks()


@app.periodic(cron="*/5 * * * *")
@app.task(queue="sweeps", priority=10, queueing_lock="write_digests")
def write_digests(timestamp: int) -> None:
    """Every five minutes: what people of the State must know, in one mail an hour."""
    actions.send_digests()


# The name and the queue by which actions.retargeting defers it.
@app.task(queue=actions.RETARGETING, name="centro.cases.tasks.move_clocks")
def move_clocks(retargeting_id: int) -> None:
    """The next batches of clocks that follow a new calendar or agreement."""
    actions.move_clocks(retargeting_id=retargeting_id)


@app.task(
    queue="events",
    retry=RetryStrategy(max_attempts=9, exponential_wait=3),
    name="centro.cases.tasks.solve_incident",
)
def solve_incident(*, incident_id: int, user_id: int) -> None:
    """The many cases of a solved event, batch by batch; after a crash it goes on where it was."""
    incident = Incident.objects.select_related("agency").get(pk=incident_id)
    by = actor_of(User.objects.get(pk=user_id))
    while actions.solve_next_cases(incident=incident, by=by):
        continue


# The names and the queue by which the channels defer them.
@app.task(
    queue=reading.QUEUE,
    retry=RetryStrategy(max_attempts=reading.MOST_ATTEMPTS, exponential_wait=3),
    name=reading.TAKE_IN,
)
def take_in(*, raw_id: int) -> None:
    """What a provider brought."""
    intake_events.take_in_event(raw_id=raw_id)


@app.task(
    queue=fetching.QUEUE,
    retry=RetryStrategy(max_attempts=8, exponential_wait=3),
    name=fetching.FETCH,
)
def fetch_files(*, message_id: int) -> None:
    """The files that a message only named."""
    intake_events.fetch_files(message_id=message_id)


@app.periodic(cron="*/10 * * * *")
@app.task(queue="sweeps", priority=10, queueing_lock="remind_citizens")
def remind_citizens(timestamp: int) -> None:
    """Every ten minutes, in office hours: whoever was asked whether it is solved and is silent."""
    actions.remind_unanswered()


@app.periodic(cron="20 1 * * *")
@app.task(queue="sweeps", priority=10, queueing_lock="draw_audits")
def draw_audits(timestamp: int) -> None:
    """Every night: which of yesterday's closures are looked at again."""
    actions.draw_audits()


@app.periodic(cron="40 2 * * *")
@app.task(queue="sweeps", priority=10, queueing_lock="learn_language")
async def learn_language(timestamp: int) -> None:
    """Every night, and at the first start: a new model when there is something new to learn.

    In a process of its own: it takes most of a minute and memory that nothing else needs.
    """
    command = [sys.executable, "-m", "centro.ops", "train", "--if-due"]
    child = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.DEVNULL,
        preexec_fn=tied(signal.SIGKILL),  # a worker that is killed cannot end it itself
    )
    try:
        await child.wait()
    finally:
        # A worker that is told to stop does not wait for it; the next start begins again.
        if child.returncode is None:
            child.kill()
