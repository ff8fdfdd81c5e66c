"""Bring an installation up to date: messages, schema, static files, the country, demo people.

Each step looks first and does nothing when nothing changed, so that a second start is quick.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from centro.kernel.clock import now
from centro.ops.environment import ROOT, var
from centro.ops.messages import compile_messages

PACKS = ROOT / "packs"
_LOCK = 311_000  # an advisory lock of ours in PostgreSQL


@contextmanager
def step(name: str) -> Iterator[Callable[[str], None]]:
    """One line of progress: what is done, how it went, how long it took. Call it to add a word."""
    words: list[str] = []
    started = time.monotonic()
    on_terminal = sys.stdout.isatty()
    if on_terminal:
        click.echo(f"  {name} …", nl=False)
    start = "\r" if on_terminal else ""
    try:
        yield words.append
    except BaseException:
        click.echo(f"{start}{click.style('✗', fg='red')} {name}   ")
        raise
    took = time.monotonic() - started
    told = f" ({', '.join(words)})" if words else ""
    mark = click.style("✓", fg="green")
    click.echo(f"{start}{mark} {name}{told} {click.style(f'{took:.1f} s', dim=True)}  ")


def prepare_everything(pack: str) -> None:
    """All steps before the site may open, in their order."""
    with step("Message catalogues") as say:
        say(f"{len(compile_messages())} compiled")
    with step("Database schema") as say:
        say(f"{migrate()} migrations applied")
    with step("Static files") as say:
        say("collected" if collect_static() else "unchanged")
    with step(f"Country: {pack}") as say:
        say(load_country(pack))
    if settings.DEMONSTRATION:
        demonstrate(pack)
    with step("Model of what citizens write") as say:
        say(ask_for_training())


def ask_for_training() -> str:
    """Leave the training to the worker when the catalogue has no model; what was done, in words."""
    from procrastinate.exceptions import AlreadyEnqueued

    from centro.cases.learning import training_is_due
    from centro.cases.tasks import learn_language

    if not training_is_due():
        return "up to date"
    with suppress(AlreadyEnqueued), transaction.atomic():
        learn_language.configure().defer(timestamp=int(time.time()))
    return "the worker trains it; until then the words of the catalogue answer"


def demonstrate(pack: str, seed: int | None = None) -> None:
    """People to sign in as, and cases that make every page live; nothing where cases exist."""
    from centro.ops.demo import make_demo_people
    from centro.ops.demonstration.happening import stage_happenings
    from centro.ops.demonstration.strategy import set_out_plan
    from centro.ops.demonstration.talks import stage_talks

    with step("Demonstration people") as say:
        say(f"{make_demo_people()} made")
    with step("Demonstration cases") as say:
        say(f"{_make_demo_cases(pack_folder(pack) / 'demo', seed)} made")
    with step("What goes on in the demonstration") as say:
        say(f"{stage_happenings(pack_folder(pack) / 'demo', now())} made")
    with step("Conversations of the demonstration") as say:
        say(f"{stage_talks(pack_folder(pack) / 'demo', now())} made")
    with step("Strategic plan of the demonstration") as say:
        say(f"{set_out_plan(pack_folder(pack) / 'demo')} indicators made")


def _make_demo_cases(folder: Path, seed: int | None) -> int:
    from centro.cases.models import Case
    from centro.ops.demonstration.load import SEED, make_demonstration

    if Case.objects.exists() or not folder.is_dir():
        return 0
    seed = SEED if seed is None else seed
    return make_demonstration(folder, now=now(), seed=seed, report=_show_progress).cases


def _show_progress(doing: str, share: float) -> None:
    if sys.stdout.isatty():
        click.echo(f"\r  Demonstration cases: {doing} {share:4.0%}      ", nl=False)


def missing_migrations() -> list[str]:
    """The migrations that the database lacks, by name."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def migrate() -> int:
    """Apply what is missing; how many that was. Of two at once, the second waits and finds none."""
    if not missing_migrations():
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            missing = missing_migrations()
            call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    return len(missing)


def load_country(name: str) -> str:
    """Load the pack if its files changed; what was done, in words."""
    from centro.ops.pack import PackError, load_pack

    try:
        summary = load_pack(pack_folder(name))
    except PackError as error:
        faults = "\n".join(str(fault) for fault in error.faults)
        raise click.ClickException(f"The pack {name} has faults:\n{faults}") from error
    if summary.skipped:
        return "unchanged"
    return f"{sum(1 for change in summary.changes if change.anything)} tables brought up to date"


def pack_folder(name: str) -> Path:
    """A pack by its name in packs/, or by a path."""
    return Path(name) if "/" in name else PACKS / name


def collect_static() -> bool:
    """Collect, compress and fingerprint the static files if any of them changed."""
    if settings.WHITENOISE_USE_FINDERS:
        return False
    stamp_file = var() / "static.stamp"
    stamp = _static_stamp()
    if stamp_file.exists() and stamp_file.read_text() == stamp and settings.STATIC_ROOT.exists():
        return False
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp_file.write_text(stamp)
    return True


def _static_stamp() -> str:
    digest = hashlib.sha256(str(settings.STATIC_ROOT).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = Path(storage.path(name)).stat()
            digest.update(f"{name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()
