"""The hostile harness: what would be a silent fault elsewhere fails here."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.template import Origin
from django.test import TransactionTestCase, override_settings
from django.utils import translation

from centro.places.stamps import forget_copies
from tests.moments import Frozen

OURS = str(Path(__file__).resolve().parents[1] / "centro")


# The same examples in every run: a test that fails tells of the change, not of luck. With
# CENTRO_FUZZ (`make fuzz`) each run draws new ones.
hypothesis.settings.register_profile("steady", derandomize=True, database=None)
hypothesis.settings.register_profile("fuzz", database=None, print_blob=True)
hypothesis.settings.load_profile("fuzz" if os.environ.get("CENTRO_FUZZ") else "steady")


class UndefinedVariableError(Exception):
    """A template of ours names a variable that nobody gave it."""


class Undefined(str):
    """What Django puts in the place of an undefined variable: here, a failure.

    Templates of other packages (Django admin, allauth) rely on silence and keep it."""

    __slots__ = ()

    def __contains__(self, part: object) -> bool:
        return part == "%s" or super().__contains__(str(part))

    def __mod__(self, variable: object) -> str:
        origin = _template_at_work()
        if origin is not None and origin.startswith(OURS):
            raise UndefinedVariableError(f"{origin}: {{{{ {variable} }}}} is undefined")
        return ""


def _template_at_work() -> str | None:
    """The file of the template whose node is being rendered, from the frames above."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        node: Any = frame.f_locals.get("self")
        origin = getattr(node, "origin", None)
        if frame.f_code.co_name in {"render", "render_annotated"} and isinstance(origin, Origin):
            return str(origin.name)
        frame = frame.f_back
    return None


def pytest_configure(config: pytest.Config) -> None:
    options: Any = settings.TEMPLATES[0]["OPTIONS"]
    options["string_if_invalid"] = Undefined("%s")
    # Otherwise each new client would look through every static file before its first request.
    settings.WHITENOISE_AUTOREFRESH = True
    database: Any = settings.DATABASES["default"]
    # Who waits for another's lock for so long would wait for ever: here the test says so.
    options = database.setdefault("OPTIONS", {})
    options["options"] = f"{options.get('options', '')} -c lock_timeout=60s".strip()
    database.setdefault("TEST", {})["NAME"] = f"test_{os.environ['CENTRO_TEST_STAMP']}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of browsers, exhaustive tests and those of dying processes are apart: `-m "e2e or slow"` asks for them."""
    for item in items:
        if "/e2e/" in str(item.path):
            item.add_marker(pytest.mark.e2e)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was loaded stays: the collector need not walk over it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """In CI a test that did not run is a test that failed."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The database is kept from run to run: what a run that was killed left in it goes first."""
    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)
        _empty_queue()
    if _may_pass_over_triggers(django_db_blocker):
        # The stubs leave out what Django calls between such tests.
        TransactionTestCase._fixture_teardown = _empty_tables  # type: ignore[attr-defined]


def _may_pass_over_triggers(django_db_blocker: Any) -> bool:
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        try:
            cursor.execute("SET session_replication_role = DEFAULT")
        except ProgrammingError:
            return False  # not the owner of the server: Django's flush does the same in a second
    return True


def _empty_tables(case: TransactionTestCase) -> None:
    """What Django's flush does, in milliseconds: few rows are deleted sooner than every table is
    truncated, and what migrations made (types of content, permissions) is not made again."""
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY)


_EMPTY = """
    DO $$
    DECLARE name text;
    BEGIN
        PERFORM set_config('session_replication_role', 'replica', true);
        FOR name IN
            SELECT oid::regclass::text FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
              AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
              AND relname NOT LIKE 'procrastinate%'
        LOOP
            EXECUTE 'DELETE FROM ' || name;
        END LOOP;
    END $$
"""


@pytest.fixture(autouse=True)
def _database(db: None, settings: Any, tmp_path: Path) -> None:
    """Every test may use the database, in a transaction that is undone, and files of its own.

    A page asked for in English leaves its language in the thread: here the next test is free of it."""
    translation.deactivate()
    settings.FILES_ROOT = tmp_path / "files"
    settings.FACTS_ROOT = tmp_path / "facts"
    settings.MODELS_ROOT = tmp_path / "models"
    forget_copies()
    cache.clear()


@pytest.fixture(scope="module")
def lasting(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Lets a module make costly data once: what its fixtures of wider scope write is undone after
    its last test, and what each test writes after that test. Gives the folder of the files."""
    folder = tmp_path_factory.mktemp("lasting")
    with django_db_blocker.unblock(), override_settings(FILES_ROOT=folder), transaction.atomic():
        forget_copies()
        yield folder
        transaction.set_rollback(True)


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> Frozen:
    """A present that stands still: Monday 2 March 2026, 9 o'clock in Panama, unless moved."""
    return Frozen(monkeypatch)


@pytest.fixture
def empty_queue(transactional_db: None) -> None:
    """A queue without the jobs of earlier tests."""
    _empty_queue()


def _empty_queue() -> None:
    """Procrastinate's tables are unmanaged, so Django's flush leaves them full."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_periodic_defers CASCADE")
