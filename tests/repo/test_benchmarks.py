"""Each benchmark prints one line of JSON with the keys that its readers rely on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.repo import ROOT

pytestmark = pytest.mark.slow
_TINY = {
    "intake": ["--stored", "200", "--cases", "8", "--clients", "2", "--processes", "1"],
    "inbox": ["--small", "200", "--large", "400", "--rounds", "1"],
    "search": ["--small", "200", "--large", "400", "--rounds", "1"],
    "page": ["--scale", "0.01", "--rounds", "1"],
    "clock": ["--operations", "100", "--rounds", "1", "--checked", "20"],
    "retarget": ["--clocks", "90"],
    "sweep": ["--small", "180", "--large", "300", "--due", "20", "--rounds", "1"],
    "dashboards": ["--small", "500", "--large", "800", "--postgres", "300", "--rounds", "1"],
    "refresh": ["--cases", "2000", "--changed", "60"],
    "understanding": ["--rounds", "1"],
    "mail": ["--mails", "12", "--lines", "2", "--kib", "20"],
    "inbound": ["--rate", "10", "--seconds", "2", "--clients", "4", "--kills", "1"],
    "server": ["--stored", "200", "--requests", "8", "--clients", "2", "--processes", "1"],
}
_KEYS = {
    "intake": {
        "per_s",
        "p50_ms",
        "p95_ms",
        "statements",
        "web_cpu_ms",
        "db_cpu_ms",
        "client_cpu_ms",
        "floor_per_s",
    },
    "inbox": {"small_p95_ms", "large_p95_ms", "ratio", "statements", "last_page_ratio"},
    "search": {"ratio", "large_p95_ms", "kinds"},
    "page": {"worst_p95_ms", "pages"},
    "clock": {
        "add_seconds_weeks_per_s",
        "seconds_between_weeks_per_s",
        "term_end_weeks_per_s",
        "add_seconds_years_per_s",
        "oracle_add_seconds_per_s",
        "checked",
        "wrong",
    },
    "retarget": {"clocks_per_s", "peak_mib", "moved", "floor_per_s"},
    "sweep": {"ratio", "steps_per_s", "duplicates", "two_sweepers_gain"},
    "dashboards": {"cold_p95_ms", "warm_p95_ms", "ratio", "peak_mib", "postgres_ratio"},
    "refresh": {"seconds", "bytes"},
    "understanding": {"model", "index", "keywords", "unseen", "p50_ms", "model_mb", "process_mb"},
    "mail": {"mails_per_s", "lost", "memory_growth_mib", "empty_server_mails_per_s"},
    "inbound": {"lost", "doubled", "dead", "ack_p95_ms", "taken_in_after_s"},
    "server": {"granian"},
}
_MOST_STATEMENTS = {"intake": 12, "inbox": 6}


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


def test_every_benchmark_is_listed_here():
    names = {f.stem for f in (ROOT / "benchmarks").glob("*.py") if not f.stem.startswith("_")}
    assert names == set(_TINY) == set(_KEYS)


@pytest.mark.parametrize("name", _TINY)
def test_a_benchmark_prints_one_line(name: str, var: Path):
    result = run(name, var)
    assert set(result) >= _KEYS[name]
    assert result.get("statements", 0) <= _MOST_STATEMENTS.get(name, 0)
    assert result.get("wrong", 0) == 0
    assert result.get("duplicates", 0) == 0


def run(name: str, var: Path) -> dict[str, object]:
    """The result of a benchmark at a tiny scale, beside the database of the tests."""
    url = settings.DATABASES["default"]
    environment = {
        **os.environ,
        "CENTRO_VAR": str(var),
        "DATABASE_URL": f"postgresql://{url['USER']}:{url['PASSWORD']}@{url['HOST']}:{url['PORT']}/centro",
        "DEMONSTRATION": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "centro.ops", "bench", name, *_TINY[name]],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    (line,) = done.stdout.splitlines()
    result: dict[str, object] = json.loads(line)
    return result
