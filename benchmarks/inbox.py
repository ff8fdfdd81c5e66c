"""Does an entity's inbox stay as quick when a hundred times as many cases are stored?

Server time of the Django view (middleware, statements, template) for the list of fifty with
filters, asked in this process by Django's test client as the liaison of a large entity and of a
small one. The two sizes take turns, so that noise of the machine meets both.
"""

from __future__ import annotations

import time
from collections import defaultdict

import click
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks._base import emit, p95_ms, say
from benchmarks._databases import connection_to, filled_database
from benchmarks._visits import data_statements, sign_in
from centro.cases.models import Case

# (what, who, address). The keyset of a last page is filled in for each database.
LARGE, SMALL, COUNTRY = "bench.idaan.0", "bench.mire.0", "operadora"
VISITS = (
    ("active", LARGE, "?carpeta=activos"),
    ("overdue", LARGE, "?carpeta=vencidos"),
    ("unassigned", LARGE, "?carpeta=sin-encargado"),
    ("waiting", LARGE, "?carpeta=en-espera"),
    ("resolved", LARGE, "?carpeta=resueltos"),
    ("one service", LARGE, "?carpeta=activos&servicio=IDAAN-01"),
    ("one province", LARGE, "?carpeta=activos&provincia=08"),
    ("small province", LARGE, "?carpeta=activos&provincia=05"),
    ("urgent", LARGE, "?carpeta=activos&prioridad=high"),
    ("state and kind", LARGE, "?carpeta=activos&estado=in_progress&tipo=complaint"),
    ("all", LARGE, "?carpeta=todos"),
    ("all closed of a service", LARGE, "?carpeta=todos&estado=closed&servicio=IDAAN-02"),
    ("words", LARGE, "?carpeta=activos&q=calle+agua"),
    ("by deadline", LARGE, "?carpeta=activos&orden=plazo"),
    ("country", COUNTRY, "?carpeta=activos"),
    ("country by deadline", COUNTRY, "?carpeta=activos&orden=plazo"),
    ("active, small entity", SMALL, "?carpeta=activos"),
    ("all, small entity", SMALL, "?carpeta=todos"),
)


@click.command()
@click.option("--small", default=10_000, show_default=True, help="Cases in the small database.")
@click.option("--large", default=1_000_000, show_default=True, help="Cases in the large one.")
@click.option("--rounds", default=20, show_default=True, help="How often each list is asked for.")
def main(small: int, large: int, rounds: int) -> None:
    """Print p95 of the server's time at both sizes, their ratio, and the statements."""
    names = {"small": filled_database(small), "large": filled_database(large)}
    taken: dict[str, dict[str, list[float]]] = {size: defaultdict(list) for size in names}
    bases = {size: connection_to(name) for size, name in names.items()}
    clients: dict[tuple[str, str], Client] = {}
    statements: dict[str, int] = {}
    for size, base in bases.items():
        connections["default"] = base
        clients |= {(size, who): sign_in(who) for who in (LARGE, SMALL, COUNTRY)}
    visits = {size: _visits(base) for size, base in bases.items()}
    for turn in range(rounds + 2):
        for size, base in bases.items():
            connections["default"] = base
            for what, who, address in visits[size]:
                client = clients[size, who]
                if turn == 1:  # the first warms caches, which are per process
                    statements[what] = _statements_of(client, address)
                    continue
                started = time.perf_counter()
                answer = client.get(address)
                took = time.perf_counter() - started
                assert answer.status_code == 200, (what, answer.status_code)
                if turn > 1:
                    taken[size][what].append(took)
    for base in bases.values():
        base.close()
    _emit(taken, statements)


def _visits(base: BaseDatabaseWrapper) -> list[tuple[str, str, str]]:
    connections["default"] = base
    found = [(what, who, f"/mesa/bandeja/{query}") for what, who, query in VISITS]
    for what, folder in (("active", "activos"), ("all", "todos")):
        mine = Case.objects.filter(agency__acronym="IDAAN")
        mine = mine.active() if what == "active" else mine
        last = list(mine.order_by("pk").values_list("pk", flat=True)[:51])[-1:]
        after = last[0] if last else 1
        found.append(
            (f"last page of {what}", LARGE, f"/mesa/bandeja/?carpeta={folder}&despues={after}")
        )
    return found


def _statements_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return len(data_statements(captured))


def _emit(taken: dict[str, dict[str, list[float]]], statements: dict[str, int]) -> None:
    for what in taken["small"]:
        say(
            f"  {what}: p95 {p95_ms(taken['small'][what])} ms small,"
            f" {p95_ms(taken['large'][what])} ms large, {statements[what]} statements"
        )
    large = taken["large"]
    first = large["active"] + large["all"]
    last = large["last page of active"] + large["last page of all"]
    small_p95 = p95_ms([t for times in taken["small"].values() for t in times])
    large_p95 = p95_ms([t for times in large.values() for t in times])
    emit(
        {
            "small_p95_ms": small_p95,
            "large_p95_ms": large_p95,
            "ratio": round(large_p95 / small_p95, 2),
            # A text is searched first, as on the page of the search (see there).
            "statements": max(n for what, n in statements.items() if what != "words"),
            "statements_with_words": statements["words"],
            "last_page_ratio": round(p95_ms(last) / p95_ms(first), 2),
            "lists": {what: [p95_ms(taken[s][what]) for s in ("small", "large")] for what in large},
        }
    )


if __name__ == "__main__":
    main()
