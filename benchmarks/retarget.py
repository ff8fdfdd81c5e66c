"""How fast do running clocks follow a calendar in which a closure was decreed?

A closure of the whole country tomorrow is put in force, then the work is done as the worker does
it, job after job, in this process: cases locked in batches, every clock counted anew, its event and
the case's line written. The floor is one bare UPDATE of the same rows in a copy of the database.
"""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import click
from django.db import connection

from benchmarks._base import doing, emit, say
from benchmarks._clocks import run_clocks
from benchmarks._databases import copied, filled_database, switch_to
from centro.cases import actions
from centro.cases.models import Retargeting
from centro.catalog.actions.calendars import DatedException, declare_exception, draft_calendar
from centro.catalog.calendars import version_in_force
from centro.catalog.models import BusinessCalendar, CalendarVersion
from centro.kernel.actor import SYSTEM
from centro.kernel.clock import today
from centro.places.stamps import forget_copies

_FLOOR = """
    UPDATE cases_slaclock SET calendar_id = %s, target_seconds = target_seconds + 1,
        due_at = due_at + interval '1 day', next_at = next_at + interval '1 day'
    WHERE calendar_id = %s AND state IN ('running', 'paused')
"""


@click.command()
@click.option("--clocks", default=200_000, show_default=True, help="Clocks that run.")
def main(clocks: int) -> None:
    """Print clocks per second, the most memory used, how many moved, and the floor."""
    with copied(filled_database(max(clocks // 3, 10))) as ready:
        switch_to(ready)
        forget_copies()
        with doing("clocks"):
            say(f"  {run_clocks()} run")
        connection.close()
        with copied(ready) as database:
            switch_to(database)
            result = _retarget()
            connection.close()
        with copied(ready) as database:
            switch_to(database)
            floor = _floor()
            connection.close()
    emit({**result, "floor_per_s": floor})


def _retarget() -> dict[str, int | float]:
    forget_copies()
    work = actions.enforce_calendar(draft=_closure(), note="Decreto", by=SYSTEM)
    first, jobs = 0.0, 0
    _forget_peak()
    started = time.perf_counter()
    while work.state == Retargeting.State.MOVING:
        actions.move_clocks(retargeting_id=work.pk)
        work.refresh_from_db()
        jobs += 1
        first = first or _peak_mib()
    took = time.perf_counter() - started
    say(f"  {work.seen} clocks in {jobs} jobs, {took:.1f} s; {work.cases} cases changed their date")
    return {
        "clocks_per_s": round(work.seen / took),
        "peak_mib": round(_peak_mib(), 1),
        "growth_mib": round(_peak_mib() - first, 1),
        "moved": work.moved,
        "clocks": work.seen,
    }


def _closure() -> CalendarVersion:
    tomorrow = today() + timedelta(days=1)
    draft = draft_calendar(calendar=version_in_force(BusinessCalendar.OFFICE).calendar, by=SYSTEM)
    what = DatedException(tomorrow, tomorrow, "Duelo nacional")
    return declare_exception(draft=draft, what=what, by=SYSTEM)


def _floor() -> int:
    forget_copies()
    before = version_in_force(BusinessCalendar.OFFICE)
    draft = _closure()
    with doing("the floor"), connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.execute(_FLOOR, [draft.pk, before.pk])
        took = time.perf_counter() - started
        return round(int(cursor.rowcount) / took)


def _peak_mib() -> float:
    """The most memory that this process has held since it was last forgotten."""
    status = Path("/proc/self/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


if __name__ == "__main__":
    main()
