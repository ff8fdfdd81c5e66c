"""What `centro doctor` looks at: the installation first, then every promise of the domain."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection

from centro.cases.doctor import check_everything
from centro.files.actions import open_file
from centro.files.models import StoredFile
from centro.kernel.clock import now
from centro.kernel.errors import NotFound
from centro.ops.environment import var
from centro.ops.preparing import missing_migrations

_LEAST_FREE = 1024**3
_LONGEST_QUEUE = timedelta(minutes=10)
_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what, how it is, and whether that is well."""

    what: str
    found: str
    well: bool = True


def examine() -> Iterator[Finding]:
    """Look at everything; stops early when there is no database to ask."""
    try:
        yield _database()
    except (DatabaseError, psycopg.Error) as error:
        yield Finding("Database", f"does not answer: {error}", well=False)
        return
    schema = _schema()
    yield schema
    yield _disk()
    if schema.well:
        for look in (_queue, _failed_jobs, _files):
            yield look()
        yield from _promises()


def _database() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('fsync')")
        version, fsync = cursor.fetchone()
    if fsync != "on":
        return Finding("Database", f"PostgreSQL {version} with fsync off loses data", well=False)
    return Finding("Database", f"PostgreSQL {version}")


def _schema() -> Finding:
    missing = missing_migrations()
    if missing:
        return Finding(
            "Schema", f"lacks {', '.join(missing)} (run `centro django migrate`)", well=False
        )
    return Finding("Schema", "every migration is applied")


def _disk() -> Finding:
    free = shutil.disk_usage(var() if var().exists() else settings.ROOT).free
    return Finding("Disk", f"{free / 1024**3:.1f} GiB free", well=free >= _LEAST_FREE)


def _queue() -> Finding:
    """The age of the oldest job that should have begun: the worker takes one within seconds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(coalesce(j.scheduled_at, e.at)) FROM procrastinate_jobs j"
            " JOIN LATERAL (SELECT min(at) AS at FROM procrastinate_events"
            "   WHERE job_id = j.id AND type IN ('deferred', 'deferred_for_retry', 'scheduled')) e"
            " ON true WHERE j.status = 'todo' AND coalesce(j.scheduled_at, e.at) <= now()"
        )
        count, oldest = cursor.fetchone()
    if not count:
        return Finding("Jobs", "none waits")
    age = now() - oldest
    return Finding(
        "Jobs",
        f"{count} wait, the oldest for {age.total_seconds():.0f} s"
        + ("" if age < _LONGEST_QUEUE else " (is the worker running?)"),
        well=age < _LONGEST_QUEUE,
    )


def _failed_jobs() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, count(*) FROM procrastinate_jobs WHERE status = 'failed'"
            " GROUP BY task_name ORDER BY 2 DESC"
        )
        failed = cursor.fetchall()
    if failed:
        told = ", ".join(f"{count} × {name}" for name, count in failed)
        return Finding("Failed jobs", told, well=False)
    return Finding("Failed jobs", "none")


def _files() -> Finding:
    """A row is written after its file, so each row has one."""
    missing = []
    checked = 0
    for file in StoredFile.objects.iterator():
        checked += 1
        try:
            open_file(file)
        except NotFound:
            missing.append(str(file.key))
    if missing:
        told = ", ".join(missing[:_MOST_SHOWN])
        return Finding("Photos", f"{len(missing)} of {checked} have no file: {told}", well=False)
    return Finding("Photos", f"{checked}, each with its file")


def _promises() -> Iterator[Finding]:
    faults = check_everything()
    for fault in faults:
        what = f"Case {fault.case}" if fault.case else "Catalogue"
        yield Finding(what, f"{fault.rule}: {fault.message}", well=False)
    if not faults:
        yield Finding("Cases", "every promise of the domain is kept")
