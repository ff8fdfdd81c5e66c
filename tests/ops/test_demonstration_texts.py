"""Texts of the demonstration: the small templates, and that none names what nobody fills in."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import pytest

from centro.kernel.grammar import Template, TemplateError, parse, say, slots_of, tidy
from centro.ops.demonstration.plan import read_plan
from centro.ops.demonstration.texts import MADE_SLOTS
from tests.ops.packs import PANAMA

OF_FRAMES = {"core", "Core", "donde", "desde", "add", "want"}


def all_ways(text: str, *, third: bool = False) -> set[str]:
    template = parse(text)
    return {say(template, Random(n), str.upper, third=third) for n in range(60)}


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("sin agua", {"sin agua"}),
        ("[sin|con] agua", {"sin agua", "con agua"}),
        ("hay [un [gran |]hueco|dos huecos]", {"hay un gran hueco", "hay un hueco", "hay dos huecos"}),
        ("en {lugar}", {"en LUGAR"}),
        ("[a {b}|c]", {"a B", "c"}),
        ("", {""}),
    ],
)  # fmt: skip
def test_a_template_is_said_in_all_its_ways(text: str, ways: set[str]):
    assert all_ways(text) == ways


def test_the_voice_decides_between_persons():
    assert all_ways("<me|le> cobran [de más|dos veces]") == {
        "me cobran de más",
        "me cobran dos veces",
    }
    assert all_ways("<mi|su> recibo", third=True) == {"su recibo"}


@pytest.mark.parametrize("text", ["[a|b", "a]", "{a", "a}", "<a|b", "[a>", "{a b}"])
def test_brackets_that_do_not_match_are_refused(text: str):
    with pytest.raises(TemplateError):
        parse(text)


@pytest.mark.parametrize(
    ("rough", "tidied"),
    [
        ("no hay agua , aquí .  vengan", "No hay agua, aquí. Vengan"),
        ("¿cuándo? ¡ya!.", "¿Cuándo? ¡Ya!"),
        ("al lado de el taller y a el frente", "Al lado del taller y al frente"),
        ("la entrada de El Valle", "La entrada de El Valle"),
        ("recibo de B/.12.50 en mayo", "Recibo de B/.12.50 en mayo"),
    ],
)
def test_texts_are_tidied(rough: str, tidied: str):
    assert tidy(rough) == tidied


def test_every_slot_of_the_plan_is_filled_by_somebody():
    plan = read_plan(PANAMA / "demo")
    known = MADE_SLOTS | plan.words.keys()
    for name, templates in plan.frames.items():
        assert slots_in(templates) <= known | OF_FRAMES, name
    for words in (plan.words, plan.general, plan.answers):
        for name, templates in words.items():
            assert slots_in(templates) <= known, name
    for matter in plan.matters.values():
        for templates in (matter.say, matter.english, *matter.voices.values()):
            assert slots_in(templates) <= known, matter.code
    assert slots_in((*plan.burst.say, *plan.burst.adds)) <= known


def slots_in(templates: Iterable[Template]) -> set[str]:
    return {name for template in templates for name in slots_of(template)}
