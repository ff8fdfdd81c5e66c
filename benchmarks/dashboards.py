"""How long does a dashboard take the server, with one and with ten million cases?

Every dashboard is asked for by Django's test client as the director sees it, for the last twelve
months: cold, as the first page after the facts changed (no answer in the cache and no table in
memory, the files in the system's), again with no answer in the cache, as the second page, then warm.
Beside it the same
questions are asked of PostgreSQL, which has the same rows in a table with the indexes one would
give it.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import ibis
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from benchmarks._base import doing, emit, p95_ms, say
from benchmarks._databases import base_database, connect, copied, switch_to, url_of
from benchmarks._facts import write_facts
from benchmarks._visits import sign_in, timed_get
from centro.insights import engine
from centro.insights.dashboards import all_dashboards
from centro.insights.facts import store
from centro.insights.facts.schema import SCHEMA
from centro.insights.population import Population
from centro.insights.questions import add_months, ask
from centro.insights.registry import METRICS
from centro.kernel.clock import today
from centro.ops.collector import settle

_INDEXES = ("opened_on", "closed_on", "due_on", "agency_id, opened_on", "province_id, opened_on")
_TYPES = {
    "int64": "bigint", "int32": "integer", "int16": "smallint", "int8": "smallint",
    "bool": "boolean", "string": "text", "date32[day]": "date",
}  # fmt: skip


@click.command()
@click.option("--small", default=1_000_000, show_default=True)
@click.option("--large", default=10_000_000, show_default=True)
@click.option("--postgres", default=1_000_000, show_default=True, help="Rows asked of PostgreSQL.")
@click.option("--rounds", default=5, show_default=True)
def main(small: int, large: int, postgres: int, rounds: int) -> None:
    """Print the p95 of the pages cold and warm, the ratio of sizes, memory, and PostgreSQL's."""
    with copied(base_database()) as database:
        switch_to(database)
        client = sign_in("directora")
        with _facts(postgres):
            ours, theirs = _beside_postgres(database)
        with _facts(small):
            smaller = _visit(client, rounds)
        with _facts(large):
            larger = _visit(client, rounds)
    cold, warm = p95_ms(larger["cold"]), p95_ms(larger["warm"])
    emit(
        {
            "cold_p95_ms": cold,
            "second_p95_ms": p95_ms(larger["second"]),
            "warm_p95_ms": warm,
            "ratio": round(cold / p95_ms(smaller["cold"]), 2),
            "small_cold_p95_ms": p95_ms(smaller["cold"]),
            "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "postgres_ratio": round(theirs / ours, 1),
            "pages": larger["pages"],
        }
    )


@contextmanager
def _facts(cases: int) -> Iterator[None]:
    """Files of that many cases, in a folder of their own, for as long as they are asked."""
    before = settings.FACTS_ROOT
    with tempfile.TemporaryDirectory(prefix="facts-") as folder:
        settings.FACTS_ROOT = Path(folder)
        try:
            with doing(f"writing {cases:,} facts"):
                write_facts(cases)
            yield
        finally:
            settings.FACTS_ROOT = before
            engine.forget_views()
            cache.clear()


def _visit(client: Client, rounds: int) -> dict[str, Any]:
    """Each dashboard cold, at once again, and warm, round after round; the first compiles."""
    taken: dict[str, Any] = {"cold": [], "second": [], "warm": [], "pages": {}}
    addresses = {board.slug: f"/mesa/cifras/{board.slug}/" for board in all_dashboards()}
    for turn in range(rounds + 1):
        if turn == 1:
            settle()
        for slug, address in addresses.items():
            cache.clear()
            engine.forget_going()
            cold, status = timed_get(client, address)
            cache.clear()
            second, _status = timed_get(client, address)
            warm, _status = timed_get(client, address)
            assert status == 200, (slug, status)
            if turn:
                taken["cold"].append(cold)
                taken["second"].append(second)
                taken["warm"].append(warm)
                taken["pages"].setdefault(slug, []).append(cold)
    taken["pages"] = {slug: p95_ms(times) for slug, times in taken["pages"].items()}
    for slug, p95 in taken["pages"].items():
        say(f"  {p95:8.1f} ms  {slug}")
    return taken


def _beside_postgres(database: str) -> tuple[float, float]:
    """Seconds for the questions of all dashboards, of DuckDB and of PostgreSQL."""
    manifest = store.current_manifest()
    assert manifest is not None
    with doing("the same rows in PostgreSQL"):
        _load(database, manifest)
    ours = _ask_all(manifest, Population)
    server = ibis.connect(url_of(database))
    engine.ENGINES["postgres"] = engine.Engine(
        lambda: server,
        lambda there, _files, _name: there.table("bench_facts"),
        _run,
        _keep_nothing,
        lambda _there, _name, _is_table: None,
    )
    usual, settings.INSIGHTS_ENGINE = settings.INSIGHTS_ENGINE, "postgres"
    engine.forget_views()
    try:
        theirs = _ask_all(manifest, _Plain)
    finally:
        settings.INSIGHTS_ENGINE = usual
        engine.forget_views()
        server.disconnect()
    say(f"  {ours:.2f} s here, {theirs:.2f} s there")
    return ours, theirs


class _Plain(Population):
    """Asks all of the rows themselves, as PostgreSQL has no rollups."""

    _of_whole_months = False


def _keep_nothing(_there: Any, name: str, _text: str) -> Any:
    raise LookupError(f"{name} is not asked of PostgreSQL")


def _run(server: Any, text: str) -> list[engine.Row]:
    with server.con.cursor() as cursor:
        cursor.execute(text)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _ask_all(manifest: store.Manifest, kind: type[Population]) -> float:
    """Seconds for every metric of the facts once, after a first time that compiles them."""
    last = today()
    asked = ask(add_months(last, -11), last)
    names = dict.fromkeys(p.name for board in all_dashboards() for p in board.panels)
    wanted = [METRICS[name] for name in names if not name.startswith(("contacts", "first", "reg"))]
    for each in wanted:
        each.rows(kind(asked, manifest))
    started = time.perf_counter()
    for each in wanted:
        each.rows(kind(asked, manifest))
    return time.perf_counter() - started


def _load(database: str, manifest: store.Manifest) -> None:
    columns = ", ".join(f"{field.name} {_TYPES[str(field.type)]}" for field in SCHEMA)
    with connect(database) as bare:
        bare.execute(f"CREATE TABLE bench_facts ({columns})")
        for month in manifest.months.values():
            rows = store.read_file(month).to_pylist()
            with bare.cursor().copy("COPY bench_facts FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(list(row.values()))
        for columns in _INDEXES:
            bare.execute(f"CREATE INDEX ON bench_facts ({columns})")
        bare.commit()
        bare.autocommit = True
        bare.execute("VACUUM ANALYZE bench_facts")


if __name__ == "__main__":
    main()
