"""Reports of citizens that lack nothing but the last step of the public form."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from centro.catalog.models import ServiceType
from centro.catalog.queries import questions_for
from centro.contacts.models import Draft
from centro.kernel.clock import now
from centro.places.models import Place


def make_drafts(n: int, *, session: bool = True) -> list[UUID]:
    """Complete drafts about everyday matters, each with a session of its own; their tokens."""
    choice = random.Random(311)
    services = list(
        ServiceType.objects.filter(active=True, confidentiality="open", agency__isnull=False)
        .filter(requires_place=True)
        .order_by("code")[:40]
    )
    places = list(
        Place.objects.filter(level="corregimiento", active=True, lat__isnull=False)
        .select_related("district", "province")
        .order_by("-population", "code")[:300]
    )
    drafts = [
        Draft(token=uuid4(), face="public", data=_told(i, choice, services, places))
        for i in range(n)
    ]
    Draft.objects.bulk_create(drafts, batch_size=1000)
    if session:
        _make_sessions(drafts)
    return [draft.token for draft in drafts]


def _make_sessions(drafts: list[Draft]) -> None:
    """Of those who began a report; the key of each is the token of its draft."""
    data = SessionStore().encode({"reports": True})
    ends = now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    Session.objects.bulk_create(
        [Session(session_key=d.token.hex, session_data=data, expire_date=ends) for d in drafts],
        batch_size=1000,
    )


def _told(
    i: int, choice: random.Random, services: list[ServiceType], places: list[Place]
) -> dict[str, Any]:
    service, place = choice.choice(services), choice.choice(places)
    keyword = choice.choice(service.keywords or [service.name])
    return {
        "description": (
            f"Desde hace {choice.randint(2, 30)} días {keyword} en la calle {choice.randint(1, 99)} "
            f"de {place.name}, frente a la casa {choice.randint(1, 999)}. Ya llamamos varias veces "
            "y nadie ha venido a ver qué pasa; afecta a unas veinte familias."
        ),
        "kind": "",
        "service": service.code,
        "place": place.code,
        "province": place.province.code if place.province else "",
        "district": place.district.code if place.district else "",
        "lat": place.lat,
        "lon": place.lon,
        "reference": f"Casa {choice.randint(1, 999)}, junto a la tienda",
        "answers": {q.key: _answer(q.kind, q.choices) for q in questions_for(service)},
        "contact": {
            "anonymous": False,
            "name": f"Persona Número {i}",
            "phone": f"+507 6{7_000_000 + i:07d}"[:13],
            "email": f"prueba{i}@correo.example",
            "cedula": "",
            "language": "es",
        },
    }


def _answer(kind: str, choices: list[str]) -> str:
    if choices:
        return choices[0]
    return {"yesno": "si", "number": "3", "date": now().date().isoformat()}.get(kind, "Sí, toda")
