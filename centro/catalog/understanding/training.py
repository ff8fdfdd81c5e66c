"""Training: texts written by rules, and texts of people, become the numbers of a model.

Sayings and keywords are held out by rule (every fifth of each meaning) and a first model learns
without them; what it makes of them gives the report, the temperature that turns scores into
probabilities, and the limits of the verdicts. The model that is kept then learns from all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from centro.catalog.models import Saying
from centro.catalog.understanding.expanding import Said, Seed, write_texts
from centro.catalog.understanding.measuring import wilson
from centro.catalog.understanding.model import About, Limits, Model, Numbers, softmax
from centro.catalog.understanding.reading import features_in, words_of
from centro.kernel.clock import now

Report = Callable[[str], None]
# A feature of fewer texts is forgotten: it would only learn by heart, and it might be a name.
FEWEST = 3
_EVERY = 5
_SEED = 311
# What a feature counts beside its rarity, by its kind (the first letter of its name).
_KINDS = {"w": 1.0, "b": 0.8, "!": 1.0, "p": 1.0, "c": 0.45}
_PENALTY, _ROUNDS = 5e-6, 4
_NO_TYPE = (Saying.OUT_OF_SCOPE, Saying.AMBIGUOUS)


@dataclass(frozen=True, slots=True)
class Material:
    """All that a model learns from; `digest` names the catalogue that it came from."""

    seeds: Sequence[Seed]
    places: Sequence[str]
    agencies: Sequence[str]
    # The entity of each service type, to judge by.
    answering: dict[str, str]
    digest: str
    # What people wrote, with the type that was right in the end.
    learnt: Sequence[Said] = ()


def train_model(material: Material, *, version: int, report: Report = lambda _: None) -> Model:
    """A model of all the material, with the report of one that had not seen a fifth of it."""
    report("a first model, without every fifth way of saying things")
    early = _fit(_texts(material, held_out=False), _about(material, version))
    known = {label: at for at, label in enumerate(early.labels)}
    written = _texts(material, held_out=True, alone=True)
    unseen = [said for said in written if said.label in known]
    report(f"judging it by {len(unseen)} texts of the ways that it had not seen")
    scores = np.stack([_scores(early, said.text) for said in unseen])
    right = np.array([known[said.label] for said in unseen])
    temperature = _temperature(scores, right)
    chances = softmax(scores / temperature)
    limits = _limits(chances, right, early.labels)
    told = _told(chances, right, early.labels, material.answering)
    report("the model that is kept, of everything")
    texts = [*_texts(material, held_out=None), *material.learnt]
    model = _fit(texts, _about(material, version))
    counts = {
        "texts": len(texts),
        "of_people": len(material.learnt),
        "labels": len(model.labels),
        "features": len(model.vocabulary),
    }
    about = replace(model.about, temperature=temperature, limits=limits, counts=counts, report=told)
    return replace(model, about=about)


def _about(material: Material, version: int) -> About:
    made_at = now().isoformat(timespec="seconds")
    return About(version, made_at, material.digest, temperature=1.0, limits=Limits())


def _texts(material: Material, *, held_out: bool | None, alone: bool = False) -> list[Said]:
    """The texts of all seeds; with `held_out` only of the ways held out, or only of the others."""
    seeds = [_part(seed, held_out) for seed in material.seeds]
    if alone:
        seeds = [replace(seed, names=()) for seed in seeds]
    seed = _SEED + bool(held_out)
    return list(write_texts(seeds, material.places, material.agencies, seed=seed))


def _part(seed: Seed, held_out: bool | None) -> Seed:
    if held_out is None:
        return seed
    return replace(
        seed,
        keywords=[k for n, k in enumerate(seed.keywords) if (n % _EVERY == 2) == held_out],
        sayings=[s for n, s in enumerate(seed.sayings) if (n % _EVERY == 2) == held_out],
    )


def _fit(texts: Sequence[Said], about: About) -> Model:
    # Only who trains pays for these: answering needs neither, and a process starts without them.
    from scipy.sparse import csr_matrix  # noqa: PLC0415 heavy: only who trains needs it
    from sklearn.linear_model import SGDClassifier  # noqa: PLC0415 the same

    found = [sorted({feature for feature, _ in features_in(words_of(said.text))}) for said in texts]
    spread = Counter(feature for features in found for feature in features)
    common = sorted(feature for feature, times in spread.items() if times >= FEWEST)
    vocabulary = {feature: row for row, feature in enumerate(common)}
    rarity = np.array(
        [_KINDS[f[0]] * np.log(len(texts) / spread[f]) for f in common], dtype=np.float32
    )
    rows = [
        np.array([vocabulary[f] for f in features if f in vocabulary], dtype=np.int32)
        for features in found
    ]
    values = [_unit(rarity[row]) for row in rows]
    matrix = csr_matrix(
        (
            np.concatenate(values),
            np.concatenate(rows),
            np.cumsum([0, *map(len, rows)], dtype=np.int32),
        ),
        shape=(len(texts), len(common)),
    )
    labels = sorted({said.label for said in texts})
    at = {label: n for n, label in enumerate(labels)}
    learner = SGDClassifier(
        loss="log_loss", alpha=_PENALTY, average=True, max_iter=_ROUNDS, tol=None,
        n_jobs=-1, random_state=_SEED,
    )  # fmt: skip
    learner.fit(
        matrix,
        np.array([at[said.label] for said in texts]),
        sample_weight=np.array([said.weight for said in texts]),
    )
    weights = learner.coef_.T.astype(np.float16)
    return Model(about, labels, vocabulary, rarity, weights, learner.intercept_.astype(np.float32))


def _unit(values: Numbers) -> Numbers:
    length = float(np.sqrt(np.sum(values * values))) or 1.0
    return values / np.float32(length)


def _scores(model: Model, text: str) -> Numbers:
    reading = model.read(words_of(text))
    scores: Numbers = reading.shares.sum(axis=0) + model.bias
    return scores


# ---- What the texts held out tell ----


def _temperature(scores: Numbers, right: Numbers) -> float:
    """The divisor of the scores under which the right answers are likeliest."""
    tried = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.7, 2.0, 2.5, 3.0]
    each = np.arange(len(right))
    return min(tried, key=lambda t: -float(np.log(softmax(scores / t)[each, right] + 1e-9).mean()))


def _limits(chances: Numbers, right: Numbers, labels: Sequence[str]) -> Limits:
    """Verdicts that keep their word: of the clear ones 85 in a hundred are right, and of the texts that do
    belong to a type one in a hundred is called out of scope and one in fifty too vague.
    """
    typed = np.array([labels[n] not in _NO_TYPE for n in right])
    best, first = chances.max(axis=1), chances.argmax(axis=1)
    return Limits(
        clear=_surest(best[typed], first[typed] == right[typed]),
        faint=float(np.quantile(best[typed], 0.02)),
        out_of_scope=_seldom(chances, typed, labels, Saying.OUT_OF_SCOPE, 0.99),
        ambiguous=_seldom(chances, typed, labels, Saying.AMBIGUOUS, 0.98),
    )


def _surest(best: Numbers, hits: Numbers) -> float:
    """The least probability from which 85 of a hundred answers are right."""
    for limit in np.arange(0.2, 0.95, 0.05):
        if hits[best >= limit].mean() >= 0.85:
            return float(round(limit, 2))
    return 0.95


def _seldom(
    chances: Numbers, typed: Numbers, labels: Sequence[str], label: str, share: float
) -> float:
    if label not in labels:
        return 1.0
    return max(0.2, float(np.quantile(chances[typed, list(labels).index(label)], share)))


def _told(
    chances: Numbers, right: Numbers, labels: Sequence[str], answering: dict[str, str]
) -> dict[str, object]:
    """The report, of texts by rule: it chooses between models and says little of real people."""
    typed = [n for n, label in enumerate(right) if labels[label] not in _NO_TYPE]
    order = np.argsort(-chances, axis=1)[:, :3]
    first = sum(int(order[n, 0] == right[n]) for n in typed)
    three = sum(int(right[n] in order[n]) for n in typed)
    entity = sum(
        answering.get(labels[order[n, 0]], "?") == answering.get(labels[right[n]], "")
        for n in typed
    )
    return {
        "texts": len(typed),
        "top1": wilson(first, len(typed)),
        "top3": wilson(three, len(typed)),
        "entity": wilson(entity, len(typed)),
    }
