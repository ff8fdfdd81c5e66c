"""What each answer of the dialogue leads to: what happens, where, what else, is that right.

A step reads one answer, writes what it learned into `told`, and says what comes next. It sends
nothing and saves nothing; it speaks the language that is active.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from django.utils.translation import gettext as _

from centro.cases.actions import guide_places as places
from centro.cases.actions import guide_questions as questions
from centro.cases.actions.guide_matter import hear_matter, is_another_matter, tells_something
from centro.cases.actions.guide_turn import Ending, Step, Told, Turn, listed, name_of
from centro.cases.answers import yes_or_no
from centro.cases.commands import choice_in
from centro.cases.plain_answers import is_unknown
from centro.cases.rules import LONGEST_TEXT
from centro.catalog.queries import service_with
from centro.kernel.text import STOP_WORDS, words

_GREETING = frozenset(
    [
        "saludos",
        "dias",
        "tardes",
        "noches",
        "dia",
        "noche",
        "tarde",
        "hi",
        "hello",
        "good",
        "morning",
        "afternoon",
        "evening",
        "there",
        "hey",
    ]
)


def begin(told: Told, text: str) -> Turn:
    """The first words: they may already say what happens."""
    if not set(words(text)) - _GREETING - STOP_WORDS and not _foreign(text):
        return Turn("what", Step.WHAT)
    return _hear_what(told, text)


def _foreign(text: str) -> bool:
    """Letters of an alphabet that we do not read: no greeting, a person must look at it."""
    return not words(text) and any(map(str.isalpha, text))


# ---- What happens ----


def _hear_what(told: Told, text: str) -> Turn:
    if tells_something(text):
        told["description"] = _joined(told.get("description", ""), text)
    heard = hear_matter(text, told.get("description", ""), told.pop("not_meant", ""))
    told["others"] = [service.code for service in heard.others]
    if heard.service is not None:
        told["service"], told["guessed"] = heard.service.code, True
        return _next(told)
    if heard.others:
        told["services"] = told["others"]
        return _offer_services(told)
    return Turn(_NOTHING[heard.outside], Step.WHAT, missed=True)


_NOTHING = {True: "outside", False: "again"}


def _offer_services(told: Told, *, missed: bool = False) -> Turn:
    offered = [service for code in told["services"] if (service := service_with(code))]
    names = [name_of(service) for service in offered]
    return Turn("which", Step.WHICH, {"choices": listed(names)}, missed=missed)


def _choose_service(told: Told, text: str) -> Turn:
    codes = told["services"]
    chosen = choice_in(text, len(codes))
    if chosen == 0:
        return Turn("again", Step.WHAT, missed=True)
    if chosen is not None and service_with(codes[chosen - 1]) is not None:
        told["service"] = codes[chosen - 1]
        return _next(told)
    if chosen is None and tells_something(text):
        # Not a figure: perhaps they tell it once more in other words.
        turn = _hear_what(told, text)
        return replace(turn, missed=turn.step in {Step.WHAT, Step.WHICH})
    return _offer_services(told, missed=True)


def _other_matter(told: Told) -> Turn:
    """What was understood is not it: what else it may be, or the same question once more."""
    wrong = told.pop("service", "")
    for key in ("answers", "guessed", "asked"):
        told.pop(key, None)
    left = [code for code in told.get("others", []) if code != wrong]
    if left:
        told["services"] = told["others"] = left
        return _offer_services(told)
    told["not_meant"] = wrong
    return Turn("again", Step.WHAT)


# ---- What comes next ----


def _next(told: Told) -> Turn:
    """The place, what the type asks, and then whether all of it is right."""
    service = service_with(told.get("service", ""))
    if service is None:
        return Turn("again", Step.WHAT, missed=True)
    if service.requires_place:
        asked = places.find_place(told, _about(told, corrects=True))
        if asked is not None:
            told.pop("guessed", None)
            return asked
    question = questions.next_question(told, service)
    if question is not None:
        told["asked"] = question.key
        turn = questions.question_turn(question, about=_about(told))
        told.pop("guessed", None)
        return turn
    return _ask_whether_right(told)


def _about(told: Told, *, corrects: bool = False) -> str:
    """What was understood without asking, said once so that it can be corrected."""
    service = service_with(told.get("service", ""))
    if service is None or not told.get("guessed"):
        return ""
    said = _("Tema: %(service)s.") % {"service": name_of(service)}
    if corrects:
        said = _("Tema: %(service)s (0 si es otro).") % {"service": name_of(service)}
    place = told.get("place", {}).get("label", "")
    if place:
        said += " " + _("Lugar: %(place)s.") % {"place": place}
    return said + " "


def _hear_place(told: Told, text: str) -> Turn:
    if choice_in(text, 0) == 0:
        return _other_matter(told)
    return _placed(told, text, places.hear_place(told, text, ""))


def _choose_place(told: Told, text: str) -> Turn:
    return _placed(told, text, places.choose_place(told, text, ""))


def _placed(told: Told, text: str, asked: Turn | None) -> Turn:
    if asked is None:
        told.pop("place_wrong", None)
        return _next(told)
    return (_changed_subject(told, text) or asked) if asked.missed else asked


def _hear_answer(told: Told, text: str) -> Turn:
    service = service_with(told.get("service", ""))
    question = questions.next_question(told, service) if service else None
    if service is None or question is None:
        return _next(told)
    if question.key != told.get("asked"):
        # The catalogue changed meanwhile: this is no answer to what is asked now.
        told["asked"] = question.key
        return questions.question_turn(question)
    wrong = questions.hear_answer(told, text, question)
    if not wrong:
        return _next(told)
    again = replace(questions.question_turn(question, missed=True), why=wrong)
    return _changed_subject(told, text) or again


def _changed_subject(told: Told, text: str) -> Turn | None:
    """What answers nothing may be about something else, told surely enough."""
    if is_unknown(text) or not is_another_matter(text, told.get("service", "")):
        return None
    told.clear()
    return _hear_what(told, text)


# ---- Is it right ----


def _ask_whether_right(told: Told, *, missed: bool = False) -> Turn:
    service = service_with(told.get("service", ""))
    place = told.get("place", {}).get("label", "") if service and service.requires_place else ""
    values = {
        "service": name_of(service) if service else "",
        "place": place,
        "days": questions.told_days(told, service) if service else "",
    }
    return Turn("confirm" if place else "confirm_matter", Step.CONFIRM, values, missed=missed)


def _hear_whether_right(told: Told, text: str) -> Turn:
    right = yes_or_no(text)
    if right is None:
        right = {"s": True, "y": True, "n": False}.get("".join(words(text)))
    if right:
        return Turn("opened", Step.CONFIRM, ending=Ending.CASE)
    corrected = _corrected(told, text)
    if corrected is not None:
        return corrected
    return _ask_whether_right(told, missed=True) if right is None else _ask_what_is_wrong(told)


def _corrected(told: Told, text: str) -> Turn | None:
    """ "No, es en Tocumen", "no, es otra cosa": what is right, said with the no."""
    if len(words(text)) < 2:
        return None
    service = service_with(told.get("service", ""))
    if service is None or not service.requires_place:
        return _changed_subject(told, text)
    before = told.pop("place", None)
    asked = places.read_place(told, text)
    if asked is not None or told.get("place") not in (None, before):
        return asked or _next(told)
    if before is not None:
        told["place"] = before
    return _changed_subject(told, text)


def _ask_what_is_wrong(told: Told, *, missed: bool = False) -> Turn:
    parts = ["service"] + [part for part in ("place", "answers") if told.get(part)]
    names = {"service": _("El tema"), "place": _("El lugar"), "answers": _("Las respuestas")}
    told["parts"] = parts
    return Turn(
        "fix", Step.FIX, {"choices": listed([names[part] for part in parts])}, missed=missed
    )


def _choose_part(told: Told, text: str) -> Turn:
    chosen = choice_in(text, len(told["parts"]))
    if chosen == 0:
        told.clear()
        return Turn("restart", Step.WHAT)
    if chosen is None:
        return _corrected(told, text) or _ask_what_is_wrong(told, missed=True)
    part = told["parts"][chosen - 1]
    if part == "service":
        return _other_matter(told)
    told.pop(part, None)
    if part == "place":
        told.pop("within", None)
        told["place_wrong"] = True
    return _next(told)


STEPS: Mapping[str, Callable[[Told, str], Turn]] = {
    Step.WHAT: begin,
    Step.WHICH: _choose_service,
    Step.WHERE: _hear_place,
    Step.PLACE: _choose_place,
    Step.QUESTION: _hear_answer,
    Step.CONFIRM: _hear_whether_right,
    Step.FIX: _choose_part,
}


def ask_once_more(told: Told, step: str) -> Turn:
    """The question of a step again, without an answer to it."""
    match step:
        case Step.WHICH:
            return _offer_services(told)
        case Step.PLACE:
            return places.places_turn(told)
        case Step.FIX:
            return _ask_what_is_wrong(told)
        case Step.WHERE | Step.QUESTION | Step.CONFIRM if told.get("service"):
            return _next(told) if step != Step.WHERE else places.where_turn(told, "")
        case _:
            return Turn("what", Step.WHAT)


def _joined(before: str, text: str) -> str:
    text = text.strip()
    return (f"{before}\n{text}" if before and text not in before else before or text)[:LONGEST_TEXT]
