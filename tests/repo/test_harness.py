"""The harness itself: it would notice what it is there to notice."""

from __future__ import annotations

import pytest
from django.template import Context, Engine, Origin, Template, engines

from tests.conftest import OURS, UndefinedVariableError


def render(name: str, source: str) -> str:
    engine: Engine = engines["django"].engine  # type: ignore[attr-defined]  # a DjangoTemplates
    return Template(source, origin=Origin(name), engine=engine).render(Context({"there": "sí"}))


def test_an_undefined_variable_in_a_template_of_ours_fails():
    with pytest.raises(UndefinedVariableError, match="missing"):
        render(f"{OURS}/web/templates/a.html", "{{ there }} {{ missing }}")


def test_templates_of_other_packages_keep_their_silence():
    assert render("/elsewhere/a.html", "{{ there }} {{ missing }}") == "sí "
