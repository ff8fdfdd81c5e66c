"""What people write and entities answer, composed from the plan's fragments."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from centro.catalog.models import Question, ServiceType
from centro.kernel.grammar import Template, say, tidy
from centro.ops.demonstration.plan import Matter, Plan
from centro.ops.demonstration.world import Spot

# Who writes down what is said: operators do it in the third person.
BY_OPERATOR = frozenset({"phone", "walk_in", "press"})
_NOON, _EVENING = 12, 19
_SATURDAY = 5
_TERSE = frozenset({"sms", "message", "social"})
_MOODS = {"inquiry": "ask", "suggestion": "propose", "idea": "propose", "compliment": "thank"}
_WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_MONTHS = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
)
_PLAIN = str.maketrans("áéíóúü", "aeiouu", "¿¡")
_DATED = re.compile(r"\b(desde|hace|días|semanas?|mes|meses|cada|de noche|de madrugada)\b")
_SHORT = (
    (re.compile(r"\bque\b"), "q"),
    (re.compile(r"\bpor\b"), "x"),
    (re.compile(r"\bpara\b"), "pa"),
    (re.compile(r"\btambien\b"), "tb"),
    (re.compile(r"\bno hay\b"), "no ay"),
    (re.compile(r"\bdesde\b"), "dsd"),
    (re.compile(r"\bde\b"), "d"),
    (re.compile(r"\bfavor\b"), "fvr"),
)


@dataclass(slots=True)
class Scene:
    """Where and when somebody speaks: what the slots of place and time stand for."""

    rng: Random
    spot: Spot
    at: datetime
    area: str = ""

    def __post_init__(self) -> None:
        names = self.spot.names
        self.area = self.area or names[int(self.rng.random() * len(names))]


@dataclass(slots=True)
class Writer:
    """Composes every text; keeps in mind which descriptions it has used."""

    plan: Plan
    _used: set[str] = field(default_factory=set)

    # ---- What the citizen says ----

    def description(self, matter: Matter, service: ServiceType, channel: str, scene: Scene) -> str:
        """A description that nobody has written yet, if a few tries find one."""
        for _n in range(8):
            text = self._describe(matter, service, channel, scene)
            if text not in self._used:
                break
        self._used.add(text)
        return text

    def _describe(self, matter: Matter, service: ServiceType, channel: str, scene: Scene) -> str:
        rng = scene.rng
        third = channel == "press" or (channel in BY_OPERATOR and rng.random() < 0.8)
        mood = _MOODS.get(service.kind, "tell")
        frame = self._frame(channel, mood, third, rng)
        core = self._said(self._one(matter.say, rng), scene, third)
        # The core may say itself where and since when.
        open_ended = service.requires_place and not matter.complete
        placed = open_ended and scene.area not in core
        lasting = open_ended and mood == "tell" and not _DATED.search(core)
        want = "want" if service.requires_place else "want_answer"
        parts = {
            "core": core,
            "donde": self._where(scene, third) if placed else "",
            "desde": self._maybe("since", scene, third, 0.45) if lasting else "",
            "add": self._adds(matter, scene, third),
            "want": self._maybe(want, scene, third, 0.5),
        }
        text = tidy(say(frame, rng, lambda name: self._part(name, parts, scene), third=third))
        return self._terse(text, channel, rng) if channel in _TERSE else text

    def _frame(self, channel: str, mood: str, third: bool, rng: Random) -> Template:
        frames = self.plan.frames
        end = "_third" if third else ""
        options = frames.get(f"{mood}_{channel}{end}") or frames[f"{mood}{end or '_any'}"]
        return self._one(options, rng)

    def _part(self, name: str, parts: Mapping[str, str], scene: Scene) -> str:
        if name == "Core":
            return parts["core"][:1].upper() + parts["core"][1:]
        return parts[name] if name in parts else self._slot(name, scene)

    def _where(self, scene: Scene, third: bool) -> str:
        if scene.rng.random() < 0.4:
            return ""
        return ", " + self._said(self._one(self.plan.general["where"], scene.rng), scene, third)

    def _maybe(self, name: str, scene: Scene, third: bool, share: float) -> str:
        if scene.rng.random() > share:
            return ""
        return self._said(self._one(self.plan.general[name], scene.rng), scene, third)

    def _adds(self, matter: Matter, scene: Scene, third: bool) -> str:
        options = matter.voices.get("adds") or self.plan.general["adds"]
        n = scene.rng.choices((0, 1, 2), (0.22, 0.58, 0.2))[0]
        chosen = scene.rng.sample(options, min(n, len(options)))
        return " ".join(f"{self._said(each, scene, third)}." for each in chosen)

    def _terse(self, text: str, channel: str, rng: Random) -> str:
        """As typed on a telephone: few capitals and accents, and letters left out."""
        hurried = {"sms": 0.9, "message": 0.4, "social": 0.3}[channel]
        if rng.random() > hurried:
            return text
        text = text.lower().translate(_PLAIN)
        for pattern, short in _SHORT:
            if rng.random() < 0.6:
                text = pattern.sub(short, text)
        return text.rstrip(".")

    def reference(self, scene: Scene) -> str:
        """How to get there, in a few words."""
        return tidy(self._said(self._one(self.plan.general["reference"], scene.rng), scene, False))

    def answers(
        self, service: ServiceType, questions: Sequence[Question], scene: Scene
    ) -> dict[str, str]:
        """Answers to what the service type asks; what is not required is often left out."""
        given = {}
        for question in questions:
            if question.required or scene.rng.random() < 0.55:
                given[question.key] = self._answer(service, question, scene)
        return {key: answer for key, answer in given.items() if answer}

    def _answer(self, service: ServiceType, question: Question, scene: Scene) -> str:
        rng = scene.rng
        match question.kind:
            case Question.Kind.CHOICE:
                return str(rng.choice(question.choices)) if question.choices else ""
            case Question.Kind.YES_NO:
                return "si" if rng.random() < 0.35 else "no"
            case Question.Kind.NUMBER:
                return str(rng.randint(2, 9))
            case Question.Kind.DATE:
                return (scene.at - timedelta(days=int(rng.expovariate(0.25)))).date().isoformat()
            case _:
                known = self.plan.answers
                options = known.get(f"{service.code}.{question.key}") or known.get(question.key)
                return self.phrase(options, scene) if options else ""

    # ---- What entities and the centre write ----

    def voice(self, name: str, matter: Matter | None, scene: Scene) -> str:
        """A solution, a note, a question… in the entity's words."""
        own = matter.voices.get(name) if matter else None
        return self.phrase(own or self.plan.general[name], scene)

    def general(self, name: str, scene: Scene) -> str:
        return self.phrase(self.plan.general[name], scene)

    def phrase(self, options: Sequence[Template], scene: Scene) -> str:
        return tidy(self._said(self._one(options, scene.rng), scene, third=False))

    def asked(self, matter: Matter, scene: Scene) -> str:
        """What a question was about, as an operator notes it."""
        core = self._said(self._one(matter.say, scene.rng), scene, third=True)
        frame = self._one(self.plan.frames["ask_noted"], scene.rng)
        return tidy(say(frame, scene.rng, lambda name: self._part(name, {"core": core}, scene)))

    def plain(self, name: str, rng: Random) -> str:
        """Something without place or time."""
        return tidy(say(self._one(self.plan.general[name], rng), rng, lambda slot: slot))

    # ---- Slots ----

    def _said(self, template: Template, scene: Scene, third: bool) -> str:
        return say(template, scene.rng, lambda name: self._slot(name, scene, third), third=third)

    def _slot(self, name: str, scene: Scene, third: bool = False) -> str:
        made = _MADE.get(name)
        if made is not None:
            return made(scene)
        options = self.plan.words.get(name)
        if options is None:
            raise KeyError(f"the demonstration has no words for {{{name}}}")
        return self._said(self._one(options, scene.rng), scene, third)

    @staticmethod
    def _one(options: Sequence[Template], rng: Random) -> Template:
        return options[int(rng.random() * len(options))]


def _mark(scene: Scene) -> str:
    marks = scene.spot.landmarks
    if marks and scene.rng.random() < 0.6:
        return str(scene.rng.choice(marks).name).replace("Parada ", "la parada ")
    return f"la entrada de {scene.area}"


def _day_before(scene: Scene) -> datetime:
    return scene.at - timedelta(days=1 + int(scene.rng.random() * 6))


def _working_day(scene: Scene) -> str:
    """The name of a day to come on which offices open."""
    ahead = (scene.at + timedelta(days=scene.rng.randint(2, 4))).weekday()
    return _WEEKDAYS[ahead if ahead < _SATURDAY else 0]


def _district(scene: Scene) -> str:
    district = scene.spot.place.district
    return district.name if district else scene.spot.place.name


def _province(scene: Scene) -> str:
    province = scene.spot.place.province
    return province.name if province else ""


def _date(scene: Scene) -> str:
    day = scene.at - timedelta(days=3 + int(scene.rng.random() * 40))
    return f"{day.day} de {_MONTHS[day.month - 1]}"


def _clock(scene: Scene) -> str:
    hour = scene.rng.randint(5, 22)
    half = " y media" if scene.rng.random() < 0.3 else ""
    if hour == _NOON:
        return f"las 12{half} del día"
    part = "mañana" if hour < _NOON else "tarde" if hour < _EVENING else "noche"
    spoken = hour if hour < _NOON else hour - _NOON
    return f"{'la' if spoken == 1 else 'las'} {spoken}{half} de la {part}"


def _zone(scene: Scene) -> str:
    """The place and its district, once where they have one name."""
    district = _district(scene)
    return scene.area if district == scene.area else f"{scene.area}, {district}"


_MADE: dict[str, Callable[[Scene], str]] = {
    "lugar": lambda scene: scene.area,
    "corregimiento": lambda scene: scene.spot.place.name,
    "distrito": _district,
    "zona": _zone,
    "provincia": _province,
    "punto": _mark,
    "dia": lambda scene: f"el {_WEEKDAYS[_day_before(scene).weekday()]}",
    "manana": _working_day,
    "etiqueta": lambda scene: scene.area.title().replace(" ", ""),
    "fecha": _date,
    "hora": _clock,
    "n": lambda scene: str(scene.rng.randint(2, 9)),
    "nn": lambda scene: str(scene.rng.randint(11, 98)),
    "nnn": lambda scene: str(scene.rng.randint(100, 899)),
    "nnnn": lambda scene: str(scene.rng.randint(1000, 9899)),
    "monto": lambda scene: f"B/.{scene.rng.randint(12, 480)}.{scene.rng.randint(0, 99):02d}",
    "mes": lambda scene: _MONTHS[(scene.at.month - 1 - scene.rng.randint(1, 3)) % 12],
    "letra": lambda scene: scene.rng.choice("ABCDEFGHLMP"),
}
MADE_SLOTS = frozenset(_MADE)
