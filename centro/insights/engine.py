"""The engine that answers: DuckDB in this process by default, or another that Ibis knows.

`INSIGHTS_ENGINE` names it: `duckdb` or `pyspark`. Both read the same files and answer the same
expressions. To write an expression as SQL takes Ibis longer than DuckDB takes to answer it, so the
SQL is kept, with marks where a question puts its days and keys.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from ibis import Table

from centro.insights.facts.rollup import GOING_SCHEMA, ROLLED_SCHEMA
from centro.insights.facts.schema import SCHEMA

Row = dict[str, Any]
# One question at a time in a process: each takes both cores as it is.
_turn = threading.RLock()
_kept: dict[str, Any] = {}
# Views of file sets, tables in memory, and texts of questions, that are kept; the oldest go.
_MOST_VIEWS, _MOST_GOING, _MOST_TEXTS = 40, 3, 500


@dataclass(frozen=True)
class Engine:
    """How to reach an engine, show it files as a table, and have it answer SQL.

    `keep` holds the rows of a query in memory as a table; `forget` drops such a table, or a view.
    """

    connect: Callable[[], Any]
    read: Callable[[Any, list[str], str], Table]
    run: Callable[[Any, str], list[Row]]
    keep: Callable[[Any, str, str], Table]
    forget: Callable[[Any, str, bool], None]


def facts_from(files: Sequence[Path], what: str = "facts") -> Table:
    """The rows of these files as one table; an empty one of the same columns for none.

    `what` says whose they are: the same files are another table for another reader.
    """
    names = [str(path) for path in files] or [str(_nothing(what))]
    name = f"{what}_{abs(hash(tuple(names))):x}"
    with _turn:
        views = _kept.setdefault("views", {})
        if name not in views:
            views[name] = _kind().read(_connection(), names, name)
            while len(views) > _MOST_VIEWS:
                _forget_view(next(iter(views)))
        table: Table = views[name]
        return table


def going_after(until: date, files: Sequence[Path]) -> Table:
    """The facts of these files of which something was told after a day, kept in memory.

    They are the same for everybody who asks of that day, whatever they filter for and may see, and
    few: the rest stands in the rollups. Kept until the files change.
    """
    digest = hashlib.sha256(repr((until, tuple(files))).encode()).hexdigest()[:16]
    name = f"going_{digest}"
    with _turn:
        tables = _kept.setdefault("going", {})
        if name not in tables:
            while len(tables) >= _MOST_GOING:
                _forget_going(next(iter(tables)))
            facts = facts_from(files).get_name()
            columns = ", ".join(GOING_SCHEMA.names)
            text = f"SELECT {columns} FROM {facts} WHERE told_on > DATE '{until}'"  # noqa: S608 names and a day of ours
            tables[name] = _kind().keep(_connection(), name, text)
        tables[name] = tables.pop(name)  # the last to go
        table: Table = tables[name]
        return table


def answer(
    key: Hashable,
    build: Callable[[], Table],
    sources: Mapping[str, Callable[[], Table]],
    marks: Mapping[str, str],
) -> list[Row]:
    """The rows of an expression, whose SQL is kept under `key`.

    `build` makes the expression over the tables of `sources`, each of which has a name of its own;
    wherever it says ¤name¤ the SQL gets the value of that mark, which must be a day, a number or a
    plain word.
    """
    with _turn:
        texts = _kept.setdefault("texts", {})
        if key not in texts:
            texts[key] = _with_marks(str(_connection().compile(build())), sources)
            _drop_oldest(texts, _MOST_TEXTS)
        text: str = texts[key]
        for name, table in sources.items():
            if f"¤{name}¤" in text:
                text = text.replace(f"¤{name}¤", table().get_name())
        for name, value in marks.items():
            text = text.replace(f"¤{name}¤", value)
        return _kind().run(_connection(), text)


def _with_marks(text: str, sources: Mapping[str, Callable[[], Table]]) -> str:
    """The SQL with a mark for each table of the sources that it reads."""
    for name, table in sources.items():
        if f"{name}_" in text:
            text = text.replace(table().get_name(), f"¤{name}¤")
    return text


def forget_views() -> None:
    """Look at the files anew at the next question; the engine and the texts of questions stay."""
    with _turn:
        forget_going()
        _kept.pop("views", None)


def forget_going() -> None:
    """Read from the files again at the next question, as after a change of the facts."""
    with _turn:
        for name in list(_kept.get("going", {})):
            _forget_going(name)


def _forget_going(name: str) -> None:
    del _kept["going"][name]
    _kind().forget(_connection(), name, True)


def _forget_view(name: str) -> None:
    del _kept["views"][name]
    _kind().forget(_connection(), name, False)


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


def _nothing(what: str) -> Path:
    """A file without rows, for a country without cases."""
    schema = ROLLED_SCHEMA if what == "rolled" else SCHEMA
    # By its columns: an older version may have left one of others.
    columns = hashlib.sha256(repr(schema).encode()).hexdigest()[:8]
    path = Path(settings.FACTS_ROOT) / f"empty-{columns}.parquet"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(schema.empty_table(), path)
    return path


def _duckdb() -> Any:
    connection = ibis.duckdb.connect(
        threads=settings.INSIGHTS_THREADS, memory_limit=settings.INSIGHTS_MEMORY
    )
    connection.raw_sql("SET parquet_metadata_cache = true")
    # Services and places are few: to count by both, a plain array beats a hash table.
    connection.raw_sql("SET perfect_ht_threshold = 20")
    connection.raw_sql("SET preserve_insertion_order = false")  # every answer says its order
    return connection


def _run_duckdb(connection: Any, text: str) -> list[Row]:
    table = connection.con.sql(text).to_arrow_table()
    for number, field in enumerate(table.schema):
        # A sum of whole numbers has 128 bits there, which Arrow knows as a decimal alone.
        if pa.types.is_decimal(field.type) and field.type.scale == 0:
            table = table.set_column(number, field.name, table[number].cast(pa.int64()))
    rows: list[Row] = table.to_pylist()
    return rows


def _keep_duckdb(connection: Any, name: str, text: str) -> Table:
    connection.raw_sql(f"CREATE OR REPLACE TABLE {name} AS {text}")
    table: Table = connection.table(name)
    return table


def _forget_duckdb(connection: Any, name: str, is_table: bool) -> None:
    connection.raw_sql(f"DROP {'TABLE' if is_table else 'VIEW'} IF EXISTS {name}")


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


def _keep_spark(connection: Any, name: str, text: str) -> Table:
    connection._session.sql(text).createOrReplaceTempView(name)
    connection._session.catalog.cacheTable(name)
    table: Table = connection.table(name)
    return table


def _forget_spark(connection: Any, name: str, is_table: bool) -> None:
    if is_table:
        connection._session.catalog.uncacheTable(name)
    connection._session.catalog.dropTempView(name)


def _run_spark(connection: Any, text: str) -> list[Row]:
    return [row.asDict() for row in connection._session.sql(text).collect()]


ENGINES: dict[str, Engine] = {
    "duckdb": Engine(
        _duckdb,
        lambda connection, files, name: connection.read_parquet(files, table_name=name),
        _run_duckdb,
        _keep_duckdb,
        _forget_duckdb,
    ),
    "pyspark": Engine(_pyspark, _read_spark, _run_spark, _keep_spark, _forget_spark),
}
