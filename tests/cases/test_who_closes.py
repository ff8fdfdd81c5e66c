"""Who may end a case, from where and with which reason: an entity solves or hands over, it does not close."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.doctor import check_everything
from centro.cases.rules import Reason, Status
from centro.kernel.actor import SYSTEM, Actor, citizen
from centro.kernel.errors import Refused
from tests import make

pytestmark = pytest.mark.slow  # every role, from every state, with every reason

_OFFICE = ("official", "liaison", "executive", "head")
_FRONT = ("operator", "supervisor")
# status → reason → who may close with it by hand. Who is not named is refused.
CLOSES: dict[str, dict[str, tuple[str, ...]]] = {
    "received": dict.fromkeys(("first_contact", "not_applicable", "out_of_scope", "spam"), _FRONT),
    "assigned": {"not_applicable": ("supervisor",)},
    "in_progress": {},
    "waiting": {"unreachable": (*_OFFICE, *_FRONT)},
    "resolved": {},
    "closed": {},
    "duplicate": {},
}
WITHDRAWS = {"citizen", *_FRONT}


@pytest.fixture(autouse=True)
def _healthy():
    yield
    assert check_everything() == []


def somebody(role: str, case: Any) -> Actor:
    if role == "citizen":
        return citizen()
    of = case.agency or make.agency()
    return actor_of(make.user(Role(role), of if role in _OFFICE else None))


def case_in(status: str) -> Any:
    case = make.case(agency=None) if status == "received" else make.case(reporter=make.reporter())
    if status == "in_progress":
        actions.start_case(case=case, by=SYSTEM)
    if status == "waiting":
        until = timezone.now() + timedelta(days=3)
        actions.ask_citizen(case=case, text="¿Dónde?", until=until, by=SYSTEM)
        for _ in range(3):
            actions.record_attempt(case=case, text="No contesta.", by=SYSTEM)
    if status in {"resolved", "closed"}:
        actions.resolve_case(case=case, text="Se hizo.", by=SYSTEM)
    if status == "closed":
        actions.confirm_case(case=case, by=citizen())
    if status == "duplicate":
        actions.mark_duplicate(case=case, of=make.case(), by=SYSTEM)
    case.refresh_from_db()
    assert case.status == status
    return case


@pytest.mark.parametrize("status", Status.values)
def test_who_may_close_by_hand(status: str):
    case = case_in(status)
    actors = {role: somebody(role, case) for role in (*_OFFICE, *_FRONT)}
    for reason, role in itertools.product(Reason.values, actors):
        may = role in CLOSES[status].get(reason, ())
        assert closes(case, reason, actors[role]) == may, (status, reason, role)


def closes(case: Any, reason: str, by: Actor) -> bool:
    """Try it, and undo it."""
    try:
        with transaction.atomic():
            actions.close_case(case=case, reason=reason, text="Motivo.", by=by)
            transaction.set_rollback(True)
    except Refused:
        return False
    return True


@pytest.mark.parametrize("role", [*_OFFICE, *_FRONT, "citizen"])
def test_only_the_citizen_and_those_who_speak_for_them_give_up_a_case(role: str):
    case = case_in("in_progress")
    by = somebody(role, case)
    if role in WITHDRAWS:
        assert actions.withdraw_case(case=case, by=by).reason == "withdrawn"
    else:
        with pytest.raises(Refused, match="Sólo la persona"):
            actions.withdraw_case(case=case, by=by)
