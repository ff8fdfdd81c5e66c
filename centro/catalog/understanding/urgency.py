"""What in a text cannot wait: dangers that people name, and who is helpless there.

Rules and no model, because a person must be able to say why. A danger to life is never only a
case: whoever shows this shows the emergency number beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from centro.catalog.models import Priority, ServiceType
from centro.kernel.text import fold


class Urgency(StrEnum):
    """How long it can wait."""

    NORMAL = "normal"
    URGENT = "urgent"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One reason why a text is urgent, and the words that say so."""

    level: Urgency
    reason: str | Promise
    words: str


@dataclass(frozen=True, slots=True)
class _Rule:
    level: Urgency
    reason: str | Promise
    pattern: re.Pattern[str]


def _rule(level: Urgency, reason: str | Promise, *patterns: str) -> _Rule:
    return _Rule(level, reason, re.compile(r"\b(?:" + "|".join(patterns) + r")"))


_NEAR = r"(?:\W+\w+){0,4}?\W+"
_RULES = (
    _rule(Urgency.DANGER, _("Cables o postes con corriente"),
          rf"cables?{_NEAR}(?:suelo|piso|caid|charco|chispa|pelad|vivo|acera)\w*",
          rf"(?:chisp\w+|candela|corriente){_NEAR}(?:cable|poste|transformador|agua)\w*",
          rf"(?:cayo|caid\w+){_NEAR}cables?", r"electrocut\w+",
          rf"poste\w*{_NEAR}(?:chispa|cayendo|caer)\w*"),
    _rule(Urgency.DANGER, _("Olor o escape de gas"),
          rf"(?:fuga|escape|olor|huele|oliendo){_NEAR}gas\b", r"explosion|va a explotar"),
    _rule(Urgency.DANGER, _("Fuego"),
          r"(?:se|esta\w*) (?:quemando|quema|incendia\w*)(?: (?:mi|la|una|el|un))? (?:casa|edificio|carro|escuela|apartamento)\w*",
          r"incendio", r"en llamas", rf"fuego{_NEAR}(?:casas?|edificio|escuela|apartamento)"),
    _rule(Urgency.DANGER, _("Vida o salud de una persona en peligro"),
          r"herid[oa]s?\b", r"desmay\w+", r"no respira\w*", r"infart\w+", r"convuls\w+", r"se esta muriendo",
          r"inconsciente", r"ahog(?:ando|a|o)\b", r"suicid\w+", r"quiere matar\w*", r"me va a matar",
          r"amenaz\w+ (?:con|de) (?:muerte|matar\w*|un cuchillo|un arma|una pistola)", r"apunal\w+", r"balacera|tiroteo|disparos"),
    _rule(Urgency.DANGER, _("Violencia contra una persona"),
          r"(?:me|le|la|lo|les|nos) (?:pega|golpea|maltrata|viola|agrede)n?\b",
          rf"(?:golpe|maltrat|abus|viol)\w*{_NEAR}(?:nin[oa]s?|menor(?:es)?|bebe|mujer|anciana?|hij[oa]s?)\b", r"violacion|violada|abuso sexual"),
    _rule(Urgency.DANGER, _("Algo puede caer sobre personas"),
          rf"(?:muro|pared|techo|balcon|arbol|palo|poste|puente|loma|cerro|talud|edificio|caseron){_NEAR}(?:caer|cayendo|caerse|desplom|colaps|derrumb|viniendo|ceder|cediendo)\w*",
          r"derrumb\w+", r"desliz\w+ de tierra", r"se hunde la calle|calle se esta hundiendo|socavon"),
    _rule(Urgency.DANGER, _("Crecida o inundación"),
          rf"(?:agua|rio|quebrada|mar){_NEAR}(?:entr|meti|mete)\w*{_NEAR}casas?", r"inundad[oa]s?", r"crecida", r"atrapad[oa]s?"),
    _rule(Urgency.URGENT, _("Hay niños, mayores o personas enfermas"),
          r"nin[oa]s?\b", r"bebes?\b", r"recien nacid\w+", r"embarazada", r"anciann?[oa]s?\b", r"adult[oa]s? mayor\w*",
          r"encamad\w+", r"silla de ruedas", r"dialisis", r"diabetic\w+", r"discapacidad", r"senora? mayor", r"abuel[oa]s?\b"),
    _rule(Urgency.URGENT, _("Un hospital, una escuela o un hogar sin servicio"),
          rf"(?:hospital|centro de salud|policlinica|clinica|escuela|colegio|asilo|hogar|guarderia){_NEAR}(?:sin|no hay|no tiene) (?:agua|luz|energia|medic\w+|oxigeno)",
          rf"(?:sin|no hay) (?:agua|luz|energia|oxigeno){_NEAR}(?:hospital|centro de salud|policlinica|clinica|escuela|colegio|asilo|guarderia)"),
    _rule(Urgency.URGENT, _("Alguien puede caer o chocar"),
          r"(?:puede|va a|pueden|se puede|casi|ya) (?:caer|caerse|matar|matarse|haber un accidente|atropell\w+|se cayo|cayo)", r"accidentes?\b", r"sin tapa", r"semaforo\w*"
          rf"{_NEAR}(?:apagad|danad|no funciona|no sirve)\w*", r"mordi\w*|mordedura"),
    _rule(Urgency.URGENT, _("La persona dice que es urgente"), r"urgent\w+|urge\b|emergencia|auxilio|de vida o muerte"),
)  # fmt: skip
_ORDER = (Urgency.DANGER, Urgency.URGENT)
# "No hay heridos" is good news.
_DENIED = re.compile(r"\b(?:no|sin|ningun[ao]?|nadie|gracias a dios)(?:\W+\w+){0,2}\W*$")
_TYPE_IS_URGENT = _("El tipo de servicio es urgente")


def alarms_in(text: str, service: ServiceType | None = None) -> list[Alarm]:
    """What makes a text urgent, the gravest first; each reason once."""
    found = list(_said_in(fold(text[:5000])))
    if service is not None and service.priority == Priority.URGENT:
        found.append(Alarm(Urgency.URGENT, _TYPE_IS_URGENT, ""))
    return sorted(found, key=lambda alarm: _ORDER.index(alarm.level))


def urgency_of(alarms: list[Alarm]) -> Urgency:
    return alarms[0].level if alarms else Urgency.NORMAL


def _said_in(folded: str) -> Iterator[Alarm]:
    for rule in _RULES:
        for match in rule.pattern.finditer(folded):
            if not _DENIED.search(folded[: match.start()][-40:]):
                yield Alarm(rule.level, rule.reason, " ".join(match[0].split()))
                break
