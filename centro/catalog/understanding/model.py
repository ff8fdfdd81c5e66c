"""The trained model: numbers and their meaning, in one file that holds no code.

The file is a NumPy archive read with `allow_pickle=False`: whoever could write it could make the
answers wrong, never run anything. A text is answered with a few hundred rows of one matrix, so a
process that answers needs neither SciPy nor scikit-learn.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from centro.catalog.understanding.reading import features_in, tells

Numbers = NDArray[np.float32]
FORMAT = 1
_NAME = "model-{:06d}.npz"
_KEPT = 3


# What reading a file raises that is no archive, or one with something else inside.
_BROKEN = (
    OSError, ValueError, KeyError, EOFError, AttributeError, TypeError, NotImplementedError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip


class ModelError(ValueError):
    """A file that is not a model, or not of this program."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a verdict changes: probabilities, chosen on texts that the model had not learnt."""

    clear: float = 0.6
    faint: float = 0.2
    out_of_scope: float = 0.5
    ambiguous: float = 0.5


@dataclass(frozen=True, slots=True)
class About:
    """What a model says of itself."""

    version: int
    made_at: str
    # Of what it was trained on: another digest of the catalogue means that it is stale.
    digest: str
    temperature: float
    limits: Limits
    counts: Mapping[str, int] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Model:
    """A linear model over the features of a text; one column of `weights` for each label."""

    about: About
    labels: Sequence[str]
    vocabulary: Mapping[str, int]
    rarity: Numbers
    weights: NDArray[np.float16]
    bias: Numbers

    def read(self, words: Sequence[str]) -> Reading:
        """What the model sees in the words of a text, and what it makes of it."""
        found: dict[int, set[int]] = {}
        told = False
        for feature, positions in features_in(words):
            row = self.vocabulary.get(feature)
            if row is not None:
                found.setdefault(row, set()).update(positions)
                told = told or (feature[0] == "w" and tells(words[positions[0]]))
        rows = np.fromiter(found, dtype=np.int64, count=len(found))
        values = self.rarity[rows]
        length = float(np.sqrt(np.sum(values * values))) or 1.0
        shares = self.weights[rows].astype(np.float32) * (values / length)[:, None]
        return Reading(self, list(found.values()), shares, told)


@dataclass(frozen=True, slots=True)
class Reading:
    """A text read: what each feature adds to each label, and the words that it came from."""

    model: Model
    positions: Sequence[set[int]]
    shares: Numbers
    # Whether one word at least is known whole and carries meaning.
    told: bool

    def probabilities(self) -> Numbers:
        """One for each label; they add up to 1."""
        scores = self.shares.sum(axis=0) + self.model.bias
        chances: Numbers = softmax(scores[None, :] / self.model.about.temperature)[0]
        return chances

    def deciding(self, label: int, most: int, silent: Collection[int] = ()) -> list[int]:
        """The positions of the words that spoke most for a label, in the order of the text.

        Those in `silent` are never named.
        """
        # What speaks for every label alike decides nothing.
        gains = self.shares[:, label] - self.shares.mean(axis=1)
        worth: dict[int, float] = {}
        for positions, gain in zip(self.positions, gains, strict=True):
            for at in positions.difference(silent):
                worth[at] = worth.get(at, 0.0) + float(gain) / len(positions)
        best = sorted(worth, key=lambda at: -worth[at])[:most]
        return sorted(at for at in best if worth[at] > 0.15 * worth[best[0]] > 0)


def softmax(scores: Numbers) -> Numbers:
    """Scores of each row as probabilities."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    result: Numbers = (shifted / shifted.sum(axis=1, keepdims=True)).astype(np.float32)
    return result


# ---- The file ----


def keep_model(model: Model, folder: Path) -> Path:
    """Write a model beside the older ones, whole or not at all, and drop the oldest."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / _NAME.format(model.about.version)
    part = file.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as stream:
        np.savez_compressed(
            stream,
            about=_as_bytes(
                {"format": FORMAT, **asdict(model.about), "labels": list(model.labels)}
            ),
            words=_as_bytes(sorted(model.vocabulary, key=lambda word: model.vocabulary[word])),
            rarity=model.rarity.astype(np.float32),
            weights=model.weights.astype(np.float16),
            bias=model.bias.astype(np.float32),
        )
    part.replace(file)
    for old in model_files(folder)[_KEPT:]:
        old.unlink(missing_ok=True)
    return file


def model_files(folder: Path) -> list[Path]:
    """The models of a folder, the newest first."""
    return sorted(folder.glob("model-*.npz"), reverse=True)


def next_version(folder: Path) -> int:
    numbers = [int(file.stem.partition("-")[2]) for file in model_files(folder)]
    return max(numbers, default=0) + 1


def load_model(file: Path) -> Model:
    """The model of a file; `ModelError` for anything else, however it is broken."""
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as parts:
            told, words = _from_bytes(parts["about"]), _from_bytes(parts["words"])
            rarity, weights, bias = parts["rarity"], parts["weights"], parts["bias"]
    except _BROKEN as error:
        raise ModelError(f"{file.name} is not a model: {error}") from error
    try:
        return _checked(told, words, rarity, weights, bias)
    except (AttributeError, KeyError, TypeError) as error:
        raise ModelError(f"{file.name} is not a model of this program: {error}") from error


def _checked(told: Any, words: Any, rarity: Any, weights: Any, bias: Any) -> Model:
    labels = tuple(str(label) for label in told.pop("labels"))
    if told.pop("format") != FORMAT:
        raise ModelError("the model is of another format")
    if weights.shape != (len(words), len(labels)) or rarity.shape != (len(words),):
        raise ModelError("the parts of the model do not fit together")
    if bias.shape != (len(labels),) or not np.isfinite(bias).all() or not np.isfinite(rarity).all():
        raise ModelError("the numbers of the model are no numbers")
    about = About(**{**told, "limits": Limits(**told["limits"])})
    vocabulary = {str(word): row for row, word in enumerate(words)}
    return Model(about, labels, vocabulary, rarity, weights, bias)


def _as_bytes(value: Any) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(value, ensure_ascii=False).encode(), dtype=np.uint8)


def _from_bytes(part: NDArray[np.uint8]) -> Any:
    return json.loads(part.tobytes())
