"""Refreshers at once, killed at any moment: the files stay true, and the next one finishes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.db import connection

from centro.cases import actions
from centro.insights.facts import check_facts, current_manifest, refresh_facts, store
from centro.insights.facts.rollup import roll_up
from centro.kernel.actor import SYSTEM
from tests import make
from tests.repo import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
CHILD = """
import sys, django
django.setup()
from centro.insights.facts import rebuild_facts, refresh_facts
print("ready", flush=True)
sys.stdin.readline()
while True:
    rebuild_facts()
    refresh_facts()
"""


def refresher(folder: Any) -> subprocess.Popen[str]:
    kept = connection.settings_dict
    place = f"{kept['HOST']}:{kept['PORT']}/{kept['NAME']}"
    environment = os.environ | {
        "DATABASE_URL": f"postgresql://{kept['USER']}:{kept['PASSWORD']}@{place}",
        "DATABASE_POOL": "0",
        "DJANGO_SETTINGS_MODULE": "centro.config.settings",
        "FACTS_ROOT": str(folder),
    }
    return subprocess.Popen(
        [sys.executable, "-c", CHILD],
        env=environment,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("seed", range(3))
def test_whoever_is_killed_the_files_named_are_whole(seed: int, settings: Any):
    chance = Random(seed)
    cases = [make.case() for _ in range(12)]
    refresh_facts()
    started = [refresher(settings.FACTS_ROOT) for _ in range(2)]
    try:
        for one in started:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        for one in started:
            assert one.stdin is not None
            one.stdin.write("\n")
            one.stdin.flush()
        for one, case in zip(started, cases, strict=False):
            actions.start_case(case=case, by=SYSTEM)
            time.sleep(chance.uniform(0.05, 0.6))
            os.kill(one.pid, signal.SIGKILL)
            one.wait(60)
            manifest = current_manifest()
            assert manifest is not None
            for month in manifest.months.values():
                facts = store.read_file(month)
                assert store.checksum_of(facts) == month.checksum
                rolled = store.checksum_of(store.read_rolled(month))
                assert rolled == month.rolled_checksum == store.checksum_of(roll_up(facts))
            for path, table in store.joined_anew(manifest):
                assert store.checksum_of(pq.read_table(path)) == store.checksum_of(table)
    finally:
        for one in started:
            one.kill()
            one.communicate()
    assert check_facts() == []
