"""What a text means, from a model in the folder to what forms are given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from centro.catalog.models import ServiceType
from centro.catalog.queries import suggest_services
from centro.catalog.understanding.answering import Verdict, forget_model, understand
from centro.catalog.understanding.material import is_stale, material_of_catalogue
from centro.catalog.understanding.model import keep_model
from centro.ops.pack import load_pack
from centro.places.stamps import forget_copies
from tests.catalog.understanding.sample import sample_model
from tests.ops.packs import MINI


@pytest.fixture
def trained() -> Path:
    """The small country, and a model of seven of its types."""
    load_pack(MINI)
    file = keep_model(sample_model(), settings.MODELS_ROOT)
    forget_model()
    return file


def _codes(text: str) -> list[str]:
    return [each.service.code for each in understand(text).services]


def test_without_a_model_nothing_is_understood_and_words_still_suggest():
    load_pack(MINI)
    assert understand("no hay agua") is None
    assert suggest_services("no hay agua")[0].service.code == "IDAAN-01"


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no ai agua dsd ayer", "IDAAN-01"),
        ("tremendo ueco en la caye", "MOP-01"),
        ("el semafro no sirve", "ATTT-01"),
        ("no a pasado el camion de la vasura", "AAUD-01"),
        ("la musica del vecino no deja dormir", "PN-02"),
    ],
)
def test_words_as_people_write_them_are_understood(text, code):
    understood = understand(text)
    assert understood.services[0].service.code == code
    assert understood.agency.agency.acronym == code.split("-")[0]
    assert suggest_services(text)[0].service.code == code


@pytest.mark.usefixtures("trained")
def test_probabilities_fall_and_are_shares():
    chances = [each.probability for each in understand("hueco en la calle", limit=50).services]
    assert chances == sorted(chances, reverse=True)
    assert all(0 <= chance <= 1 for chance in chances)
    assert sum(chances) <= 1.01


@pytest.mark.usefixtures("trained")
def test_reasons_are_words_of_the_text_as_it_writes_them():
    understood = understand("Buenas, el SEMÁFORO de la esquina está apagado")
    assert "semáforo" in understood.services[0].reasons
    assert "buenas" not in understood.services[0].reasons


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize(
    "text", ["", "   ", "hola buenas", "¿?", "Burunga", "en Burunga por favor"]
)
def test_courtesy_or_a_place_alone_proposes_nothing(text):
    understood = understand(text)
    assert understood.verdict == Verdict.AMBIGUOUS
    assert understood.services == ()
    assert suggest_services(text) == []


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize(
    "text", ["quién ganó el partido de la sele", "vendo un carro barato buen precio", "mi novio me dejó y estoy triste"]
)  # fmt: skip
def test_what_is_no_matter_of_the_state_is_said_to_be_so(text):
    assert understand(text).verdict == Verdict.OUT_OF_SCOPE
    assert suggest_services(text) == []


@pytest.mark.usefixtures("trained")
def test_a_type_out_of_use_is_not_proposed_though_the_model_knows_it():
    ServiceType.objects.filter(code="IDAAN-01").update(active=False)
    forget_copies()
    assert "IDAAN-01" not in _codes("no hay agua")


@pytest.mark.usefixtures("trained")
def test_a_type_newer_than_the_model_is_found_by_its_words():
    ServiceType.objects.create(
        code="ZOO-1", name="Elefante suelto", kind="request", keywords=["elefante suelto"]
    )
    forget_copies()
    assert _codes("anda un elefante suelto")[0] == "ZOO-1"
    assert _codes("no hay agua")[0] == "IDAAN-01"


@pytest.mark.usefixtures("trained")
def test_a_warm_answer_costs_no_statement():
    understand("no hay agua en Chilibre")
    with CaptureQueriesContext(connection) as statements:
        understand("hueco en la calle de Chilibre")
        suggest_services("basura en Chilibre")
    assert len(statements) == 0


def test_a_broken_newest_file_leaves_the_one_before_it_answering(trained):
    trained.with_name("model-000009.npz").write_bytes(b"broken")
    forget_model()
    assert understand("no hay agua").model == 1


def test_a_newer_file_answers_once_it_is_there(trained):
    model = sample_model()
    keep_model(replace(model, about=replace(model.about, version=2)), settings.MODELS_ROOT)
    forget_model()
    assert understand("no hay agua").model == 2


def test_a_changed_catalogue_makes_the_model_stale(trained):
    model = sample_model()
    digest = material_of_catalogue().digest
    assert is_stale()
    keep_model(
        replace(model, about=replace(model.about, version=3, digest=digest)), settings.MODELS_ROOT
    )
    assert not is_stale()
    ServiceType.objects.filter(code="IDAAN-01").update(keywords=["otra cosa"])
    assert is_stale()


@pytest.mark.usefixtures("trained")
# The first answer of a process reads the gazetteer: no deadline.
@examples(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None
)
@given(st.text(max_size=300))
def test_any_text_is_answered(text):
    assert understand(text).verdict in Verdict
