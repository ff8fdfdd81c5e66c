"""What a text means, with its reasons: the answer that forms, desk and command line show.

It suggests; people decide. A process reads the newest model file at most every few seconds.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from time import monotonic

import structlog
from django.conf import settings

from centro.agencies.models import Agency
from centro.catalog.models import Saying, ServiceType
from centro.catalog.ranking import LACKING
from centro.catalog.suggesting import active_services, service_index
from centro.catalog.understanding.model import Model, ModelError, Reading, load_model, model_files
from centro.catalog.understanding.places import Gazetteer, NamedPlace, common_words
from centro.catalog.understanding.reading import tells, words_of
from centro.catalog.understanding.urgency import Alarm, Urgency, alarms_in, urgency_of
from centro.kernel.text import fold
from centro.places.models import Landmark
from centro.places.queries import STAMP as PLACES
from centro.places.queries import all_places
from centro.places.stamps import FRESH_FOR, Kept

_log = structlog.get_logger()
_LONGEST = 5000
_REASONS = 4
# What the index of the catalogue's words adds to the model's scores: it knows no endings of
# meaning, but every keyword that was written a minute ago.
_INDEX_COUNTS = 2.0
# Of a type that the model has not learnt yet, the index alone speaks, and a little less.
_UNLEARNT, _BEHIND = 0.9, 0.2
_CANDIDATES = 40
# From here on a word that is only guessed, by its pieces, is taken for understood.
_GUESSED = 0.5
# Texts with no more words that tell something are looked at for being a place alone.
_FEW_WORDS = 4
# When the second entity is at least so likely beside the first, the text may mean either.
_RIVAL = 0.6


class Verdict(StrEnum):
    """How sure the answer is, in one word."""

    CLEAR = "clear"
    UNSURE = "unsure"
    AMBIGUOUS = "ambiguous"
    OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class Likely:
    """A service type that may be meant, how probably, and the words that decided."""

    service: ServiceType
    probability: float
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LikelyAgency:
    """The entity that probably answers: the sum over its service types."""

    agency: Agency
    probability: float


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a text means, as far as it can be told."""

    verdict: Verdict
    services: tuple[Likely, ...]
    agency: LikelyAgency | None
    places: tuple[NamedPlace, ...]
    urgency: Urgency
    alarms: tuple[Alarm, ...]
    model: int


def understand(text: str, *, limit: int = 5, places: bool = True) -> Understanding | None:
    """What a text means; None while there is no model.

    `places=False` leaves the gazetteer out, for those who ask only for the service types.
    """
    model = current_model()
    if model is None:
        return None
    text = text[:_LONGEST]
    read = words_of(text)
    reading = model.read(read)
    weighed = _weighed(text, reading)
    few = sum(map(tells, read)) <= _FEW_WORDS
    named = tuple(find_places(text)) if places or few else ()
    if _says_nothing(reading, weighed) or (few and _only_names(read, named)):
        # Courtesy, a place alone, or letters that spell nothing: no type is meant or proposed.
        weighed = _Weighed((), None, weighed.out_of_scope, 1.0)
    verdict = _verdict(model, weighed)
    written = _as_written(text)
    ranked = weighed.ranked[:limit]
    likely = tuple(
        Likely(service, round(p, 4), _reasons(reading, read, written, service.code))
        for service, p in ranked
    )
    alarms = alarms_in(text, likely[0].service if likely and verdict == Verdict.CLEAR else None)
    return Understanding(
        verdict=verdict,
        services=likely,
        agency=weighed.agency,
        places=named if places else (),
        urgency=urgency_of(alarms),
        alarms=tuple(alarms),
        model=model.about.version,
    )


def _says_nothing(reading: Reading, weighed: _Weighed) -> bool:
    guessed = weighed.ranked[0][1] if weighed.ranked else 0.0
    return not reading.told and guessed < _GUESSED


def _only_names(read: Sequence[str], named: Sequence[NamedPlace]) -> bool:
    """Whether all that a text tells is where."""
    where = {word for each in named for word in each.words.split()}
    return bool(where) and all(word in where for word in read if tells(word))


@dataclass(frozen=True, slots=True)
class _Weighed:
    """Probabilities of all that can be meant: types in use, best first, and of none of them."""

    ranked: Sequence[tuple[ServiceType, float]]
    agency: LikelyAgency | None
    out_of_scope: float
    ambiguous: float
    # Whether another entity is about as likely.
    rival: bool = False


def _weighed(text: str, reading: Reading) -> _Weighed:
    services = active_services()
    labels = reading.model.labels
    raw = dict(zip(labels, reading.probabilities().tolist(), strict=True))
    index = {match.item.code: match.score for match in service_index().find(text, _CANDIDATES)}
    # A type out of use takes its probability with it.
    learnt = {
        code: chance * math.exp(_INDEX_COUNTS * index.get(code, 0.0))
        for code, chance in raw.items()
        if code in services
    }
    whole = sum(learnt.values()) or 1.0
    shares = {code: chance / whole for code, chance in learnt.items()}
    unlearnt = {code: score for code, score in index.items() if code not in raw}
    if unlearnt:
        shares = _with_unlearnt(
            shares, unlearnt, max((index.get(code, 0.0) for code in raw), default=0.0)
        )
    typed = [(services[code], share) for code, share in shares.items() if code in services]
    typed.sort(key=lambda pair: (-pair[1], pair[0].code))
    out, vague = raw.get(Saying.OUT_OF_SCOPE, 0.0), raw.get(Saying.AMBIGUOUS, 0.0)
    agency, rival = _agencies_of(typed)
    return _Weighed(typed, agency, out, vague, rival)


def _with_unlearnt(
    shares: Mapping[str, float], unlearnt: Mapping[str, float], best: float
) -> dict[str, float]:
    """Types newer than the model, by the index alone: ahead when it prefers them to all others."""
    given = {
        code: _UNLEARNT * score if score > best else _BEHIND * score
        for code, score in unlearnt.items()
    }
    total = sum(given.values())
    fit = min(1.0, _UNLEARNT / total) if total else 1.0
    left = 1.0 - total * fit
    return {code: share * left for code, share in shares.items()} | {
        code: share * fit for code, share in given.items()
    }


def _agencies_of(typed: Sequence[tuple[ServiceType, float]]) -> tuple[LikelyAgency | None, bool]:
    """The entity with the most probability over all its types, and whether another rivals it."""
    sums: dict[int, float] = {}
    agencies: dict[int, Agency] = {}
    for service, share in typed:
        if service.agency is not None:
            agencies[service.agency.pk] = service.agency
            sums[service.agency.pk] = sums.get(service.agency.pk, 0.0) + share
    best = sorted(sums, key=lambda pk: (-sums[pk], pk))[:2]
    if not best:
        return None, False
    rival = len(best) > 1 and sums[best[1]] >= _RIVAL * sums[best[0]]
    return LikelyAgency(agencies[best[0]], round(sums[best[0]], 4)), rival


def _verdict(model: Model, weighed: _Weighed) -> Verdict:
    limits = model.about.limits
    best = weighed.ranked[0][1] if weighed.ranked else 0.0
    if weighed.out_of_scope >= max(limits.out_of_scope, weighed.ambiguous):
        return Verdict.OUT_OF_SCOPE
    if weighed.ambiguous >= limits.ambiguous or best < limits.faint or weighed.rival:
        return Verdict.AMBIGUOUS
    return Verdict.CLEAR if best >= limits.clear else Verdict.UNSURE


def _reasons(
    reading: Reading, read: Sequence[str], written: Mapping[str, str], code: str
) -> tuple[str, ...]:
    """The words of the text that decided for a type, as they were written."""
    labels = reading.model.labels
    if code not in labels:
        return ()
    silent = {at for at, word in enumerate(read) if not tells(word) and word not in LACKING}
    deciding = reading.deciding(labels.index(code), _REASONS, silent)
    return tuple(dict.fromkeys(written.get(read[at], read[at]) for at in deciding))


def _as_written(text: str) -> dict[str, str]:
    """Each folded word as the text writes it."""
    return {fold(word): word.lower() for word in re.findall(r"\w+", text)}


# ---- The model and the gazetteer of this process ----


class _Newest:
    """The newest model of the folder, read again when there is a newer one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._file: Path | None = None
        self._model: Model | None = None
        self._checked = 0.0
        self._folder: Path | None = None

    def get(self) -> Model | None:
        folder = Path(settings.MODELS_ROOT)
        with self._lock:
            if folder != self._folder or monotonic() - self._checked >= FRESH_FOR:
                self._look(folder)
            return self._model

    def _look(self, folder: Path) -> None:
        self._checked, self._folder = monotonic(), folder
        for file in model_files(folder):
            if file == self._file:
                return
            try:
                self._model, self._file = load_model(file), file
            except ModelError as error:
                # A broken file must not take the suggestions with it: the one before it answers.
                _log.warning("model_not_read", file=file.name, error=str(error))
            else:
                return
        self._model, self._file = None, None

    def forget(self) -> None:
        self._folder = None


def current_model() -> Model | None:
    """The model that answers in this process, if any was trained."""
    return _newest.get()


def forget_model() -> None:
    """Look for a newer model at the next question."""
    _newest.forget()


def find_places(text: str) -> list[NamedPlace]:
    """The places that a text names; it needs no model."""
    return _gazetteer.get().find(text[:_LONGEST])


def _read_gazetteer() -> Gazetteer:
    landmarks = Landmark.objects.filter(active=True).select_related("place")
    keywords = ServiceType.objects.values_list("keywords", flat=True)
    return Gazetteer(all_places(), landmarks, common_words(Saying.objects.all(), keywords))


_newest = _Newest()
_gazetteer: Kept[Gazetteer] = Kept(PLACES, _read_gazetteer)
