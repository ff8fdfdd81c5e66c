"""Texts that rules write: many, always the same, and clean."""

from __future__ import annotations

import re

from centro.catalog.understanding.expanding import Seed, write_texts
from centro.kernel.text import fold

SEED = Seed("X-1", ("Falta de agua",), ("sin agua", "grifo seco"), ("no [hay|llega] agua [hoy|]",))


def _texts(seed: int = 1) -> list[str]:
    return [said.text for said in write_texts([SEED], ["Chilibre"], ["IDAAN"], seed=seed)]


def test_the_same_seed_writes_the_same_texts_and_another_writes_others():
    assert _texts() == _texts()
    assert _texts() != _texts(seed=2)


def test_no_bracket_and_no_slot_is_left():
    assert not [text for text in _texts() if re.search(r"[\[\]{}|]", text)]


def test_texts_differ_as_peoples_do():
    texts = [text for seed in range(20) for text in _texts(seed)]
    assert any(text != fold(text) for text in texts)
    assert any("Chilibre" in text for text in texts)
    assert any(re.search(r"\b(ai|dsd|xq|x|d|q)\b", text) for text in texts)
    assert len(set(texts)) > len(texts) / 2


def test_all_that_is_known_of_a_meaning_is_among_its_texts():
    assert {"Falta de agua", "sin agua", "grifo seco"} <= set(_texts())
