"""The engine that answers: DuckDB in this process by default, or another that Ibis knows.

`INSIGHTS_ENGINE` names it: `duckdb` or `pyspark`. Both read the same files and answer the same
expressions. To write an expression as SQL takes Ibis longer than DuckDB takes to answer it, so the
SQL is kept, with marks where a question puts its days and keys.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import pyarrow.parquet as pq
from django.conf import settings
from ibis import Table

from centro.insights.facts.schema import SCHEMA

Row = dict[str, Any]
# One question at a time in a process: each takes both cores as it is.
_turn = threading.RLock()
_kept: dict[str, Any] = {}
# Views of file sets, and texts of questions, that are kept; the oldest go.
_MOST_VIEWS, _MOST_TEXTS = 40, 500


@dataclass(frozen=True)
class Engine:
    """How to reach an engine, show it files as a table, and have it answer SQL."""

    connect: Callable[[], Any]
    read: Callable[[Any, list[str], str], Table]
    run: Callable[[Any, str], list[Row]]


def facts_from(files: Sequence[Path]) -> Table:
    """The rows of these files as one table; an empty one of the same columns for none."""
    names = [str(path) for path in files] or [str(_nothing())]
    name = f"facts_{abs(hash(tuple(names))):x}"
    with _turn:
        views = _kept.setdefault("views", {})
        if name not in views:
            views[name] = _kind().read(_connection(), names, name)
            _drop_oldest(views, _MOST_VIEWS)
        table: Table = views[name]
        return table


def answer(
    key: Hashable, build: Callable[[], Table], files: Sequence[Path], marks: Mapping[str, str]
) -> list[Row]:
    """The rows of an expression, whose SQL is kept under `key`.

    `build` makes the expression over `facts_from(files)`; wherever it says ¤name¤ the SQL gets the
    value of that mark, which must be a day, a number or a plain word.
    """
    with _turn:
        table = facts_from(files).get_name()
        texts = _kept.setdefault("texts", {})
        if key not in texts:
            texts[key] = str(_connection().compile(build())).replace(table, "¤facts¤")
            _drop_oldest(texts, _MOST_TEXTS)
        text: str = texts[key].replace("¤facts¤", table)
        for name, value in marks.items():
            text = text.replace(f"¤{name}¤", value)
        return _kind().run(_connection(), text)


def forget_views() -> None:
    """Look at the files anew at the next question; the engine stays."""
    with _turn:
        for name in ("views", "texts"):
            _kept.pop(name, None)


def _drop_oldest(kept: dict[Any, Any], most: int) -> None:
    while len(kept) > most:
        del kept[next(iter(kept))]


def _kind() -> Engine:
    return ENGINES[settings.INSIGHTS_ENGINE]


def _connection() -> Any:
    name = settings.INSIGHTS_ENGINE
    connections = _kept.setdefault("connections", {})
    if name not in connections:
        connections[name] = _kind().connect()
    return connections[name]


def _nothing() -> Path:
    """A file without rows, for a country without cases."""
    path = Path(settings.FACTS_ROOT) / "empty.parquet"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(SCHEMA.empty_table(), path)
    return path


def _duckdb() -> Any:
    connection = ibis.duckdb.connect(
        threads=settings.INSIGHTS_THREADS, memory_limit=settings.INSIGHTS_MEMORY
    )
    connection.raw_sql("SET parquet_metadata_cache = true")
    return connection


def _run_duckdb(connection: Any, text: str) -> list[Row]:
    rows: list[Row] = connection.con.sql(text).to_arrow_table().to_pylist()
    return rows


def _pyspark() -> Any:
    from pyspark.sql import SparkSession  # noqa: PLC0415 an extra: pip install 'centro[spark]'

    builder = SparkSession.builder.appName("centro").config("spark.ui.enabled", "false")
    if settings.INSIGHTS_SPARK_MASTER.startswith("local"):
        builder = builder.config("spark.driver.bindAddress", "127.0.0.1")
        builder = builder.config("spark.driver.host", "127.0.0.1")
    builder = builder.config("spark.sql.session.timeZone", "UTC")
    builder = builder.config("spark.sql.shuffle.partitions", "4")
    session = builder.master(settings.INSIGHTS_SPARK_MASTER).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return ibis.pyspark.connect(session)


def _read_spark(connection: Any, files: list[str], name: str) -> Table:
    # Ibis takes globs alone, and the files of a manifest are no glob.
    connection._session.read.parquet(*files).createOrReplaceTempView(name)
    return connection.table(name)


def _run_spark(connection: Any, text: str) -> list[Row]:
    return [row.asDict() for row in connection._session.sql(text).collect()]


ENGINES: dict[str, Engine] = {
    "duckdb": Engine(
        _duckdb,
        lambda connection, files, name: connection.read_parquet(files, table_name=name),
        _run_duckdb,
    ),
    "pyspark": Engine(_pyspark, _read_spark, _run_spark),
}
