"""The ways in which a person reaches the centre, as the desk offers them."""

from __future__ import annotations

from dataclasses import dataclass

from centro.contacts.ways import Way, name_of

__all__ = ["Button", "Way", "buttons", "name_of"]

_ICONS = {
    Way.PHONE: "phone",
    Way.WALK_IN: "user",
    Way.EMAIL: "mail",
    Way.SOCIAL: "megaphone",
    Way.MESSAGE: "chat",
    Way.PRESS: "book",
}


@dataclass(frozen=True, slots=True)
class Button:
    """One way to begin, as the start page shows it."""

    value: str
    label: str
    icon: str


def buttons() -> list[Button]:
    """The ways in the order in which they are offered, the most usual first."""
    return [Button(way.value, str(way.label), _ICONS[way]) for way in Way]
