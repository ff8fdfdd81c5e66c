"""How long do the facts take to follow 10,000 changed cases of 24 months, among ten million?

The files hold made-up cases and those of a filled database, of which 10,000, spread evenly over two
years, change at once. One refresh finds them by their transactions, reads them, and writes the
months anew in which they lie.
"""

from __future__ import annotations

import resource
import tempfile
from pathlib import Path

import click
import pyarrow as pa
from django.conf import settings
from django.db import connection

from benchmarks._base import doing, emit
from benchmarks._databases import copied, filled_database, switch_to
from benchmarks._facts import write_facts
from centro.insights.facts import refresh_facts, store
from centro.insights.facts.reading import months_in_database, read_month
from centro.insights.facts.refreshing import STAMP
from centro.insights.facts.schema import ORDER
from centro.kernel.clock import now
from centro.places.stamps import renew_stamp, stamp_of

_MONTHS = 24
_STORED = 20_000


@click.command()
@click.option("--cases", default=10_000_000, show_default=True, help="Cases in the files.")
@click.option("--changed", default=10_000, show_default=True, help="Cases that change.")
def main(cases: int, changed: int) -> None:
    """Print the seconds and the bytes of one refresh, and that nothing was left to write."""
    with (
        copied(filled_database(max(_STORED, changed * 2))) as database,
        tempfile.TemporaryDirectory(prefix="facts-") as folder,
    ):
        switch_to(database)
        settings.FACTS_ROOT = Path(folder)
        renew_stamp(STAMP)
        _spread(changed)
        with doing(f"writing {cases:,} facts"):
            write_facts(cases, first_id=1_000_000_000)
            _add_stored()
        _change(changed)
        with doing("the refresh"):
            done = refresh_facts()
        again = refresh_facts()
        connection.close()
    emit(
        {
            "seconds": round(done.seconds, 2),
            "bytes": done.bytes,
            "months": done.months,
            "cases": done.cases,
            "rebuilt": done.rebuilt,
            "left": again.bytes,
            "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }
    )


def _spread(changed: int) -> None:
    """Let the cases that will change have been opened evenly over the last months."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_case SET opened_at = date_trunc('month', now()) + interval '12 hours'"
            " - interval '1 month' * (id %% %s) WHERE id IN (SELECT id FROM cases_case"
            " WHERE confidentiality = 'open' ORDER BY id LIMIT %s)",
            [_MONTHS, changed],
        )


def _add_stored() -> None:
    """The cases of the database beside the made-up ones of the same month."""
    manifest = store.current_manifest()
    assert manifest is not None
    months = dict(manifest.months)
    for month in months_in_database():
        name, own = f"{month:%Y-%m}", read_month(month)
        others = [store.read_file(months[name])] if name in months else []
        months[name] = store.write_month(month, pa.concat_tables([own, *others]).sort_by(ORDER))
    with connection.cursor() as cursor:
        cursor.execute("SELECT txid_current()")
        (mark,) = cursor.fetchone()
    store.publish(store.Manifest(stamp_of(STAMP), int(mark), now().isoformat(), months))


def _change(changed: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH wanted AS (UPDATE cases_case SET priority = 'urgent' WHERE id IN"
            " (SELECT id FROM cases_case WHERE confidentiality = 'open' ORDER BY id LIMIT %s)"
            " RETURNING id) INSERT INTO cases_timelineentry"
            " (case_id, kind, at, actor_kind, actor_label, cycle, data)"
            " SELECT id, 'note', now(), 'system', '', 1, '{}' FROM wanted",
            [changed],
        )


if __name__ == "__main__":
    main()
