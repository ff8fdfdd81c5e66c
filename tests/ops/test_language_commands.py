"""`centro suggest`, `centro train`, `centro understanding report`."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result
from django.conf import settings

from centro.catalog.understanding.answering import forget_model
from centro.catalog.understanding.model import keep_model
from centro.ops import cli
from centro.ops.pack import load_pack
from tests.catalog.understanding.sample import sample_model
from tests.ops.packs import MINI

TABLE = """texto,codigo_servicio,sigla,clase
no hay agua en mi casa,IDAAN-01,IDAAN,caso
tremendo hueco en la calle,MOP-01,MOP,caso
hueco en la avenida,IDAAN-01,IDAAN,caso
quién ganó el partido de la sele,,,fuera_de_alcance
"""


@pytest.fixture(autouse=True)
def _prepared(monkeypatch):
    monkeypatch.setattr("centro.ops.environment.prepare", lambda **_: None)
    load_pack(MINI)
    forget_model()


@pytest.fixture
def _trained():
    keep_model(sample_model(), settings.MODELS_ROOT)
    forget_model()


def run(*arguments: str, fed: str = "") -> str:
    """What a command writes for programs: its standard output."""
    return run_whole(*arguments, fed=fed).stdout


def run_whole(*arguments: str, fed: str = "") -> Result:
    done = CliRunner().invoke(cli.centro, list(arguments), input=fed, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


def test_suggest_answers_a_list_even_before_there_is_a_model():
    first = json.loads(run("suggest", "no hay agua"))[0]
    assert first["code"] == "IDAAN-01"
    assert 0 < first["score"] <= 1
    assert first["agency"] == "IDAAN"


def test_before_there_is_a_model_the_answer_says_so():
    done = run_whole("suggest", "no hay agua")
    assert set(json.loads(done.stdout)[0]) >= {"code", "score", "name", "verdict"}
    assert "none yet" in done.stderr
    whole = run_whole("suggest", "--whole", "no hay agua")
    assert json.loads(whole.stdout)["model"] == "none yet: trained in the first minute"


@pytest.mark.usefixtures("_trained")
def test_once_there_is_a_model_nothing_is_said_beside_the_answer():
    assert run_whole("suggest", "no hay agua").stderr == ""


@pytest.mark.usefixtures("_trained")
def test_suggest_gives_reasons_and_what_is_understood_of_the_whole():
    first = json.loads(run("suggest", "semáforo apagado en Burunga, hay un herido"))[0]
    assert first["code"] == "ATTT-01"
    assert first["score"] == first["probability"]
    assert "semáforo" in first["reasons"]
    assert first["urgency"] == "danger"
    assert first["places"][0]["name"] == "Burunga, Arraiján"
    assert len(json.loads(run("suggest", "no hay agua", "--limit", "2"))) == 2


@pytest.mark.usefixtures("_trained")
def test_the_whole_answer_is_one_object_with_entity_and_verdict():
    whole = json.loads(run("suggest", "--whole", "vendo un carro barato buen precio"))
    assert whole["verdict"] == "out_of_scope"
    whole = json.loads(run("suggest", "--whole", "no hay agua"))
    assert whole["agency"]["acronym"] == "IDAAN"
    assert whole["model"] == 1


@pytest.mark.usefixtures("_trained")
def test_many_texts_are_answered_a_line_each(tmp_path):
    lines = tmp_path / "texts.txt"
    lines.write_text("no hay agua\n\nhueco en la calle\n")
    table = tmp_path / "messages.csv"
    table.write_text(TABLE)
    for told, count in (
        (run("suggest", "--file", str(lines)), 2),
        (run("suggest", "--file", str(table)), 4),
    ):
        answers = [json.loads(line) for line in told.splitlines()]
        assert len(answers) == count
        assert answers[0]["services"][0]["code"] == "IDAAN-01"
    assert len(run("suggest", "-", fed="no hay agua\nhueco\n").splitlines()) == 2


@pytest.mark.usefixtures("_trained")
def test_the_report_counts_and_names_what_was_confused(tmp_path):
    table = tmp_path / "messages.csv"
    table.write_text(TABLE)
    told = json.loads(run("understanding", "report", "--file", str(table), "--json"))
    assert told["cases"] == 3
    assert told["top1"][0] == pytest.approx(2 / 3, abs=0.001)
    assert told["top1"][1] < 2 / 3 < told["top1"][2]
    assert told["recognised"]["out_of_scope"][0] == 1
    assert [each["meant"] for each in told["confused"]] == ["IDAAN-01"]
    assert "IDAAN-01" in run("understanding", "report", "--file", str(table))


def test_a_table_without_texts_is_refused(tmp_path):
    table = tmp_path / "messages.csv"
    table.write_text("a,b\n1,2\n")
    done = CliRunner().invoke(cli.centro, ["understanding", "report", "--file", str(table)])
    assert done.exit_code == 1
    assert "texto" in done.output


@pytest.mark.slow
def test_train_learns_the_small_country_and_answers_from_it():
    told = run("train")
    assert "Model 1" in told
    assert json.loads(run("suggest", "--whole", "no ai agua"))["services"][0]["code"] == "IDAAN-01"
    assert "nothing new" in run("train", "--if-due")
