"""What a service type needs to know, asked by short messages, one question at a time.

The answers are kept as the forms keep them: by the question's key, as text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from centro.cases.actions.guide_turn import Step, Told, Turn, in_english, listed
from centro.cases.plain_answers import day_in, is_unknown, number_in, one_of, plain_yes_or_no
from centro.catalog.models import Question, ServiceType
from centro.catalog.queries import questions_for
from centro.kernel.clock import today

# Nobody answers more by telephone; whoever handles the case asks the rest.
MOST_QUESTIONS = 4
_LONGEST_ANSWER = 300


def next_question(told: Told, service: ServiceType) -> Question | None:
    """The next required question without an answer; None when enough was asked."""
    answers = told.get("answers", {})
    required = [question for question in questions_for(service) if question.required]
    return next((q for q in required[:MOST_QUESTIONS] if q.key not in answers), None)


def question_turn(question: Question, *, about: str = "", missed: bool = False) -> Turn:
    """Asks one question, with how to answer it; `about` says first what was understood."""
    label = (question.label_en if in_english() else "") or question.label
    if question.kind != Question.Kind.TEXT and label[-1:].isalnum():
        label += "."
    asked = {"about": about, "question": label, "how": _how_to_answer(question)}
    return Turn("question", Step.QUESTION, asked, missed=missed)


def _how_to_answer(question: Question) -> str:
    match question.kind:
        case Question.Kind.CHOICE:
            return "\n" + listed([read for _kept, read in question.offered(english=in_english())])
        case Question.Kind.YES_NO:
            return " " + _("Responda SI o NO.")
        case Question.Kind.DATE:
            return " " + _("Por ejemplo: 24/11, ayer, el lunes.")
        case Question.Kind.NUMBER:
            return " " + _("Responda con un número.")
        case _:
            return ""


def hear_answer(told: Told, text: str, question: Question) -> str:
    """Keep an answer; otherwise say what is wrong with it."""
    answer = _READ.get(question.kind, _text)(text, question)
    if answer is not None:
        told["answers"] = {**told.get("answers", {}), question.key: answer}
        return ""
    if is_unknown(text):
        return _UNKNOWN.get(question.kind, _guess)()
    return _WHY.get(question.kind, _not_understood)()


def _text(text: str, _question: Question) -> str | None:
    """Whatever was written, "no sé" too: the form takes it just so."""
    said = " ".join(text.replace("\x00", "").split())
    return said[:_LONGEST_ANSWER].strip() if any(map(str.isalnum, said)) else None


def _choice(text: str, question: Question) -> str | None:
    offered = question.offered(english=in_english())
    if is_unknown(text):
        # Only where the question itself lets them not know.
        return next((kept for kept, _read in offered if is_unknown(kept)), None)
    at = one_of(text, [read for _kept, read in offered])
    if at is None and in_english():
        at = one_of(text, question.choices)
    return offered[at][0] if at is not None else None


def _yes_no(text: str, _question: Question) -> str | None:
    said = plain_yes_or_no(text)
    return None if said is None else "si" if said else "no"


def _number(text: str, _question: Question) -> str | None:
    found = number_in(text)
    return str(found) if found is not None else None


def _date(text: str, _question: Question) -> str | None:
    found = day_in(text, today())
    return found.isoformat() if found is not None else None


_READ: Mapping[str, Callable[[str, Question], str | None]] = {
    Question.Kind.CHOICE: _choice,
    Question.Kind.YES_NO: _yes_no,
    Question.Kind.NUMBER: _number,
    Question.Kind.DATE: _date,
}


def _not_understood() -> str:
    return _("No entendimos su respuesta.")


def _choose() -> str:
    return _("Responda con una sola cifra de la lista.")


def _write_yes_no() -> str:
    return _("Hace falta un SI o un NO.")


def _write_day() -> str:
    return _("No entendimos qué día.")


def _write_number() -> str:
    return _("Hace falta un solo número, con cifras.")


def _guess() -> str:
    return _("Este dato hace falta: escriba lo que más se acerque, u OPERADOR.")


def _nearest() -> str:
    return _("Elija lo que más se parezca, o escriba OPERADOR.")


_WHY: Mapping[str, Callable[[], str]] = {
    Question.Kind.CHOICE: _choose,
    Question.Kind.YES_NO: _write_yes_no,
    Question.Kind.NUMBER: _write_number,
    Question.Kind.DATE: _write_day,
}
_UNKNOWN: Mapping[str, Callable[[], str]] = {Question.Kind.CHOICE: _nearest}


def told_days(told: Told, service: ServiceType) -> str:
    """The days as they were read, to be confirmed: "ayer" is easily taken for another."""
    kinds = {question.key: question.kind for question in questions_for(service)}
    days = [a for key, a in told.get("answers", {}).items() if kinds.get(key) == Question.Kind.DATE]
    if not days:
        return ""
    read = ["/".join(reversed(day.split("-"))) for day in days]
    return " " + _("Día: %(day)s.") % {"day": ", ".join(read)}
