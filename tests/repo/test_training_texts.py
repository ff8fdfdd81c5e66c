"""The messages kept for testing are never trained on."""

from __future__ import annotations

import csv

from centro.catalog.understanding.expanding import Seed, write_texts
from centro.kernel.text import words
from centro.ops.pack_content import read_pack
from tests.ops.packs import PANAMA
from tests.repo import ROOT

MESSAGES = ROOT / "tests" / "catalog" / "mensajes_sinteticos_prueba.csv"
# So many words in a row are no idiom any more but a copy.
_COPIED = 7


def test_no_training_text_copies_a_message_kept_for_testing():
    runs = {run for message in _messages() for run in _runs(message)}
    whole = {tuple(message) for message in _messages()}
    assert len(whole) > 150
    copied = []
    for text in _training_texts():
        said = words(text)
        if tuple(said) in whole or not runs.isdisjoint(_runs(said)):
            copied.append(text)
    assert copied == []


def _messages() -> list[list[str]]:
    with MESSAGES.open(encoding="utf-8-sig", newline="") as file:
        return [words(row["texto"]) for row in csv.DictReader(file)]


def _runs(said: list[str]) -> set[tuple[str, ...]]:
    return {tuple(said[at : at + _COPIED]) for at in range(len(said) - _COPIED + 1)}


def _training_texts() -> list[str]:
    pack = read_pack(PANAMA)
    sayings: dict[str, list[str]] = {}
    for row in pack.sayings:
        sayings.setdefault(row.means, []).append(row.saying)
    names = {row.code: row for row in pack.services}
    seeds = [
        Seed(means, sayings=said, keywords=names[means].keywords if means in names else (), each=20)
        for means, said in sayings.items()
    ]
    return [said.text for said in write_texts(seeds, ["Chilibre"], ["IDAAN"], seed=7)]
