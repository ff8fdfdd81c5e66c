"""Invented people: names of the country at random, telephones and addresses that are nobody's."""

from __future__ import annotations

from datetime import datetime
from random import Random

from centro.kernel.text import fold
from centro.ops.demonstration.belongings import Reporter
from centro.ops.demonstration.plan import Plan, Shares

# The blocks from which every telephone of the demonstration comes.
_MOBILE, _LANDLINE = "+5076000", "+507200"
# Books of the civil registry far beyond those in use.
_FIRST_BOOK = 9000
_KINDS = Shares(
    {
        "citizen": 92.0,
        "company": 3.0,
        "community": 3.0,
        "visitor": 1.0,
        "public_servant": 0.7,
        "investor": 0.3,
    }
)
_GROUPS = (
    "Comité de vecinos de {}",
    "Junta de desarrollo de {}",
    "Asociación de residentes de {}",
    "Comité pro mejoras de {}",
)
_FIRMS = (
    "Panadería {}",
    "Abarrotería {}",
    "Ferretería {}",
    "Taller {}",
    "Inversiones {}, S.A.",
    "Lavandería {}",
)
# What people leave: a telephone, an address, or both.
_WAYS: dict[str, tuple[float, float]] = {
    "phone": (0.97, 0.22),
    "walk_in": (0.9, 0.3),
    "message": (1.0, 0.12),
    "sms": (1.0, 0.02),
    "web": (0.6, 0.78),
    "email": (0.35, 1.0),
    "social": (0.45, 0.4),
    "press": (0.5, 0.1),
    "open311": (0.3, 0.9),
}


class Crowd:
    """Everybody who speaks: new people, and some who come back."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._mobile = self._landline = self._papers = 0
        self._known: dict[str, list[Reporter]] = {}

    def somebody(
        self, rng: Random, channel: str, area: str, at: datetime, *, old: bool = False
    ) -> Reporter:
        """Who speaks now, by that way; one in nine has spoken before."""
        known = self._known.setdefault(f"{old}{channel}", [])
        if known and rng.random() < 0.11:
            found = known[int(rng.random() * len(known))]
            if found.kept_at and found.kept_at <= at:
                return found
        made = self._make(rng, channel, area, old=old)
        made.kept_at = at
        known.append(made)
        return made

    def name(self, rng: Random) -> str:
        plan = self._plan
        first = _one(rng, plan.first_names)
        if rng.random() < 0.18:
            first += f" {_one(rng, plan.first_names).split()[0]}"
        last = _one(rng, plan.last_names)
        if rng.random() < 0.35:
            last += f" {_one(rng, plan.last_names)}"
        return f"{first} {last}"

    def _make(self, rng: Random, channel: str, area: str, *, old: bool) -> Reporter:
        kind = _KINDS.draw(rng)
        name = self._called(rng, kind, area)
        by_phone, by_mail = (0.98, 0.0) if old else _WAYS.get(channel, (0.8, 0.3))
        phone = self._phone(rng) if rng.random() < by_phone else ""
        mail = rng.random() < by_mail or (not phone and not old)
        document = ""
        if not old and rng.random() < 0.15:
            self._papers += 1
            books, entry = divmod(self._papers, 900)
            document = f"8-{_FIRST_BOOK + books}-{entry + 100}"
        foreign = kind in {"visitor", "investor"}
        return Reporter(
            name=name,
            kind=kind,
            phone=phone,
            email=_address(name, self._mobile + self._landline) if mail else "",
            document=document,
            language="en" if foreign and rng.random() < 0.6 else "es",
        )

    def _called(self, rng: Random, kind: str, area: str) -> str:
        if kind == "community":
            return _one(rng, _GROUPS).format(area)[:150]
        if kind == "company":
            return _one(rng, _FIRMS).format(_one(rng, self._plan.last_names))
        return self.name(rng)

    def _phone(self, rng: Random) -> str:
        """The next of the block; when it is used up, somebody shares the telephone of another."""
        if rng.random() < 0.12:
            self._landline = (self._landline + 1) % 10_000
            return f"{_LANDLINE}{self._landline:04d}"
        self._mobile = (self._mobile + 1) % 10_000
        return f"{_MOBILE}{self._mobile:04d}"


def _one(rng: Random, things: tuple[str, ...] | list[str] | object) -> str:
    assert isinstance(things, tuple | list)
    return str(things[int(rng.random() * len(things))])


def _address(name: str, n: int) -> str:
    parts = [part for part in fold(name).replace(",", "").replace(".", "").split() if part != "de"]
    return f"{parts[0]}.{parts[-1]}{n % 1000}@correo.example"
