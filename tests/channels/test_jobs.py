"""Jobs with a real worker: retries, lost jobs, killed workers, old jobs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from centro.channels import delivery, upkeep
from centro.channels.models import OutboundMessage
from centro.channels.tasks import deliver, sweep_outbound
from centro.kernel.clock import now
from tests.channels.test_sending import send

pytestmark = [
    pytest.mark.at_once,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_queue"),
]


def work() -> None:
    """Carry out every job that is due, as a worker process does."""
    with app.replace_connector(app.connector.get_worker_connector()) as worker:  # type: ignore[attr-defined]
        worker.run_worker(
            queues=["outbound"], wait=False, install_signal_handlers=False, listen_notify=False
        )


def states(queue: str = "outbound") -> list[tuple[str, int]]:
    jobs = ProcrastinateJob.objects.filter(queue_name=queue).order_by("pk")
    return [(job.status, job.attempts) for job in jobs]


def run(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def leave_doing(heartbeat_before: timedelta | None) -> None:
    """As after a kill -9: the job is `doing`, and its worker silent, or forgotten."""
    worker = None
    if heartbeat_before is not None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s) RETURNING id",
                [now() - heartbeat_before],
            )
            (worker,) = cursor.fetchone()
    run("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", worker)


def sweep_at(timestamp: int) -> None:
    """Queue a periodic job, as the worker does when its time comes."""
    sweep_outbound.configure().defer(timestamp=timestamp)


def reap() -> int:
    return async_to_sync(upkeep.free_stalled_jobs)(app.job_manager)


def test_a_worker_delivers():
    message = send()
    work()
    message.refresh_from_db()
    assert message.status == "sent"
    assert states() == [("succeeded", 1)]


def test_a_failed_attempt_waits_longer_each_time(settings):
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    message = send()
    waits = []
    for _ in range(3):
        work()
        job = ProcrastinateJob.objects.get(queue_name="outbound")
        assert job.status == "todo"
        assert job.scheduled_at is not None
        waits.append(round((job.scheduled_at - now()).total_seconds(), -1))
        run("UPDATE procrastinate_jobs SET scheduled_at = NULL")
    assert waits == [10, 60, 300]
    settings.EMAIL_HOST = ""
    work()
    message.refresh_from_db()
    assert (message.status, message.attempts.count()) == ("sent", 4)


def test_when_all_attempts_are_used_up_both_message_and_job_end(settings):
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    message = send()
    for _ in range(len(delivery.WAITS) + 1):
        work()
        run("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
    message.refresh_from_db()
    assert message.status == "failed"
    assert not ProcrastinateJob.objects.filter(
        queue_name="outbound", status__in=["todo", "doing"]
    ).exists()


def test_waits_cover_a_night():
    assert timedelta(hours=12) < sum(delivery.WAITS, timedelta()) < timedelta(days=2)


def old(message: OutboundMessage, by: timedelta) -> OutboundMessage:
    OutboundMessage.objects.filter(pk=message.pk).update(created_at=now() - by)
    return message


def test_a_message_without_a_job_gets_another():
    lost = old(send(), timedelta(minutes=5))
    run("DELETE FROM procrastinate_jobs")
    fresh = send()
    carried = old(send(), timedelta(minutes=5))
    assert delivery.find_lost_messages() == [lost.pk]
    sweep_outbound(timestamp=0)
    assert delivery.find_lost_messages() == []
    work()
    assert OutboundMessage.objects.filter(status="sent").count() == len([lost, fresh, carried])


def test_a_message_whose_job_is_being_done_is_not_lost():
    old(send(), timedelta(minutes=5))
    leave_doing(timedelta(seconds=1))
    assert delivery.find_lost_messages() == []


def test_what_nobody_could_deliver_for_days_is_given_up():
    message = old(send(), timedelta(days=5))
    sweep_outbound(timestamp=0)
    message.refresh_from_db()
    assert message.status == "failed"


@pytest.mark.parametrize("silent_for", [None, timedelta(minutes=5)])
def test_what_a_killed_worker_held_is_done_by_another(silent_for):
    message = send()
    leave_doing(silent_for)
    work()
    message.refresh_from_db()
    assert message.status == "queued"
    assert reap() == 1
    work()
    message.refresh_from_db()
    assert message.status == "sent"


def test_a_living_worker_keeps_its_job():
    send()
    leave_doing(timedelta(seconds=5))
    assert reap() == 0
    assert states() == [("doing", 0)]


def test_a_job_that_kills_its_workers_is_given_up():
    send()
    for _ in range(upkeep.MOST_RUNS - 1):
        leave_doing(None)
        assert reap() == 1
    leave_doing(None)
    assert reap() == 0
    assert states() == [("failed", upkeep.MOST_RUNS)]


def test_a_stalled_sweep_gives_way_to_the_next_one():
    sweep_at(1)
    leave_doing(None)
    sweep_at(2)
    assert reap() == 0
    assert [status for status, _n in states("sweeps")] == ["aborted", "todo"]


def test_one_stubborn_job_does_not_keep_the_others_from_being_freed():
    sweep_at(1)
    send()
    leave_doing(None)
    sweep_at(2)
    assert reap() == 1


def test_sweeps_do_not_wait_behind_a_heap_of_messages():
    send()
    send()
    sweep_at(1)
    worker = async_to_sync(app.job_manager.register_worker)()
    first = async_to_sync(app.job_manager.fetch_job)(queues=None, worker_id=worker)
    assert first is not None
    assert first.queue == "sweeps"


def test_every_periodic_job_is_a_sweep_that_does_not_pile_up():
    for periodic in app.periodic_registry.periodic_tasks.values():
        task = periodic.task
        assert (task.queue, task.priority) == ("sweeps", 10), task.name
        assert task.queueing_lock


def test_finished_jobs_are_deleted_in_their_time():
    for _ in range(4):
        send()
    ids = list(ProcrastinateJob.objects.order_by("pk").values_list("pk", flat=True))
    for pk, status in zip(ids, ["succeeded", "succeeded", "failed", "todo"], strict=True):
        run("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", status, pk)
    run("UPDATE procrastinate_events SET at = now() - interval '2 days' WHERE job_id <> %s", ids[0])
    async_to_sync(upkeep.delete_finished_jobs)(app.job_manager)
    assert list(ProcrastinateJob.objects.order_by("pk").values_list("pk", flat=True)) == [
        ids[0],
        ids[2],
        ids[3],
    ]


def test_the_sweep_knows_the_name_of_the_task():
    assert deliver.name == "centro.channels.tasks.deliver"
