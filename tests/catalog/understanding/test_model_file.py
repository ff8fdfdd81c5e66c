"""The file of a model: what is kept comes back, and what somebody else wrote does no harm."""

from __future__ import annotations

import io
import json
import pickle
import random
import zipfile

import numpy as np
import pytest

from centro.catalog.understanding.model import (
    ModelError,
    keep_model,
    load_model,
    model_files,
    next_version,
)
from tests.catalog.understanding.sample import sample_model


class Bomb:
    """Unpickling it would create a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_a_kept_model_reads_texts_as_before(tmp_path):
    model = sample_model()
    again = load_model(keep_model(model, tmp_path))
    words = ["no", "hay", "agua"]
    assert again.about == model.about
    assert np.allclose(again.read(words).probabilities(), model.read(words).probabilities())


def test_versions_count_up_and_only_the_newest_are_kept(tmp_path):
    from dataclasses import replace

    model = sample_model()
    for version in range(1, 6):
        assert next_version(tmp_path) == version
        keep_model(replace(model, about=replace(model.about, version=version)), tmp_path)
    assert [file.stem for file in model_files(tmp_path)] == [
        "model-000005",
        "model-000004",
        "model-000003",
    ]


def test_a_pickle_in_the_file_is_never_run(tmp_path):
    bomb = np.array([Bomb(tmp_path / "boom")], dtype=object)
    file = tmp_path / "model-000001.npz"
    np.savez(file, about=bomb, words=bomb, rarity=bomb, weights=bomb, bias=bomb)
    with pytest.raises(ModelError):
        load_model(file)
    file.write_bytes(pickle.dumps(Bomb(tmp_path / "boom")))
    with pytest.raises(ModelError):
        load_model(file)
    assert not (tmp_path / "boom").exists()


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "zip"])
def test_a_damaged_file_is_refused_and_says_which(tmp_path, damage):
    file = keep_model(sample_model(), tmp_path)
    whole = file.read_bytes()
    luck = random.Random(3)
    flipped = bytearray(whole)
    for _n in range(400):
        flipped[luck.randrange(len(whole))] ^= 0xFF
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("about.npy", b"nothing")
    damaged = {
        "cut": whole[: len(whole) // 2],
        "flip": bytes(flipped),
        "empty": b"",
        "zip": out.getvalue(),
    }
    file.write_bytes(damaged[damage])
    with pytest.raises(ModelError, match="model-000001"):
        load_model(file)


@pytest.mark.parametrize(
    "change", [{"format": 9}, {"labels": ["A"]}, {"labels": 3}, {"limits": {"clear": 1, "odd": 2}}, {"version": None, "x": 1}]
)  # fmt: skip
def test_parts_that_do_not_fit_together_are_refused(tmp_path, change):
    file = keep_model(sample_model(), tmp_path)
    with np.load(file, allow_pickle=False) as parts:
        kept = {name: parts[name] for name in parts.files}
    told = json.loads(kept["about"].tobytes()) | change
    kept["about"] = np.frombuffer(json.dumps(told).encode(), dtype=np.uint8)
    np.savez(file, **kept)
    with pytest.raises(ModelError):
        load_model(file)
