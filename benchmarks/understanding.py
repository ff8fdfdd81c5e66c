"""How well and how fast are texts of citizens understood, beside what stood before?

Trains a model of the real country (unless one of its catalogue is there), then asks it, the index
of the catalogue's words and bare keyword counting for the messages kept for testing, in one run.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks._base import doing, emit, p50_ms, p95_ms
from centro.catalog.models import ServiceType
from centro.catalog.suggesting import active_services, service_index
from centro.catalog.understanding.answering import current_model, understand
from centro.catalog.understanding.material import is_stale
from centro.catalog.understanding.measuring import wilson
from centro.kernel.text import fold

ROOT = Path(__file__).resolve().parents[1]
MESSAGES = ROOT / "tests" / "catalog" / "mensajes_sinteticos_prueba.csv"
AT_HAND = ROOT / "tests" / "catalog" / "messages.csv"
Row = dict[str, str]
# The codes for a text, the best first, and the entity.
Answer = tuple[list[str], str]


@click.command()
@click.option("--rounds", default=3, show_default=True, help="How often each message is asked.")
@click.option("--train/--no-train", default=True, help="Without, the newest model is taken.")
def main(rounds: int, train: bool) -> None:
    """Print the accuracies of all three, milliseconds for an answer, and the model's size."""
    from django.conf import settings

    from centro.cases.learning import train_understanding
    from centro.catalog.understanding.model import model_files
    from centro.ops.pack import load_pack
    from centro.ops.preparing import migrate, pack_folder

    with doing("loading the country"):
        migrate()
        load_pack(pack_folder("panama"))
    took = None
    if train or is_stale():
        with doing("training"):
            started = time.perf_counter()
            train_understanding()
            took = round(time.perf_counter() - started, 1)
    rows = _rows(MESSAGES)
    cases = [row for row in rows if row["clase"] == "caso"]
    known = {fold(row["text"]) for row in _rows(AT_HAND)}
    unseen = [row for row in cases if fold(row["texto"]) not in known]
    model = current_model()
    assert model is not None
    file = model_files(Path(settings.MODELS_ROOT))[0]
    emit(
        {
            "messages": len(cases),
            "model": _judged(cases, _by_model),
            "index": _judged(cases, _by_index),
            "keywords": _judged(cases, _by_keywords),
            "unseen": {"messages": len(unseen), "model": _judged(unseen, _by_model), "index": _judged(unseen, _by_index)},
            "out_of_scope": _verdicts(rows, "fuera_de_alcance", "out_of_scope"),
            "ambiguous": _verdicts(rows, "ambiguo", "ambiguous"),
            **_speed(cases, rounds),
            "train_s": took,
            "model_mb": round(file.stat().st_size / 1e6, 1),
            "process_mb": _process_mb(),
        }
    )  # fmt: skip


def _rows(file: Path) -> list[Row]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _judged(rows: Sequence[Row], ask: Callable[[str], Answer]) -> dict[str, Any]:
    first = three = entity = 0
    for row in rows:
        codes, agency = ask(row["texto"])
        first += codes[:1] == [row["codigo_servicio"]]
        three += row["codigo_servicio"] in codes[:3]
        entity += agency == row["sigla"]
    count = len(rows)
    return {
        "top1": wilson(first, count),
        "top3": wilson(three, count),
        "entity": wilson(entity, count),
    }


def _by_model(text: str) -> Answer:
    understood = understand(text, limit=3)
    assert understood is not None
    agency = understood.agency.agency.acronym if understood.agency else ""
    return [each.service.code for each in understood.services], agency


def _by_index(text: str) -> Answer:
    found = [match.item for match in service_index().find(text, 3)]
    return [service.code for service in found], _acronym(found[0]) if found else ""


def _by_keywords(text: str) -> Answer:
    """How many keywords of each type the text holds, as a simple program would count."""
    folded = fold(text)
    counted = {
        code: sum(fold(keyword) in folded for keyword in service.keywords)
        for code, service in active_services().items()
    }
    best = sorted(
        (code for code in counted if counted[code]), key=lambda code: (-counted[code], code)
    )
    return best[:3], _acronym(active_services()[best[0]]) if best else ""


def _acronym(service: ServiceType) -> str:
    return service.agency.acronym if service.agency else ""


def _verdicts(rows: Sequence[Row], kind: str, verdict: str) -> str:
    asked = [understand(row["texto"]) for row in rows if row["clase"] == kind]
    return f"{sum(a is not None and a.verdict == verdict for a in asked)} of {len(asked)}"


def _speed(rows: Sequence[Row], rounds: int) -> dict[str, float]:
    taken = []
    for _round in range(rounds):
        for row in rows:
            started = time.perf_counter()
            understand(row["texto"])
            taken.append(time.perf_counter() - started)
    return {"p50_ms": p50_ms(taken), "p95_ms": p95_ms(taken)}


def _process_mb() -> float:
    """Memory of a fresh process that answered once, less one that only started."""
    start = "from centro.ops import environment as e; e.prepare(); import centro.catalog.queries;"
    answer = (
        "from centro.catalog.understanding.answering import understand; understand('no hay agua');"
    )
    # The peak would be that of this process, which a child inherits.
    tell = "print(next(l for l in open('/proc/self/status') if l.startswith('VmRSS')).split()[1])"
    bare, full = (
        int(subprocess.check_output([sys.executable, "-c", code + tell], cwd=ROOT))  # noqa: S603 our own
        for code in (start, start + answer)
    )
    return round((full - bare) / 1024, 1)


if __name__ == "__main__":
    main()
