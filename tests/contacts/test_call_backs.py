"""Ringing people back: never two at once, never for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from centro.accounts.models import User
from centro.contacts import actions
from centro.contacts.actions import (
    MOST_ATTEMPTS,
    claim_call_back,
    finish_call_back,
    request_call_back,
)
from centro.contacts.models import CallBack
from centro.kernel.clock import now
from centro.kernel.errors import NotFound, Refused
from tests import make


def request(n: int = 1, **fields: Any) -> CallBack:
    base: dict[str, Any] = {
        "reference": f"311-0000000{n}-0",
        "person": None,
        "phone": "+5072123456",
        "reason": "confirm",
    }
    return request_call_back(**base | fields)


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(actions, "now", lambda: moment)


@pytest.fixture
def ana() -> User:
    return make.user()


@pytest.fixture
def luis() -> User:
    return make.user()


def test_the_longest_due_comes_first(ana, luis):
    request(1, due_at=now() - timedelta(hours=1))
    first = request(2, due_at=now() - timedelta(hours=2))
    assert claim_call_back(user=ana) == first


def test_a_call_that_is_not_due_waits(ana):
    request(due_at=now() + timedelta(hours=1))
    assert claim_call_back(user=ana) is None


def test_two_operators_get_two_people(ana, luis):
    calls = {request(1), request(2)}
    assert {claim_call_back(user=ana), claim_call_back(user=luis)} == calls
    assert claim_call_back(user=make.user()) is None


def test_asking_again_gives_the_call_in_hand(ana):
    request(1)
    request(2)
    assert claim_call_back(user=ana) == claim_call_back(user=ana)


def test_the_queue_can_be_narrowed(ana):
    request(1)
    request(2, reason="ask")
    assert claim_call_back(user=ana, among=Q(reason="inform")) is None
    claimed = claim_call_back(user=ana, among=Q(reason="ask"))
    assert claimed is not None
    assert claimed.reason == "ask"


def test_a_claim_without_a_result_goes_to_somebody_else(ana, luis, monkeypatch):
    call = request()
    claim_call_back(user=ana)
    at(monkeypatch, now() + timedelta(minutes=19))
    assert claim_call_back(user=luis) is None
    at(monkeypatch, now() + timedelta(minutes=21))
    assert claim_call_back(user=luis) == call
    with pytest.raises(NotFound), transaction.atomic():
        finish_call_back(call_back=call, reached=True, by=ana.actor)


def test_only_who_claimed_it_finishes_it(ana, luis):
    call = request()
    for claim in (False, True):
        if claim:
            claim_call_back(user=luis)
        with pytest.raises(NotFound), transaction.atomic():
            finish_call_back(call_back=call, reached=True, by=ana.actor)
    assert finish_call_back(call_back=call, reached=True, by=luis.actor).state == "done"
    with pytest.raises(Refused), transaction.atomic():
        finish_call_back(call_back=call, reached=True, by=luis.actor)


def test_nobody_answers_and_it_is_tried_again_later_then_given_up(ana, monkeypatch):
    call = request()
    moment = now()
    for attempt in range(1, MOST_ATTEMPTS + 1):
        at(monkeypatch, moment)
        assert claim_call_back(user=ana) == call
        call = finish_call_back(call_back=call, reached=False, by=ana.actor)
        assert (call.attempts, call.last_attempt_at, call.claimed_by) == (attempt, moment, None)
        assert claim_call_back(user=ana) is None
        moment += timedelta(hours=3, seconds=1)
    assert call.state == "failed"


def test_the_same_case_and_reason_wait_once():
    first = request(text="Antes", phone="+5072123456")
    again = request(text="Ahora", phone="+5072000000")
    assert again == first
    assert (again.text, again.phone) == ("Ahora", "+5072000000")
    assert request(reason="ask") != first


def test_after_it_is_done_it_may_be_asked_for_again(ana):
    call = request()
    claim_call_back(user=ana)
    finish_call_back(call_back=call, reached=True, by=ana.actor)
    assert request() != call


@pytest.mark.parametrize(
    "broken",
    [
        {"claimed_at": now()},
        {"attempts": 1},
        {"last_attempt_at": now()},
    ],
)
def test_the_database_refuses_impossible_calls(broken):
    with pytest.raises(IntegrityError), transaction.atomic():
        CallBack.objects.create(reference="x", phone="x", reason="ask", due_at=now(), **broken)


@pytest.mark.django_db(transaction=True)
def test_many_operators_at_once_never_ring_one_person_twice():
    for n in range(4):
        request(n)
    users = [make.user() for _ in range(6)]

    def claim(user: User) -> int | None:
        try:
            call = claim_call_back(user=user)
            return call.pk if call else None
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        claimed = [pk for pk in pool.map(claim, users) if pk]
    assert len(claimed) == len(set(claimed)) == 4


@pytest.mark.django_db(transaction=True)
def test_a_double_click_takes_one_call():
    for n in range(4):
        request(n)
    user = make.user()

    def claim(_n: int) -> int:
        try:
            call = claim_call_back(user=user)
            assert call is not None
            return call.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(claim, range(4)))) == 1
