"""The definitions. Importing this package registers them all."""

from centro.insights.metrics import (
    answers,
    contacts,
    demand,
    entities,
    places,
    signs,
    terms,
    timing,
)

__all__ = ["answers", "contacts", "demand", "entities", "places", "signs", "terms", "timing"]
