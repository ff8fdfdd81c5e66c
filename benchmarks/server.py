"""Which program should serve the pages? The home page and the opening of a case through each.

granian as `centro up` starts it, and beside it those of uvicorn (in its WSGI mode) and gunicorn
(with threads) that are installed; neither is a dependency of the project. Each gets two processes
of eight threads and the same closed loop of clients.
"""

from __future__ import annotations

import sys
import time
from importlib.util import find_spec
from typing import Any

import click
from django.db import connections

from benchmarks._base import doing, emit, p95_ms
from benchmarks._cpu import cpu_seconds
from benchmarks._databases import copied, filled_database, switch_to
from benchmarks._drafts import make_drafts
from benchmarks._serving import HOST, Request, all_answered, ask_all, final_post, free_port, serving
from centro.ops.supervisor import THREADS

_APPLICATION = "centro.ops.web:application"


@click.command()
@click.option("--stored", default=100_000, show_default=True, help="Cases stored before.")
@click.option("--requests", default=1_000, show_default=True, help="Requests of each kind.")
@click.option("--clients", default=8, show_default=True, help="Clients that ask at once.")
@click.option("--processes", default=2, show_default=True, help="Server processes.")
def main(stored: int, requests: int, clients: int, processes: int) -> None:
    """Print, for each server, requests per second, p95 and processor time of both kinds."""
    result: dict[str, Any] = {}
    filled = filled_database(stored)
    for name in ("granian", "uvicorn", "gunicorn"):
        if find_spec(name) is None:
            continue
        with copied(filled) as database:
            switch_to(database)
            warm_up = max(requests // 10, 2 * clients)
            tokens = make_drafts(requests + warm_up)
            connections["default"].close()
            port = free_port()
            openings = [final_post(token, port, n) for n, token in enumerate(tokens)]
            homes = [_home(port)] * (requests + warm_up)
            command = _command(name, port, processes)
            with serving(database, processes=processes, port=port, command=command) as web:
                result[name] = {
                    **_measure(f"{name}: home", web, port, homes, warm_up, clients, 200),
                    **_measure(f"{name}: opening", web, port, openings, warm_up, clients, 302),
                }
    emit(result)


def _measure(
    what: str, web: int, port: int, requests: list[Request], warm_up: int, clients: int, status: int
) -> dict[str, float]:
    kind = what.partition(": ")[2]
    all_answered(ask_all(port, requests[:warm_up], clients)[0], status)
    used, started = cpu_seconds(web), time.perf_counter()
    with doing(what):
        answers, _took = ask_all(port, requests[warm_up:], clients)
    all_answered(answers, status)
    n = len(answers.seconds)
    return {
        f"{kind}_per_s": round(n / (time.perf_counter() - started), 1),
        f"{kind}_p95_ms": p95_ms(answers.seconds),
        f"{kind}_cpu_ms": round((cpu_seconds(web) - used) / n * 1000, 2),
    }


def _home(port: int) -> Request:
    head = (
        f"GET / HTTP/1.1\r\nHost: {HOST}:{port}\r\nX-Forwarded-Proto: https\r\n"
        "X-Forwarded-For: 10.0.0.1\r\nAccept-Language: es-PA,es;q=0.9\r\n\r\n"
    )
    return Request(head.encode())


def _command(name: str, port: int, processes: int) -> list[str]:
    """How each is started; granian's own command is that of `centro up`."""
    match name:
        case "uvicorn":
            return [
                sys.executable, "-m", "uvicorn", "--interface", "wsgi", "--host", HOST,
                "--port", str(port), "--workers", str(processes), "--log-level", "warning",
                _APPLICATION,
            ]  # fmt: skip
        case "gunicorn":
            return [
                sys.executable, "-m", "gunicorn", "--bind", f"{HOST}:{port}", "--workers",
                str(processes), "--threads", str(THREADS), "--worker-class", "gthread",
                "--keep-alive", "60", "--log-level", "warning", _APPLICATION,
            ]  # fmt: skip
    return []


if __name__ == "__main__":
    main()
