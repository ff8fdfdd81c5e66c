"""How a text is read: features that forgive, whose words can be named."""

from __future__ import annotations

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from centro.catalog.understanding.reading import LONGEST, features_in, words_of


def _features(text: str) -> set[str]:
    return {feature for feature, _ in features_in(words_of(text))}


def test_accents_capitals_and_short_forms_change_nothing():
    assert _features("NO HAY agua desde ayer") == _features("no háy água dsd ayer")


def test_what_is_lacking_is_a_feature_of_its_own():
    assert any(feature.startswith("! ") for feature in _features("no hay agua"))
    assert not any(feature.startswith("! ") for feature in _features("agua en la calle"))


def test_a_misspelled_word_shares_pieces_with_the_right_one():
    right = {f for f in _features("semáforo") if f.startswith("c ")}
    wrong = {f for f in _features("semafro") if f.startswith("c ")}
    assert len(right & wrong) >= 4


def test_numbers_are_one_feature_but_programmes_keep_theirs():
    assert _features("calle 45") == _features("calle 99")
    assert _features("120 a los 65") != _features("121 a los 66")


@examples(deadline=None)
@given(st.text(max_size=400))
def test_every_feature_of_any_text_names_words_of_it(text):
    words = words_of(text)
    for _feature, positions in features_in(words):
        assert positions
        assert all(0 <= at < len(words) for at in positions)


def test_an_endless_text_is_read_only_so_far():
    assert len(words_of("agua " * 10_000)) == LONGEST
    assert max(map(len, words_of("a" * 10_000))) <= 30
