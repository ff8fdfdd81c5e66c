"""How well the model of the real country does on the messages kept for testing."""

from __future__ import annotations

from pathlib import Path

import pytest

from centro.cases.learning import train_understanding
from centro.ops.language import judge
from centro.ops.pack import load_pack
from tests.ops.packs import PANAMA

MESSAGES = Path(__file__).parents[1] / "mensajes_sinteticos_prueba.csv"


@pytest.mark.slow
def test_the_country_is_understood_better_than_was_asked_for():
    load_pack(PANAMA)
    train_understanding()
    told = judge(MESSAGES).told()
    assert told["cases"] == 155
    assert told["top1"][0] >= 0.9
    assert told["top3"][0] >= 0.95
    assert told["entity"][0] >= 0.93
    # It seldom declines what it should take, and is right when it says that it is sure.
    assert told["abstained"][0] <= 0.06
    assert told["right_when_clear"][0] >= 0.95
    assert told["recognised"]["out_of_scope"][0] >= 0.75
