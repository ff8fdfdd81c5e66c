"""What the desk's rail offers to whom. One line here per screen; nothing else lists them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.scopes import scope_of
from centro.web.desk.posts import (
    AUDIT_READERS,
    AUDITED,
    CLIMB_READERS,
    COUNTED,
    COUNTERS,
    EVENT_READERS,
    FRONT,
    INSTRUCTED,
    OF_TERMS,
    PLAN_READERS,
    PRESIDENTIAL,
    PRESS_READERS,
    READERS,
    SIGN_READERS,
    TALKERS,
)

R = Role


@dataclass(frozen=True, slots=True)
class Item:
    """A screen of the rail: its route, its words, its icon, the key that opens it, its readers."""

    route: str
    label: Promise
    icon: str
    group: Promise
    roles: frozenset[Role]
    key: str = ""


_ATTEND, _WORK, _WATCH = _("Atención"), _("Casos"), _("Control")

ITEMS: tuple[Item, ...] = (
    Item("desk:home", _("Inicio"), "home", _ATTEND, frozenset(Role), "H"),
    Item("desk:notices", _("Avisos"), "bell", _ATTEND, READERS, "N"),
    Item("desk:talks", _("Conversaciones"), "chat", _ATTEND, TALKERS, "M"),
    Item("desk:intake", _("Atender"), "phone", _ATTEND, FRONT, "A"),
    Item("desk:callbacks", _("Por llamar"), "phone-out", _ATTEND, FRONT | {R.DENUNCIATIONS}, "L"),
    Item("desk:contacts", _("Contactos"), "history", _ATTEND, FRONT, "C"),
    Item("desk:counter", _("Mostrador"), "edit", _ATTEND, COUNTERS, "K"),
    Item("desk:inbox", _("Bandeja"), "inbox", _WORK, READERS, "B"),
    Item("desk:triage", _("Clasificar"), "filter", _WORK, FRONT, "T"),
    Item("desk:events", _("Eventos"), "merge", _WORK, EVENT_READERS, "U"),
    Item("desk:search", _("Buscar"), "search", _WORK, READERS, "S"),
    Item("desk:escalated", _("Escalados"), "stairs", _WORK, CLIMB_READERS, "E"),
    Item("desk:sealed", _("Denuncias"), "lock", _WORK, frozenset({R.DENUNCIATIONS}), "D"),
    Item("desk:presidency", _("Presidencia"), "star", _WATCH, PRESIDENTIAL, "P"),
    Item("desk:instructions", _("Instrucciones"), "flag", _WATCH, INSTRUCTED, "I"),
    Item(
        "desk:supervisor",
        _("Supervisión"),
        "chart",
        _WATCH,
        frozenset({R.SUPERVISOR, R.DIRECTOR, R.PRESIDENCY}),
        "V",
    ),
    Item("desk:press", _("Prensa"), "megaphone", _WATCH, PRESS_READERS),
    Item("desk:figures", _("Cifras"), "chart", _WATCH, COUNTED, "F"),
    Item("desk:plan", _("Plan"), "list", _WATCH, PLAN_READERS),
    Item("desk:routing", _("Derivación"), "transfer", _WATCH, SIGN_READERS),
    Item("desk:audits", _("Revisar cierres"), "shield", _WATCH, frozenset({R.QUALITY}), "R"),
    Item(
        "desk:audit_scores",
        _("Calidad de los cierres"),
        "shield",
        _WATCH,
        AUDITED | AUDIT_READERS,
    ),
    Item("desk:agreements", _("Acuerdos"), "flag", _WATCH, OF_TERMS, "O"),
    Item("desk:calendars", _("Calendarios"), "calendar", _WATCH, OF_TERMS, "Y"),
    Item("desk:looks", _("Consultas reservadas"), "eye-off", _WATCH, frozenset({R.AUDITOR})),
    Item(
        "desk:mailbox",
        _("Mensajes enviados"),
        "mail",
        _WATCH,
        frozenset({R.SUPERVISOR, R.ADMINISTRATOR}),
    ),
    Item(
        "desk:channels",
        _("Canales"),
        "chat",
        _WATCH,
        frozenset({R.SUPERVISOR, R.DIRECTOR, R.ADMINISTRATOR}),
    ),
    Item("admin:index", _("Administración"), "settings", _WATCH, frozenset({R.ADMINISTRATOR})),
)


def items_for(roles: Iterable[str]) -> list[Item]:
    """The screens open to holders of these roles, in the order of the rail."""
    held = {Role(role) for role in roles}
    return [item for item in ITEMS if item.roles & held]


def groups_for(user: User) -> list[tuple[Promise, list[Item]]]:
    """The same, for a user and in groups with a heading."""
    items = items_for(scope_of(user).roles)
    return [(group, list(of)) for group, of in groupby(items, key=lambda item: item.group)]
