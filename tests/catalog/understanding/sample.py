"""A small model of a few matters, quick to train, and the real gazetteer without a database."""

from __future__ import annotations

from functools import cache

from centro.catalog.models import Saying
from centro.catalog.understanding.expanding import Seed
from centro.catalog.understanding.model import Model
from centro.catalog.understanding.places import Gazetteer, common_words
from centro.catalog.understanding.training import Material, train_model
from centro.ops.pack_content import read_pack
from centro.ops.pack_rows import Pack
from centro.places.models import Place
from tests.ops.packs import PANAMA

CODES = ("IDAAN-01", "IDAAN-03", "MOP-01", "AAUD-01", "ATTT-01", "PN-02", "GEN-99")


@cache
def panama() -> Pack:
    return read_pack(PANAMA)


@cache
def sample_model() -> Model:
    """Seven types of the real pack, all of which the small pack has too, and of no type."""
    return train_model(sample_material(), version=1)


@cache
def sample_material() -> Material:
    pack = panama()
    said: dict[str, list[str]] = {}
    for row in pack.sayings:
        said.setdefault(row.means, []).append(row.saying)
    services = [row for row in pack.services if row.code in CODES]
    seeds = [Seed(row.code, (row.name,), row.keywords, said[row.code]) for row in services]
    seeds += [Seed(means, sayings=said[means]) for means in (Saying.OUT_OF_SCOPE, Saying.AMBIGUOUS)]
    answering = {row.code: row.agency for row in services}
    return Material(seeds, ["Chilibre", "David", "Burunga"], ["IDAAN", "MOP"], answering, "sample")


@cache
def gazetteer() -> Gazetteer:
    pack = panama()
    sayings = [Saying(means=row.means, text=row.saying) for row in pack.sayings]
    common = common_words(sayings, [row.keywords for row in pack.services])
    return Gazetteer(_places().values(), [], common)


def _places() -> dict[str, Place]:
    places = {
        row.code: Place(pk=n, code=row.code, level=row.level, name=row.name, aliases=row.aliases,
                        population=row.population, is_seat=row.seat)
        for n, row in enumerate(panama().places, start=1)
    }  # fmt: skip
    for place in places.values():
        place.province = places[place.code[:2]]
        if len(place.code) > 2:
            place.district = places[place.code[:4]]
    return places
