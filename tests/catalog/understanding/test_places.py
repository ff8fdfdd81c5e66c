"""Places named in texts, as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from centro.catalog.understanding.places import NamedPlace
from tests.catalog.understanding.sample import gazetteer


def _found(text: str) -> list[NamedPlace]:
    return gazetteer().find(text)


def _codes(text: str) -> list[str | None]:
    return [named.place.code if named.place else None for named in _found(text)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no hay agua en Chilibre", "080815"),
        ("NO AI AGUA EN CHILIBRE", "080815"),
        ("fuga en burunga desde ayer", "130107"),
        ("sin luz en Puerto Caimto", "130717"),
        ("un hueco en juan dias", "080812"),
        ("robos en sn mgto", "0810"),
        ("vivo en Las Tablas", "070201"),
        ("la calle de aguadulse", "020101"),
        ("en Panamá Viejo, Parque Lefevre", "080810"),
    ],
)
def test_a_place_is_found_however_it_is_spelled(text, code):
    assert code in _codes(text), _found(text)


def test_places_of_one_name_are_told_apart_by_the_others_in_the_text():
    assert _codes("en El Coco de La Chorrera")[0] == "130706"
    assert _codes("en El Coco de Penonomé")[0] == "020605"


def test_what_cannot_be_told_apart_says_so():
    [named] = _found("robos en San Isidro")
    assert named.place is None
    assert len(named.candidates) > 1


def test_a_street_or_school_called_like_a_place_is_the_weakest_hint():
    found = _found("en la avenida Balboa de Chilibre")
    assert found[0].place.code == "080815"
    assert all(named.within_name for named in found[1:])


@pytest.mark.parametrize(
    "text", ["", "no hay agua", "el puerto está sucio", "gracias por la paz", "hueco en la calle", "12 34 56", "la la la el el", "se cayó un palo", "me duele la cabeza"]
)  # fmt: skip
def test_ordinary_words_are_no_places(text):
    assert _found(text) == []


@examples(deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_answered_and_names_only_words_of_its_own(text):
    for named in _found(text):
        assert named.candidates
        assert named.place is None or named.place in named.candidates


def test_a_hostile_text_takes_no_time_to_speak_of():
    assert len(_found("san santa el la de " * 20_000)) <= 5
