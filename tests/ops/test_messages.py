"""The message catalogues: what is in code and pages is in them, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from centro.ops import messages

CODE = 'from django.utils.translation import gettext as _\nTITLE = _("Hola")\n'
PAGE = """{% load i18n %}
<p>{% translate "Adiós" %}</p>
  {% blocktranslate count n=n %}{{ n }} caso{% plural %}{{ n }} casos{% endblocktranslate %}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    sources = tmp_path / "centro"
    catalogue = sources / "locale" / "en" / "LC_MESSAGES" / "django.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text('msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n')
    (sources / "code.py").write_text(CODE)
    (sources / "page.html").write_text(PAGE)
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    monkeypatch.setattr(messages, "SOURCES", sources)
    monkeypatch.setattr(messages, "LOCALES", sources / "locale")
    return catalogue


def test_texts_of_code_and_pages_are_found_with_their_plurals(project: Path):
    assert [text.id for text in messages.find_texts()] == [
        "Hola",
        "Adiós",
        ("%(n)s caso", "%(n)s casos"),
    ]


def test_a_new_text_wants_a_translation(project: Path):
    messages.extract_messages()
    assert "centro/code.py:2: not translated to en: 'Hola'" in messages.check_messages()


def test_translations_survive_and_texts_that_are_gone_do_not(project: Path):
    messages.extract_messages()
    translated = project.read_text().replace('"Hola"\nmsgstr ""', '"Hola"\nmsgstr "Hello"')
    project.write_text(translated)
    (project.parents[3] / "page.html").unlink()
    assert any("stale" in fault for fault in messages.check_messages())
    messages.extract_messages()
    assert messages.check_messages() == []
    assert "Adiós" not in project.read_text()
    assert messages.extract_messages() == []


def test_a_translation_with_other_values_is_a_fault(project: Path):
    (project.parents[3] / "page.html").unlink()
    (project.parents[3] / "code.py").write_text('_("De %(who)s")\n')
    messages.extract_messages()
    text = project.read_text()
    project.write_text(
        text.replace('"De %(who)s"\nmsgstr ""', '"De %(who)s"\nmsgstr "By %(whom)s"')
    )
    assert len(messages.check_messages()) == 1


def test_compiling_twice_writes_once(project: Path):
    assert len(messages.compile_messages()) == 1
    assert messages.compile_messages() == []
