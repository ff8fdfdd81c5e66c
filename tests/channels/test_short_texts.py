"""Texts for telephones: short, in the alphabet that costs least, and saying what must be said."""

from __future__ import annotations

from string import Template

import pytest

from centro.channels.actions import send_message
from centro.channels.gateways.gsm import fits_gsm, parts_of
from centro.channels.texts import default_words, faults_of, render_message
from tests.channels.test_sending import MATTERS, NUMBER, SHORT, VALUES

LANGUAGES = ["es", "en"]
SENT = VALUES | {"acronym": "IDAAN", "status": "Asignado", "note": "", "emergency": "911"}


def test_every_letter_has_a_short_form_and_a_discreet_one():
    wanted = {f"{name}{kind}_short" for name in MATTERS for kind in ("", "_discreet")}
    assert wanted <= SHORT


@pytest.mark.parametrize("name", sorted(SHORT))
@pytest.mark.parametrize("language", LANGUAGES)
class TestEachText:
    def test_it_exists_in_its_own_language_and_can_be_sent(self, name, language):
        own = default_words(name, language)
        assert own != default_words(name, "en" if language == "es" else "es")
        assert faults_of(name, language, *own) == []

    def test_its_words_fit_the_small_alphabet(self, name, language):
        assert fits_gsm(default_words(name, language)[1])

    def test_it_takes_two_parts_at_most(self, name, language):
        """Without what people wrote and without lists, whose length nobody knows."""
        said = SENT | {"text": "", "choices": "", "service": "Falta de agua", "place": "Tocumen"}
        assert parts_of(render_message(name, language, said)[1].strip()) <= 2

    def test_no_blank_is_left_open(self, name, language):
        assert "$" not in render_message(name, language, SENT)[1]


@pytest.mark.parametrize("name", MATTERS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("discreet", [False, True])
def test_by_sms_the_short_words_leave(name, language, discreet):
    message = send_message(
        kind="sms", address="+50760001234", name=name, language=language, reference=NUMBER,
        discreet=discreet, values=SENT,
    )  # fmt: skip
    assert message.body.startswith("311: ")
    assert message.html == ""
    assert NUMBER in message.body
    assert VALUES["link"] in message.body
    assert ("K7QF" in message.body_as_sent) is False
    if discreet:
        for secret in ("Fuga", "IDAAN", "Acueductos", "tubo"):
            assert secret not in message.subject + message.body
        blanks = Template("\n".join(default_words(f"{name}_discreet_short", language)))
        assert set(blanks.get_identifiers()) <= {"number", "code", "link"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_question_says_how_to_answer(language):
    for name in ("case_resolved", "case_reminder"):
        body = default_words(f"{name}_short", language)[1]
        assert ("Responda SI o NO" if language == "es" else "Answer YES or NO") in body


def test_what_people_wrote_comes_last_so_that_a_cut_takes_nothing_else():
    for name in SHORT:
        for language in LANGUAGES:
            body = default_words(name, language)[1]
            assert "$text" not in body or body.endswith("$text")
