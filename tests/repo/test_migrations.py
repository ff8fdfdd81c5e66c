"""One line of history per app, and models that agree with it."""

from __future__ import annotations

from collections import Counter

from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader


def test_every_history_is_one_line():
    loader = MigrationLoader(connection)
    ends = Counter(app for app, _name in loader.graph.leaf_nodes())
    assert [app for app, count in ends.items() if count > 1] == []


def test_no_model_changed_without_a_migration():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
