from __future__ import annotations

import pytest

from centro.kernel.text import fold, sort_key, stems, words


def test_accents_and_case_do_not_matter():
    assert fold("  Bahía   de PANAMÁ, Ñurum ") == "bahia de panama, nurum"


def test_names_sort_as_in_spanish():
    names = ["Zona", "Ángel", "Ñurum", "Nuevo", "Oa", "ángela", "Nz"]
    assert sorted(names, key=sort_key) == ["Ángel", "ángela", "Nuevo", "Nz", "Ñurum", "Oa", "Zona"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("inundación", "inundacion"),
        ("Inundaciones", "inundación"),
        ("huecos", "hueco"),
        ("tuberías", "tubería"),
    ],
)
def test_forms_of_one_word_share_a_stem(one: str, other: str):
    assert stems(one) == stems(other) != []


def test_small_words_say_nothing():
    assert stems("de la que en el") == []
    assert words("Calle 50, N.º 3") == ["calle", "50", "n", "o", "3"]
