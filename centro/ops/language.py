"""The commands of understanding: `centro suggest`, `centro train`, `centro understanding report`."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from centro.catalog.queries import suggest_services
from centro.catalog.understanding.answering import Understanding, Verdict, find_places, understand
from centro.catalog.understanding.measuring import wilson
from centro.catalog.understanding.model import Model
from centro.catalog.understanding.places import NamedPlace
from centro.catalog.understanding.urgency import alarms_in, urgency_of

# What a message is called, and its type and entity, in the tables that people bring.
_TEXT = ("texto", "text", "mensaje", "message")
_SERVICE = ("codigo_servicio", "service", "code")
_AGENCY = ("sigla", "agency")
_CLASS = ("clase", "class")
_CLASSES = {"fuera_de_alcance": Verdict.OUT_OF_SCOPE, "ambiguo": Verdict.AMBIGUOUS}
# What stands where the number of the model does, while there is none.
NO_MODEL = "none yet: trained in the first minute"
_ABSTAINS = {Verdict.OUT_OF_SCOPE, Verdict.AMBIGUOUS}


def whole_answer(text: str, limit: int = 5) -> dict[str, Any]:
    """All that is understood of a text, ready for JSON."""
    understood = understand(text, limit=limit)
    if understood is None:
        return _without_model(text, limit)
    agency = understood.agency
    return {
        "verdict": str(understood.verdict),
        "services": _services(understood),
        "agency": {"acronym": agency.agency.acronym, "probability": agency.probability}
        if agency
        else None,
        "places": [_place(named) for named in understood.places],
        "urgency": str(understood.urgency),
        "alarms": [
            {"reason": str(a.reason), "words": a.words, "level": str(a.level)}
            for a in understood.alarms
        ],
        "model": understood.model,
    }


def short_answer(text: str, limit: int = 5) -> list[dict[str, Any]]:
    """The service types alone, best first, each with what is understood of the whole text."""
    whole = whole_answer(text, limit)
    shared = {key: whole[key] for key in ("verdict", "urgency", "places")}
    return [service | shared for service in whole["services"]]


def _services(understood: Understanding) -> list[dict[str, Any]]:
    return [
        {
            "code": each.service.code,
            "score": each.probability,
            "name": each.service.name,
            "agency": each.service.agency.acronym if each.service.agency else "",
            "probability": each.probability,
            "reasons": list(each.reasons),
        }
        for each in understood.services
    ]


def _without_model(text: str, limit: int) -> dict[str, Any]:
    """Before the first training: the index of words, which knows no verdict but "unsure"."""
    services: list[dict[str, Any]] = [
        {
            "code": found.service.code,
            "score": round(found.score, 4),
            "name": found.service.name,
            "agency": found.service.agency.acronym if found.service.agency else "",
            "probability": None,
            "reasons": [],
        }
        for found in suggest_services(text, limit=limit)
    ]
    alarms = alarms_in(text)
    return {
        "verdict": str(Verdict.UNSURE),
        "services": services,
        "agency": {"acronym": services[0]["agency"], "probability": None} if services else None,
        "places": [_place(named) for named in find_places(text)],
        "urgency": str(urgency_of(alarms)),
        "alarms": [
            {"reason": str(a.reason), "words": a.words, "level": str(a.level)} for a in alarms
        ],
        "model": NO_MODEL,
    }


def _place(named: NamedPlace) -> dict[str, Any]:
    return {
        "words": named.words,
        "code": named.place.code if named.place else None,
        "name": named.place.full_name if named.place else None,
        "candidates": [place.code for place in named.candidates],
        "alias": named.alias,
        "misspelled": named.misspelled,
        "within_name": named.within_name,
    }


def texts_of(file: Path) -> Iterator[str]:
    """The texts of a CSV with a column for them, or of a file with one on each line."""
    if file.suffix == ".csv":
        for row in _rows(file):
            yield _cell(row, _TEXT)
        return
    for line in file.read_text(encoding="utf-8-sig").splitlines():
        if line.strip():
            yield line


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = [{k or "": v or "" for k, v in row.items()} for row in csv.DictReader(stream)]
    if not rows or not any(name in rows[0] for name in _TEXT):
        raise click.ClickException(f"{file.name} has no column {' or '.join(_TEXT)}.")
    return rows


def _cell(row: dict[str, str], names: Iterable[str]) -> str:
    return next((row[name] for name in names if row.get(name)), "")


# ---- How good it is ----


@dataclass(slots=True)
class Judged:
    """What came of a table of messages whose meaning is known."""

    cases: int = 0
    first: int = 0
    three: int = 0
    entity: int = 0
    abstained: int = 0
    clear: int = 0
    clear_right: int = 0
    others: Counter[str] = field(default_factory=Counter)
    others_right: Counter[str] = field(default_factory=Counter)
    confused: list[dict[str, Any]] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        of_others = {
            name: wilson(self.others_right[name], times) for name, times in self.others.items()
        }
        return {
            "cases": self.cases,
            "top1": wilson(self.first, self.cases),
            "top3": wilson(self.three, self.cases),
            "entity": wilson(self.entity, self.cases),
            "abstained": wilson(self.abstained, self.cases),
            "clear": wilson(self.clear, self.cases),
            "right_when_clear": wilson(self.clear_right, self.clear),
            "recognised": of_others,
        }


def judge(file: Path) -> Judged:
    """Ask for every message of a CSV with its type and entity, and compare."""
    judged = Judged()
    for row in _rows(file):
        understood = understand(_cell(row, _TEXT), limit=3, places=False)
        if understood is None:
            raise click.ClickException("There is no model yet: centro train makes one.")
        _judge_one(judged, row, understood)
    return judged


def _judge_one(judged: Judged, row: dict[str, str], understood: Understanding) -> None:
    expected = _CLASSES.get(_cell(row, _CLASS))
    if expected is not None:
        judged.others[str(expected)] += 1
        judged.others_right[str(expected)] += understood.verdict == expected
        return
    code, agency = _cell(row, _SERVICE), _cell(row, _AGENCY)
    codes = [each.service.code for each in understood.services]
    right = codes[:1] == [code]
    judged.cases += 1
    judged.first += right
    judged.three += code in codes
    answers = understood.agency.agency.acronym if understood.agency else ""
    judged.entity += answers == agency
    judged.abstained += understood.verdict in _ABSTAINS
    judged.clear += understood.verdict == Verdict.CLEAR
    judged.clear_right += right and understood.verdict == Verdict.CLEAR
    if not right:
        judged.confused.append(
            {"meant": code, "understood": codes, "verdict": str(understood.verdict)}
        )


def report_text(judged: Judged, model: Model) -> str:
    """The judgement as a person reads it."""
    told = judged.told()
    lines = [
        f"Model {model.about.version} of {model.about.made_at}; {judged.cases} messages with a type"
    ]
    names = {
        "top1": "the type first", "top3": "among the first three", "entity": "the entity",
        "abstained": "abstained from", "clear": "called clear", "right_when_clear": "right of those",
    }  # fmt: skip
    lines += [f"  {names[key]:<24}{_share(told[key])}" for key in names]
    for name, share in told["recognised"].items():
        lines.append(f"  {name + ' recognised':<24}{_share(share)} of {judged.others[name]}")
    if judged.confused:
        lines.append("Confused:")
        lines += [
            f"  {each['meant']:<14} {', '.join(each['understood']) or '–'} ({each['verdict']})"
            for each in judged.confused
        ]
    return "\n".join(lines)


def _share(told: Sequence[float]) -> str:
    share, low, high = told
    return f"{share:6.1%}  (95 %: {low:.1%} to {high:.1%})"


def model_text(model: Model) -> str:
    """What a training says at its end."""
    about, counts = model.about, model.about.counts
    limits = {name: round(getattr(about.limits, name), 3) for name in about.limits.__slots__}
    lines = [
        f"Model {about.version}: {counts['texts']} texts, {counts['of_people']} of cases",
        f"  {counts['labels']} meanings, {counts['features']} features",
        f"Of {about.report['texts']} texts of ways of saying things that it had not seen:",
        f"  the type first          {_share(about.report['top1'])}",
        f"  among the first three   {_share(about.report['top3'])}",
        f"  the entity              {_share(about.report['entity'])}",
        f"Limits: {json.dumps(limits)}",
    ]
    return "\n".join(lines)
