"""Jobs of the contacts."""

from __future__ import annotations

from procrastinate.contrib.django import app

from centro.contacts.actions import purge_drafts
from centro.contacts.assigning import release_abandoned
from centro.files.actions import purge_files


@app.periodic(cron="27 * * * *")
@app.task(queue="sweeps", priority=10, queueing_lock="purge_drafts")
def purge_drafts_and_photos(timestamp: int) -> None:
    """Every hour: drafts nobody came back to, then the photos that belong to nothing."""
    purge_drafts()
    purge_files()


@app.periodic(cron="*/5 * * * *")
@app.task(queue="sweeps", priority=10, queueing_lock="release_abandoned")
def release_abandoned_conversations(timestamp: int) -> None:
    """Every five minutes: what waits in the hands of people who left the desk."""
    release_abandoned()
