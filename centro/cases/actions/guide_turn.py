"""What the dialogue by short messages says next, and the small words that its steps share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language

from centro.cases.models import Dialogue
from centro.catalog.models import ServiceType

Told = dict[str, Any]
Step, Ending = Dialogue.Step, Dialogue.Ending


@dataclass(frozen=True, slots=True)
class Turn:
    """What the centre says next and at which step the dialogue then is.

    `why` explains, before the question, what was wrong with an answer.
    """

    say: str
    step: Dialogue.Step
    values: Mapping[str, object] = field(default_factory=dict)
    missed: bool = False
    ending: Dialogue.Ending = Ending.OPEN
    why: str = ""


def listed(names: Sequence[str]) -> str:
    """Choices with their figures, one on a line."""
    return "\n".join(f"{n} {name}" for n, name in enumerate(names, start=1))


def in_english() -> bool:
    """Whether the person is answered in English now."""
    return (get_language() or "").startswith("en")


def name_of(service: ServiceType) -> str:
    """What a service type is called, in the person's language."""
    return (service.name_en if in_english() else "") or service.name
