"""Why a case is where it is: the steps of a route as codes and data, and their words.

The timeline keeps codes and names; they become words here, in the reader's language. To add a
step, add its sentence here: a test fails for one that a route takes and nobody can read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext


@dataclass(frozen=True, slots=True)
class Step:
    """One reason on the way of a case; `data` are the names and numbers that its sentence takes."""

    code: str
    data: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def words(self) -> str:
        if self.code == "load":
            return _load_in_words(self.data)
        return str(SENTENCES[self.code]) % self.data

    @property
    def kept(self) -> dict[str, str | int]:
        """As the timeline keeps it."""
        return {"code": self.code, **self.data}


# Which entity; which unit; who. Each group in the order in which a route asks.
SENTENCES: Mapping[str, Promise] = {
    "rule": _("La regla «%(rule)s» lo envía a %(agency)s."),
    "service": _("El tipo de servicio es de %(agency)s."),
    "municipal": _("Es un servicio municipal: lo atiende el municipio del lugar, %(agency)s."),
    "sorted": _("Una persona lo envió a %(agency)s al clasificarlo."),
    "accepted": _("%(agency)s aceptó el traslado."),
    "separated": _("Se separó de otro caso y quedó en %(agency)s."),
    "no_agency": _("Ninguna regla lo prevé y el tipo de servicio no tiene entidad."),
    "no_place": _("Es de un municipio y no se sabe en qué distrito ocurre."),
    "elsewhere": _("%(agency)s sólo atiende su distrito y el lugar está en otro."),
    "no_municipality": _("Es un servicio municipal y ese municipio no está entre las entidades."),
    "closed": _("%(agency)s ya no recibe casos."),
    "triage": _("Una persona decide en clasificación."),
    "rule_unit": _("La regla nombra también la unidad: %(unit)s."),
    "regional": _("Por el lugar le toca a: %(unit)s."),
    "national": _("Sin oficina en esa provincia, le toca a: %(unit)s."),
    "nowhere": _("Sin lugar conocido, le toca a: %(unit)s."),
    "only": _("Su única unidad lo recibe: %(unit)s."),
    "no_unit": _("La entidad no tiene una unidad que lo reciba."),
    "load": _("Funcionario con menos casos: %(official)s (%(n)d activos)."),
    "liaison": _("El enlace operativo de %(agency)s reparte los casos."),
    "nobody": _("En la unidad no hay un funcionario disponible: reparte el enlace operativo."),
    "sealed": _("Está sellado: lo lleva el oficial de denuncias, sin unidad ni funcionario."),
    "handed": _("Después se encargó a %(who)s."),
}
# Steps that say who in the unit has it: what somebody decided later takes their place.
_WHO = frozenset({"load", "liaison", "nobody"})
_UNIT = frozenset({"rule_unit", "regional", "national", "nowhere", "only", "no_unit"})


def read_steps(kept: Iterable[Mapping[str, Any]]) -> list[Step]:
    """The steps as the timeline keeps them; one that nobody knows any more is left out."""
    return [
        Step(row["code"], {key: value for key, value in row.items() if key != "code"})
        for row in kept
        if row["code"] in SENTENCES
    ]


def to_the_entity(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Only the steps that say why it is this entity."""
    return tuple(step for step in steps if step.code not in _WHO | _UNIT)


def handed_over(steps: Iterable[Step], who: str) -> tuple[Step, ...]:
    """The same way, after somebody of the entity gave the case to a unit or a person by hand."""
    return (*to_the_entity(steps), Step("handed", {"who": who}))


def _load_in_words(data: Mapping[str, str | int]) -> str:
    n = int(data["n"])
    words = ngettext(
        "Funcionario con menos casos: %(official)s (%(n)d activo).",
        "Funcionario con menos casos: %(official)s (%(n)d activos).",
        n,
    )
    return words % data
