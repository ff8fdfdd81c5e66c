"""The three ladders a case may climb, and what their rungs are called."""

from __future__ import annotations

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Ladder(StrEnum):
    """Who answers for a case: its entity, the centre while it is in triage, or the officers."""

    AGENCY = "agency"
    CENTRE = "centre"
    SEALED = "sealed"


_SUPERVISORS = (_("Supervisión del centro"), _("a la supervisión del centro"))
_DIRECTORS = (_("Dirección del centro"), _("a la dirección del centro"))
_OFFICERS = (_("Oficiales de denuncias"), _("a los oficiales de denuncias"))
_PRESIDENT = (_("Presidencia"), _("a la Presidencia"))
# Each rung as a name, and as the end of "the case went up …".
_WORDS: dict[Ladder, tuple[tuple[Promise, Promise], ...]] = {
    Ladder.AGENCY: (
        (_("Funcionario responsable"), _("al funcionario responsable")),
        (_("Enlace operativo"), _("al enlace operativo de la entidad")),
        (_("Enlace ejecutivo"), _("al enlace ejecutivo de la entidad")),
        (_("Máxima autoridad"), _("a la máxima autoridad de la entidad")),
        _PRESIDENT,
    ),
    Ladder.CENTRE: (_SUPERVISORS, _SUPERVISORS, _DIRECTORS, _DIRECTORS, _PRESIDENT),
    Ladder.SEALED: (_OFFICERS, _OFFICERS, _OFFICERS, _OFFICERS, _PRESIDENT),
}


def ladder_of(*, sealed: bool, agency: int | None) -> Ladder:
    """The ladder that a case climbs while it is so: sealed or not, in the hands of that entity."""
    if sealed:
        return Ladder.SEALED
    return Ladder.CENTRE if agency is None else Ladder.AGENCY


def rung_name(rung: int, ladder: str = Ladder.AGENCY) -> str:
    """What a rung of a ladder is called; 0 is the centre's last resort."""
    if not rung:
        return str(_DIRECTORS[0])
    return str(_WORDS[Ladder(ladder)][rung - 1][0])


def to_rung(rung: int, ladder: str = Ladder.AGENCY) -> str:
    """The rung as the end of a sentence: a case went up …"""
    return str(_WORDS[Ladder(ladder)][rung - 1][1])
