"""How an indicator stands in a year: one pure rule, and the words that explain it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

# With how many decimals a number of each unit is read; it is judged as it is read.
PLACES: Mapping[str, int] = {
    "count": 0,
    "percent": 1,
    "seconds": 0,
    "hours": 1,
    "per_thousand": 2,
}


class Light(Enum):
    """How a year stands. Two of them are amber; the word tells which."""

    MET = "met"
    NEAR = "near"
    ON_COURSE = "on_course"
    MISSED = "missed"
    UNMEASURED = "unmeasured"

    @property
    def word(self) -> StrOrPromise:
        return _LOOKS[self].word

    @property
    def meaning(self) -> StrOrPromise:
        return _LOOKS[self].meaning

    @property
    def badge(self) -> str:
        return _LOOKS[self].badge

    @property
    def icon(self) -> str:
        return _LOOKS[self].icon


@dataclass(frozen=True, slots=True)
class _Look:
    word: StrOrPromise
    meaning: StrOrPromise
    badge: str
    icon: str


_LOOKS: Mapping[Light, _Look] = {
    Light.MET: _Look(
        _("Cumplida"), _("Lo medido llega a la meta del año."), "badge--ok", "check"
    ),
    Light.NEAR: _Look(
        _("Cerca"),
        _("No llega, pero le falta como mucho el margen del indicador."),
        "badge--sun",
        "flag",
    ),
    Light.ON_COURSE: _Look(
        _("En camino"),
        _(
            "El año no ha terminado, y lo medido va por la línea recta. Esa línea sale de lo "
            "medido el año anterior y llega a la meta el último día. Lo que se acumula parte de cero. "
            "Sin un año anterior medido no hay línea."
        ),
        "badge--sun",
        "stairs",
    ),
    Light.MISSED: _Look(
        _("Lejos"), _("Ni llega, ni está cerca, ni va en camino."), "badge--danger", "alert"
    ),
    Light.UNMEASURED: _Look(
        _("Sin medir"), _("No hay nada medido en ese año."), "", "question"
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Aim:
    """What is aimed at in a year, and how it is judged.

    `tolerance` is in per cent of the target. `start` is where the straight line of the year begins:
    what the year before came to, nought for what accumulates; without one there is no line.
    """

    target: Decimal
    higher: bool = True
    tolerance: int = 0
    start: Decimal | None = None


def judge(measured: Decimal | None, aim: Aim, passed: Decimal | None = None) -> Light:
    """How what was measured stands to the aim of its year.

    `passed` is the share of the year (0 to 1) that had gone by when it was measured; None once the
    year is over, or for a number entered afterwards.
    """
    if measured is None:
        return Light.UNMEASURED
    if _reaches(measured, aim.target, aim):
        return Light.MET
    slack = abs(aim.target) * aim.tolerance / 100
    if _reaches(measured, aim.target - slack if aim.higher else aim.target + slack, aim):
        return Light.NEAR
    if passed is not None and aim.start is not None and passed < 1:
        line = aim.start + (aim.target - aim.start) * passed
        # A year that began beyond its target has no way to go: to fall back is not progress.
        if not _reaches(aim.start, aim.target, aim) and _reaches(measured, line, aim):
            return Light.ON_COURSE
    return Light.MISSED


def _reaches(value: Decimal, wanted: Decimal, aim: Aim) -> bool:
    return value >= wanted if aim.higher else value <= wanted


def as_read(value: float | Decimal, unit: str) -> Decimal:
    """A value with the decimals with which it is written: who reads 90.0 is judged by 90.0."""
    step = Decimal(1).scaleb(-PLACES[unit])
    return Decimal(str(value)).quantize(step, ROUND_HALF_UP)
