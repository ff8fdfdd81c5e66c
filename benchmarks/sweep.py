"""Does the sweep of the ladder cost what is due, or what is open? Do two sweepers gain?

A thousand rungs are due among ten thousand clocks that run and among a million; the two sizes take
turns, so that noise of the machine meets both. Then one and two processes sweep what is due in the
large database, and everything is counted that came twice.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from statistics import median

import click
from django.db import connections

from benchmarks._base import emit, say
from benchmarks._databases import connection_to, ladder_database
from benchmarks._ladders import make_due, what_came
from centro.cases.actions import escalate_due
from centro.places.stamps import forget_copies

# A process that says when it is ready, waits, sweeps until nothing is due, and says so.
_SWEEPER = """
import os, sys
sys.path.insert(0, os.getcwd())
import django
django.setup()
from benchmarks._databases import switch_to
from centro.cases.actions import escalate_due
switch_to(sys.argv[1])
escalate_due(limit=1)
print("ready", flush=True)
sys.stdin.readline()
print(escalate_due(), flush=True)
"""


@click.command()
@click.option("--small", default=10_000, show_default=True, help="Clocks in the small database.")
@click.option("--large", default=1_000_000, show_default=True, help="Clocks in the large one.")
@click.option("--due", default=1_000, show_default=True, help="Rungs that are due.")
@click.option("--rounds", default=9, show_default=True, help="How often each is measured.")
def main(small: int, large: int, due: int, rounds: int) -> None:
    """Print the ratio of the times, rungs per second, duplicates, and what a second one gains."""
    names = {"small": ladder_database(small), "large": ladder_database(large)}
    taken: dict[str, list[float]] = {"small": [], "large": []}
    for turn in range(rounds + 1):
        for size, name in names.items():
            took, _twice = _measure(name, due, lambda _name: _sweep_here())
            if turn:  # the first warms caches
                taken[size].append(took)
    single: list[float] = []
    double: list[float] = []
    twice = 0
    for _ in range(max(rounds // 3, 1)):
        for processes, times in ((1, single), (2, double)):
            took, more = _measure(names["large"], due * 3, partial(_sweep_in, processes=processes))
            times.append(took)
            twice += more
    typical = {size: round(median(seconds), 3) for size, seconds in taken.items()}
    say(f"  seconds for {due} rungs: {typical}; one sweeper {single}, two {double}")
    emit(
        {
            "ratio": round(median(taken["large"]) / median(taken["small"]), 2),
            "steps_per_s": round(due / median(taken["large"])),
            "duplicates": twice,
            "two_sweepers_gain": round(median(single) / median(double), 2),
            "small_s": typical["small"],
            "large_s": typical["large"],
        }
    )


def _measure(name: str, due: int, sweep: Callable[[str], float]) -> tuple[float, int]:
    """How long a sweep took, and how much came twice; fails when a rung is missing."""
    base = connection_to(name)
    connections["default"] = base
    forget_copies()
    make_due(due)
    took = sweep(name)
    came = what_came()
    assert came["rungs"] == due, came
    base.close()
    return took, came["duplicates"]


def _sweep_here() -> float:
    started = time.perf_counter()
    escalate_due()
    return time.perf_counter() - started


def _sweep_in(name: str, processes: int) -> float:
    """The seconds until so many processes, begun together, found nothing more."""
    begun = [
        subprocess.Popen(  # noqa: S603 this program
            [sys.executable, "-c", _SWEEPER, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(processes)
    ]
    for one in begun:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    started = time.perf_counter()
    for one in begun:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    done = [one.communicate()[0] for one in begun]
    took = time.perf_counter() - started
    assert all(text.strip().isdecimal() for text in done), done
    return took


if __name__ == "__main__":
    main()
