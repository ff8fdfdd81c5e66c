"""What there is to learn from in the catalogue, and whether a model has learnt it."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from centro.agencies.models import Agency
from centro.catalog.models import Saying, ServiceType
from centro.catalog.understanding.expanding import Said, Seed
from centro.catalog.understanding.model import ModelError, load_model, model_files
from centro.catalog.understanding.training import Material
from centro.places.models import Place
from centro.places.queries import all_places

# What belongs to no type is as wide as the world: more texts of each saying of it.
_OF_NO_TYPE = 20
# Provinces and districts are named far more often than a corregimiento: their names must not
# speak for the few types that have one in their own name.
_NAMED_OFTEN = 8


def material_of_catalogue(learnt: Sequence[Said] = ()) -> Material:
    """The types in use with their words and sayings, the places and the entities. Five statements.

    `learnt` is what people wrote, which only the caller may read.
    """
    services = list(
        ServiceType.objects.filter(active=True).select_related("agency").order_by("code")
    )
    sayings = _sayings()
    seeds = [
        Seed(
            service.code,
            (service.name, service.name_en, f"{service.category} {service.name}"),
            service.keywords,
            sayings[service.code],
        )
        for service in services
    ]
    seeds += [
        Seed(means, sayings=sayings[means], each=_OF_NO_TYPE)
        for means in (Saying.OUT_OF_SCOPE, Saying.AMBIGUOUS)
        if sayings[means]
    ]
    codes = {service.code: service.agency.acronym if service.agency else "" for service in services}
    known = {*codes, Saying.OUT_OF_SCOPE, Saying.AMBIGUOUS}
    return Material(
        seeds=seeds,
        places=_place_names(),
        agencies=list(
            Agency.objects.filter(active=True).order_by("acronym").values_list("acronym", flat=True)
        ),
        answering=codes,
        digest=_digest(seeds),
        learnt=[said for said in learnt if said.label in known],
    )


def _place_names() -> list[str]:
    names: list[str] = []
    for place in all_places():
        often = 1 if place.level == Place.Level.CORREGIMIENTO else _NAMED_OFTEN
        names += [place.name, *place.aliases] * often
    return names


def is_stale() -> bool:
    """Whether there is no model of the catalogue as it is now."""
    newest = next(iter(model_files(Path(settings.MODELS_ROOT))), None)
    if newest is None:
        return True
    try:
        return load_model(newest).about.digest != material_of_catalogue().digest
    except ModelError:
        return True


def _sayings() -> dict[str, list[str]]:
    by_meaning: dict[str, list[str]] = defaultdict(list)
    for means, text in Saying.objects.order_by("means", "text").values_list("means", "text"):
        by_meaning[means].append(text)
    return by_meaning


def _digest(seeds: Sequence[Seed]) -> str:
    told = [[seed.label, *seed.names, *seed.keywords, *seed.sayings] for seed in seeds]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:16]
