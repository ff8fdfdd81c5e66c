"""Keeping the queue of jobs healthy: free what a killed worker held, delete what is finished.

Procrastinate leaves a job `doing` when its worker is killed. Workers send heartbeats; a job whose
worker is gone, or silent for longer than SILENT_FOR, is put back, at most MOST_RUNS times: a job
that kills its worker must not kill them all, for ever.
"""

from __future__ import annotations

import logging
from contextlib import suppress

from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from centro.kernel.clock import now

SILENT_FOR = 60  # seconds; six missed heartbeats
MOST_RUNS = 12
_SUCCEEDED_KEPT = 24  # hours
_FAILED_KEPT = 24 * 30
_log = logging.getLogger(__name__)


async def free_stalled_jobs(manager: JobManager) -> int:
    """Put back the jobs of workers that are gone. Returns how many were put back."""
    stalled = await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_FOR)
    return sum([await _free(manager, job) for job in stalled])


async def _free(manager: JobManager, job: Job) -> bool:
    if job.attempts + 1 >= MOST_RUNS:
        _log.error("job %s of %s gave up: its workers died", job.id, job.task_name)
        await manager.finish_job(job, status=Status.FAILED, delete_job=False)
        return False
    try:
        await manager.retry_job(job, retry_at=now())
    except ConnectorException:
        # It ended in the meantime, or another of its kind waits already (a sweep that comes again).
        with suppress(ConnectorException):
            await manager.finish_job(job, status=Status.ABORTED, delete_job=False)
        return False
    _log.warning("job %s of %s was put back: its worker is gone", job.id, job.task_name)
    return True


async def delete_finished_jobs(manager: JobManager) -> None:
    """Delete what went well a day ago, and what did not a month ago."""
    await manager.delete_old_jobs(nb_hours=_SUCCEEDED_KEPT)
    await manager.delete_old_jobs(
        nb_hours=_FAILED_KEPT, include_failed=True, include_cancelled=True, include_aborted=True
    )
