"""What closed and corrected cases teach about how people write.

Sealed cases teach nothing. Of the others only the description is read, with numbers, addresses
and, where the reporter is hidden, names taken out; a feature that fewer than three texts share
never enters the model, and the model holds no text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils.dateparse import parse_datetime

from centro.cases import rules
from centro.cases.models import Case, TimelineEntry
from centro.cases.rules import Reason, Status
from centro.catalog.models import Confidentiality, Saying
from centro.catalog.understanding.answering import current_model, forget_model
from centro.catalog.understanding.expanding import Said
from centro.catalog.understanding.material import is_stale, material_of_catalogue
from centro.catalog.understanding.model import Model, keep_model, next_version
from centro.catalog.understanding.training import train_model
from centro.kernel.clock import now

# The newest cases are read, and of each type so many: a common matter must not drown the others.
_READ, _OF_A_TYPE = 30_000, 40
# Somebody read a corrected case with care, and a suggestion may have been wrong there.
_CORRECTED_COUNTS = 3.0
# Without a change of the catalogue the corrections of a week are worth learning.
_EVERY = timedelta(days=7)
_SHORTEST = 12
_LONGEST = 1000
_NO_MATTER = (Reason.OUT_OF_SCOPE, Reason.SPAM)
_ADDRESS = re.compile(r"https?://\S+|\S+@\S+\.\S+|@\w+|\d[\d\s.-]{3,}\d")
# Two words with capitals, or one after small letters: a name, or a place; neither is missed.
_NAME = re.compile(
    r"(?<=[a-záéíóúñ,;] )[A-ZÁÉÍÓÚÑ][\w'-]+(?:\s+(?:de\s+|la\s+)*[A-ZÁÉÍÓÚÑ][\w'-]+)*"
)


def train_understanding(*, report: Callable[[str], None] = lambda _: None) -> Model:
    """Train a model of the catalogue and of what cases teach, keep it, and answer from it."""
    folder = Path(settings.MODELS_ROOT)
    learnt = texts_of_cases()
    report(f"{len(learnt)} texts of closed and corrected cases")
    material = material_of_catalogue(learnt)
    model = train_model(material, version=next_version(folder), report=report)
    keep_model(model, folder)
    forget_model()
    return model


def training_is_due() -> bool:
    """Whether the catalogue changed since the newest model, or the model is a week old."""
    model = current_model()
    if model is None or is_stale():
        return True
    made_at = parse_datetime(model.about.made_at)
    return made_at is None or now() - made_at > _EVERY


def texts_of_cases() -> list[Said]:
    """Texts with the type that was right in the end. Two statements."""
    closed = Case.objects.filter(status=Status.CLOSED, reason__in=_teaching())
    closed = closed.exclude(confidentiality=Confidentiality.SEALED).order_by("-pk")
    fields = ("pk", "service__code", "reason", "confidentiality", "description")
    rows = list(closed.values_list(*fields)[:_READ])
    corrected = set(
        TimelineEntry.objects.filter(
            kind="reclassified", case_id__in=[row[0] for row in rows]
        ).values_list("case_id", flat=True)
    )
    rows.sort(key=lambda row: (row[0] not in corrected, -row[0]))
    return list(_few_of_each(_said(*row, corrected=row[0] in corrected) for row in rows))


def _teaching() -> list[str]:
    # In a demonstration any text is closed as none of ours: nothing can be learnt from that.
    no_matter = () if settings.DEMONSTRATION else _NO_MATTER
    return [*rules.CLOSINGS_WITH_SOLUTION, *no_matter]


def _said(
    _pk: int, code: str, reason: str, confidentiality: str, text: str, *, corrected: bool
) -> Said:
    label = Saying.OUT_OF_SCOPE if reason in _NO_MATTER else code
    weight = _CORRECTED_COUNTS if corrected else 1.0
    return Said(label, without_names(text[:_LONGEST], confidentiality), weight)


def without_names(text: str, confidentiality: str) -> str:
    """A text without numbers and addresses; without names too where the reporter is hidden."""
    text = _ADDRESS.sub(" ", text)
    if confidentiality != Confidentiality.OPEN:
        text = _NAME.sub(" ", text)
    return " ".join(text.split())


def _few_of_each(said: Iterable[Said]) -> Iterable[Said]:
    taken: Counter[str] = Counter()
    known: set[str] = set()
    for each in said:
        if len(each.text) < _SHORTEST or each.text in known or taken[each.label] >= _OF_A_TYPE:
            continue
        known.add(each.text)
        taken[each.label] += 1
        yield each
