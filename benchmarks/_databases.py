"""Databases for benchmarks: schema, country and people once, then filled, then copied for each run.

They lie beside whatever database the environment names, under names that begin with `bench_`, and
are kept between runs until a migration, the country or the way of filling changes.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

from benchmarks._base import doing, say

ROOT = Path(__file__).resolve().parents[1]
_SETTINGS = settings.DATABASES["default"]
_HOME = str(_SETTINGS["NAME"])


@cache
def stamp() -> str:
    """Changes with the schema, the country and the way of filling."""
    return _digest(
        *ROOT.glob("centro/**/migrations/*.py"),
        *ROOT.glob("packs/panama/*"),
        *ROOT.glob("benchmarks/_filling*.py"),
    )


def _digest(*files: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(files):
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()[:8]


def base_database() -> str:
    """The name of a database with schema, country and demonstration people, and no case."""
    from centro.ops.preparing import collect_static

    collect_static()  # pages name their static files by fingerprint
    return _kept("base", _prepare_base)


def filled_database(cases: int) -> str:
    """The name of a database with that many cases; never to be written to."""
    from benchmarks._filling import fill

    base_database()
    return _kept(f"{cases}", lambda: fill(cases), template="base")


def demo_database(scale: float) -> str:
    """The name of a database with the demonstration as `centro demo` makes it, or a share of it."""
    from benchmarks._filling import fill_demonstration

    base_database()
    files = (*ROOT.glob("centro/ops/demo*/**/*"), *ROOT.glob("packs/panama/demo/**/*"))
    name = f"demo_{scale:g}_{_digest(*files)}".replace(".", "_")
    return _kept(name, lambda: fill_demonstration(scale), template="base")


def ladder_database(clocks: int) -> str:
    """The name of a database with that many clocks that run; `sweep` alone writes to it."""
    from benchmarks._ladders import fill_ladder

    base_database()
    name = f"ladder_{clocks}_{_digest(ROOT / 'benchmarks' / '_ladders.py')}"
    return _kept(name, lambda: fill_ladder(clocks), template="base")


@contextmanager
def copied(name: str) -> Iterator[str]:
    """A copy of a database to write to, removed afterwards."""
    copy = f"{name}_copy"
    connections["default"].close()
    with _admin() as admin:
        _drop(admin, copy)
        _create(admin, copy, template=name)
    try:
        yield copy
    finally:
        connections["default"].close()
        with _admin() as admin:
            _drop(admin, copy)


def switch_to(name: str) -> BaseDatabaseWrapper:
    """Make that database the one of this process. The connection stays usable afterwards."""
    wrapper = connection_to(name)
    connections["default"] = wrapper
    return wrapper


def connection_to(name: str) -> BaseDatabaseWrapper:
    made = connections.create_connection("default")
    made.settings_dict = deepcopy(made.settings_dict) | {"NAME": name}
    return made


def url_of(name: str) -> str:
    """The address of a database, for programs that are started."""
    given = _SETTINGS
    return (
        f"postgresql://{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}/{name}"
    )


def connect(name: str, **options: Any) -> psycopg.Connection[Any]:
    return psycopg.connect(url_of(name), **options)


def _admin() -> psycopg.Connection[Any]:
    return connect(_HOME, autocommit=True)


def _kept(kind: str, prepare: Any, template: str = "") -> str:
    """The database of this kind, made now unless it was kept. Half-made ones are never taken."""
    name, new = f"bench_{stamp()}_{kind}", f"bench_{stamp()}_{kind}_new"
    with _admin() as admin:
        _forget_others(admin)
        if _exists(admin, name):
            return name
        _drop(admin, new)
        _create(admin, new, template=f"bench_{stamp()}_{template}" if template else "template0")
    with doing(f"making the database {name}"):
        before = connections["default"]
        switch_to(new)
        try:
            prepare()
        finally:
            connections["default"].close()
            connections["default"] = before
    with _admin() as admin:
        admin.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(new), sql.Identifier(name)
            )
        )
        admin.execute("CHECKPOINT")  # not in the middle of what is measured
    return name


def _prepare_base() -> None:
    from centro.ops.demo import make_demo_people
    from centro.ops.messages import compile_messages
    from centro.ops.pack import load_pack
    from centro.places.stamps import forget_copies

    compile_messages()
    call_command("migrate", interactive=False, verbosity=0)
    forget_copies()
    load_pack(ROOT / "packs" / "panama", report=say)
    make_demo_people()
    with connections["default"].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def _forget_others(admin: psycopg.Connection[Any]) -> None:
    found = admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'bench\\_%'")
    for (name,) in found.fetchall():
        if stamp() not in name:
            try:
                _drop(admin, name)
            except psycopg.errors.ObjectInUse:
                continue  # another run of another version is still at work


def _exists(admin: psycopg.Connection[Any], name: str) -> bool:
    return (
        admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None
    )


def _drop(admin: psycopg.Connection[Any], name: str) -> None:
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _create(admin: psycopg.Connection[Any], name: str, template: str) -> None:
    # By files, as a copy through the log of a large database would cost a minute.
    admin.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
            sql.Identifier(name), sql.Identifier(template)
        )
    )


def one_by_one(names: list[str]) -> Iterator[BaseDatabaseWrapper]:
    """Connections of several databases in turn, for ever: noise of the machine meets all alike."""
    made = [connection_to(name) for name in names]
    for wrapper in itertools.cycle(made):
        connections["default"] = wrapper
        yield wrapper
