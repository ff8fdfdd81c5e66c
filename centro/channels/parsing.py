"""What adapters share in reading what providers bring: JSON, moments, places, one thing at a time."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from centro.channels.channel import Broken, Forged, Item, Unreadable

Json = Mapping[str, Any]


def read_json(body: bytes) -> Json:
    """The object that a call brings. Raises Unreadable for anything else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"no JSON: {error}"[:300]) from error
    if not isinstance(found, dict):
        raise Unreadable("no JSON object")
    return found


def each(things: Iterable[Any], read: Callable[[Any], list[Item]]) -> list[Item]:
    """The items of each thing in turn; one that cannot be read does not take the others with it."""
    items: list[Item] = []
    for thing in things:
        try:
            items += read(thing)
        except Exception as error:
            items.append(Broken(f"{type(error).__name__}: {error}"[:500]))
    return items


def listed(data: Json, name: str) -> list[Any]:
    """The list under a name; none where there is nothing. Raises Unreadable for anything else."""
    found = data.get(name)
    if found is None:
        return []
    if not isinstance(found, list):
        raise Unreadable(f"{name} is no list")
    return found


def inner(data: Json, name: str) -> Json:
    """The object under a name, empty where there is none."""
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def text_of(data: Json, name: str) -> str:
    """The text or number under a name, empty where there is none."""
    found = data.get(name)
    return str(found) if isinstance(found, str | int | float) else ""


def needed(data: Json, name: str) -> str:
    """The text under a name. Raises Unreadable where there is none."""
    found = text_of(data, name)
    if not found:
        raise Unreadable(f"{name} is missing")
    return found


def moment(value: object, per_second: int = 1) -> datetime | None:
    """A moment counted since 1970; None for nonsense."""
    try:
        return datetime.fromtimestamp(float(str(value)[:30]) / per_second, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def place_text(lat: object, lon: object, *names: str) -> tuple[str, float | None, float | None]:
    """A place that somebody sent, as text and as degrees; the text has it as a geo URI (RFC 5870)."""
    name = ", ".join(name for name in names if name)
    try:
        degrees = float(str(lat)[:30]), float(str(lon)[:30])
    except ValueError:
        return _("Ubicación: %(name)s") % {"name": name}, None, None
    found = f"geo:{degrees[0]:.6f},{degrees[1]:.6f}"
    said = _("Ubicación: %(place)s") % {"place": found}
    return (f"{said} ({name})" if name else said), degrees[0], degrees[1]


def require_hmac(secret: str, body: bytes, given: str) -> None:
    """Raise Forged unless `given` is `sha256=` and the HMAC of exactly these bytes, in hex."""
    require_same(given, "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest(), secret)


def require_same(given: str, expected: str, secret: str) -> None:
    """Raise Forged unless both are alike. An account without a secret takes nothing."""
    if not secret or not hmac.compare_digest(given.encode(), expected.encode()):
        raise Forged("the signature is missing or wrong")
