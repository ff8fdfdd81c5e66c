"""How many business moments can be computed in a second, and is each of them right?

Panama's offices with the holidays of its pack, over terms of a few weeks and of years, in one
process. Beside it, in the same run, what a walk from minute to minute manages; the answers of both
are compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

import click

from benchmarks._base import doing, emit, say
from centro.kernel.calendar import (
    Calendar,
    Term,
    Unit,
    add_seconds,
    seconds_between,
    share_moment,
    term_end,
)
from tests.kernel.minutes import DAY, Minutes, at, instant_of, panama_offices, utc_midnight

_WORKING_DAY = 8 * 3600
# The most working days of a term, by its kind.
_LONGEST = {"weeks": 15, "years": 1000}
_FIRST, _SPREAD = date(2026, 1, 5), 700
# The walk needs memory for each minute: it goes no further than this.
_WALKED_DAYS, _WALKED_FROM, _WALKED_TERM = 900, 90, 500


@dataclass(frozen=True, slots=True)
class Question:
    """A moment and how much time is given from it, in each of the ways to say so."""

    start: datetime
    seconds: int
    end: datetime
    term: Term


@click.command()
@click.option("--operations", default=20_000, show_default=True, help="Of each kind, a round.")
@click.option("--rounds", default=5, show_default=True, help="The fastest one counts.")
@click.option("--checked", default=400, show_default=True, help="Compared with the walk.")
def main(operations: int, rounds: int, checked: int) -> None:
    """Print operations a second, those of the walk, and how many answers differ."""
    calendar, rng = panama_offices(), Random(311)
    result: dict[str, int] = {}
    for span, longest in _LONGEST.items():
        questions = [_question(rng, _SPREAD, longest) for _n in range(operations)]
        for name, ask in _asked(calendar).items():
            result[f"{name}_{span}_per_s"] = max(_per_s(ask, questions) for _n in range(rounds))
            say(f"  {name}, {span}: {result[f'{name}_{span}_per_s']} a second")
    emit(result | _compare(calendar, rng, checked))


def _question(rng: Random, spread: int, longest: int) -> Question:
    start = at(utc_midnight(_FIRST) + rng.randrange(spread * DAY))
    days = rng.randrange(1, longest + 1)
    seconds = (days - 1) * _WORKING_DAY + rng.randrange(1, _WORKING_DAY + 1)
    term = Term(days, Unit.WORKING_DAYS)
    return Question(start, seconds, start + timedelta(days=days, seconds=seconds % DAY), term)


def _asked(calendar: Calendar) -> dict[str, Callable[[Question], object]]:
    return {
        "add_seconds": lambda asked: add_seconds(calendar, asked.start, asked.seconds),
        "seconds_between": lambda asked: seconds_between(calendar, asked.start, asked.end),
        "term_end": lambda asked: term_end(calendar, asked.start, asked.term),
        "share_moment": lambda asked: share_moment(calendar, asked.start, asked.end, 75),
    }


def _walked(minutes: Minutes) -> dict[str, Callable[[Question], object]]:
    """The same by the walk; moments as the seconds since 1970."""
    return {
        "add_seconds": lambda asked: minutes.add(instant_of(asked.start), asked.seconds),
        "seconds_between": lambda asked: minutes.between(
            instant_of(asked.start), instant_of(asked.end)
        ),
        "term_end": lambda asked: minutes.term_end(
            instant_of(asked.start), asked.term, within=asked.term.amount * 2 + 20
        ),
        "share_moment": lambda asked: minutes.share(
            instant_of(asked.start), instant_of(asked.end), 75
        ),
    }


def _per_s(ask: Callable[[Question], object], questions: Sequence[Question]) -> int:
    started = time.perf_counter()
    for question in questions:
        ask(question)
    return round(len(questions) / (time.perf_counter() - started))


def _compare(calendar: Calendar, rng: Random, checked: int) -> dict[str, int]:
    """The speed of the walk over weeks, and the answers that differ from it, a few over years."""
    with doing("Lay out the minutes"):
        minutes = Minutes(calendar, utc_midnight(_FIRST), _WALKED_DAYS)
    walked, asked = _walked(minutes), _asked(calendar)
    weeks = [_question(rng, _WALKED_FROM, _LONGEST["weeks"]) for _n in range(checked)]
    years = [_question(rng, _WALKED_FROM, _WALKED_TERM) for _n in range(checked // 20)]
    result, wrong = {}, 0
    for name, walk in walked.items():
        with doing(f"Walk: {name}"):
            started = time.perf_counter()
            answers = [walk(each) for each in weeks]
            result[f"oracle_{name}_per_s"] = round(checked / (time.perf_counter() - started))
            answers += [walk(each) for each in years]
        found = [_plain(asked[name](each)) for each in weeks + years]
        wrong += sum(mine != theirs for mine, theirs in zip(found, answers, strict=True))
    return result | {"checked": len(walked) * len(weeks + years), "wrong": wrong}


def _plain(answer: object) -> object:
    return instant_of(answer) if isinstance(answer, datetime) else answer


if __name__ == "__main__":
    main()
