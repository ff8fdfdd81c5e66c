"""A pytest plugin: a database and an environment of the tests' own, before Django reads any.

Loaded by `-p tests.database` (pyproject.toml), since pytest-django reads the settings before any
conftest. A DATABASE_URL set by whoever runs the tests is used; otherwise an embedded server under
`var/test` (or CENTRO_VAR), never the developer's.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from centro.ops.embedded import Hold, hold
from centro.ops.messages import compile_messages

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {
    "ACCESS_KEY": "access-key-of-the-tests",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
    "CENTRO_FAST_DATABASE": "1",
    "DATABASE_POOL": "0",
    "DEBUG": "",
    "DEMONSTRATION": "",
    "EMAIL_HOST": "",
    "PASSWORD_HASHERS": "django.contrib.auth.hashers.MD5PasswordHasher",
    "PERSON_KEY": "person-key-of-the-tests",
    "CHANNEL_KEY": "channel-key-of-the-tests",
    "PLAIN_STATIC": "1",
    "SECRET_KEY": "secret-key-of-the-tests",
    "SITE_URL": "http://127.0.0.1:8311",
    "TILES_URL": "",
    "TIME_ZONE": "America/Panama",
}


def schema_stamp() -> str:
    """Changes when any migration does: a database of another schema is never taken over."""
    digest = hashlib.sha256((ROOT / "requirements-dev.lock").read_bytes())
    for file in sorted(ROOT.glob("centro/**/migrations/*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:10]


def _forget_old_databases(url: str, stamp: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'")
        for (name,) in found.fetchall():
            if stamp not in name:
                try:
                    connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
                except psycopg.errors.ObjectInUse:
                    continue  # another run with other migrations is still at work


def _prepare() -> Hold | None:
    # Where it is forbidden, each process that a test starts would compile every library anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    os.environ.setdefault("CENTRO_VAR", str(ROOT / "var" / "test"))
    os.environ.update(ENVIRONMENT)
    stamp = os.environ["CENTRO_TEST_STAMP"] = schema_stamp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        return None  # the process that started this one has done the rest
    compile_messages()
    if "DATABASE_URL" in os.environ:
        return None
    held = hold(Path(os.environ["CENTRO_VAR"]))
    os.environ["DATABASE_URL"] = held.url
    _forget_old_databases(held.url, stamp)
    return held


_held = _prepare()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _held is not None:
        _held.release()
