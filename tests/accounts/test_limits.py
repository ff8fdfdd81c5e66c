"""Counting attempts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from centro.accounts import limits
from centro.accounts.limits import count_attempt, forget_attempts, purge_buckets
from centro.accounts.models import Bucket
from centro.kernel.clock import now
from centro.kernel.errors import TooMany

HOUR = timedelta(hours=1)


def refused(key: str, limit: int) -> bool:
    try:
        count_attempt(key, limit=limit, window=HOUR)
    except TooMany:
        return True
    return False


def test_the_attempt_after_the_last_allowed_one_is_refused():
    assert [refused("code:1", 3) for _ in range(5)] == [False, False, False, True, True]


def test_keys_are_counted_apart():
    assert not refused("code:1", 1)
    assert not refused("code:2", 1)
    assert refused("code:1", 1)


def test_a_new_window_begins_when_the_old_one_is_over(monkeypatch):
    assert [refused("k", 1), refused("k", 1)] == [False, True]
    later = now() + HOUR + timedelta(seconds=1)
    monkeypatch.setattr(limits, "now", lambda: later)
    assert not refused("k", 1)
    assert Bucket.objects.get().count == 1


def test_the_refusal_says_when_to_try_again():
    count_attempt("k", limit=1, window=timedelta(minutes=15))
    with pytest.raises(TooMany, match="15 minutos") as caught:
        count_attempt("k", limit=1, window=timedelta(minutes=15))
    assert 0 < int(caught.value.data["retry_after"]) <= 15 * 60


def test_an_attempt_costs_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        count_attempt("k", limit=3, window=HOUR)


def test_no_address_or_name_can_be_read_from_the_table():
    count_attempt("login:name:ana:address:190.1.2.3", limit=3, window=HOUR)
    assert "190" not in Bucket.objects.get().key
    assert "ana" not in Bucket.objects.get().key


@pytest.mark.parametrize("key", ["", "x" * 100_000, "ñandú\x00\ud800", "'; DROP TABLE--"])
def test_any_text_can_be_a_key(key):
    count_attempt(key, limit=1, window=HOUR)
    assert refused(key, 1)


def test_forgetting_begins_anew():
    count_attempt("k", limit=1, window=HOUR)
    forget_attempts("k")
    assert not refused("k", 1)


def test_only_windows_that_ended_are_purged(monkeypatch):
    count_attempt("short", limit=1, window=timedelta(minutes=1))
    count_attempt("long", limit=1, window=HOUR)
    later = now() + timedelta(minutes=2)
    monkeypatch.setattr(limits, "now", lambda: later)
    assert purge_buckets() == 1
    assert refused("long", 1)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_no_more_than_the_limit():
    def attempt(_n: int) -> bool:
        try:
            return refused("together", 5)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(not r for r in pool.map(attempt, range(12))) == 5
