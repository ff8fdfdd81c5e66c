"""The commands of understanding. As in `cli`, each imports what it needs when it runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from centro.ops import environment


@click.command()
@click.argument("text", required=False)
@click.option("--limit", default=5, show_default=True)
@click.option("--whole", is_flag=True, help="One object: verdict, types, entity, places, urgency.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False),
    help="A CSV with a column texto or text, or one text on each line; - for standard input.",
)
def suggest(text: str | None, limit: int, whole: bool, file: str | None) -> None:
    """What a citizen's words mean, best first, as JSON: centro suggest "no hay agua"

    A list of service types with their reasons; with --whole one object; with --file one object on
    a line for each text. It suggests: people decide.
    """
    environment.prepare()
    from centro.catalog.understanding.answering import current_model
    from centro.ops import language

    if current_model() is None:
        click.echo(
            f"Model: {language.NO_MODEL}. Until then the words of the catalogue answer, less well.",
            err=True,
        )
    if file is not None or text in {None, "-"}:
        texts = (
            language.texts_of(Path(file)) if file else (line for line in sys.stdin if line.strip())
        )
        for each in texts:
            answer = {"text": each.strip(), **language.whole_answer(each, limit)}
            click.echo(json.dumps(answer, ensure_ascii=False))
        return
    assert text is not None
    answer_of = language.whole_answer if whole else language.short_answer
    click.echo(json.dumps(answer_of(text, limit), ensure_ascii=False))


@click.command()
@click.option("--if-due", is_flag=True, help="Only when there is something new to learn.")
@click.option(
    "--report", type=click.Path(exists=True, dir_okay=False), help="Then judge it by this CSV."
)
def train(if_due: bool, report: str | None) -> None:
    """Train the model that understands what citizens write: from the catalogue and closed cases."""
    environment.prepare()
    from centro.cases.learning import train_understanding, training_is_due
    from centro.ops import language

    if if_due and not training_is_due():
        click.echo("There is nothing new to learn.")
        return
    model = train_understanding(report=lambda doing: click.echo(f"  {doing} …"))
    click.echo(language.model_text(model))
    if report:
        click.echo(language.report_text(language.judge(Path(report)), model))


@click.group()
def understanding() -> None:
    """How well texts of citizens are understood."""


@understanding.command("report")
@click.option("--file", type=click.Path(exists=True, dir_okay=False), required=True)
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def understanding_report(file: str, as_json: bool) -> None:
    """Judge the model by a CSV of messages (texto, codigo_servicio, sigla, clase)."""
    environment.prepare()
    from centro.catalog.understanding.answering import current_model
    from centro.ops import language

    judged = language.judge(Path(file))
    model = current_model()
    assert model is not None
    if as_json:
        told = judged.told() | {"confused": judged.confused, "model": model.about.version}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(language.report_text(judged, model))
