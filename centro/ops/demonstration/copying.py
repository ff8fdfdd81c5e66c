"""Bulk writing: COPY, with ids from the table's own sequence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from django.db import connection

Row = tuple[Any, ...]


class Numbered(Protocol):
    """Whatever becomes a row with an id."""

    pk: Any


def copy(table: str, columns: str, rows: Iterable[Row]) -> None:
    """One COPY of many rows."""
    named = ", ".join(columns.split())
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({named}) FROM STDIN") as stream:
        for row in rows:
            stream.write_row(row)


def number(table: str, things: Sequence[Numbered]) -> None:
    """Ids in a row from the table's own sequence, which goes on after them."""
    if not things:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
        (first,) = cursor.fetchone()
        last = first + len(things) - 1
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, last])
    for pk, thing in enumerate(things, first):
        thing.pk = pk
