"""Does the search of the desk stay as quick when a hundred times as many cases are stored?

Server time of the Django view for a fixed mix, asked in this process by Django's test client as an
operator, who searches the whole country, and the words also as the liaison of one entity. The
two sizes take turns, so that noise of the machine meets both.
"""

from __future__ import annotations

from collections import defaultdict
from urllib.parse import urlencode

import click
from django.db import connections
from django.test import Client

from benchmarks._base import emit, p95_ms, say
from benchmarks._databases import connection_to, filled_database
from benchmarks._filling import COMMON, RARE
from benchmarks._visits import sign_in, timed_get
from centro.cases.models import Case
from centro.people.models import ContactPoint, Person

OPERATOR, LIAISON = "operadora", "bench.mire.0"
_EACH = 5


@click.command()
@click.option("--small", default=10_000, show_default=True, help="Cases in the small database.")
@click.option("--large", default=1_000_000, show_default=True, help="Cases in the large one.")
@click.option("--rounds", default=20, show_default=True, help="How often the mix is asked for.")
def main(small: int, large: int, rounds: int) -> None:
    """Print p95 of the server's time at both sizes and their ratio, over all and by kind."""
    sizes = {"small": filled_database(small), "large": filled_database(large)}
    bases = {size: connection_to(name) for size, name in sizes.items()}
    taken: dict[str, dict[str, list[float]]] = {size: defaultdict(list) for size in sizes}
    mixes, clients = {}, {}
    for size, base in bases.items():
        connections["default"] = base
        clients[size] = {OPERATOR: sign_in(OPERATOR), LIAISON: sign_in(LIAISON)}
        mixes[size] = _mix()
    for turn in range(rounds + 1):
        for size, base in bases.items():
            connections["default"] = base
            for kind, who, texts in mixes[size]:
                took = _ask(clients[size][who], texts[turn % len(texts)])
                if turn:  # the first warms caches
                    taken[size][kind].append(took)
    for base in bases.values():
        base.close()
    _emit(taken)


def _mix() -> list[tuple[str, str, list[str]]]:
    """(kind, who asks, a few texts of that kind) for the database of this process."""
    newest = Case.objects.order_by("-pk")
    count = newest[0].pk
    cases = [Case(pk=count * (n + 1) // (_EACH + 1)) for n in range(_EACH)]
    people = Person.objects.filter(pk__in=[count * (n + 1) // 20 for n in range(_EACH)])
    points = ContactPoint.objects.filter(person__in=people, kind=ContactPoint.Kind.PHONE)
    words = [" ".join(COMMON), " ".join(reversed(COMMON))]
    return [
        ("number", OPERATOR, [case.number for case in cases]),
        ("telephone", OPERATOR, [point.value.removeprefix("+507") for point in points]),
        ("name", OPERATOR, [person.name for person in people]),
        ("rare word", OPERATOR, [RARE]),
        ("common words", OPERATOR, words),
        ("common words, one entity", LIAISON, words),
    ]


def _ask(client: Client, text: str) -> float:
    address = f"/mesa/buscar/?{urlencode({'q': text})}"
    took, status = timed_get(client, address)
    assert status in {200, 302}, (text, status)
    return took


def _emit(taken: dict[str, dict[str, list[float]]]) -> None:
    kinds = {
        kind: {
            "small_p95_ms": p95_ms(taken["small"][kind]),
            "large_p95_ms": p95_ms(taken["large"][kind]),
            "ratio": round(p95_ms(taken["large"][kind]) / p95_ms(taken["small"][kind]), 2),
        }
        for kind in taken["small"]
    }
    for kind, found in kinds.items():
        say(f"  {kind}: p95 {found['small_p95_ms']} ms small, {found['large_p95_ms']} ms large")
    small, large = (p95_ms([t for ts in taken[s].values() for t in ts]) for s in ("small", "large"))
    emit(
        {
            "small_p95_ms": small,
            "large_p95_ms": large,
            "ratio": round(large / small, 2),
            "kinds": kinds,
        }
    )


if __name__ == "__main__":
    main()
